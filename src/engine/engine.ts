/**
 * Where logs, claims and rooms live.
 *
 * An engine commits what is appended, numbers and dates it, and hands it to whoever follows the log. It knows nothing of
 * sessions, sockets or wire formats. `local` keeps everything in this process and its SQLite file; the conformance suite
 * in test/engine says, method by method, what any other must do.
 */
import type { Draft, Event, LogName } from './event.ts'
import type { Records } from './kept-records.ts'

export type Visibility = 'public' | 'private' | 'hidden'

/** From where a room was made, and by whom. */
export interface RoomMaker {
  /** Stands for the client's address; equal for all rooms made from one address. */
  readonly address: string
  /** The nickname of the session; undefined for a request without a session. */
  readonly name?: string
}

/** What is known of a room whether or not anybody is in it. */
export interface RoomRecord {
  /** Grows, is never used again. 1 is the lobby. */
  readonly id: number
  /** 1 to 70 characters, shown by protocols that have titles. */
  readonly title: string
  /** `^[a-zA-Z0-9]+$`: the name at the line protocol. */
  readonly lineName: string
  /** May be empty. */
  readonly description: string
  /** Private and hidden rooms need a password, which only some protocols can ask for. */
  readonly visibility: Visibility
  /** What the password is checked against; a public room has none. */
  readonly hash?: string
  /** Unknown for a room that an earlier version made. */
  readonly maker?: RoomMaker
  /** ms since the epoch. */
  readonly createdAt: number
  /** When what is known of it was last changed, in ms since the epoch. */
  readonly changedAt: number
}

/** A room that is to be made. */
export interface NewRoom extends Pick<RoomRecord, 'title' | 'lineName' | 'visibility' | 'hash' | 'maker'> {
  readonly description?: string
  /** Where the line name is empty or taken, the room gets this with its number behind it. Without one that is refused. */
  readonly stem?: string
}

/** What can be changed of a room. */
export type RoomChange = Omit<NewRoom, 'hash' | 'maker'>

/** A part of a log. Bounds are inclusive and may be left out. Those of time hold for `at`, whatever the ids. */
export interface Range {
  /** ms since the epoch. */
  readonly from?: number
  /** ms since the epoch. */
  readonly to?: number
  /** Only what came after this id. Refused with {@link Gone} when something after it may be missing. */
  readonly after?: number
  /** Only what came before this id. */
  readonly before?: number
  /** Only the newest so many of the range. */
  readonly limit?: number
}

export type Listener = (event: Event) => void

/** Somebody who holds a name in a room. */
export interface Member {
  /** As he writes it. */
  readonly name: string
  readonly carriesPrivate: boolean
}

export interface ClaimOptions {
  /** True, also if nothing is said, if private messages reach whoever takes the name. */
  readonly carriesPrivate?: boolean
  /** True if other nodes may hold it, too. Whether it is the same user is for the caller to know. */
  readonly shared?: boolean
}

export interface Engine {
  /** What is kept beside rooms and logs. */
  readonly records: Records

  /** Opens whatever lies beneath. Rejects with an {@link EngineFault} whose message is one line for an operator. */
  start(): Promise<void>

  /** Commits what is still waiting, then closes. Nothing may be appended afterwards. */
  stop(): Promise<void>

  /** Bytes of events held in memory, of all logs. */
  readonly heldBytes: number
  /** Drops the older half of the events held in memory of each log; they are read from the store when they are asked for. */
  trimMemory(): void

  /** Resolves while the engine can commit. Rejects with {@link Unavailable} otherwise. */
  ping(): Promise<void>

  /**
   * Appends to the end of a log and resolves with the event once it is committed: from then on no crash loses it.
   * MUST keep the order of calls within a log, and SHOULD give rising ids across logs, so that a reader of two of them
   * can tell what came first. MUST keep ids rising where the clock has gone back, and then date events by the clock, see
   * {@link timeAt}. MUST hand the event to followers no earlier than in the turn of the
   * event loop in which the promise resolves, and MAY do so later. Rejects with {@link Unavailable}, {@link Closed} or {@link Shared},
   * and then the event is in no log; with {@link Repeated} for a nonce that the log holds.
   */
  append(log: LogName, draft: Draft): Promise<Event>

  /**
   * The events of a range, oldest first, in pages of bounded size, none of which holds the event loop for long. What is
   * committed after the call is not part of it. Rejects with {@link Gone} before the first page.
   */
  read(log: LogName, range: Range): AsyncIterable<readonly Event[]>

