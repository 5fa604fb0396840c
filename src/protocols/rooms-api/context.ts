import type { ConnectionLimits } from '../../transport/connection-options.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import type { Authorization, AuthorizationOptions } from './authorization.ts'
import type { Pacer } from './pacer.ts'

export interface RoomsApiOptions extends ConnectionLimits, AuthorizationOptions {
  /** True if outgoing webhooks may go to loopback and private addresses. */
  readonly hooksPrivate: boolean
  /** Interval of the heartbeats of streams. */
  readonly heartbeatMs?: number
}

export interface RoomsApiContext extends RoomsApiOptions {
  readonly authorization: Authorization
  readonly pacer: Pacer
  readonly requests: HttpServices['requests']
}

export interface RoomPath {
  Params: { room: string }
}
