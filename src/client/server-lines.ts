/** Lines from the server, as the library reads them. */
import type { ErrorCode } from '../../commands/errors.ts'
import type { History, PrivateEvent, Reply, RoomEvent, ServerLine } from '../../commands/replies.ts'

/** An event of a room, or a private message. */
export type Told = RoomEvent | PrivateEvent

/** A line from the server that answers none. */
export type Unasked = Exclude<ServerLine, Reply | History>

/** Last line from the server before it ends a connection. */
export interface LastWord {
  readonly error?: string
  readonly notice?: string
  readonly code?: ErrorCode
  readonly reconnect?: boolean
}

/** Returns the event in a record of HISTORY, which tells the addressee as `user`, or of /inbox. */
export function recordedEvent(body: History['body']): Told {
  if (body.type === 'private') return body
  const { user, to, ...event } = body
  // The members of an event depend on its type.
  return (user === undefined ? event : { ...event, to: user }) as RoomEvent
}
