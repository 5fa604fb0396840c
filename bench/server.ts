/** Servers under load, each in a process of its own. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Server {
  readonly pid: number
  readonly port: number
  /** From the start of the process until it takes connections, in ms. */
  readonly startMs: number
  stop(): Promise<void>
}

const MAIN = new URL('../src/main.ts', import.meta.url).pathname
/** As `npm start` runs it. */
const NODE_ARGS = ['--max-semi-space-size=12']
const NODE_COMPILE_CACHE = new URL('../node_modules/.cache/compiled', import.meta.url).pathname
const START_MS = 60_000

const children = new Set<ChildProcess>()
const folders = new Set<string>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** A folder that is gone when the benchmark is. */
export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'roomd-bench-'))
  folders.add(folder)
  return folder
}

export function discard(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  folders.delete(folder)
}

/** roomd without limits, on a given data folder or a new one. */
export async function startRoomd(data?: string, ...more: readonly string[]): Promise<Server> {
  const port = await freePort()
  const folder = data ?? temporary()
  const limits = ['--max-rate', '0', '--max-per-address', '0', '--max-connections', '0']
  const args = [
    ...NODE_ARGS,
    MAIN,
    '--line',
    String(port),
    '--data',
    folder,
    '--log-level',
    'warn',
    ...limits,
    ...['chatterbox', 'chatroom', 'http'].filter((name) => !more.includes(`--${name}`)).map((name) => `--no-${name}`),
    ...more,
  ]
  const started = performance.now()
  const child = watch(
    spawn(process.execPath, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NODE_COMPILE_CACHE },
    }),
  )
  await Promise.race([
    once(child, 'message', { signal: AbortSignal.timeout(START_MS) }),
    once(child, 'exit').then(() => Promise.reject(new Error('roomd did not start'))),
  ])
  const server = serverOf(child, port, performance.now() - started)
  const stop = async () => {
    await server.stop()
    if (data === undefined) discard(folder)
  }
  return { ...server, stop }
}

export async function startRedis(): Promise<Server> {
  const port = await freePort()
  const unlimited = ['--maxclients', '15000', '--client-output-buffer-limit', 'pubsub 0 0 0']
  const quiet = ['--save', '', '--appendonly', 'no', '--loglevel', 'warning', '--dir', temporary()]
  return await startOther(
    find('redis-server'),
    ['--port', String(port), '--bind', '127.0.0.1', ...quiet, ...unlimited],
    port,
  )
}

/** One half of the way through two nodes, see relay-process.ts. */
export async function startRelay(role: 'say' | 'hear', redis: Server): Promise<Server> {
  const started = performance.now()
  const child = watch(fork(new URL('relay-process.ts', import.meta.url), [role, String(redis.port)]))
  const [port] = await once(child, 'message', { signal: AbortSignal.timeout(START_MS) })
  return serverOf(child, port, performance.now() - started)
}

export async function startNgircd(): Promise<Server> {
  const port = await freePort()
  const file = join(temporary(), 'ngircd.conf')
  writeFileSync(
    file,
    `[Global]
Name = bench.local
Info = bench
Listen = 127.0.0.1
Ports = ${port}
MotdPhrase = bench
ServerUID = ${process.getuid?.() ?? 0}
ServerGID = ${process.getgid?.() ?? 0}
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = 16
MaxPenaltyTime = 0
PingTimeout = 600
PongTimeout = 600
[Options]
DNS = no
Ident = no
PAM = no
SyslogFacility = local1
`,
  )
  return await startOther(find('ngircd'), ['-n', '-f', file], port)
}

/** Throws when the program is not installed. */
function find(program: string): string {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']) {
    const file = join(folder, program)
    if (existsSync(file)) return file
  }
  throw new Error(`${program} is not installed`)
}

async function startOther(program: string, args: readonly string[], port: number): Promise<Server> {
  const started = performance.now()
  const child = watch(spawn(program, args, { stdio: 'ignore' }))
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${program} did not start (status ${child.exitCode})`)
    if (performance.now() - started > 10_000) {
      child.kill('SIGKILL')
      throw new Error(`${program} takes no connections`)
    }
    await sleep(20)
  }
  return serverOf(child, port, performance.now() - started)
}

/** Is killed when the benchmark ends. */
export function watch(child: ChildProcess): ChildProcess {
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

function serverOf(child: ChildProcess, port: number, startMs: number): Server {
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const kill = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await exited
    clearTimeout(kill)
  }
  // A process that was started has a number; one that was not never gets here.
  return { pid: child.pid ?? 0, port, startMs, stop }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function answers(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
