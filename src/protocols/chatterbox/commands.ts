/** What begins with a slash (protocols/chatterbox.md, 2.3). Each answers with the exact text. */
import type { Chat } from '../../chat/chat.ts'
import { fold } from '../../chat/names.ts'
import type { Session } from '../../chat/session.ts'
import { EVERYBODY, roster } from './roster.ts'

/** Who has said it, and the names that follow the word. */
export interface Call {
  readonly chat: Chat
  readonly session: Session
  readonly names: readonly string[]
  /** Who is in the chat. */
  online(): Promise<readonly string[]>
}

interface Command {
  readonly name: string
  /** Whether anything may follow the word. */
  readonly takesNames: boolean
  run(call: Call): string | Promise<string>
}

const LINE = '-'.repeat(22)

const commands: readonly Command[] = [
  { name: '/Name', takesNames: true, run: ({ session }) => `Your username is ${session.name}` },
  { name: '/Block', takesNames: true, run: block },
  { name: '/UnBlock', takesNames: true, run: unblock },
  { name: '/Blocked', takesNames: true, run: blocked },
  { name: '/DisplayUsers', takesNames: false, run: displayUsers },
  { name: '/DisplayAllUsers', takesNames: false, run: displayAllUsers },
]

const byWord = new Map(commands.map((command) => [command.name.toLowerCase(), command]))

/** A text to answer with, or an objection. */
export async function runCommand(
  content: string,
  call: Omit<Call, 'names'>,
): Promise<{ readonly text: string } | { readonly objection: string }> {
  const [word = '', ...names] = content.trimEnd().split(/\s+/)
  const command = byWord.get(word.toLowerCase())
  if (!command || (names.length > 0 && !command.takesNames)) return { objection: `Unknown command: ${word}` }
  return { text: await command.run({ ...call, names: onceEach(names) }) }
}

async function block({ chat, session, names }: Call): Promise<string> {
  const seen = await Promise.all(names.filter((name) => fold(name) !== session.key).map((name) => chat.seen(name)))
  const known = seen.filter((name) => name !== undefined)
  await Promise.all(known.map((name) => chat.block(session, name)))
  return `The following users will now be blocked: ${listed(known)}`
}

async function unblock({ chat, session, names }: Call): Promise<string> {
  const wanted = new Set(names.map(fold))
  const known = chat.blocked(session).filter((name) => wanted.has(fold(name)))
  await Promise.all(known.map((name) => chat.unblock(session, name)))
  return `The following users will now be un-blocked: ${listed(known)}`
}

function blocked({ chat, session }: Call): string {
  const names = chat.blocked(session)
  return names.length > 0 ? `You currently have these users blocked: ${names.join(' ')}` : 'You have no users blocked'
}

async function displayUsers({ online }: Call): Promise<string> {
  return `\n\nCURRENT USER(S) ONLINE\n${LINE}\n${(await online()).join('\n')}`
}

async function displayAllUsers({ chat, online }: Call): Promise<string> {
  const seen = await chat.everybody(EVERYBODY)
  const lines = roster(seen, await online()).map(({ name, active }) => `\n${name} : ${active ? 'ONLINE' : 'OFFLINE'}`)
  return `\n\n   ALL USER(S)\n${LINE}\n${lines.join('')}`
}

/** Each behind a space of its own, so two spaces follow the colon. */
function listed(names: readonly string[]): string {
  return names.map((name) => ` ${name}`).join('')
}

function onceEach(names: readonly string[]): string[] {
  return [...new Map(names.map((name) => [fold(name), name])).values()]
}
