import type { Server } from 'node:http'
import { isHandshake } from './handshake.ts'
import { createServer } from './node-http.ts'
import type { AppOptions } from './options.ts'

/** Maximum idle time between two requests. */
const KEEP_ALIVE_MS = 5_000
/** Maximum time without progress in which a client reads its response. */
const STALLED_MS = 60_000

/** Creates the HTTP server of Node.js, which does not listen: connections are passed to it. */
export function serverOf({ requestMs, visitors }: Pick<AppOptions, 'requestMs' | 'visitors'>): Server {
  const server = createServer({
    // The owner of the connection limits the time of a body, as some may take longer.
    requestTimeout: 0,
    headersTimeout: requestMs,
    connectionsCheckingInterval: requestMs / 10,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Node.js would send this response without a `request` event, which counts the requests of a connection.
    requireHostHeader: false,
    // Other upgrades are ignored (RFC 9110, 7.8), as are handshakes behind a pending request.
    shouldUpgradeCallback: (request) => isHandshake(request) && visitors.get(request.socket)?.idle === true,
  })
  // Node.js would also send this response to other values than `Expect: 100-continue`.
  server.on('checkExpectation', (request, response) => {
    if (visitors.get(request.socket)?.serve(response)) response.writeHead(417, { Connection: 'close' }).end()
  })
  server.timeout = STALLED_MS
  // A client that half-closes after its requests gets the responses. The property is missing in the types.
  Object.assign(server, { httpAllowHalfOpen: true })
  return server
}
