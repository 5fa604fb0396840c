/** Clients that send and read nothing: whatever they have sent is said, though nobody reads the replies. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { encoder } from '../../../src/protocols/line/json.ts'
import { type LineOptions, lineListener } from '../../../src/protocols/line/ports.ts'
import { LineWire, lastLine } from '../../../src/protocols/line/wire.ts'
import { Admission } from '../../../src/transport/admission.ts'
import { Tally } from '../../../src/transport/tally.ts'
import { stage as coreStage } from '../../chat/stage.ts'
import { LineClient } from '../../support/client.ts'
import { startTestDaemon, type TestDaemon } from '../../support/daemon.ts'
import { eventually, TIMED } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { evenPacing } from '../../support/pacing.ts'

/** Each is given a file with what to send, and a port. */
const PROGRAMS: Record<string, (file: string, port: number) => string> = {
  bash: (file, port) => `printf '%s\\n' "$(cat ${file})" > /dev/tcp/127.0.0.1/${port}`,
  cat: (file, port) => `cat ${file} > /dev/tcp/127.0.0.1/${port}`,
  ncat: (file, port) => `ncat --send-only 127.0.0.1 ${port} < ${file}`,
  socat: (file, port) => `socat -u STDIN TCP:127.0.0.1:${port} < ${file}`,
  nc: (file, port) => `nc -N 127.0.0.1 ${port} < ${file} >&- 2>/dev/null || true`,
}

/** A line after the other, as a script would. Ends when told to, and says that it has written all. */
const LOOP = (file: string, port: number) =>
  `exec 3> /dev/tcp/127.0.0.1/${port}; while IFS= read -r line; do echo "$line" >&3; done < ${file}; echo done; read -r`

/** Bytes that clients of a port have written and its kernel has not taken, which a client that ends with replies unread throws away. */
function underWayTo(port: number): number {
  const rows = readFileSync('/proc/net/tcp', 'latin1').trim().split('\n').slice(1)
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const queues = rows.map((row) => row.trim().split(/\s+/)).filter(([, , peer]) => peer?.endsWith(`:${hex}`))
  return queues.reduce((sum, [, , , , queue = '']) => sum + Number.parseInt(queue, 16), 0)
}

const words = (count: number) => Array.from({ length: count }, (_, n) => `line ${n} of a log that is kept`)

const script = (name: string, lines: readonly string[]) => `LOGIN ${name}\nJOIN logs\n${lines.join('\n')}\n`

async function listening(daemon: TestDaemon): Promise<LineClient> {
  const eyes = await LineClient.connect(daemon)
  onTestFinished(() => void eyes.socket.destroy())
  await eyes.ask('LOGIN eyes')
  eyes.send('JOIN logs')
  await eyes.until(({ type }) => type === 'userJoined')
  return eyes
}

/** What somebody says until they leave. */
async function heard(eyes: LineClient, name: string): Promise<string[]> {
  const lines = await eyes.until((line) => line.type === 'userLeft' && line.from === name)
  return lines.flatMap((line) => (line.type === 'message' && line.from === name ? [line.body] : []))
}

async function openDaemon(overrides = {}): Promise<TestDaemon> {
  const daemon = await startTestDaemon({ 'line-tls': 0, 'max-rate': 0, ...overrides })
  onTestFinished(() => daemon.stop())
  return daemon
}

const runs = Object.entries(PROGRAMS).flatMap(([program, command]) => {
  return [10, 5_000].map((count) => ({ program, command, count }))
})
for (const count of [10, 1_000]) runs.push({ program: 'a loop', command: LOOP, count })

