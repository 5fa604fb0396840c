/** What clients send cannot drive the terminal of whoever looks at the log, as JSON or as text for people. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { main, nodeEnvironment } from '../support/main.ts'
import { needPython } from '../support/python.ts'

const ARGS = [
  '--line',
  '0',
  '--http',
  '0',
  '--no-chatterbox',
  '--no-chatroom',
  '--no-irc',
  '--data',
  ':memory:',
  '--log-level',
  'trace',
]
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is looked for
const COLOUR = /\x1b\[\d+m/g
const ON_A_TERMINAL = 'import pty, sys; pty.spawn(sys.argv[1:])'

/** Bytes of a client: a sequence that clears the screen, the same with the introducer of eight bits, a title, text turned around. */
const HOSTILE = ['\x1b[2J', '\x9b2J', '\xc2\x9b2J', '\x1b]0;gotcha\x07', '\xe2\x80\xae', '\x7f'].map(
  (text) => `evil${text}x`,
)

async function daemonOn(kind: 'pipe' | 'terminal', context: TestContext) {
  if (kind === 'terminal') needPython(context)
  const command = [process.execPath, main, ...ARGS]
  const [program = '', ...args] = kind === 'terminal' ? ['python3', '-c', ON_A_TERMINAL, ...command] : command
  const child = spawn(program, args, {
    env: { ...nodeEnvironment(), TERM: 'xterm', FORCE_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let written = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    written += chunk
  })
  /** Without the colours, and the ends of lines of a terminal. */
  const log = () => written.replace(COLOUR, '').replaceAll('\r\n', '\n')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await once(child, 'close')
  })
  await eventually(() => expect(log()).toContain('ready'))
  const port = (protocol: string) => {
    const after = log().slice(log().search(`"${protocol}"`))
    return Number(/port\W+(\d+)/.exec(after)?.[1])
  }
  return { port, log }
}

/** Sends bytes, and waits for the end of the connection or a moment, as some of it is not answered. */
async function send(port: number, bytes: string): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port }).on('error', () => {})
  socket.resume().end(Buffer.from(bytes, 'latin1'))
  await once(socket, 'close')
}

test.for(['pipe', 'terminal'] as const)('on a %s', async (kind, context) => {
  const daemon = await daemonOn(kind, context)
  const http = daemon.port('http')
  for (const text of HOSTILE) {
    await send(daemon.port('line'), `LOGIN ${text}\nJOIN ${text}\n${text}\n`)
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
    for (const head of [
      `GET /line HTTP/1.1\r\nHost: localhost\r\nOrigin: http://${text}\r\n${upgrade}\r\n\r\n`,
      `GET /${text} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nUser-Agent: ${text}\r\n\r\n`,
      `GET /chats/1 HTTP/1.1\r\nHost: ${text}\r\nConnection: close\r\nX-Forwarded-For: ${text}\r\n\r\n`,
    ]) {
      await send(http, head)
    }
  }
  const title = 'gone \u202e\u{e0041}'
  const room = { method: 'POST', body: JSON.stringify({ title, visibility: 'public' }) }
  const made = await fetch(`http://127.0.0.1:${http}/chats`, room)
  const { id } = (await made.json()) as { id: number }
  expect((await fetch(`http://127.0.0.1:${http}/chats/${id}`, { method: 'DELETE' })).status).toBe(200)
  await eventually(() => expect(daemon.log()).toContain('room deleted'))
  // Both are there, for a person to read.
  await eventually(() => expect(daemon.log()).toContain('refused a page of another origin'))
  expect(daemon.log()).toMatch(/evil\\+u009b2J/)
  expect(daemon.log()).toMatch(/gone \\+u202e\\+u\{e0041\}/)
  expect(daemon.log()).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
})
