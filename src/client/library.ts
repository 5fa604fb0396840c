/** Everything that the package exports beside `connect`. */
export type { PrivateEvent, RoomEvent } from '../../commands/replies.ts'
export { DisconnectedError, EventsMissingError, RefusedError } from './errors.ts'
export type { JoinedRoom } from './joined-room.ts'
export type * from './room-options.ts'
export type { ClientInbox, ConnectOptions, InboxRange, RoomdClient, RoomEntry } from './roomd-client.ts'
export type { ClientState } from './state.ts'
