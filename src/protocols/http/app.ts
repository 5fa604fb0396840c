/** What serves the HTTP port. Loaded only where there is one. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { isIP, type Socket } from 'node:net'
import websocket from '@fastify/websocket'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { WebSocket } from 'ws'
import { isHandshake } from './handshake.ts'
import { addOtherMethods } from './methods.ts'
import type { AppOptions } from './options.ts'
import { isForeign, isRebound } from './origin.ts'
import { PatientWebSocket } from './patient.ts'
import type { HttpGround, Routes, SocketRoute } from './routes.ts'
import { statusAlone } from './status.ts'

/** Bytes of a request's body. */
const MAX_BODY = 65_536
/** Characters of a parameter in a path; a request's head is bounded already, and a route answers what is too long for it. */
const MAX_PARAMETER = 16_384
/** Requests of a connection that may be under way. */
const MAX_PIPELINED = 16
/** How long a connection may wait for its next request, in ms, */
const KEEP_ALIVE_MS = 5_000
/** and how long one may take nothing of its answer. */
const STALLED_MS = 60_000

export interface App {
  /** Takes over a connection. */
  serve(socket: Socket): void
  close(): Promise<void>
}

export async function openApp(options: AppOptions, routes: readonly Routes[]): Promise<App> {
  const { log, origins, proxies, loopback } = options
  const server = serverOf(options)
  const app: FastifyInstance = fastify({
    serverFactory: (handler) => server.on('request', handler),
    trustProxy: proxies.none ? false : (address) => proxies.has(address),
    bodyLimit: MAX_BODY,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    // Compilers of schemas take as long to load as all the rest: routes check what they are given themselves.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: () => () => JSON.stringify } },
    frameworkErrors: (error, _, reply: FastifyReply) => void reply.code(error.statusCode ?? 400).send(),
    clientErrorHandler: (error, socket) => {
      // Not the error itself: it holds what was sent.
      log.debug({ code: error.code }, 'not a request')
      if (socket.writable) socket.end(statusAlone(STATUS_OF[error.code] ?? 400))
    },
  })
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) log.error({ err: error, route: request.routeOptions.url }, 'a request failed')
    return reply.code(status).send()
  })
  app.addHook('onResponse', async ({ method, routeOptions }, { statusCode, elapsedTime }) => {
    // The route and not the path: that may hold what is nobody's business.
    log.debug({ method, route: routeOptions.url, status: statusCode, ms: Math.round(elapsedTime) }, 'answered')
  })
  const addOthers = addOtherMethods(app)
  const echoing = new WeakSet<IncomingMessage>()
  await app.register(websocket, {
    // Only instances are made of it; what else hangs on the library's own class, and its type, is not asked for.
    options: {
      WebSocket: PatientWebSocket as never,
      maxPayload: options.maxMessage,
      clientTracking: false,
      handleProtocols: ([first = ''], request) => echoing.has(request) && first,
    },
    // Connections end themselves, each when it has its answers.
    preClose: (done: () => void) => done(),
  })
  const sockets = new Set<string>()
  app.addHook('onRequest', async ({ host, is404, ws, method, headers, routeOptions: { url = '' } }, reply) => {
    // Nothing follows a handshake that is refused, nor a body that nobody reads.
    const bodied = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
    if (ws || (bodied && (is404 || method === 'GET' || method === 'HEAD'))) reply.header('Connection', 'close')
    // Nobody but this machine gets here, unless a proxy lets them: whatever name is asked for must be this machine's.
    if (loopback && proxies.none && isRebound(host, origins)) return reply.code(421).send()
    // Before a body is looked at. A handshake elsewhere than at a path for it would be done, and nobody there.
    if (is404 || (ws && !sockets.has(url))) return reply.code(404).send()
  })
  const ground = groundOf(options, sockets, echoing)
  for (const add of routes) await app.register(async (scope) => add(scope, ground))
  addOthers()
  await app.ready()
  // With this the runtime begins to watch for requests that do not come to their end.
  server.emit('listening')
  return {
    serve: (socket) => void server.emit('connection', socket),
    close: async () => {
      server.close()
      await app.close()
    },
  }
}

