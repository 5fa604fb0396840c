/** Servers under load, each in a process of its own. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Is stopped when it is disposed of. */
export interface Server extends AsyncDisposable {
  readonly pid: number
  readonly port: number
}

const MAIN = new URL('../src/main.ts', import.meta.url).pathname
/** As `npm start` runs it. */
const NODE_ARGS = ['--max-semi-space-size=12']
const NODE_COMPILE_CACHE = new URL('../node_modules/.cache/compiled', import.meta.url).pathname
const START_MS = 60_000
/** USER_HZ; 100 on every Linux that Node runs on. */
const TICKS = 100
const LISTENERS = ['--chatterbox', '--chatroom', '--irc', '--http']

const children = new Set<ChildProcess>()
const root = mkdtempSync(join(tmpdir(), 'roomd-bench-'))
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(root, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** A folder that is gone when the benchmark is. */
export function temporary(): string {
  return mkdtempSync(join(root, 'data-'))
}

export type Roomd = Awaited<ReturnType<typeof startRoomd>>

interface RoomdSettings {
  /** A data folder that stays; without one there is a new one. */
  readonly data?: string
  /** Options of listeners beside the line protocol's; one that is named twice is opened once. */
  readonly listeners?: readonly string[]
  readonly options?: readonly string[]
  /** Modules that are loaded into it first. */
  readonly imports?: readonly URL[]
}

/** roomd without limits. `url` is that of its HTTP port, `startMs` the time until it took connections. */
export async function startRoomd({
  data = temporary(),
  listeners = [],
  options = [],
  imports = [],
}: RoomdSettings = {}) {
  const ports = new Map<string, number>()
  for (const option of ['--line', ...listeners]) ports.set(option, ports.get(option) ?? (await freePort()))
  const args = [
    ...NODE_ARGS,
    ...imports.flatMap(({ href }) => ['--import', href]),
    MAIN,
    ...[...ports].flatMap(([option, port]) => [option, String(port)]),
    ...LISTENERS.filter((option) => !ports.has(option)).map((option) => option.replace('--', '--no-')),
    ...['--data', data, '--log-level', 'warn'],
    ...['--max-rate', '0', '--max-per-address', '0', '--max-connections', '0'],
    ...options,
  ]
  const started = performance.now()
  const env = { ...process.env, NODE_COMPILE_CACHE }
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env })
  watch(child)
  await Promise.race([
    once(child, 'message', { signal: AbortSignal.timeout(START_MS) }),
    once(child, 'exit').then(() => Promise.reject(new Error('roomd did not start'))),
  ])
  const startMs = performance.now() - started
  const url = `http://127.0.0.1:${ports.get('--http')}`
  /** Asks a module of `imports` that answers messages. */
  const ask = async (what: number): Promise<unknown> => {
    const answer = once(child, 'message')
    child.send(what)
    return (await answer)[0]
  }
  return { ...serverOf(child, ports.get('--line') ?? 0), ports, url, data, startMs, ask }
}

/** Runs a command of roomd with a file as standard input. Returns the time until it has ended, in ms. */
export async function runRoomd(args: readonly string[], input = '/dev/null'): Promise<number> {
  const started = performance.now()
  const stdin = openSync(input, 'r')
  const env = { ...process.env, NODE_COMPILE_CACHE }
  const child = watch(
    spawn(process.execPath, [...NODE_ARGS, MAIN, ...args], { stdio: [stdin, 'ignore', 'inherit'], env }),
  )
  closeSync(stdin)
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`roomd ${args[0]} has ended with ${code}`)
  return performance.now() - started
}

export async function startRedis(): Promise<Server> {
  const port = await freePort()
  const unlimited = ['--maxclients', '15000', '--client-output-buffer-limit', 'pubsub 0 0 0']
  const quiet = ['--save', '', '--appendonly', 'no', '--loglevel', 'warning', '--dir', temporary()]
  return startOther('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...quiet, ...unlimited], port)
}

/** One half of the way through two nodes, see relay-process.ts. */
export async function startRelay(role: 'say' | 'hear', redis: Server): Promise<Server> {
  const child = watch(fork(new URL('relay-process.ts', import.meta.url), [role, String(redis.port)]))
  const [port] = await once(child, 'message', { signal: AbortSignal.timeout(START_MS) })
  return serverOf(child, port)
}

/** Members that may come in at the same time: ngircd drops some of a larger crowd. */
export const AT_ONCE_AT_NGIRCD = 10

export async function startNgircd(): Promise<Server> {
  const port = await freePort()
  const file = join(temporary(), 'ngircd.conf')
  const sections = {
    Global: { Name: 'bench.local', Info: 'bench', Listen: '127.0.0.1', Ports: port, MotdPhrase: 'bench' },
    Limits: { MaxConnections: 0, MaxConnectionsIP: 0, MaxJoins: 0, MaxPenaltyTime: 0, MaxNickLength: 16 },
    Options: { DNS: 'no', Ident: 'no', PAM: 'no', SyslogFacility: 'local1' },
  }
  const text = Object.entries(sections).flatMap(([name, options]) => {
    return [`[${name}]`, ...Object.entries(options).map(([key, value]) => `${key} = ${value}`)]
  })
  writeFileSync(file, `${text.join('\n')}\n`)
  return startOther('ngircd', ['-n', '-f', file], port)
}

export async function startInspircd(): Promise<Server> {
  const port = await freePort()
  const folder = temporary()
  const file = join(folder, 'inspircd.conf')
  const tags = [
    '<server name="bench.local" description="bench" network="bench">',
    '<admin name="bench" nick="bench" email="bench@bench.local">',
    `<bind address="127.0.0.1" port="${port}" type="clients">`,
    '<connect name="bench" allow="*" timeout="60" commandrate="1000000" fakelag="no" threshold="1000000" softsendq="100M" hardsendq="200M" recvq="10M" localmax="20000" globalmax="20000" limit="20000" resolvehostnames="no">',
    '<performance softlimit="20000" netbuffersize="65534">',
    `<files motd="">`,
    `<path configdir="${folder}" datadir="${folder}" logdir="${folder}" runtimedir="${folder}">`,
  ]
  writeFileSync(file, `${tags.join('\n')}\n`)
  return startOther('inspircd', ['--nofork', '--runasroot', '--config', file], port)
}

async function startOther(program: string, args: readonly string[], port: number): Promise<Server> {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
  const child = watch(spawn(program, args, { stdio: 'ignore', env }))
  await once(child, 'spawn')
  for (const limit = performance.now() + 10_000; ; await sleep(20)) {
    const socket = createConnection(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return serverOf(child, port)
    } catch {
      if (child.exitCode !== null || performance.now() > limit) throw new Error(`${program} takes no connections`)
    } finally {
      socket.destroy()
    }
  }
}

/** Has a process killed when the benchmark ends. */
export function watch(child: ChildProcess): ChildProcess {
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

function serverOf(child: ChildProcess, port: number): Server {
  const stop = async () => {
    if (!children.has(child)) return
    child.kill('SIGTERM')
    const kill = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await once(child, 'exit')
    clearTimeout(kill)
  }
  // A process that could not be started has no number, and never gets here.
  return { pid: child.pid ?? 0, port, [Symbol.asyncDispose]: stop }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

/** Seconds of processor time, user and system, of all threads. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Resident memory in KB, now or at most so far. */
export function memory(pid: number, field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1])
}
