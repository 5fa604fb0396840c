import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Admission } from '../admission.ts'
import { Listener } from '../listener.ts'
import type { MemoryHolder } from '../memory.ts'
import type { Address, Certificate, Port } from '../port.ts'
import type { Tally, Traffic } from '../tally.ts'
import type { App } from './app.ts'
import type { Proxies } from './proxies.ts'
import type { Routes } from './routes.ts'
import { statusAlone, statusOf } from './status.ts'
import { Visitor } from './visitor.ts'

/** How long a request may take to come, head and body, in ms. */
const REQUEST_MS = 10_000

export interface HttpPortOptions {
  readonly log: Logger
  readonly admission: Admission
  readonly tally: Tally
  /** The certificate for TLS; plain HTTP without. */
  readonly certificate?: Certificate | undefined
  /** Origins, besides the server's own, whose pages may open WebSockets and send requests that change something. */
  readonly origins: readonly string[]
  readonly proxies: Proxies
  /** Bytes of a WebSocket message, at any path. */
  readonly maxMessage: number
  /** Connections from this machine that are let in beyond the bounds, for probes only (see `probe` in app.ts). */
  readonly spare?: number
  /** ms that a request may take to come, head and body. */
  readonly patience?: number
}

export interface AppOptions extends HttpPortOptions {
  readonly patience: number
  readonly visitors: WeakMap<Socket, Visitor>
  /** Whether it listens on this machine's own address only. */
  readonly loopback: boolean
}

/**
 * The HTTP port: whatever protocols have paths on it share its connections, its bounds and its stop. Connections come in as
 * everywhere, through a listener; what serves them is loaded when the port is wanted, as that takes longer than the rest of
 * a start.
 */
export class HttpPort implements Port {
  readonly name = 'http'
  readonly #options: Omit<AppOptions, 'loopback'>
  readonly #routes: readonly Routes[]
  readonly #listener: Listener
  #app: App | undefined
  /** Connections that are there, to be told when the daemon drains. */
  readonly #visitors = new Set<Visitor>()
  #draining = false

  constructor(options: HttpPortOptions, routes: readonly Routes[]) {
    const visitors = new WeakMap<Socket, Visitor>()
    this.#options = { patience: REQUEST_MS, ...options, visitors }
    this.#routes = routes
    this.#listener = new Listener({
      name: this.name,
      log: options.log,
      admission: options.admission,
      tally: options.tally,
      certificate: options.certificate,
      isProxy: (address) => options.proxies.has(address),
      lastWord: (reason) => statusAlone(statusOf(reason)),
      spare: options.spare ?? 0,
      welcome: (socket, _, refused) => {
        const visitor = new Visitor(socket, this.#options.patience, refused)
        this.#visitors.add(visitor)
        socket.once('close', () => this.#visitors.delete(visitor))
        visitors.set(socket, visitor)
        if (this.#draining) visitor.drain()
        this.#app?.serve(socket)
        return visitor
      },
    })
  }

  async listen(host: string, port: number): Promise<Address> {
    const { openApp } = await import('./app.ts')
    this.#app = await openApp({ ...this.#options, loopback: isLoopback(host) }, this.#routes)
    return this.#listener.listen(host, port)
  }

  setCertificate(certificate: Certificate): void {
    this.#listener.setCertificate(certificate)
  }

  get traffic(): Traffic {
    return this.#listener.traffic
  }

  get holders(): Iterable<MemoryHolder> {
    return this.#listener.holders
  }

  drain(): void {
    this.#draining = true
    for (const visitor of this.#visitors) visitor.drain()
  }

  async stop(): Promise<void> {
    await this.#listener.stop()
    await this.#app?.close()
  }

  abort(): void {
    this.#listener.abort()
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