function noSchemas(): never {
  throw new Error('a route of roomd has no schema')
}

const STATUS_OF: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

function serverOf({ patience, visitors }: AppOptions): Server {
  const server = createServer({
    requestTimeout: patience,
    headersTimeout: patience,
    connectionsCheckingInterval: patience / 10,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Other upgrades may be passed over (RFC 9110, 7.8), and one behind a request that is not answered yet could not be made.
    shouldUpgradeCallback: ({ headers, socket }) =>
      headers.upgrade?.toLowerCase() === 'websocket' && visitors.get(socket)?.idle === true,
  })
  server.timeout = STALLED_MS
  return server.on('request', ({ socket }, response) => {
    const visitor = visitors.get(socket)
    visitor?.serve(response)
    // Nobody but an attacker asks for so much before the first answer.
    if (visitor && visitor.serving > MAX_PIPELINED) socket.destroy()
  })
}

/** `sockets` becomes the paths for WebSockets, `echoing` the handshakes that get their subprotocol back. */
function groundOf(options: AppOptions, sockets: Set<string>, echoing: WeakSet<IncomingMessage>): HttpGround {
  const { log, admission, origins, proxies, visitors } = options

  const clientOf = ({ ip, socket }: FastifyRequest) => admission.identify(isIP(ip) ? ip : (socket.remoteAddress ?? ''))
  const addressOf = (request: FastifyRequest) => clientOf(request).network

  const isForeignPage = ({ headers, host }: FastifyRequest) => isForeign(headers.origin, host, origins)

  /** Clients of a proxy are counted here, as its connections are nobody's. */
  const refuse = async (request: FastifyRequest): Promise<boolean> => {
    const { socket } = request
    if (!proxies.has(socket.remoteAddress ?? '')) return false
    const { full, network } = clientOf(request)
    const enter = () => (socket.destroyed ? 'too-many-connections' : admission.refuseClient(network))
    const refused = enter()
    const reason = refused && (await admission.retry(enter, refused))
    if (reason) log.warn({ reason, address: full }, 'refused')
    else socket.once('close', () => admission.leaveClient(network))
    return reason !== undefined
  }

  const openSocket = (app: FastifyInstance, path: string, route: SocketRoute) => {
    const { welcome, anyOrigin, onRequest = [], withoutHandshake = upgradeRequired, echoProtocol } = route
    sockets.add(app.prefix + path)
    app.route({
      method: 'GET',
      url: path,
      exposeHeadRoute: false,
      onRequest: [
        async (request, reply) => {
          if (!isHandshake(request)) return withoutHandshake(request, reply)
          if (anyOrigin || !isForeignPage(request)) return
          const { full: address } = clientOf(request)
          log.info({ origin: request.headers.origin, address }, 'refused a page of another origin')
          return reply.code(403).send()
        },
        ...onRequest,
      ],
      preHandler: async (request, reply) => {
        if (await refuse(request)) return reply.code(429).send()
        if (echoProtocol) echoing.add(request.raw)
        // The socket outlives the answer by hours, and would keep it.
        reply.raw.detachSocket(request.socket)
      },
      handler: () => {},
      wsHandler: (websocket: WebSocket, request) => {
        const { socket } = request
        // In place of the plugin's, which keeps the request. What is wrong with a client's frames closes its connection.
        websocket
          .removeAllListeners('error')
          .on('error', ({ message }) => log.debug({ reason: message }, 'WebSocket failed'))
        try {
          // As the plugin was told to make them.
          const visit = { websocket: websocket as PatientWebSocket, socket, address: clientOf(request), request }
          visitors.get(socket)?.become(welcome(visit))
        } catch (error) {
          log.error({ err: error, route: path }, 'a connection failed')
          socket.destroy()
        }
      },
    })
  }
  return { clientOf, addressOf, isForeign: isForeignPage, openSocket }
}

async function upgradeRequired(_: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return reply.code(426).headers({ Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' }).send()
}
