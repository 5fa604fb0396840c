/** Everything that the package exports beside `connect`. */
export type { PrivateEvent, RoomEvent } from '../../commands/replies.ts'
export { DisconnectedError, RefusedError } from './errors.ts'
export { EventsMissingError } from './event-queue.ts'
export type { ClientInbox, InboxRange } from './inbox.ts'
export type { JoinedRoom } from './joined-room.ts'
export type * from './room-options.ts'
export type { ConnectOptions, RoomdClient, RoomEntry } from './roomd-client.ts'
export type { ClientState } from './state.ts'
