/**
 * The interface of an engine, which stores logs, memberships, rooms and records.
 *
 * An engine commits events, numbers and dates them, and delivers them to the followers of their log. It knows nothing of sessions,
 * sockets or wire formats. The conformance suite in test/engine specifies it method by method.
 */
import type { Draft, Event, LogName } from './event.ts'
import type { EngineMemberships } from './memberships.ts'
import type { Records } from './typed-records.ts'

export const VISIBILITIES = ['public', 'private', 'hidden'] as const
export type Visibility = (typeof VISIBILITIES)[number]

export interface RoomMaker {
  /** An identifier of the client's address, equal for all rooms made from one address. */
  readonly address: string
  /** The nickname of the session; undefined for a request without a session. */
  readonly name?: string
  /** Id of the account that owns the room. */
  readonly account?: string
}

/** The stored data of a room. */
export interface RoomRecord {
  /** Rises with every room and is never reused. 1 is the lobby. */
  readonly id: number
  /** 1 to 70 characters, shown by protocols that have titles. */
  readonly title: string
  /** The room's name in commands and URLs: letters, digits, `.`, `_` and `-`. */
  readonly slug: string
  /** May be empty. */
  readonly description: string
  /** Private and hidden rooms need a password, which only some protocols can ask for. */
  readonly visibility: Visibility
  /** Hash of the password; a public room has none. */
  readonly hash?: string
  /** Undefined for rooms of earlier versions. */
  readonly maker?: RoomMaker
  /** In ms since the epoch. */
  readonly createdAt: number
  /** Time of the last change of this record, in ms since the epoch. */
  readonly changedAt: number
}

export interface NewRoom extends Pick<RoomRecord, 'title' | 'slug' | 'visibility' | 'hash' | 'maker'> {
  readonly description?: string
  /** Prefix of a generated slug, which ends with the id; used when the slug is empty or taken. Without it a taken slug is refused. */
  readonly stem?: string
}

/** A room in which something was said. */
export interface SpokenRoom {
  readonly room: RoomRecord
  /** Time of the newest message, in ms since the epoch, to a minute. */
  readonly saidAt: number
}

/** The new values of a room's record; what is undefined does not change. */
export interface RoomChange extends Partial<Omit<NewRoom, 'hash' | 'maker'>> {
  /** Hash of the new password; null removes the password. */
  readonly hash?: string | null
}

/** A part of a log. Bounds are inclusive and optional. Bounds of time apply to {@link Event.at}, independent of ids. */
export interface Range {
  /** In ms since the epoch. */
  readonly from?: number
  /** In ms since the epoch. */
  readonly to?: number
  /** Excludes events up to this id. Refused with {@link Gone} when later events may be missing. */
  readonly after?: number
  /** Excludes events from this id on. */
  readonly before?: number
  /** Maximum number of events: the newest of the range. */
  readonly limit?: number
}

/** The bounds of a log: all events after `start`, up to `last`, are stored. Both are 0 for a log without any event ever. */
export interface Extent {
  readonly start: number
  readonly last: number
}

/** A search for messages that have all of some words. */
export interface WordSearch {
  /** Words, beginnings of words such as `depl*`, and phrases in quotes; any text is valid. */
  readonly words: string
  /** Excludes messages from this id on. */
  readonly before?: number
  /** Maximum messages of a page. */
  readonly limit: number
}

/** The result of a bounded step of a search. */
export interface SearchPage {
  /** The messages found in this step, newest first. */
  readonly events: readonly Event[]
  /** Id from which on all messages have been searched. */
  readonly from: number
  /**
   * Set in the last page: the search has come to the beginning of the log, or ends before it, as no more than a number of events are looked
   * at without an index.
   */
  readonly end?: 'beginning' | 'bound'
}

export type Listener = (event: Event) => void

/** A user whom a part of the state of a room concerns. */
export interface StateUser {
  /** The folded nickname. */
  readonly key: string
  /** See {@link Member.address}. */
  readonly addressDigest?: string | undefined
}

/** The state of a room, or a part of it. */
export interface StatePart {
  /** True if nothing is left out. */
  readonly isWhole: boolean
  /** In pages that are each made in bounded time. */
  readonly pages: AsyncIterable<readonly Event[]>
}

export interface EngineLogs {
  /**
   * Appends an event to the end of a log. Resolves when it is committed: from then on no crash loses it. On rejection the event is in
   * no log; with {@link Repeated} the log has an earlier event with its nonce. A `kicked` of a user who is not in the room, or the `role` of
   * such a guest, is refused with {@link Closed}; after a `kicked`, so is the `left`. In the same step a `redacted` removes its target from the log, and an event with a
   * {@link stateChangeOf} changes the state of the room.
   *
   * MUST keep the order of calls within a log: where a message with a nonce is refused with {@link Unavailable}, so are all of these that wait behind it.
   * SHOULD give rising ids across logs, so that a reader of two logs can order their events. MUST keep ids rising after the clock has gone back, and then date events by the clock, see {@link timeAt}. MUST NOT deliver
   * the event to followers before the turn of the event loop in which the promise resolves, and MAY deliver it later.
   *
   * @throws Unavailable, Closed, Shared, Repeated
   */
  append(log: LogName, draft: Draft): Promise<Event>

  /**
   * Appends events to a log, each like {@link append}, in one step: no crash and no failure loses a part of them. One that is
   * {@link Repeated} does not keep the others from the log. The caller MUST bound their number and size.
   *
   * A `left` with {@link EventDetails.renamed} and the `joined` behind it are appended both or neither: with {@link Closed} where the user is not
   * in the room any more, with {@link Shared} where the next user is in it through another node.
   */
  appendAll(log: LogName, drafts: readonly Draft[]): readonly Promise<Event>[]

