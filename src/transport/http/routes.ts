import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Asker } from '../../chat/reader.ts'
import type { Client } from '../listener.ts'
import type { ClientAddress } from '../network.ts'
import type { PatientWebSocket } from './patient.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether GET changes something here, so that pages of other origins are refused as with POST. */
    changes?: boolean
    /** Whether it is for the operator's probes, which get in when nobody else does. */
    probe?: true
  }
}

/** A protocol's paths. `app` is its own: hooks, decorations and error handlers set there are nobody else's. */
export type Routes = (app: FastifyInstance, ground: HttpGround) => void | Promise<void>

/** What the port offers beside fastify. */
export interface HttpGround {
  /** The client's address, as the last proxy that is believed tells it. */
  clientOf(request: FastifyRequest): ClientAddress
  /** What limits count the client for. */
  addressOf(request: FastifyRequest): string
  /** The client as it reads logs: until its connection is closed. */
  askerOf(request: FastifyRequest): Asker
  /** Whether a page of another origin than the server's own and those listed has sent the request. */
  isForeign(request: FastifyRequest): boolean
  /** Whether such a page may have sent a request that changes something; it is then refused, and that is logged. */
  mayBeForeign(request: FastifyRequest): boolean
  /** Whether a request is a WebSocket's handshake, which is accepted if nobody replies to it. */
  isHandshake(request: FastifyRequest): boolean
  /** Opens a path to WebSockets; without a handshake, GET is answered with 426. */
  openSocket(app: FastifyInstance, path: string, route: SocketRoute): void
}

export interface SocketRoute {
  /** Takes over a client whose handshake is done. `stop` is to end it when it has its answers and a notice. */
  readonly welcome: (visit: Visit) => Client
  /** Whether pages of any origin may come. Otherwise: the server's own, those listed, and what is no page. */
  readonly anyOrigin?: boolean
  /** What else must hold before the handshake: to reply is to refuse. */
  readonly onRequest?: readonly onRequestHookHandler[]
  /** Answers GET without a handshake, in place of 426. */
  readonly withoutHandshake?: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
  /** Whether a client gets the first subprotocol back that it offers: a browser's would not open without. */
  readonly echoProtocol?: boolean
}

/** Somebody at a path for WebSockets. */
export interface Visit {
  readonly websocket: PatientWebSocket
  /** Beneath it. */
  readonly socket: Socket
  readonly address: ClientAddress
  /** With which the handshake began; large, so nobody keeps it. */
  readonly request: FastifyRequest
}
