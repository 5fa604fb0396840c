import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { ConnectionOptions } from '../connection.ts'
import type { ClientLink, Conversation } from '../conversation.ts'
import type { Framing } from '../framing.ts'
import type { WebSocketOptions } from '../websocket.ts'
import type { RequestClients } from './requests.ts'
import type { Upgrades } from './upgrades.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether GET changes something here, so that pages of other origins are refused as with POST. */
    changes?: boolean
    /** Whether it is for the operator's probes, which are answered when nobody else is. */
    probe?: true
  }
}

/** Adds a protocol's paths. `app` is its own: hooks, decorations and error handlers set there are nobody else's. */
export type Routes = (app: FastifyInstance, services: HttpServices) => void | Promise<void>

/** The port's services beside fastify's. */
export interface HttpServices {
  readonly requests: RequestClients
  readonly upgrades: Pick<Upgrades, 'openSocket' | 'isHandshake'>
}

export interface SocketOptions extends ConnectionOptions, WebSocketOptions {}

export interface SocketRoute<Unit> {
  readonly options: SocketOptions
  readonly framing: () => Framing<string | Buffer, Unit>
  /** Begins the conversation of a client whose handshake is done. */
  readonly converse: (link: ClientLink, request: FastifyRequest) => Conversation<Unit>
  /** Whether pages of any origin may come. Otherwise: the server's own, those listed, and clients that are no page. */
  readonly anyOrigin?: boolean
  /** Further conditions of the handshake: to reply is to refuse. */
  readonly onRequest?: readonly onRequestHookHandler[]
  /** Answers GET without a handshake, in place of 426. */
  readonly withoutHandshake?: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
  /** Whether a client gets the first subprotocol back that it offers: a browser's would not open without. */
  readonly echoProtocol?: boolean
}