  /**
   * Yields the events of a range, oldest first, in pages of bounded size, none of which blocks the event loop for long. Events that are
   * committed after the call are excluded.
   *
   * A page belongs to whoever gets it. Generators hold what they have yielded until the next page is asked for, so a consumer takes the
   * events out of a page (`splice`) before it waits for a client: clients that read slowly then hold no events.
   *
   * @throws Gone before the first page
   */
  read(log: LogName, range: Range): AsyncIterable<Event[]>

  /** Resolves with the bounds of a log, which contains all events committed before the call. */
  extent(log: LogName): Promise<Extent>

  /**
   * Yields the messages of a log that have all words of a search, newest first, in pages of bounded size, each found in bounded time. The
   * last page has an `end`. Messages that are committed after the call may be excluded.
   *
   * @throws Unavailable
   */
  search(log: LogName, search: WordSearch): AsyncIterable<SearchPage>

  /**
   * Yields the state of a room, in pages that are each made in bounded time: the last event of each key of {@link stateChangeOf} that is
   * set, in no order. Excludes roles that have ended, which the store removes then, or before. Contains the changes of all events committed
   * before the call, and MAY contain those of later ones, for some keys or all. Its cost does not depend on the length of the log.
   */
  state(room: number): AsyncIterable<readonly Event[]>

  /**
   * Resolves with what {@link state} has for a user: bans, mutes and invitations of other nicknames MAY be left out, unless they cover the
   * user's address too. Masks are not left out. Its cost SHOULD NOT depend on what is left out.
   *
   * @throws Unavailable
   */
  stateFor(room: number, user: StateUser): Promise<StatePart>

  /** Resolves with what {@link state} has of one key. Its cost does not depend on other keys. */
  stateOfKey(room: number, key: string): Promise<Event | undefined>

  /** Resolves with the id of the message with a sender and nonce, also of one that was removed, see {@link Draft.nonce}; undefined without one. */
  withNonce(log: LogName, from: string, nonce: string): Promise<number | undefined>

  /** Removes all events of a log; ids go on rising, and reading after a removed id is refused with {@link Gone}. */
  clear(log: LogName): Promise<void>

  /** Calls the listener with every event committed from now on, in the log's order. Returns a function that ends this. */
  follow(log: LogName, listener: Listener): () => void
}

/** The rooms of an engine. Changes are committed when their promise resolves. */
export interface EngineRooms {
  /** Finds a room by id, or by title or slug without regard to case. */
  find(which: number | string): Promise<RoomRecord | undefined>
  /** @throws Taken when the title or the slug is another room's title or slug */
  create(room: NewRoom): Promise<RoomRecord>
  /** Lists all rooms, in order of id. */
  list(): Promise<readonly RoomRecord[]>
  /**
   * Lists the rooms in which a message was committed since a time, in ms since the epoch, in no order. Its cost does not depend on the
   * other rooms. MAY miss a message of the last minute.
   */
  spokenSince(time: number): Promise<readonly SpokenRoom[]>
  /**
   * Yields the rooms that were created before a time, in ms since the epoch, and in which no message since is known, in no order, in pages
   * of bounded size. MAY yield a room in which there is one: the caller must read its log.
   */
  silentSince(time: number): AsyncIterable<readonly RoomRecord[]>
  /** Lists the rooms with a {@link RoomMaker.address}, in no order. */
  madeFrom(address: string): Promise<readonly RoomRecord[]>
  count(): Promise<number>
  /**
   * Changes the record of a room. A room that is not hidden is private while it has a password, else public. The lobby keeps its slug, and a slug changes only with the title. Resolves with undefined when there is no such
   * room.
   *
   * @throws Taken as {@link create} does
   */
  change(id: number, change: RoomChange): Promise<RoomRecord | undefined>
  /**
   * Ends a room's log, in one step: appends a `left` for each member and then `closed`, releases the names in the room, and removes its
   * record. Later appends are refused with {@link Closed}; the events of the log are removed in time. Resolves with false when there is
   * no such room.
   */
  close(id: number): Promise<boolean>
  /**
   * Calls the listener with a room's id when, on any node, the room was created, changed or closed, a `joined` was committed, or a name
   * was released. MAY call it more often, and MUST call it for the lobby and every room whose log is followed when changes may have been
   * missed. {@link EngineMemberships.members} and {@link list} include the change by then. Returns a function that ends this.
   */
  watch(listener: (room: number) => void): () => void
}

/** Messages between nodes that are not stored: a node that is away misses them. */
export interface EngineBroadcast {
  /** Sends a message to the listeners of a subject on all other nodes. */
  publish(subject: string, text: string): void
  /** Calls the listener with each message of other nodes, and with undefined when messages, or claims, may have been missed. */
  onBroadcast(subject: string, listener: (text?: string) => void): void
  /** Resolves with the number of other nodes; one that has died counts until that is noticed. @throws Unavailable */
  peers(): Promise<number>
}

export interface Engine {
  readonly logs: EngineLogs
  readonly memberships: EngineMemberships
  readonly rooms: EngineRooms
  /** The records beside rooms and logs. */
  readonly records: Records
  readonly broadcast: EngineBroadcast

  /** Opens the store. @throws EngineFault */
  start(): Promise<void>

  /** Commits waiting events, then closes the store. Nothing may be appended afterwards. */
  stop(): Promise<void>

  /** Bytes of the events held in memory, of all logs. */
  readonly heldBytes: number
  /** Drops the older half of each log's events in memory; the store still has them. */
  trimMemory(): void

  /** Resolves if the engine can commit. @throws Unavailable */
  ping(): Promise<void>
}