// A sender that this machine leaves standing for a while has its last lines thrown away by its own kernel: a loop waits for it.
test.for(runs)('$program, $count lines', TIMED, async ({ program, command, count }, { skip }) => {
  const needed = program in PROGRAMS && program !== 'cat' ? program : 'bash'
  if (spawnSync('which', [needed]).status !== 0) {
    if (process.env.CI === 'true') throw new Error(`no ${needed} on the PATH`)
    skip(`no ${needed} on the PATH`)
  }
  const daemon = await openDaemon()
  const eyes = await listening(daemon)
  const file = join(temporaryFolder(), 'script')
  const lines = words(count)
  writeFileSync(file, script('bot', lines))
  const child = spawn('bash', ['-c', command(file, daemon.line)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const said = heard(eyes, 'bot')
  const closed = once(child, 'close')
  if (command === LOOP) {
    await once(child.stdout, 'data')
    await eventually(() => expect(underWayTo(daemon.line)).toBe(0))
    child.stdin.end('\n')
  }
  child.stdout.resume()
  expect(await closed).toEqual([0, null])
  expect(await said).toEqual(lines)
})

test('20,000 lines are all read before the first is answered', TIMED, async () => {
  const daemon = await openDaemon()
  const eyes = await listening(daemon)
  const file = join(temporaryFolder(), 'script')
  const lines = words(20_000)
  writeFileSync(file, script('bot', lines))
  const child = spawn('bash', ['-c', `cat ${file} > /dev/tcp/127.0.0.1/${daemon.line}`], { stdio: 'ignore' })
  await once(child, 'close')
  expect(await heard(eyes, 'bot')).toEqual(lines)
})

const sizes = [
  ['TCP', 1],
  ['TCP', 100_000],
  ['TLS', 100_000],
] as const

test.for(sizes)('one that goes while it is read slowly is heard to the end: %s, %i bytes at a time', async (way) => {
  const [transport, size] = way
  const daemon = await openDaemon({ 'max-rate': 1_000, 'max-burst': 100 })
  const eyes = await listening(daemon)
  const lines = words(500)
  const host = '127.0.0.1'
  const socket =
    transport === 'TCP'
      ? connect({ host, port: daemon.line })
      : connectTls({ host, port: daemon.lineTls, rejectUnauthorized: false })
  socket.on('error', () => {})
  const text = script('bot', lines)
  for (let at = 0; at < text.length; at += size) socket.write(text.slice(at, at + size))
  await once(socket, 'readable')
  // With replies unread, so that the server gets a reset.
  socket.destroy()
  expect(await heard(eyes, 'bot')).toEqual(lines)
})

async function openListener(overrides: Partial<LineOptions>) {
  const { chat } = await coreStage()
  const encode = encoder(false)
  const options: LineOptions = {
    chat,
    wire: new LineWire(encode),
    lastWord: lastLine(encode),
    log: pino({ level: 'silent' }),
    tally: new Tally(),
    maxLine: 16_384,
    maxQueueBytes: 1_048_576,
    pacing: evenPacing({ rate: 0, burst: 1 }),
    loginTimeoutMs: 0,
    ...overrides,
  }
  const listener = lineListener(options, new Admission({ maxConnections: 0, maxPerAddress: 0 }))
  const { port } = await listener.listen('127.0.0.1', 0)
  onTestFinished(async () => {
    listener.abort()
    await listener.stop()
  })
  const daemon: TestDaemon = { line: port, lineTls: 0, port: () => port, stop: async () => {} }
  return { listener, daemon }
}

test('one that reads nothing and goes on sending is heard, without replies, after a while', async () => {
  const { daemon } = await openListener({ stallMs: 200 })
  const eyes = await listening(daemon)
  const socket = connect({ port: daemon.line, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  // Its replies are more than the kernel takes.
  const asking = '/help\n'.repeat(4_000)
  socket.write(script('bot', ['before']) + asking)
  socket.write('behind\n')
  const said = await eyes.until((line) => line.type === 'message' && line.body === 'behind')
  expect(said.filter(({ type }) => type === 'message')).toMatchObject([{ body: 'before' }, { body: 'behind' }])
  // It is there, and is heard as before.
  socket.write('later\n')
  await eyes.until((line) => line.type === 'message' && line.body === 'later')
  expect(await eyes.ask('/who')).toMatchObject({ members: ['eyes', 'bot'] })
  // If it reads after all, it is told.
  let last = ''
  socket.on('data', (chunk) => {
    last = (last + chunk).slice(-1_000)
  })
  await once(socket, 'end')
  expect(JSON.parse(last.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ code: 'reader-too-slow' })
  socket.end('the end\n')
  expect((await heard(eyes, 'bot')).at(-1)).toBe('the end')
})

test('what is read ahead is bounded, for one connection and for all', async () => {
  const { listener, daemon } = await openListener({ pacing: evenPacing({ rate: 1, burst: 1 }) })
  const flood = Buffer.from('x'.repeat(99).concat('\n').repeat(10_000))
  const pour = (socket: Socket) => {
    while (socket.writable && socket.write(flood)) {}
  }
  const open = async () => {
    const socket = connect(daemon.line, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {}).on('drain', () => pour(socket))
    await once(socket, 'connect')
    pour(socket)
  }
  const settled = async () => {
    let before = -1
    await eventually(() => {
      const { received } = listener.traffic
      const same = received === before
      before = received
      expect(same && received > 0).toBe(true)
    }, 300)
    return before
  }
  await open()
  const MB = 1_048_576
  expect(await settled()).toBeGreaterThan(8 * MB)
  expect(listener.traffic.received).toBeLessThan(9 * MB)
  for (let n = 0; n < 15; n++) await open()
  expect(await settled()).toBeLessThan(72 * MB)
})
