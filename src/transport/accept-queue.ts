/**
 * The end of a listening socket. Closing one resets the connections that the kernel has completed and nobody has accepted yet, and
 * between the last look at this queue and the close another connection can be completed. Linux completes none while the queue is full. There
 * a port is therefore filled with connections of the daemon to itself, which need not be accepted, and closed when no others are left.
 */
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import { nextRound } from '../tick.ts'

/** Maximum time in which a stopping listener that accepts no connection waits for the kernel's queue. */
const EMPTY_QUEUE_MS = 2_000
/** Rounds of the event loop without a connection after which the queue counts as empty where it cannot be looked at. */
const QUIET_ROUNDS = 100
/**
 * Number of connections that fill the queue. With few, Linux would warn of a flood in its log as soon as as many clients connect at the
 * same time.
 */
const FILLERS = 16

/** Internals of Node.js: without them a server keeps its backlog, and a connection that is being established is not reset. */
interface ListeningServer {
  readonly _handle: { listen(backlog: number): number }
}
interface ConnectingSocket {
  _reset(): void
}

/**
 * Accepts the connections in the kernel's queue of a listening server. Resolves when the server can be closed without a loss, if that is
 * done before the next round of the event loop. `accepted` returns the number of connections accepted so far.
 */
export async function acceptQueueEmptied(server: Server, accepted: () => number): Promise<void> {
  if (process.platform !== 'linux') return quiet(accepted)
  // A queue of so many connections is full with one more.
  setBacklog(server, FILLERS - 1)
  let [count, since] = [accepted(), performance.now()]
  while (server.listening && performance.now() - since < EMPTY_QUEUE_MS) {
    const queue = await fill(server)
    if (queue.own.size > 0) return othersAccepted(server, queue)
    // Node.js accepts one connection in each round.
    for (let rounds = Math.max(1, queue.others - FILLERS); rounds > 0; rounds--) await nextRound()
    if (accepted() !== count) [count, since] = [accepted(), performance.now()]
  }
}

/** Resolves when no connection has been accepted for some rounds of the event loop. */
async function quiet(accepted: () => number): Promise<void> {
  const deadline = performance.now() + EMPTY_QUEUE_MS
  for (let left = QUIET_ROUNDS; left > 0 && performance.now() < deadline; ) {
    const before = accepted()
    await nextRound()
    left = accepted() === before ? left - 1 : QUIET_ROUNDS
  }
}

/** Connections in the kernel's queue of a port: the remote ports of the fillers, and the number of others. */
interface Queue {
  readonly own: Set<number>
  readonly others: number
}

/** Fills the queue. If there is no place for a filler, or a connection is half open, the queue is left as it was and `own` is empty. */
async function fill(server: Server): Promise<Queue> {
  // A listening TCP server's address is neither a path nor null.
  const { address, family, port } = server.address() as AddressInfo
  const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address
  const fillers = Array.from({ length: FILLERS }, () => connect({ host, port }).on('error', () => {}))
  // All requests are sent then, and a host completes a connection to itself at once.
  await new Promise<void>((sent) => process.nextTick(sent))
  const queue = queueOf(port, TABLES[family === 'IPv6' ? 6 : 4], new Set(fillers.map(({ localPort = 0 }) => localPort)))
  if (queue.own.size === 0) for (const filler of fillers) (filler as unknown as ConnectingSocket)._reset()
  return queue
}

/** Resolves when the other connections of a full queue have been accepted. */
async function othersAccepted(server: Server, { own, others }: Queue): Promise<void> {
  if (others === 0) return
  // The queue stays full while only others leave it.
  setBacklog(server, own.size - 1)
  let left = others
  const { promise, resolve } = Promise.withResolvers<void>()
  const count = ({ remotePort = 0 }: Socket) => {
    if (own.delete(remotePort)) setBacklog(server, Math.max(0, own.size - 1))
    else if (--left === 0) resolve()
  }
  server.on('connection', count)
  await promise
  server.off('connection', count)
}

function setBacklog(server: Server, backlog: number): void {
  const { _handle: handle } = server as unknown as ListeningServer
  handle.listen(backlog)
}

/** Local port, remote port, state and bytes to read in a table of the kernel (Linux, Documentation/networking/proc_net_tcp.rst). */
const ROW = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{2}) [0-9A-F]+:([0-9A-F]+) /gm
const ESTABLISHED = '01'
const HALF_OPEN = '03'
const LISTENING = '0A'

/** Tables with a listening socket and all connections to it. One of IPv6 accepts connections over IPv4 too. */
const TABLES = { 4: '/proc/net/tcp', 6: '/proc/net/tcp6' } as const

/**
 * Returns the queue of a port, by a table; `fillers` are the ports of connections that may be in it. `own` is empty if the queue is not
 * full.
 */
function queueOf(port: number, table: string, fillers: ReadonlySet<number>): Queue {
  const local = port.toString(16).toUpperCase().padStart(4, '0')
  const own = new Set<number>()
  let [length, halfOpen] = [0, 0]
  for (const [, at, from = '', state, unread = ''] of contentOf(table).matchAll(ROW)) {
    if (at !== local) continue
    const remote = Number.parseInt(from, 16)
    if (state === HALF_OPEN) halfOpen++
    if (state === ESTABLISHED && fillers.has(remote)) own.add(remote)
    // For a listening socket this column has the length of its queue.
    if (state === LISTENING) length = Math.max(length, Number.parseInt(unread, 16))
  }
  const others = length - own.size
  if (halfOpen > 0 || length < FILLERS) own.clear()
  return { own, others }
}

/** Contents of tables, until the end of the turn in which they were read. */
const contents = new Map<string, string>()

/**
 * Returns the content of a table, or an empty text if it cannot be read. All ports that are filled at the same moment share one read, for
 * which the kernel looks through the whole of its hash table: this takes milliseconds.
 */
function contentOf(table: string): string {
  let content = contents.get(table)
  if (content === undefined) {
    content = read(table)
    contents.set(table, content)
    queueMicrotask(() => contents.clear())
  }
  return content
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
