/** Telnet: its commands taken out of the bytes and answered, and the real program in a terminal. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { Telnet } from '../../../src/transport/lines/telnet.ts'
import { LineClient } from '../../support/client.ts'
import { startTestDaemon } from '../../support/daemon.ts'
import { eventually, PATIENCE_MS } from '../../support/eventually.ts'
import { keptLog } from '../../support/log.ts'

function feed(chunks: readonly string[]) {
  let replies = ''
  let asked = 0
  const telnet = new Telnet({
    negotiate: (bytes) => {
      replies += bytes.toString('latin1')
    },
    areYouThere: () => asked++,
  })
  const text = chunks.map((chunk) => telnet.take(chunk)).join('')
  return { text, replies, asked: asked > 0, spoken: telnet.spoken }
}

describe('Telnet', () => {
  it.each([
    ['WILL and DO, which are refused', '\xff\xfb\x18\xff\xfd\x1fhello', 'hello', '\xff\xfe\x18\xff\xfc\x1f'],
    ['WONT and DONT, which need no answer', '\xff\xfc\x18\xff\xfe\x1fhello', 'hello', ''],
    ['a subnegotiation', '\xff\xfa\x18\0xterm\xff\xf0hello', 'hello', ''],
    ['one that the end of the line ends', 'he\xff\xfa\x18\0xterm\nllo', 'he\nllo', ''],
    ['a plain command', 'he\xff\xf1llo', 'hello', ''],
    ['an interrupt, as telnet sends it at Ctrl-C', '\xff\xf4\xff\xfd\x06hello', 'hello', '\xff\xfb\x06'],
    ['one whose mark went as urgent data', '\xff\xf4\xff\xff\xfd\x06hello', 'hello', '\xff\xfb\x06'],
    ['an escaped 0xFF', 'he\xff\xffllo', 'hello', ''],
    ['a command that the end of the line cut off', 'hello\xff\n', 'hello\n', ''],
    ['an option that the end of the line cut off', 'hello\xff\xfd\n', 'hello\n', ''],
    ['ERASE CHARACTER', 'helo\xff\xf7\xff\xf7llo', 'helo\b\bllo', ''],
    ['ERASE LINE', 'oops\xff\xf8hello', 'oops\x1b[2K\x1b[Ghello', ''],
    ['nothing', 'hello', 'hello', ''],
  ])('takes out %s', (_, bytes, text, replies) => {
    expect(feed([bytes])).toEqual({ text, replies, asked: false, spoken: /\xff[\xf0-\xfe]/.test(bytes) })
    expect(feed([...bytes])).toMatchObject({ text, replies })
  })

  it('answers ARE YOU THERE', () => {
    expect(feed(['\xff', '\xf6hello'])).toEqual({ text: 'hello', replies: '', asked: true, spoken: true })
  })

  it('does not go on negotiating with a client that answers as it does', () => {
    let bytes = '\xff\xfd\x01\xff\xfb\x03\xff\xfd\x06'
    for (let round = 0; bytes !== ''; round++) {
      expect(round).toBeLessThan(3)
      bytes = feed([bytes]).replies
    }
  })

  it('takes out the same however it is cut up', () => {
    const bytes = fc.string({ unit: fc.constantFrom(...'\xff\xfa\xfb\xfd\xf0\xf6\x06\n\r\0a'), maxLength: 30 })
    fc.assert(
      fc.property(bytes, (bytes) => {
        expect(feed([...bytes])).toEqual(feed([bytes]))
      }),
      { numRuns: 2_000 },
    )
  })
})

/** What a socket gets, as characters. */
function heard(socket: Socket) {
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  const until = async (part: string) => {
    while (!text.includes(part)) await once(socket, 'data')
    return text
  }
  return { until }
}