  /** Removes all that a log holds; ids go on rising, and what came before is {@link Gone}. Committed when it resolves. */
  clear(log: LogName): Promise<void>

  /** Calls the listener with every event committed from now on, in the log's order. Returns the end of it. */
  follow(log: LogName, listener: Listener): () => void

  /**
   * Takes a name in a room. False when it is held already; names are compared folded. A node may take a name that others hold where
   * all of them share it. Then a `joined` of somebody who is in by another node, and a `left` of somebody who stays in by one, are
   * not appended, which {@link append} tells with {@link Shared}: so there is one `joined` and one `left`, however many nodes come and go.
   */
  claim(room: number, nickname: string, options?: ClaimOptions): Promise<boolean>
  /** Allows other nodes to hold a name that this one holds, as if it had been claimed so. */
  share(room: number, nickname: string): Promise<void>
  release(room: number, nickname: string): Promise<void>
  /** Whether a name that was claimed here is still held by this node, which others may have taken for dead meanwhile. */
  holds(room: number, nickname: string): boolean

  /** Who holds a name in a room, on whatever node. */
  member(room: number, nickname: string): Promise<Member | undefined>
  /** Who holds a name in a room, in order of claiming. */
  members(room: number): Promise<readonly string[]>
  /** How many hold a name, of every room in which somebody does. */
  memberCounts(): Promise<ReadonlyMap<number, number>>
  /** The rooms in which a name is held, in no order. */
  heldIn(nickname: string): Promise<readonly number[]>

  /** By number, or by title or line name without regard to case. */
  findRoom(which: number | string): Promise<RoomRecord | undefined>
  /** Rejects with {@link Taken} when the title or the line name is another room's title or line name. */
  createRoom(room: NewRoom): Promise<RoomRecord>
  rooms(): Promise<readonly RoomRecord[]>
  /** The rooms whose {@link RoomMaker.address} this is, in no order. */
  roomsMadeFrom(address: string): Promise<readonly RoomRecord[]>
  /** How many there are. */
  roomCount(): Promise<number>
  /**
   * Gives a room another title and line name, description and visibility; the lobby keeps its line name. Undefined when there
   * is no such room. Rejects with {@link Taken} as {@link createRoom} does. Committed when it resolves.
   */
  changeRoom(id: number, change: RoomChange): Promise<RoomRecord | undefined>
  /**
   * Ends a room's log, in one step: whoever has joined and not left is `left`, then the room is `closed`, its names are free,
   * and neither its number nor its titles find it. What is appended to the log behind that is refused with {@link Closed}; what
   * it held is removed in time. False when there is no such room. Committed when it resolves.
   */
  closeRoom(id: number): Promise<boolean>

  /**
   * Calls the listener with a room's number when it has been made, changed or closed, when a `joined` stands in its log and when a name in it has
   * been released, on whatever node; MAY call it more often, and MUST for every room after it may have missed something. What
   * {@link members} and {@link rooms} say from then on holds the change. Returns the end of it.
   */
  watchRooms(listener: (room: number) => void): () => void

  /**
   * Tells the other nodes something that need not last: a node that is away misses it. Everybody who {@link heedSignals} of that
   * subject there hears it, and nobody here.
   */
  signal(subject: string, text: string): void
  /** Calls the listener with what other nodes signal, and with nothing when some of that, or of claims, may have been missed. */
  heedSignals(subject: string, listener: (text?: string) => void): void
}

/** The engine cannot be opened or has died: a message for the operator, one line, saying which file or server and why. */
export class EngineFault extends Error {
  override name = 'EngineFault'
}

/** Cannot be committed now; the connection may try again. */
export class Unavailable extends Error {
  override name = 'Unavailable'
}

/** Whether anything is missing after the id asked for cannot be told any more. */
export class Gone extends Error {
  override name = 'Gone'
}

/** The log is that of a room that is no more, or what is to be appended is a `left` that stands there already. */
export class Closed extends Error {
  override name = 'Closed'
}

/** The `joined` or `left` was not appended, as the user is in the room through another node, too. Followers have what came before. */
export class Shared extends Error {
  override name = 'Shared'
}

/** The log holds an event of the same nickname with the nonce of the draft, which was not appended. */
export class Repeated extends Error {
  override name = 'Repeated'
  /** Id of that event. */
  readonly id: number

  constructor(id: number) {
    super(`repeats event ${id}`)
    this.id = id
  }
}

/** A room of that title or line name exists. */
export class Taken extends Error {
  override name = 'Taken'
}
