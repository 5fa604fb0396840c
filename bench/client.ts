/** Connections of the generator: they count bytes in one shared buffer and parse nothing, to cost less than a server. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, type SecureContext } from 'node:tls'
import type { Dialect } from './dialect.ts'
import { type Counter, countMarks } from './marks.ts'

/** One for all: nothing is kept of what was read. */
const shared = Buffer.allocUnsafe(262_144)
let heardBytes = 0

export class Client {
  readonly socket: Socket
  /** What is done with bytes; `chunk` is overwritten as soon as this returns. */
  heard: (chunk: Buffer) => void = () => {}
  /** Makes what counts the marks from now on, when nothing is half read. */
  counter: () => Counter = () => countMarks
  closed = false
  ended: (why: string) => void = () => {}

  /** Over TLS, to a server of the name `localhost`, when given what to trust. */
  constructor(port: number, trusted?: SecureContext) {
    const callback = (length: number, buffer: Uint8Array) => {
      heardBytes += length
      this.heard((buffer as Buffer).subarray(0, length))
      return true
    }
    const options = { port, host: '127.0.0.1', onread: { buffer: shared, callback } }
    this.socket = trusted
      ? connectTls({ ...options, secureContext: trusted, servername: 'localhost' })
      : connect(options)
    this.socket.setNoDelay()
    const end = (why: string) => {
      this.closed = true
      this.ended(why)
    }
    this.socket.on('error', (error) => end(error.message))
    this.socket.on('close', () => end('closed by the server'))
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** Resolves with performance.now() of the chunk in which a text has come. Rejects when the connection ends. */
  until(text: string): Promise<number> {
    return new Promise((resolve, reject) => {
      let tail = ''
      this.ended = (why) => reject(new Error(why))
      this.heard = (chunk) => {
        tail += chunk.toString('latin1')
        if (tail.includes(text)) {
          this.heard = () => {}
          this.ended = () => {}
          resolve(performance.now())
        } else {
          tail = tail.slice(-text.length)
        }
      }
    })
  }

  async enter(dialect: Dialect, index: number, room: number, pass?: string): Promise<void> {
    for (const { say, until } of dialect.enter(index, room, pass)) {
      this.send(say)
      await this.until(until)
    }
    if (dialect.counter) this.counter = dialect.counter
  }

  leave(): void {
    this.heard = () => {}
    this.ended = () => {}
    this.socket.destroy()
  }
}

export interface Entering {
  readonly rooms?: number
  readonly atOnce?: number
  readonly limitMs?: number
  /** The number of the first of them. */
  readonly first?: number
  /** What each of them comes with, in order. */
  readonly passes?: readonly string[]
  /** TLS when given what to trust. */
  readonly trusted?: SecureContext | undefined
}

/** Opens so many connections and has them enter rooms in turn, so many at a time. Those that fail stay `closed`. */
export async function enterAll(
  port: number,
  dialect: Dialect,
  count: number,
  { rooms = 1, atOnce = 200, limitMs = 60_000, first = 0, passes = [], trusted }: Entering = {},
): Promise<Client[]> {
  const clients: Client[] = []
  const work = async () => {
    while (clients.length < count) {
      const index = clients.length
      const client = new Client(port, trusted)
      clients.push(client)
      try {
        await client.enter(dialect, first + index, index % rooms, passes[index])
      } catch {
        client.closed = true
      }
    }
  }
  await within(limitMs, 'entering', Promise.all(Array.from({ length: atOnce }, work)))
  return clients
}

/** Resolves, with performance.now() of the last byte, when nothing has come for a while. */
export async function quiet(ms = 300): Promise<number> {
  let last = performance.now()
  for (let seen = -1; performance.now() - last < ms || seen !== heardBytes; ) {
    if (seen !== heardBytes) last = performance.now()
    seen = heardBytes
    await sleep(10)
  }
  return last
}

export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${ms / 1_000} s`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
