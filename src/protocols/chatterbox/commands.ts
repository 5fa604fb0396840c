/** Slash commands with their exact replies (docs/protocols/chatterbox.md, section 2.3). */
import { type Chat, LOBBY } from '../../chat/chat.ts'
import { fold, isName } from '../../chat/names.ts'
import type { Session } from '../../chat/session.ts'
import { inSlices } from '../../slices.ts'
import type { Roster } from './roster.ts'

const MAX_NAMES = 100
/** Maximum names that are looked up, blocked or unblocked at the same time. */
const SLICE = 16

/** Context of a command; `names` are the distinct nicknames after the command word. */
export interface CommandCall {
  readonly chat: Chat
  readonly session: Session
  readonly names: readonly string[]
  readonly roster: Roster
}

interface ChatterboxCommand {
  readonly name: string
  readonly takesNames: boolean
  run(call: CommandCall): string | Promise<string>
}

const LINE = '-'.repeat(22)

const commands: readonly ChatterboxCommand[] = [
  { name: '/Name', takesNames: true, run: ({ session }) => `Your username is ${session.name}` },
  { name: '/Block', takesNames: true, run: block },
  { name: '/UnBlock', takesNames: true, run: unblock },
  { name: '/Blocked', takesNames: true, run: blocked },
  { name: '/DisplayUsers', takesNames: false, run: displayUsers },
  { name: '/DisplayAllUsers', takesNames: false, run: displayAllUsers },
]

const byWord = new Map(commands.map((command) => [command.name.toLowerCase(), command]))

export interface CommandAnswer {
  readonly text?: string
  readonly objection?: string
}

/** Runs a command. Names beyond the maximum are ignored, which the objection reports. */
export async function runCommand(content: string, call: Omit<CommandCall, 'names'>): Promise<CommandAnswer> {
  const [word = '', ...words] = content.trimEnd().split(/\s+/)
  const command = byWord.get(word.toLowerCase())
  if (!command || (words.length > 0 && !command.takesNames)) return { objection: `Unknown command: ${word}` }
  // Other words cannot be nicknames.
  const names = [...new Map(words.filter(isName).map((name) => [fold(name), name])).values()]
  const text = await command.run({ ...call, names: names.slice(0, MAX_NAMES) })
  return names.length > MAX_NAMES ? { text, objection: `Too many names, at most ${MAX_NAMES}` } : { text }
}

async function block({ chat, session, names }: CommandCall): Promise<string> {
  const others = names.filter((name) => fold(name) !== session.key)
  const seen = await inSlices(others, SLICE, (name) => chat.users.seen(name))
  const known = seen.filter((name) => name !== undefined)
  await inSlices(known, SLICE, (name) => chat.block(session, name))
  return `The following users will now be blocked: ${listed(known)}`
}

async function unblock({ chat, session, names }: CommandCall): Promise<string> {
  const wanted = new Set(names.map(fold))
  const known = chat.blocked(session).filter((name) => wanted.has(fold(name)))
  await inSlices(known, SLICE, (name) => chat.unblock(session, name))
  return `The following users will now be un-blocked: ${listed(known)}`
}

function blocked({ chat, session }: CommandCall): string {
  const names = chat.blocked(session)
  return names.length > 0 ? `You currently have these users blocked: ${names.join(' ')}` : 'You have no users blocked'
}

async function displayUsers({ chat }: CommandCall): Promise<string> {
  return `\n\nCURRENT USER(S) ONLINE\n${LINE}\n${(await chat.rooms.inside(LOBBY)).join('\n')}`
}

async function displayAllUsers({ roster, chat }: CommandCall): Promise<string> {
  await roster.refresh()
  const all = roster.list(await chat.rooms.inside(LOBBY))
  const lines = all.map(({ name, active }) => `\n${name} : ${active ? 'ONLINE' : 'OFFLINE'}`)
  return `\n\n   ALL USER(S)\n${LINE}\n${lines.join('')}`
}

/** Joins names, each after a space, so that two spaces follow the colon. */
function listed(names: readonly string[]): string {
  return names.map((name) => ` ${name}`).join('')
}
