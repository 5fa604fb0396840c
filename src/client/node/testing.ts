/// <reference lib="esnext.disposable" preserve="true" />
/** Daemons for the tests of programs that use roomd. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

export interface StartOptions {
  /** Options of the daemon by their names, such as `{ 'max-rate': 0 }`. */
  readonly options?: Readonly<Record<string, string | number | boolean>>
  /** Program that runs the daemon, which needs Node 24; the one that runs the caller unless given. */
  readonly node?: string
}

/** A daemon in a process of its own, on ports that the system has chosen, with a temporary data folder. */
export interface TestRoomd extends AsyncDisposable {
  /** Address for `connect`: `tcp://127.0.0.1:port`. */
  readonly url: string
  /** Address of the port with TLS, with a certificate of its own; there is one with the option `line-tls` 0. */
  readonly tls?: string
  /** Origin of the HTTP port: `http://127.0.0.1:port`. */
  readonly http: string
  /** Stops the daemon and removes its data. */
  stop(): Promise<void>
}

const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url))
const DEFAULTS = { line: 0, http: 0, chatterbox: false, chatroom: false, irc: false }

/** Starts a daemon of the installed package. Rejects with its last words when it does not start. */
export async function startRoomd({ options, node = process.execPath }: StartOptions = {}): Promise<TestRoomd> {
  const data = await mkdtemp(join(tmpdir(), 'roomd-'))
  const given = Object.entries({ data, ...DEFAULTS, ...options }).map(([name, value]) => `--${name}=${value}`)
  // The options of another daemon on the machine are none of this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ROOMD_')))
  const child = spawn(node, [MAIN, ...given], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
    await rm(data, { recursive: true, force: true })
  }
  try {
    const port = await portsOf(child, exited)
    const at = (protocol: string) => `127.0.0.1:${port(protocol)}`
    const tls = port('line-tls') === undefined ? {} : { tls: `tls://${at('line-tls')}` }
    return { url: `tcp://${at('line')}`, ...tls, http: `http://${at('http')}`, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Resolves with the ports by protocol when the daemon is ready. */
async function portsOf(
  child: ChildProcess,
  exited: Promise<unknown>,
): Promise<(protocol: string) => number | undefined> {
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('The daemon has no output')
  const ports = new Map<string, number>()
  const errors = text(stderr)
  const lines = createInterface(stdout)
  try {
    for await (const line of lines) {
      const { msg, protocol, port } = JSON.parse(line)
      if (msg === 'listening') ports.set(protocol, port)
      if (msg === 'ready') return (name) => ports.get(name)
    }
  } finally {
    // A pipe that is full would stop the daemon.
    stdout.resume()
  }
  await exited
  throw new Error(`roomd does not start: ${(await errors).trim()}`)
}
