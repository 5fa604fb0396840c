/**
 * Finds peers that have vanished while data was under way to them.
 *
 * TCP keep-alive runs only on an idle connection; unacknowledged data is retransmitted for 15 minutes. Node.js cannot set
 * TCP_USER_TIMEOUT, so on Linux the kernel's tables of sockets are read instead: /proc/net/tcp and /proc/net/tcp6 show for
 * each socket its timer, its retransmissions and its unanswered window probes (Linux, Documentation/networking/proc_net_tcp.rst).
 * Both counters return to 0 with every acknowledgement, also of a client that reads slowly or not at all. On other systems
 * nothing is watched; the heartbeat of WebSockets and the limits of the operating system hold there.
 */
import { readFile } from 'node:fs/promises'
import { type Socket, SocketAddress } from 'node:net'

const TABLES = [
  { file: '/proc/net/tcp', family: 'ipv4' },
  { file: '/proc/net/tcp6', family: 'ipv6' },
] as const
type Family = (typeof TABLES)[number]['family']

export interface DeadPeerTiming {
  /** How often the tables are read. */
  readonly checkMs: number
  /** Age of the oldest unanswered transmission at which a peer is taken for dead. */
  readonly silenceMs: number
}

/** A peer is found at the latest after `silenceMs` and two checks: 55 s. */
export const TIMING: DeadPeerTiming = { checkMs: 5_000, silenceMs: 45_000 }
/** Unanswered retransmissions or probes that it takes at least. */
const LEAST_UNANSWERED = 3

/**
 * Columns: local and remote address, state 01 (established), 08 (close wait) or others, queues, timer 01 (retransmission) or
 * 04 (window probe) and when, retransmissions, user, unanswered probes.
 */
const WAITING =
  /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]{2} [0-9A-F]+:[0-9A-F]+ 0([14]):[0-9A-F]+ ([0-9A-F]+) +\d+ +(\d+)/gm

/** A socket with unanswered transmissions. */
interface Waiting {
  /** See {@link keyOf}. */
  readonly key: string
  readonly unanswered: number
}

export class DeadPeers {
  readonly #timing: DeadPeerTiming
  readonly #watched = new Map<Socket, () => void>()
  /** By key: how many transmissions were unanswered when the socket was last seen, and since when there are some. */
  #suspects = new Map<string, { readonly unanswered: number; readonly since: number }>()
  #timer: NodeJS.Timeout | undefined

  constructor(timing = TIMING) {
    this.#timing = timing
  }

  /** Calls `died` once when the peer of a connected socket has answered nothing for `silenceMs` though data is under way. */
  watch(socket: Socket, died: () => void): void {
    if (process.platform !== 'linux') return
    this.#watched.set(socket, died)
    socket.once('close', () => {
      this.#watched.delete(socket)
      if (this.#watched.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    })
    this.#timer ??= setInterval(() => void this.#check(), this.#timing.checkMs).unref()
  }

  async #check(): Promise<void> {
    const waiting = await readTables()
    const now = performance.now()
    const dead = new Set<string>()
    const seen = new Map<string, { unanswered: number; since: number }>()
    for (const { key, unanswered } of waiting) {
      const before = this.#suspects.get(key)
      // Fewer than before: the peer has answered in the meantime.
      const since = before && before.unanswered <= unanswered ? before.since : now
      seen.set(key, { unanswered, since })
      if (unanswered >= LEAST_UNANSWERED && now - since >= this.#timing.silenceMs) dead.add(key)
    }
    this.#suspects = seen
    if (dead.size > 0) this.#end(dead)
  }

  #end(dead: ReadonlySet<string>): void {
    for (const [socket, died] of this.#watched) {
      const { localPort, remoteAddress, remotePort } = socket
      if (localPort === undefined || remoteAddress === undefined || remotePort === undefined) continue
      if (!dead.has(keyOf(localPort, remoteAddress, remotePort))) continue
      this.#watched.delete(socket)
      died()
    }
  }
}

/** Those of all listeners: the tables are read once for all. */
export const deadPeers = new DeadPeers()

async function readTables(): Promise<Waiting[]> {
  const read = TABLES.map(async ({ file, family }) => {
    // Without IPv6 there is no table of it.
    const table = await readFile(file, 'latin1').catch(() => '')
    return table.includes(' 01:') || table.includes(' 04:') ? parseTable(table, family) : []
  })
  return (await Promise.all(read)).flat()
}

/** The sockets in a table of the kernel's with unanswered transmissions. */
export function parseTable(table: string, family: Family): Waiting[] {
  const waiting: Waiting[] = []
  for (const [, local = '', address = '', remote = '', kind, retransmissions = '', probes = ''] of table.matchAll(
    WAITING,
  )) {
    const unanswered = kind === '1' ? Number.parseInt(retransmissions, 16) : Number(probes)
    if (unanswered === 0) continue
    const key = keyOf(Number.parseInt(local, 16), readAddress(address, family), Number.parseInt(remote, 16))
    waiting.push({ key, unanswered })
  }
  return waiting
}

function keyOf(localPort: number, remoteAddress: string, remotePort: number): string {
  return `${localPort} ${canonical(remoteAddress)} ${remotePort}`
}

/** Words of 32 bits in the byte order of the machine, as digits of the number that they are. */
function readAddress(digits: string, family: Family): string {
  const bytes = Buffer.from(digits, 'hex')
  if (littleEndian) bytes.swap32()
  if (family === 'ipv4') return bytes.join('.')
  return Array.from({ length: 8 }, (_, word) => bytes.readUInt16BE(2 * word).toString(16)).join(':')
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** One form for each address, however it was written. */
function canonical(address: string): string {
  const [bare = ''] = address.split('%')
  return new SocketAddress({ address: bare, family: bare.includes(':') ? 'ipv6' : 'ipv4' }).address
}
