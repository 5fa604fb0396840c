import type { Socket } from 'node:net'
import { ListeningPort } from '../listener.ts'
import { isLoopback } from '../network.ts'
import type { App } from './app.ts'
import type { HttpPortOptions } from './options.ts'
import type { Routes } from './routes.ts'
import { statusAlone, statusOf } from './status.ts'
import { Visitor } from './visitor.ts'

/** Default of {@link HttpPortOptions.requestMs}. */
const REQUEST_MS = 10_000

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
