import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { WebSocketServer, type Server as WsServer } from 'ws'
import type { AppOptions } from './options.ts'
import { PatientWebSocket } from './patient.ts'

/** Fragments of a message. */
const MAX_FRAGMENTS = 256
/** Pieces in which the network delivers a frame: this many, or one for so many bytes of the largest message. */
const MIN_CHUNKS = 1_024
const CHUNK_BYTES = 64

/** What is sent along with the acceptance of a handshake. */
interface Acceptance {
  readonly echoProtocol: boolean
  readonly cookies: readonly string[]
}

/** The handshakes of a port, each from the request until it is refused or there is a WebSocket. */
export class Upgrades {
  readonly #server: WsServer<typeof PatientWebSocket>
  /** The bytes that have come behind the head of each handshake. */
  readonly #heads = new WeakMap<IncomingMessage, Buffer>()
  readonly #accepted = new WeakMap<IncomingMessage, Acceptance>()

  constructor({ maxMessage }: Pick<AppOptions, 'maxMessage'>) {
    this.#server = new WebSocketServer({
      noServer: true,
      WebSocket: PatientWebSocket,
      clientTracking: false,
      // The library answers each of many pings at once, and cuts the connection when there are more than 60.
      autoPong: false,
      maxPayload: maxMessage,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: Math.max(MIN_CHUNKS, maxMessage / CHUNK_BYTES),
      handleProtocols: ([first = ''], request) => this.#accepted.get(request)?.echoProtocol === true && first,
    })
    this.#server.on('headers', (headers, request) => {
      for (const cookie of this.#accepted.get(request)?.cookies ?? []) headers.push(`Set-Cookie: ${cookie}`)
    })
  }

  /** Has `app` answer the handshakes that come to `server`. */
  route(server: Server, app: FastifyInstance, visitors: AppOptions['visitors']): void {
    server.on('upgrade', (request, socket: Socket, head) => {
      const response = new ServerResponse(request)
      response.shouldKeepAlive = false
      response.assignSocket(socket)
      visitors.get(socket)?.upgrade(response)
      this.#heads.set(request, head)
      app.routing(request, response)
    })
  }

  /** Whether a request is a handshake. */
  has({ raw }: FastifyRequest): boolean {
    return this.#heads.has(raw)
  }

  /** Accepts a handshake, with the cookies of `reply`, and calls `opened`, unless the client is gone. */
  accept(
    { raw, socket }: FastifyRequest,
    reply: FastifyReply,
    echoProtocol: boolean,
    opened: (websocket: PatientWebSocket) => void,
  ): void {
    this.#accepted.set(raw, { echoProtocol, cookies: [reply.getHeader('set-cookie') ?? []].flat().map(String) })
    reply.hijack()
    // The socket outlives the answer by hours, and would keep it.
    reply.raw.detachSocket(socket)
    this.#server.handleUpgrade(raw, socket, this.#heads.get(raw) ?? Buffer.alloc(0), opened)
  }
}
