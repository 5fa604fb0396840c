/// <reference lib="esnext.disposable" preserve="true" />
import type { CommandResult, Limits, PrivateEvent, Reply } from '../../commands/replies.ts'
import type { JoinedRoom } from './joined-room.ts'
import type { EnterOptions } from './room-options.ts'
import type { ClientState } from './state.ts'

export interface ConnectOptions {
  readonly nickname: string
  /** Password of the nickname's account. */
  readonly password?: string | undefined
  /** Access token of the nickname's account, in place of the password. */
  readonly token?: string | undefined
  /**
   * Word of a guest, 16 to 64 letters, digits, `_` and `-`: guests with the same nickname, address and word are one user, such as the tabs of a
   * browser. A random one if not given.
   */
  readonly session?: string | undefined
  /** Closes the client when aborted; `connect` then rejects with the reason. */
  readonly signal?: AbortSignal | undefined
  /** Called with each change of a connection. */
  readonly onState?: ((state: ClientState) => void) | undefined
  /** Called with notices of the server, such as announcements of admins. */
  readonly onNotice?: ((text: string) => void) | undefined
}

export interface TellOptions {
  /** Of 1 to 64 letters, digits, `_`, `-`, `.` and `:`; chosen by the library unless given. */
  readonly nonce?: string | undefined
}

export interface InboxRange {
  /** Newest messages of the range, 100 if not given. */
  readonly limit?: number
  readonly before?: string | undefined
  readonly after?: string | undefined
}

/**
 * Private messages to and from a client's user. Iteration gives those that come while the client is open, each once; it ends with an
 * {@link EventsMissingError} before what follows a gap. Only one iteration runs at a time; another one goes on behind it.
 */
export interface ClientInbox extends AsyncIterable<PrivateEvent> {
  /**
   * Returns past messages, oldest first. Waits for a connection that is being opened, but not for one that is lost.
   *
   * @throws RefusedError, DisconnectedError
   */
  history(range?: InboxRange): Promise<readonly PrivateEvent[]>
  [Symbol.asyncIterator](): AsyncGenerator<PrivateEvent, void>
}

/** A room in the list of {@link RoomdClient.rooms}; `topic` is missing without one. */
export type RoomEntry = NonNullable<CommandResult['rooms']>[number]

/** A user of a server, in any number of rooms. Lost connections are opened again until {@link close}. Returned by `connect`. */
export interface RoomdClient extends AsyncDisposable {
  readonly nickname: string
  readonly inbox: ClientInbox
  /** The rooms that have been joined and not left. */
  readonly joined: readonly JoinedRoom[]
  /**
   * Connects and logs in, unless a connection is there. Resolves when the inbox gives all messages from then on. May be repeated after a failure.
   *
   * @throws DisconnectedError, RefusedError
   */
  start(): Promise<void>
  /**
   * Enters a room, which is created if it does not exist. Rejects for a room that the client is in already.
   *
   * @throws RefusedError `name-in-room`, `room-private`, `banned`, …; DisconnectedError
   */
  join(name: string, options?: EnterOptions): Promise<JoinedRoom>
  /**
   * Sends a private message, also of several lines. A guest must have joined a room. Over lost connections it is sent again with the same
   * nonce: the addressee gets it once.
   *
   * @throws RefusedError `nobody-here`, `not-in-room`, …; DisconnectedError when the client is closed before the reply
   */
  tell(nickname: string, text: string, options?: TellOptions): Promise<void>
  /** Lets later connections log in with another password, as after `/register` and `/passwd`. */
  usePassword(password: string): void
  /** Returns public rooms, busiest first: those in use, or those with a text in their name or topic; `all` for all. */
  rooms(text?: string): Promise<readonly RoomEntry[]>
  /** Returns limits and rules for names, as the server tells them; undefined when it does not know the command. */
  limits(): Promise<Limits | undefined>
  /** Sends a line that changes neither nickname nor room, such as `/whoami`. Rejects with {@link DisconnectedError}. */
  ask(line: string): Promise<Reply>
  /** Makes sure at once that connections are alive, and opens lost ones without waiting. */
  wake(): void
  /** Leaves all rooms and disconnects. Iterations end, and texts without a reply reject. */
  close(): void
}
