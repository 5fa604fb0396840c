import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { AddressList } from '../address-list.ts'
import type { Admission } from '../admission.ts'
import { ListeningPort } from '../listener.ts'
import type { Certificate } from '../port.ts'
import type { Tally } from '../tally.ts'
import type { App } from './app.ts'
import type { Routes } from './routes.ts'
import { statusAlone, statusOf } from './status.ts'
import { Visitor } from './visitor.ts'

/** Default of {@link HttpPortOptions.requestMs}. */
const REQUEST_MS = 10_000

export interface HttpPortOptions {
  readonly log: Logger
  readonly admission: Admission
  readonly tally: Tally
  /** The certificate for TLS; undefined for plain HTTP. */
  readonly certificate?: Certificate | undefined
  /** Origins, besides the server's own, whose pages may open WebSockets and send requests with side effects. */
  readonly origins: readonly string[]
  /** Trusted proxies, whose `X-Forwarded-For` is used. */
  readonly proxies: AddressList
  /** Maximum bytes of a WebSocket message at any path. */
  readonly maxMessage: number
  /** Number of connections from this machine that are admitted beyond the limits, for probes only (see `probe` in routes.ts). */
  readonly spare?: number
  /** Maximum time in which a request arrives, header and body. */
  readonly requestMs?: number
}

export interface AppOptions extends HttpPortOptions {
  readonly requestMs: number
  readonly visitors: WeakMap<Socket, Visitor>
  /** True if the port listens on a loopback address. */
  readonly loopback: boolean
}

/**
 * Returns the HTTP port, which all protocols with paths share. The HTTP server is loaded when the port opens, as that takes longer
 * than the rest of a start.
 */
export function httpPort(options: HttpPortOptions, routes: readonly Routes[]): ListeningPort {
  const visitors = new WeakMap<Socket, Visitor>()
  const { log, admission, tally, certificate, proxies, spare = 0, requestMs = REQUEST_MS } = options
  let app: App | undefined
  return new ListeningPort({
    name: 'http',
    log,
    admission,
    tally,
    certificate,
    spare,
    isProxy: (address) => proxies.has(address),
    lastWord: (reason) => statusAlone(statusOf(reason)),
    open: async (host) => {
      const { openApp } = await import('./app.ts')
      app = await openApp({ ...options, requestMs, visitors, loopback: isLoopback(host) }, routes)
    },
    close: async () => app?.close(),
    welcome: (socket, { full }, refused) => {
      const visitor = new Visitor(socket, requestMs, proxies.has(full) ? undefined : full, refused)
      visitors.set(socket, visitor)
      app?.serve(socket)
      return visitor
    },
  })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
