import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { ConnectionOptions } from '../connection-options.ts'
import type { ClientLink, Conversation } from '../conversation.ts'
import type { Framing } from '../framing.ts'
import type { WebSocketOptions } from '../websocket.ts'
import type { RequestClients } from './requests.ts'
import type { Responses } from './responses.ts'
import type { Upgrades } from './upgrades.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True if GET has side effects at this route, so that foreign origins are refused as with POST. */
    changes?: boolean
    /** True for the operator's probes, which are also answered on connections beyond the limits. */
    probe?: true
    /** True if guests may send the request to the rooms API. */
    guests?: true
  }
}

/** Adds a protocol's routes to `app`, whose hooks, decorators and error handlers apply to these routes only. */
export type Routes = (app: FastifyInstance, services: HttpServices) => void | Promise<void>

/** Services of the HTTP port for its routes. */
export interface HttpServices {
  readonly requests: RequestClients
  readonly upgrades: Pick<Upgrades, 'openSocket' | 'isHandshake'>
  readonly responses: Pick<Responses, 'open'>
  /** True if only this machine can connect: the port listens on a loopback address, and there is no trusted proxy. */
  readonly local: boolean
}

export interface SocketOptions extends ConnectionOptions, WebSocketOptions {}

export interface SocketRoute<Unit> {
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
