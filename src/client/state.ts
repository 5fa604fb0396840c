import type { ErrorCode } from '../../commands/errors.ts'

/** Change of one of a client's connections; `room` is the room of the connection, where it has one. One that is left without is `online` again. */
export type ClientState =
  | { readonly state: 'connecting' | 'online'; readonly room?: string }
  /** The nickname is taken in the room, perhaps by the connection that was lost: JOIN is repeated. */
  | { readonly state: 'waiting'; readonly room: string }
  /**
   * The connection is lost; the next attempt begins in `retryMs`. `reason` and `code` are the last word of the server. Without one, `reason`
   * is why it cannot be reached.
   */
  | {
      readonly state: 'offline'
      readonly room?: string
      readonly reason?: string
      readonly code?: ErrorCode
      readonly retryMs: number
    }
  /** The connection has ended for good, or its room has been left: by the caller, or for the reason in `error`. */
  | { readonly state: 'closed'; readonly room?: string; readonly error?: Error }
