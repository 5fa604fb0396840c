import { createServer, type Server } from 'node:http'
import { isHandshake } from './handshake.ts'
import type { AppOptions } from './port.ts'

/** How long a connection may wait for its next request, in ms. */
const KEEP_ALIVE_MS = 5_000
/** How long a client may take nothing of its answer, in ms. */
const STALLED_MS = 60_000

/** The runtime's HTTP server; it does not listen: connections are handed to it. */
export function serverOf({ patience, visitors }: Pick<AppOptions, 'patience' | 'visitors'>): Server {
  const server = createServer({
    requestTimeout: patience,
    headersTimeout: patience,
    connectionsCheckingInterval: patience / 10,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Every answer is given here, so that a visitor knows of it: the runtime would give this one by itself.
    requireHostHeader: false,
    // Other upgrades may be ignored (RFC 9110, 7.8). Behind a request that is not answered yet, none could be made.
    shouldUpgradeCallback: (request) => isHandshake(request) && visitors.get(request.socket)?.idle === true,
  })
  // And this one, to what is not `Expect: 100-continue`.
  server.on('checkExpectation', (request, response) => {
    if (visitors.get(request.socket)?.serve(response)) response.writeHead(417, { Connection: 'close' }).end()
  })
  server.timeout = STALLED_MS
  // A client that half-closes behind its requests gets the answers. The types do not know of this property.
  Object.assign(server, { httpAllowHalfOpen: true })
  return server
}
