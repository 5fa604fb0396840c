import type { Range, RoomRecord, WordSearch } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import type { Author } from './authors.ts'
import type { Blocking } from './blocking.ts'
import type { Inboxes } from './inboxes.ts'
import type { Reader, Search } from './reader.ts'
import { type Found, findWords } from './word-search.ts'
import type { Asker } from './work-turns.ts'

/** A client that reads, and its nickname, if it has one. */
interface RoomReader {
  readonly asker: Asker
  readonly name: string | undefined
}

/**
 * Reads rooms for clients that need not be members. Messages that a block keeps from a client are left out. The caller has checked its
 * {@link Access}.
 */
export class RoomReading {
  readonly #reader: Reader
  readonly #blocking: Blocking
  readonly #inboxes: Inboxes

  constructor(reader: Reader, blocking: Blocking, inboxes: Inboxes) {
    this.#reader = reader
    this.#inboxes = inboxes
    this.#blocking = blocking
  }

  /** The events of a room in pages, oldest first, see {@link Reader.pages}. @throws Refusal as that does. */
  async *history(by: RoomReader, { id }: RoomRecord, range: Range): AsyncGenerator<Event[]> {
    const isHidden = await this.#hidden(by)
    yield* this.#reader.visible(`room:${id}`, range, (event) => isHidden?.(event) !== true, by.asker)
  }

  /**
   * Finds the newest events of a range that are wanted, or all of them, see {@link Reader.search}.
   *
   * @throws Refusal `history-gone`, `unavailable`.
   */
  async search(by: RoomReader, { id }: RoomRecord, range: Range, wanted?: (event: Event) => boolean): Promise<Search> {
    const isHidden = await this.#hidden(by)
    if (!wanted && !isHidden) return { pages: this.#reader.pages(`room:${id}`, range, by.asker) }
    const visible = (event: Event) => wanted?.(event) !== false && isHidden?.(event) !== true
    return this.#reader.search(`room:${id}`, range, visible, by.asker)
  }

  /** Finds the newest messages with all words of a search, see {@link findWords}. @throws Refusal `unavailable`. */
  async withWords(by: RoomReader, room: RoomRecord, search: WordSearch): Promise<Found> {
    const isHidden = await this.#hidden(by)
    const allowed = (events: readonly Event[]) => events.filter((event) => isHidden?.(event) !== true)
    return findWords(this.#reader, room, search, by.asker, allowed)
  }

  /** The newest events of a room, oldest first. @throws Refusal `unavailable`. */
  newest(asker: Asker, { id }: RoomRecord, limit: number): Promise<readonly Event[]> {
    return this.#reader.newest(`room:${id}`, limit, ({ kind }) => kind !== 'closed', asker)
  }

  /** Resolves with true if a room has an event in a range. @throws Refusal `unavailable`. */
  async hasAny({ asker }: RoomReader, { id }: RoomRecord, range: Range): Promise<boolean> {
    for await (const page of this.#reader.pages(`room:${id}`, { ...range, limit: 1 }, asker)) {
      if (page.length > 0) return true
    }
    return false
  }

  /** Searches the private messages to and from the owner of an account, see {@link Inboxes.readOwn}. */
  async inbox(author: Author, range: Range): Promise<Search> {
    return this.#inboxes.readOwn(author, range, await this.#blocking.blockedFrom(author.name))
  }

  /** Resolves with the events that a block keeps from a client; undefined if there is no block. */
  async #hidden({ name }: RoomReader): Promise<((event: Event) => boolean) | undefined> {
    const isBlocked = name === undefined ? undefined : await this.#blocking.blockedFrom(name)
    return isBlocked && (({ kind, from }) => kind === 'message' && isBlocked(from))
  }
}
