/** Plays a session against a port. */
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import type { Secrets } from './secrets.ts'
import type { Session } from './session.ts'

/** How long an answer is waited for before the client goes on, in ms. */
const HEAR_MS = 150
/** Bytes that a client takes before it goes away: a long HISTORY, asked for many times. */
const MOST_BYTES = 2 ** 22
/**
 * How long the server may say nothing and not end a connection whose client has ended its side, in ms, without the time for which its threads
 * were ready to run and others had the machine.
 */
const END_MS = 60_000
const LINE_FEED = 10

export interface Played {
  readonly received: Buffer
  /** Whether the server has ended the connection properly, so that nothing is missing. */
  readonly complete: boolean
  readonly sentBytes: number
  readonly sentLines: number
}

/** Where a session is played. `starvedMs` tells how long the server's threads have been ready to run and have not run. */
export interface Server {
  readonly port: number
  readonly starvedMs: () => number
}

export async function play(session: Session, server: Server, secrets: Secrets): Promise<Played> {
  const client = new Client(session, server)
  let [sentBytes, sentLines] = [0, 0]
  await client.connected
  for (const step of session.steps) {
    if (client.socket.destroyed) break
    if (step.kind === 'pause') await delay(step.ms)
    else if (step.kind === 'hear') {
      await client.hear()
      secrets.learn(client.received)
    } else {
      const bytes = secrets.fillIn(step.bytes)
      sentBytes += bytes.length
      sentLines += bytes.filter((byte) => byte === LINE_FEED).length
      client.socket.write(bytes)
      await new Promise(setImmediate)
    }
  }
  await client.end()
  client.destroy()
  return { received: client.received, complete: client.complete, sentBytes, sentLines }
}

class Client {
  readonly socket: Socket
  readonly connected: Promise<void>
  complete = false
  readonly #session: Session
  readonly #starvedMs: () => number
  readonly #tcp: Socket
  readonly #chunks: Buffer[] = []
  #bytes = 0
  readonly #closed: Promise<void>
  #heard = Promise.withResolvers<void>()

  constructor(session: Session, { port, starvedMs }: Server) {
    this.#session = session
    this.#starvedMs = starvedMs
    this.#tcp = connect({ host: '127.0.0.1', port, localAddress: session.from, allowHalfOpen: true }).setNoDelay()
    const tcp = this.#tcp
    this.socket = session.tls ? connectTls({ socket: tcp, rejectUnauthorized: false }) : tcp
    const { socket } = this
    for (const each of new Set([tcp, socket])) each.on('error', () => {})
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.once(session.tls ? 'secureConnect' : 'connect', () => resolve()).once('close', () => resolve())
    this.connected = promise
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('end', () => {
      this.complete = true
      socket.destroySoon()
    })
    if (session.reads) {
      socket.on('data', (chunk) => {
        this.#chunks.push(chunk)
        this.#bytes += chunk.length
        if (this.#bytes > MOST_BYTES) socket.destroy()
        this.#heard.resolve()
      })
    }
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  /** Resolves when something comes, when nothing more can come, and after a moment at the latest. */
  async hear(): Promise<void> {
    this.#heard = Promise.withResolvers()
    const waited = new AbortController()
    await Promise.race([this.#heard.promise, this.#closed, delay(HEAR_MS, undefined, waited).catch(() => {})])
    waited.abort()
  }

  destroy(): void {
    this.socket.destroy()
    this.#tcp.destroy()
  }

  async end(): Promise<void> {
    switch (this.#session.ending) {
      case 'half-close': {
        this.socket.end()
        let late = false
        let [heardAt, starved] = [performance.now(), this.#starvedMs()]
        const hear = () => {
          heardAt = performance.now()
          starved = this.#starvedMs()
        }
        this.socket.on('data', hear)
        const patience = setInterval(() => {
          late = performance.now() - heardAt - (this.#starvedMs() - starved) > END_MS
          if (late) this.#tcp.destroy()
        }, END_MS / 10)
        await this.#closed
        clearInterval(patience)
        if (late) throw new Error(`a connection that lives on in silence for ${END_MS} ms after its client's end`)
        return
      }
      case 'close':
        await this.hear()
        this.socket.destroySoon()
        break
      case 'reset':
        this.#tcp.resetAndDestroy()
        break
    }
    setTimeout(() => this.#tcp.destroy(), HEAR_MS).unref()
    await this.#closed
    this.complete = false
  }
}
