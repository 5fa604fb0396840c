/** Prints the functions of roomd that run while one line goes from the socket of its sender to that of a member. */
import { Session } from 'node:inspector/promises'
import { connect, type Socket } from 'node:net'
import { relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { checkConfig } from '../src/config.ts'
import { startDaemon } from '../src/daemon.ts'

const root = resolve(import.meta.dirname, '..')
const WARM_UP = 3

/** A function of the sources that has run. */
export interface Visited {
  /** Path of its file in the checkout. */
  readonly file: string
  readonly name: string
}

/** Starts a daemon whose store is in memory, hence in this thread, and says a line in it. Resolves with the named functions, without getters. */
export async function pathOfALine(): Promise<Visited[]> {
  const off = { 'line-tls': false, chatterbox: false, chatroom: false, irc: false, http: false }
  const daemon = await startDaemon(checkConfig({ ...off, line: 0, data: ':memory:' }), pino({ level: 'silent' }))
  const port = daemon.addresses.get('line')?.port ?? 0
  const [ann, bob] = [await member('ann', port), await member('bob', port)]
  const inspector = new Session()
  inspector.connect()
  try {
    const say = async (text: string) => {
      const heard = Promise.all([ann.hears(text), bob.hears(text)])
      ann.socket.write(`${text}\n`)
      await heard
    }
    for (let count = 0; count < WARM_UP; count++) await say(`warm-up ${count}`)
    await inspector.post('Profiler.enable')
    await inspector.post('Profiler.startPreciseCoverage', { callCount: true })
    const visited = async (text: string): Promise<Visited[]> => {
      await say(text)
      const { result } = await inspector.post('Profiler.takePreciseCoverage')
      return result.flatMap(({ url, functions }) => {
        const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : ''
        if (!/^(src|commands)\//.test(file)) return []
        const run = functions.filter(({ functionName, ranges: [all] }) => isNamed(functionName) && all && all.count > 0)
        return run.map(({ functionName }) => ({ file, name: functionName }))
      })
    }
    // A timer may run beside one line, and not beside both.
    const again = await visited('hello again')
    return (await visited('hello')).filter((one) =>
      again.some(({ file, name }) => file === one.file && name === one.name),
    )
  } finally {
    inspector.disconnect()
    for (const { socket } of [ann, bob]) socket.destroy()
    await daemon.stop()
  }
}

interface Member {
  readonly socket: Socket
  /** Resolves when a message with a text has come. */
  hears(text: string): Promise<void>
}

async function member(name: string, port: number): Promise<Member> {
  const socket = connect(port, '127.0.0.1')
  const lines = createInterface(socket)
  const hears = (text: string) =>
    new Promise<void>((resolve) => {
      lines.on('line', (line) => line.includes(`"body":"${text}"`) && resolve())
    })
  const joined = hears(`User ${name} has joined the room`)
  socket.write(`LOGIN ${name}\nJOIN ops\n`)
  await joined
  return { socket, hears }
}

function isNamed(name: string): boolean {
  return name !== '' && !/^(get |<)/.test(name)
}

if (import.meta.main) {
  const path = await pathOfALine()
  for (const { file, name } of path) console.log(`${file} ${name}`)
  console.log(`${path.length} functions`)
}
