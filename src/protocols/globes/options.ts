import type { Chat } from '../../chat/chat.ts'
import type { ConnectionLimits } from '../../transport/connection-options.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import type { Heartbeat } from '../../transport/websocket.ts'
import type { Tokens } from './tokens.ts'

export interface GlobesOptions extends Omit<ConnectionLimits, 'loginTimeoutMs'> {
  readonly chat: Chat
  /**
   * Permission to change and delete public rooms, which have no password: `owned` for the address that created the room, within an
   * hour and until others have sent messages there, and for admins; `open` for all users; `closed` for none. The lobby is never deleted.
   */
  readonly publicRooms: 'owned' | 'open' | 'closed'
  /** Secret that signs tokens; undefined for a random one that is stored. */
  readonly secret: string | undefined
  /** True if pages of any origin may open a room's WebSocket (docs/protocols/globes.md, section 2.9). */
  readonly anyOrigin: boolean
  readonly heartbeat?: Heartbeat
}

export interface GlobesContext extends GlobesOptions {
  readonly tokens: Tokens
  readonly requests: HttpServices['requests']
}
