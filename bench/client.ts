/** Connections of the generator: they count bytes in one shared buffer and parse nothing, to cost less than a server. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import { type Dialect, type DialectName, dialectOf } from './dialect.ts'

/** One for all: nothing is kept of what was read. */
const shared = Buffer.allocUnsafe(262_144)
let heardBytes = 0
const contexts = new Map<string, SecureContext>()

/** A way to a server. */
export interface Reach {
  readonly dialect: DialectName
  readonly port: number
  /** The certificate to trust, PEM; plain TCP without. */
  readonly ca?: string | undefined
  /** Credentials, one for each client by its number. */
  readonly passes?: readonly string[]
  /** Clients that may enter at the same time, where not as the dialect says. */
  readonly atOnce?: number
}

/** Clients that come the same way. */
export interface Seats extends Reach {
  /** Number of the first of them. */
  readonly first?: number
  readonly count: number
  /** Rooms that are entered in turn. */
  readonly rooms?: number
}

export class Client implements Disposable {
  readonly socket: Socket
  readonly dialect: Dialect
  /** Called with each chunk, which is overwritten as soon as this returns. */
  heard: (chunk: Buffer) => void = () => {}
  closed = false
  ended: (why: string) => void = () => {}

  /** Over TLS, to a server of the name `localhost`, when given what to trust. */
  constructor({ port, ca, dialect }: Reach) {
    const secureContext = ca && contextFor(ca)
    this.dialect = dialectOf(dialect)
    const callback = (length: number, buffer: Uint8Array) => {
      heardBytes += length
      this.heard((buffer as Buffer).subarray(0, length))
      return true
    }
    const options = { port, host: '127.0.0.1', onread: { buffer: shared, callback } }
    this.socket = secureContext ? connectTls({ ...options, secureContext, servername: 'localhost' }) : connect(options)
    const end = (why: string) => {
      this.closed = true
      this.ended(why)
    }
    this.socket.setNoDelay()
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
        if (!tail.includes(text)) {
          tail = tail.slice(-text.length)
          return
        }
        this.heard = this.ended = () => {}
        resolve(performance.now())
      }
    })
  }

  async enter(index: number, room = 0, pass?: string): Promise<void> {
    for (const [say, until] of this.dialect.enter(index, room, pass)) {
      this.send(say)
      await this.until(until)
    }
  }

  [Symbol.dispose](): void {
    this.heard = this.ended = () => {}
    this.socket.destroy()
  }
}

function contextFor(ca: string): SecureContext {
  const context = contexts.get(ca) ?? createSecureContext({ ca })
  contexts.set(ca, context)
  return context
}

/** Opens connections and has them enter, some at a time. Those that fail stay `closed`. */
export async function enterAll(seats: Seats): Promise<Client[]> {
  const { first = 0, count, rooms = 1, passes = [], atOnce = dialectOf(seats.dialect).atOnce } = seats
  const clients: Client[] = []
  const work = async () => {
    while (clients.length < count) {
      const index = clients.length
      const client = new Client(seats)
      clients.push(client)
      await client.enter(first + index, index % rooms, passes[first + index]).catch(() => {
        client.closed = true
      })
    }
  }
  await within(120_000, 'entering', Promise.all(Array.from({ length: atOnce }, work)))
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
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
