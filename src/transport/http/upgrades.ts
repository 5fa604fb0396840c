import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { WebSocketServer, type Server as WsServer } from 'ws'
import { Connection } from '../connection.ts'
import type { ConnectionOptions } from '../connection-options.ts'
import type { ClientLink, Conversation } from '../conversation.ts'
import type { Framing } from '../framing.ts'
import { type WebSocketOptions, WebSocketTransport } from '../websocket.ts'
import { ServerResponse } from './node-http.ts'
import type { AppOptions } from './options.ts'
import { PatientWebSocket } from './patient.ts'
import type { RequestClients } from './requests.ts'

const MAX_FRAGMENTS = 256
/** Maximum chunks of a buffered message: the minimum of it, and the bytes of the largest message for each chunk. */
const MIN_CHUNKS = 1_024
const CHUNK_BYTES = 64

export interface SocketOptions extends ConnectionOptions, WebSocketOptions {}

interface SocketRoute<Unit> {
  readonly options: SocketOptions
  readonly framing: () => Framing<string | Buffer, Unit>
  /** Returns the conversation for a client with a completed handshake. */
  readonly converse: (link: ClientLink, request: FastifyRequest) => Conversation<Unit>
  /** True if pages of any origin may open the WebSocket, not only the server's own origin, listed ones and other clients. */
  readonly anyOrigin?: boolean
  /** Further checks of the handshake, which refuse it by a reply. */
  readonly onRequest?: readonly onRequestHookHandler[]
  /** Answers GET without a handshake, in place of status 426. */
  readonly withoutHandshake?: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
  /** Returns the subprotocol that is accepted of those that a client offers; a browser fails the connection where it is none of them. */
  readonly subprotocol?: (offered: readonly string[]) => string | undefined
}

/** A handshake that is not accepted yet. */
interface Handshake {
  /** Bytes after the header of the request. */
  readonly head: Buffer
  subprotocol?: SocketRoute<unknown>['subprotocol']
  /** Cookies of the response that accepts the handshake. */
  cookies?: readonly string[]
}

/** The WebSockets of the HTTP port. A handshake passes the hooks of its route like a request until it is accepted. */
export class Upgrades {
  readonly #options: AppOptions
  readonly #requests: RequestClients
  readonly #server: WsServer<typeof PatientWebSocket>
  readonly #handshakes = new WeakMap<IncomingMessage, Handshake>()
  readonly #paths = new Set<string>()

  constructor(options: AppOptions, requests: RequestClients) {
    const { maxMessage } = options
    this.#options = options
    this.#requests = requests
    this.#server = new WebSocketServer({
      noServer: true,
      WebSocket: PatientWebSocket,
      clientTracking: false,
      // The library replies to each ping, and closes the connection above 60 pending pongs.
      autoPong: false,
      maxPayload: maxMessage,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: Math.max(MIN_CHUNKS, maxMessage / CHUNK_BYTES),
      handleProtocols: (offered, request) => this.#handshakes.get(request)?.subprotocol?.([...offered]) ?? false,
    })
    this.#server.on('headers', (headers, request) => {
      for (const cookie of this.#handshakes.get(request)?.cookies ?? []) headers.push(`Set-Cookie: ${cookie}`)
    })
  }

  /** Passes the handshakes of `server` to the routes of `app`. */
  route(server: Server, app: FastifyInstance): void {
    server.on('upgrade', (request, socket: Socket, head) => {
      const response = new ServerResponse(request)
      response.shouldKeepAlive = false
      response.assignSocket(socket)
      this.#options.visitors.get(socket)?.upgrade(response)
      this.#handshakes.set(request, { head })
      app.routing(request, response)
    })
  }

  isHandshake({ raw }: FastifyRequest): boolean {
    return this.#handshakes.has(raw)
  }

  /** Returns true for a handshake at a path without WebSockets. */
  isLost(request: FastifyRequest): boolean {
    return this.isHandshake(request) && !this.#paths.has(request.routeOptions.url ?? '')
  }

  /** Adds a route for WebSockets; GET without a handshake is answered with status 426. */
  openSocket<Unit extends { readonly length: number }>(
    app: FastifyInstance,
    path: string,
    route: SocketRoute<Unit>,
  ): void {
    const { anyOrigin, onRequest = [], withoutHandshake = upgradeRequired } = route
    this.#paths.add(app.prefix + path)
    app.route({
      method: 'GET',
      url: path,
      exposeHeadRoute: false,
      onRequest: [
        async (request, reply) => {
          if (!this.isHandshake(request)) return withoutHandshake(request, reply)
          if (!anyOrigin && this.#requests.isForeignHandshake(request)) return reply.code(403).send()
        },
        ...onRequest,
      ],
      handler: async (request, reply) => {
        if (await this.#requests.exceedsLimit(request)) return reply.code(429).send()
        this.#accept(request, reply, route)
        return reply
      },
    })
  }

  /** Accepts a handshake, with the cookies of `reply`. */
  #accept<Unit extends { readonly length: number }>(
    request: FastifyRequest,
    reply: FastifyReply,
    { options, framing, converse, subprotocol }: SocketRoute<Unit>,
  ): void {
    const { raw, socket } = request
    const { log, visitors, admission } = this.#options
    const { head } = this.#handshakes.get(raw) ?? { head: Buffer.alloc(0) }
    const cookies = [reply.getHeader('set-cookie') ?? []].flat().map(String)
    this.#handshakes.set(raw, { head, ...(subprotocol && { subprotocol }), cookies })
    reply.hijack()
    // The socket outlives the response by hours, and would keep it in memory.
    reply.raw.detachSocket(socket)
    this.#server.handleUpgrade(raw, socket, head, (websocket) => {
      // An error in the client's input closes its connection.
      websocket.on('error', ({ message }) => log.debug({ reason: message }, 'WebSocket failed'))
      try {
        const transport = new WebSocketTransport(websocket, socket, options)
        const address = this.#requests.clientOf(request)
        const connection = new Connection(transport, framing(), (link) => converse(link, request), options, address)
        visitors.get(socket)?.become(connection, (full) => admission.banOf(full))
      } catch (error) {
        log.error({ err: error, route: request.routeOptions.url }, 'cannot open a connection')
        socket.destroy()
      }
    })
  }
}

async function upgradeRequired(_: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return reply.code(426).headers({ Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' }).send()
}
