/** `roomd chat`: a chat at a terminal. */
import { openClient } from '../../client/client.ts'
import type { RoomdClient } from '../../client/roomd-client.ts'
import { entered } from '../entering.ts'
import { CommandFailure, EXIT, type ExitStatus, misuse } from '../failure.ts'
import { COMMON_HELP, checkRoomName, parseOptions, wholeNumber } from '../options.ts'
import { reachOf } from '../reach.ts'
import { failureOf } from '../server-failure.ts'
import { FullView } from './full-view.ts'
import { PlainView } from './plain-view.ts'
import { ChatSession } from './session.ts'

const OPTIONS = { plain: { type: 'boolean' }, retry: { type: 'string' } } as const

const HELP = `roomd chat [SERVER] [ROOM]

Chats at a terminal. /help lists the commands, Ctrl-D ends.

  roomd chat
  roomd chat ops
  roomd chat chat.example:9090 ops --as ann

  --plain                  lines only, without moving the cursor: for screen readers
  --retry SECONDS          time to wait for a server that is away at the start; 0
${COMMON_HELP}

A single name is a server if it has a dot or a colon or is localhost, and otherwise a room.
`

/** The lobby, unless the server has given it another name. */
const LOBBY = 'lobby'

/** Time that the end waits for what was typed to be said. */
const LAST_WORDS_MS = 1_000

/** Runs the command. @throws CommandFailure */
export async function chat(args: readonly string[]): Promise<ExitStatus> {
  const { values, positionals } = parseOptions('chat', args, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return EXIT.done
  }
  const { server, room } = placeIn(positionals)
  if (room !== undefined) checkRoomName(room)
  const reach = await reachOf(values, { server })
  const retryMs = (wholeNumber('--retry', values.retry) ?? 0) * 1_000
  const { stdin, stdout } = process
  const view =
    values.plain || !stdin.isTTY || !stdout.isTTY || process.env.TERM === 'dumb'
      ? new PlainView(stdout)
      : new FullView(stdin, stdout)
  const session = new ChatSession(reach.server, view)
  // Its reader has ended, or the disk is full; the caller tells it.
  stdout.on('error', session.quit)
  const client = await entered(reach, retryMs, async ({ nickname, password, token }) => {
    const opened = await openClient(reach.dial, {
      nickname,
      password,
      token,
      onState: (state) => session.watch(state),
      onNotice: (text) => session.tell(`-!- ${text}`, 'notice', session.current, true),
    })
    try {
      await session.begin(opened, room ?? (await firstRoom(opened)), reach.roomPassword)
      return opened
    } catch (error) {
      opened.close()
      throw error
    }
  })
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve)
  })
  view.start(session)
  try {
    await Promise.race([session.quitted, signalled])
    await session.settled(LAST_WORDS_MS)
    const { unsent } = session
    if (unsent === 0) return EXIT.done
    throw new CommandFailure(EXIT.unavailable, unsent === 1 ? 'a line is not said' : `${unsent} lines are not said`)
  } catch (error) {
    throw failureOf(error, reach)
  } finally {
    view.stop()
    client.close()
  }
}

/** Returns the room for a user who has named none: the lobby, or the busiest one. @throws RefusedError, DisconnectedError */
async function firstRoom(client: RoomdClient): Promise<string> {
  const rooms = (await client.rooms()).map(({ room }) => room)
  return rooms.includes(LOBBY) ? LOBBY : (rooms[0] ?? LOBBY)
}

/** Tells server and room apart. @throws CommandFailure */
function placeIn(positionals: readonly string[]): {
  readonly server?: string | undefined
  readonly room?: string | undefined
} {
  const [first, second, ...more] = positionals
  if (more.length > 0) throw misuse('takes a server and a room; see roomd chat --help')
  if (second !== undefined) return { server: first, room: second }
  return first !== undefined && /[.:]|^localhost$/.test(first) ? { server: first } : { room: first }
}