describe.each(['TCP', 'TLS'])('over %s', (transport) => {
  const open = async () => {
    const { log, logged } = keptLog()
    const daemon = await startTestDaemon({ 'line-tls': 0, 'max-queue': 65_536 }, log)
    const at = { host: '127.0.0.1', port: transport === 'TCP' ? daemon.line : daemon.lineTls }
    const socket = transport === 'TCP' ? connect(at) : connectTls({ ...at, rejectUnauthorized: false })
    onTestFinished(async () => {
      socket.destroy()
      await daemon.stop()
    })
    return { socket: socket.setNoDelay(), logged, ...heard(socket) }
  }

  test('Ctrl-C is answered at once, byte by byte too, and the next line counts', async () => {
    const { socket, until } = await open()
    for (const byte of '\xff\xf4\xff\xfd\x06') {
      socket.write(byte, 'latin1')
      await turn()
    }
    expect(await until('\xff\xfb\x06')).toBe('\xff\xfb\x06')
    socket.write('LOGIN ann\r\n')
    await until('Username set to ann')
  })

  test('ARE YOU THERE is answered with a notice', async () => {
    const { socket, until } = await open()
    socket.write('\xff\xf6', 'latin1')
    expect(JSON.parse(await until('\n'))).toEqual({ type: 'notice', notice: 'Yes, roomd is here' })
  })

  test('a flood of commands from a client that reads nothing is bounded', async () => {
    const { socket, until, logged } = await open()
    socket.write('/ping\r\n')
    await until('PONG')
    socket.removeAllListeners('data').pause()
    socket.on('error', () => {})
    const flood = Buffer.from('\xff\xfd\x01\xff\xf6'.repeat(20_000), 'latin1')
    const pour = () => {
      while (socket.writable && socket.write(flood)) {}
    }
    socket.on('drain', pour)
    pour()
    await eventually(() => expect(logged()).toContain('reader-too-slow'))
  })
})

const missing = ['telnet', 'script'].find((program) => spawnSync(program, ['--version']).error)
if (missing && process.env.CI === 'true') throw new Error(`no ${missing} on the PATH`)

/** A program in a terminal of its own: what is typed goes to it, and what it shows comes back. */
class Terminal {
  readonly child: ChildProcess
  #shown = ''

  constructor(command: string) {
    this.child = spawn('script', ['-qefc', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.child.stdout?.on('data', (chunk) => {
      this.#shown += chunk
    })
    onTestFinished(() => void this.child.kill())
  }

  type(keys: string): void {
    this.child.stdin?.write(keys)
  }

  /** Resolves with what has been shown up to this text, and forgets it. */
  async shows(text: string): Promise<string> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    while (!this.#shown.includes(text)) {
      if (this.child.stdout) await once(this.child.stdout, 'data', { signal })
    }
    const end = this.#shown.indexOf(text) + text.length
    const shown = this.#shown.slice(0, end)
    this.#shown = this.#shown.slice(end)
    return shown
  }
}

test.skipIf(missing)('telnet in a terminal: a talk, Ctrl-C, and the talk goes on', async () => {
  const daemon = await startTestDaemon()
  const bob = await LineClient.connect(daemon)
  onTestFinished(async () => {
    bob.socket.destroy()
    await daemon.stop()
  })
  await bob.ask('LOGIN bob')
  bob.send('JOIN ops')
  await bob.until(({ type }) => type === 'userJoined')

  const terminal = new Terminal(`telnet 127.0.0.1 ${daemon.line}`)
  await terminal.shows('Escape character')
  terminal.type('LOGIN ann\r')
  await terminal.shows('Username set to ann')
  terminal.type('JOIN ops\r')
  await terminal.shows('User ann has joined')
  terminal.type('half a li')
  await terminal.shows('half a li')
  terminal.type('\x03')
  await terminal.shows('^C')
  terminal.type('after Ctrl-C\r')
  // Without an answer to its mark, telnet shows nothing any more.
  await terminal.shows('"body":"after Ctrl-C"')
  terminal.type('\x1d')
  await terminal.shows('telnet> ')
  terminal.type('send ayt\r')
  await terminal.shows('roomd is here')
  // In character mode each key goes by itself, and Enter is CR NUL.
  terminal.type('\x1d')
  await terminal.shows('telnet> ')
  terminal.type('mode character\r')
  terminal.type('typed kex\x7fy by key\r')
  await terminal.shows('"body":"typed key by key"')
  terminal.type('/quit\r')
  await terminal.shows('Connection closed')

  const said = (await bob.rest()).flatMap((line) => (line.type === 'message' ? [line.body] : []))
  expect(said).toEqual(['after Ctrl-C', 'typed key by key'])
})
