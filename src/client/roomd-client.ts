import type { ErrorCode } from '../../commands/errors.ts'
import type { CommandResult, Limits, PrivateEvent, Reply } from '../../commands/replies.ts'
import type { EnterOptions, JoinedRoom } from './joined-room.ts'

/** Change of one of a client's connections; `room` is the room of the connection, where it has one. */
export type ClientState =
  | { readonly state: 'connecting' | 'online'; readonly room?: string }
  /** The nickname is taken in the room, perhaps by the connection that was lost: JOIN is repeated. */
  | { readonly state: 'waiting'; readonly room: string }
  /** The connection is lost; the next attempt begins in `retryMs`. `reason` and `code` are the last word of the server. */
  | {
      readonly state: 'offline'
      readonly room?: string
      readonly reason?: string
      readonly code?: ErrorCode
      readonly retryMs: number
    }
  /** The connection has ended for good: closed by the caller, or for the reason in `error`. */
  | { readonly state: 'closed'; readonly room?: string; readonly error?: Error }

export interface ConnectOptions {
  readonly nickname: string
  /** Password of the nickname's account. */
  readonly password?: string
  /** Access token of the nickname's account, in place of the password. */
  readonly token?: string
  /** Closes the client when aborted; {@link connect} then rejects with the reason. */
  readonly signal?: AbortSignal
  /** Called with each change of a connection. */
  readonly onState?: (state: ClientState) => void
  /** Called with notices of the server, such as announcements of admins. */
  readonly onNotice?: (text: string) => void
  /** Options of TLS connections, in Node only. */
  readonly tls?: TlsOptions
}

export interface TlsOptions {
  /** Certificates in PEM to trust in place of those of the system. */
  readonly ca?: string | Uint8Array
  /** False to accept any certificate. */
  readonly rejectUnauthorized?: boolean
  /** Name to expect in the certificate, in place of the host. */
  readonly servername?: string
}

/** A room in the list of {@link RoomdClient.rooms}; `topic` is missing without one. */
export type RoomEntry = NonNullable<CommandResult['rooms']>[number]

export interface InboxRange {
  /** Newest messages of the range, 100 if not given. */
  readonly limit?: number
  readonly before?: string
  readonly after?: string
}

/** The private messages to and from a client's user. Iteration gives those that come while the client is open, each once. */
export interface ClientInbox extends AsyncIterable<PrivateEvent> {
  /** Returns past messages, oldest first. @throws RefusedError, DisconnectedError */
  history(range?: InboxRange): Promise<readonly PrivateEvent[]>
}

/** A user of a server, in any number of rooms. Lost connections are opened again until {@link close}. Returned by `connect`. */
export declare class RoomdClient implements AsyncDisposable {
  readonly nickname: string
  readonly inbox: ClientInbox
  /** The rooms that have been joined and not left, by their present names. */
  readonly joined: ReadonlyMap<string, JoinedRoom>

  /**
   * Enters a room, which is created if it does not exist. Rejects for a room that the client is in already.
   *
   * @throws RefusedError `name-in-room`, `room-private`, `banned`, …; DisconnectedError
   */
  join(room: string, options?: EnterOptions): Promise<JoinedRoom>

  /**
   * Sends a private message of one line. A guest must have joined a room. Not sent again after a lost connection.
   *
   * @throws RefusedError `nobody-here`, `not-in-room`, …; DisconnectedError
   */
  tell(nickname: string, text: string): Promise<void>

  /** Returns public rooms, busiest first: those in use, or those with a text in their name or topic; `all` for all. */
  rooms(text?: string): Promise<readonly RoomEntry[]>

  /** Returns the limits that the server tells. */
  limits(): Promise<Limits | undefined>

  /** Sends a line that changes neither nickname nor room, such as `/whoami`. Rejects with {@link DisconnectedError}. */
  ask(line: string): Promise<Reply>

  /** Makes sure at once that connections are alive, and opens lost ones without waiting. */
  wake(): void

  /** Leaves all rooms and disconnects. Iterations end, and texts without an answer reject. */
  close(): void

  [Symbol.asyncDispose](): Promise<void>
}
