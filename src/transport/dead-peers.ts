/**
 * Detects peers that vanish while data is in flight, and connections that the kernel has closed without an error in Node.js.
 *
 * TCP keep-alive runs only on an idle connection; unacknowledged data is retransmitted for 15 minutes. Node.js cannot set
 * TCP_USER_TIMEOUT, so on Linux the kernel's tables of sockets are read instead: /proc/net/tcp and /proc/net/tcp6 show for
 * each socket its timer, its retransmissions and its unanswered window probes (Linux, Documentation/networking/proc_net_tcp.rst).
 * Both counters return to 0 with every acknowledgement, also of a client that reads slowly or not at all. On other systems there
 * is no detection beyond the heartbeat of WebSockets and the timeouts of the operating system.
 *
 * When a TLS client resets the connection directly after its handshake, Node.js can lose the error of writing the session tickets.
 * Every later write then waits for ever, while the socket is in no table any more.
 */
import { readFile } from 'node:fs/promises'
import { type Socket, SocketAddress } from 'node:net'
import { inSlices } from '../slices.ts'

const TABLES = [
  { file: '/proc/net/tcp', family: 'ipv4' },
  { file: '/proc/net/tcp6', family: 'ipv6' },
] as const
type Family = (typeof TABLES)[number]['family']

interface DeadPeerTiming {
  /** How often the tables are read. */
  readonly checkMs: number
  /** Age of the oldest unanswered transmission at which a peer is dead. */
  readonly silenceMs: number
}

/** Detection takes at most `silenceMs` and two checks: 55 s. */
export const TIMING: DeadPeerTiming = { checkMs: 5_000, silenceMs: 45_000 }
/** Minimum number of unanswered retransmissions or probes of a dead peer. */
const MIN_UNANSWERED = 3
/** Number of consecutive checks in which a closed socket is in no table; reading a table is not atomic. */
const MIN_UNLISTED = 2

/**
 * Columns: local and remote address, state 01 (established), 08 (close wait) or others, queues, timer 01 (retransmission) or
 * 04 (window probe) and when, retransmissions, user, unanswered probes.
 */
const WAITING =
  /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]{2} [0-9A-F]+:[0-9A-F]+ 0([14]):[0-9A-F]+ ([0-9A-F]+) +\d+ +(\d+)/gm

/** Local port, remote address and remote port of every socket in a table. */
const LISTED = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) /gm

/** Minimum characters of a table that are parsed in one round of the event loop: about 50 rows. */
const PART_CHARACTERS = 8_192

/** Part of a table of sockets that ends with a whole row. */
interface Part {
  readonly text: string
  readonly family: Family
}

/** A socket with unanswered transmissions. */
interface Waiting {
  /** See {@link keyOf}. */
  readonly key: string
  readonly unanswered: number
}

/** Watches connected sockets by the kernel's tables. */
export class DeadPeers {
  readonly #timing: DeadPeerTiming
  readonly #watched = new Map<Socket, () => void>()
  /** Unanswered transmissions at the last check, and the time of the first check that found some, by key. */
  #suspects = new Map<string, { readonly unanswered: number; readonly since: number }>()
  /** Number of checks in which a socket with queued output was in no table. */
  #unlisted = new Map<Socket, number>()
  #timer: NodeJS.Timeout | undefined
  #isChecking = false

  constructor(timing = TIMING) {
    this.#timing = timing
  }

