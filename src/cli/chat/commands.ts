import type { Reply } from '../../../commands/replies.ts'
import { FIRST_PAGE, NOT_HERE, OWN_HELP } from './help.ts'
import type { ChatSession } from './session.ts'

type Act = (session: ChatSession, parameter: string) => Promise<void>

/** Commands that this program carries out itself; all others go to the server. */
const ACTS: Readonly<Record<string, Act>> = {
  join: async (session, parameter) => {
    const [, name = '', password] = /^(\S+)(?:\s+(.*))?$/s.exec(parameter) ?? []
    if (name === '') session.tell('Which room? /join ROOM', 'error')
    else await session.join(name, password)
  },
  leave: async (session) => {
    if (session.current.room || session.current !== session.windows[0]) await session.leave(session.current)
    else session.tell('You are in no room here', 'error')
  },
  me: (session, text) => session.say(text, { action: true }),
  notice: (session, text) => session.say(text, { notice: true }),
  tell: async (session, parameter) => {
    const [, quoted, word, text] = /^(?:"([^"]+)"|(\S+))\s+(.+)$/s.exec(parameter) ?? []
    const nickname = quoted ?? word
    if (nickname === undefined || text === undefined) session.tell('To whom, and what? /tell NICKNAME TEXT', 'error')
    else await session.client.tell(oneLine(nickname), text)
  },
  // Later connections, such as those for other rooms, need the password.
  register: async (session, password) => {
    const reply = await toServer(session, `/register ${password}`.trimEnd())
    if (reply.type === 'commandResult') session.client.usePassword(password)
  },
  passwd: async (session, parameter) => {
    const [, password] = /^(?:"(?:[^"\\]|\\.)*"|\S+)\s+(.*)$/s.exec(parameter) ?? []
    const reply = await toServer(session, `/passwd ${parameter}`.trimEnd())
    // The other form is an admin's, for any account.
    if (password !== undefined && reply.type === 'commandResult' && reply.result === 'Password changed')
      session.client.usePassword(password)
  },
  history: async (session, parameter) => {
    const limit = Number(/^\d{1,4}$/.exec(parameter)?.[0] ?? 100)
    for (const event of (await session.current.room?.history({ limit })) ?? [])
      session.showEvent(session.current, event)
  },
  search: async (session, words) => {
    const found = (await session.current.room?.search(words)) ?? []
    for (const event of found) session.showEvent(session.current, event)
    session.tell(`${found.length} found`)
  },
  inbox: async (session) => {
    for (const event of await session.client.inbox.history()) session.showEvent(session.current, event)
  },
  help: async (session, parameter) => {
    const word = parameter.toLowerCase().replace(/^\//, '')
    const own = OWN_HELP[ALIASES[word] ?? word] ?? NOT_HERE[word]
    if (parameter === '') for (const line of FIRST_PAGE) session.tell(line)
    else if (own !== undefined) session.tell(own)
    else await toServer(session, `/help ${parameter}`)
  },
  clear: async (session) => session.current.clear(),
  next: async (session) => session.step(1),
  previous: async (session) => session.step(-1),
  quit: async (session) => session.quit(),
}

const ALIASES: Readonly<Record<string, string>> = { part: 'leave', msg: 'tell', exit: 'quit', j: 'join', q: 'quit' }

/** Commands with a text that may have several lines. */
const WITH_TEXT: ReadonlySet<string> = new Set(['me', 'notice', 'tell'])

/** Carries out a line that the user has typed: a command, or a text to say; two slashes say one. Shows what is refused. */
export async function runLine(session: ChatSession, line: string): Promise<void> {
  try {
    await run(session, line)
  } catch (error) {
    session.fail(error)
  }
}

/** @throws RefusedError, DisconnectedError */
async function run(session: ChatSession, line: string): Promise<void> {
  if (line.trim() === '') return
  if (!line.startsWith('/') || line.startsWith('//')) return session.say(line.replace(/^\/\//, '/'))
  const [, word = '', parameter = ''] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? []
  const name = ALIASES[word.toLowerCase()] ?? word.toLowerCase()
  const act = ACTS[name]
  if (act) return act(session, WITH_TEXT.has(name) ? parameter : oneLine(parameter))
  const why = NOT_HERE[name]
  if (why !== undefined) return session.tell(why, 'error')
  await toServer(session, line)
}

/** Returns the names of the commands for completion. */
export function localCommands(): string[] {
  return Object.keys(ACTS).map((name) => `/${name}`)
}

/** Shows the reply of the server to a line. */
async function toServer(session: ChatSession, line: string): Promise<Reply> {
  const { room } = session.current
  const reply = await (room ?? session.client).ask(oneLine(line))
  if (reply.type === 'error') {
    const hint = reply.hint === undefined ? '' : ` (${reply.hint})`
    session.tell(`-!- ${reply.error}${hint}`, 'error')
  } else {
    // What is done is seen by its events.
    if (reply.result !== null && reply.result !== 'OK') session.tell(reply.result)
  }
  return reply
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}
