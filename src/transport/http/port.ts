import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Admission } from '../admission.ts'
import { ListeningPort } from '../listener.ts'
import type { Certificate } from '../port.ts'
import type { Tally } from '../tally.ts'
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
 * The HTTP port: the protocols with paths on it share its connections, its bounds and its stop. Connections come in as everywhere,
 * through a listener; what serves them is loaded when the port is wanted, as that takes longer than the rest of a start.
 */
export function httpPort(options: HttpPortOptions, routes: readonly Routes[]): ListeningPort {
  const visitors = new WeakMap<Socket, Visitor>()
  const { log, admission, tally, certificate, proxies, spare = 0, patience = REQUEST_MS } = options
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
      app = await openApp({ ...options, patience, visitors, loopback: isLoopback(host) }, routes)
    },
    close: async () => app?.close(),
    welcome: (socket, _, refused) => {
      const visitor = new Visitor(socket, patience, refused)
      visitors.set(socket, visitor)
      app?.serve(socket)
      return visitor
    },
  })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