  /**
   * Calls `died` once when the peer of a connected socket acknowledges nothing for `silenceMs` while data is in flight, or when
   * the kernel has closed a socket with queued output.
   */
  watch(socket: Socket, died: () => void): void {
    if (process.platform !== 'linux') return
    this.#watched.set(socket, died)
    socket.once('close', () => {
      this.#watched.delete(socket)
      if (this.#watched.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    })
    this.#timer ??= setInterval(() => void this.#checkAlone(), this.#timing.checkMs).unref()
  }

  /** Checks, unless the last check goes on. */
  async #checkAlone(): Promise<void> {
    if (this.#isChecking) return
    this.#isChecking = true
    try {
      await this.#check()
    } finally {
      this.#isChecking = false
    }
  }

  async #check(): Promise<void> {
    const writing = [...this.#watched.keys()].filter((socket) => socket.writableLength > 0)
    const parts = await readTables()
    await this.#endUnlisted(writing, parts)
    const waiting = (await inSlices(parts, 1, ({ text, family }) => parseTable(text, family))).flat()
    const now = performance.now()
    const dead = new Set<string>()
    const seen = new Map<string, { unanswered: number; since: number }>()
    for (const { key, unanswered } of waiting) {
      const before = this.#suspects.get(key)
      // A lower number means that the peer has answered in the meantime.
      const since = before && before.unanswered <= unanswered ? before.since : now
      seen.set(key, { unanswered, since })
      if (unanswered >= MIN_UNANSWERED && now - since >= this.#timing.silenceMs) dead.add(key)
    }
    this.#suspects = seen
    if (dead.size === 0) return
    for (const socket of this.#watched.keys()) if (dead.has(keyOfSocket(socket) ?? '')) this.#died(socket)
  }

  /** Ends those of the sockets that are in no table; `writing` had queued output before the tables were read. */
  async #endUnlisted(writing: readonly Socket[], parts: readonly Part[]): Promise<void> {
    const before = this.#unlisted
    this.#unlisted = new Map()
    if (writing.length === 0 || parts.length === 0) return
    const listed = new Set((await inSlices(parts, 1, keysOf)).flat())
    for (const socket of writing) {
      const key = keyOfSocket(socket)
      if (key !== undefined && listed.has(key)) continue
      const checks = (before.get(socket) ?? 0) + 1
      this.#unlisted.set(socket, checks)
      if (checks === MIN_UNLISTED) this.#died(socket)
    }
  }

  #died(socket: Socket): void {
    const died = this.#watched.get(socket)
    this.#watched.delete(socket)
    died?.()
  }
}

/** Watches the connections of all listeners, for which the tables are read once. */
export const deadPeers = new DeadPeers()

async function readTables(): Promise<Part[]> {
  const read = TABLES.map(async ({ file, family }) => {
    // Without IPv6 there is no second table.
    const text = await readFile(file, 'latin1').catch(() => '')
    return partsOf(text).map((part) => ({ text: part, family }))
  })
  return (await Promise.all(read)).flat()
}

function partsOf(table: string): string[] {
  const parts: string[] = []
  for (let start = 0; start < table.length; ) {
    const end = table.indexOf('\n', start + PART_CHARACTERS) + 1 || table.length
    parts.push(table.slice(start, end))
    start = end
  }
  return parts
}

function keysOf({ text, family }: Part): string[] {
  return Array.from(text.matchAll(LISTED), (row) => keyOfRow(row, family))
}

/** Returns the sockets with unanswered transmissions in a table of the kernel. */
export function parseTable(table: string, family: Family): Waiting[] {
  const waiting: Waiting[] = []
  if (!table.includes(' 01:') && !table.includes(' 04:')) return waiting
  for (const row of table.matchAll(WAITING)) {
    const [, , , , kind, retransmissions = '', probes = ''] = row
    const unanswered = kind === '1' ? Number.parseInt(retransmissions, 16) : Number(probes)
    if (unanswered === 0) continue
    waiting.push({ key: keyOfRow(row, family), unanswered })
  }
  return waiting
}

function keyOfRow([, local = '', address = '', remote = '']: RegExpExecArray, family: Family): string {
  return keyOf(Number.parseInt(local, 16), readAddress(address, family), Number.parseInt(remote, 16))
}

/** Returns undefined for a socket that is not connected any more. */
function keyOfSocket({ localPort, remoteAddress, remotePort }: Socket): string | undefined {
  if (localPort === undefined || remoteAddress === undefined || remotePort === undefined) return undefined
  return keyOf(localPort, remoteAddress, remotePort)
}

function keyOf(localPort: number, remoteAddress: string, remotePort: number): string {
  return `${localPort} ${canonical(remoteAddress)} ${remotePort}`
}

/** Decodes an address: hexadecimal words of 32 bits in the byte order of the machine. */
function readAddress(digits: string, family: Family): string {
  const bytes = Buffer.from(digits, 'hex')
  if (littleEndian) bytes.swap32()
  if (family === 'ipv4') return bytes.join('.')
  return Array.from({ length: 8 }, (_, word) => bytes.readUInt16BE(2 * word).toString(16)).join(':')
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

function canonical(address: string): string {
  if (!address.includes(':')) return address
  const [bare = ''] = address.split('%')
  return new SocketAddress({ address: bare, family: 'ipv6' }).address
}
