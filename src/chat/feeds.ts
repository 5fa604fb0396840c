import type { Engine, Extent, RoomRecord } from '../engine/engine.ts'
import type { Event, LogName } from '../engine/event.ts'
import type { Blocks } from './blocks.ts'
import { fold } from './names.ts'
import type { Reader } from './reader.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Asker } from './work-turns.ts'

/**
 * The beginning of a feed: behind an id, of which 0 stands for the beginning of the log; at a time in ms since the epoch; with all stored
 * events; or with the next event.
 */
export type Since = { readonly id: number } | { readonly time: number } | 'all' | 'now'

/** A part of what a client has missed. */
interface FeedPage {
  /** Events that the client may see, oldest first; taken out as those of {@link EngineLogs.read}. */
  readonly events: Event[]
  /** Id of the last event of the part, whether the client may see it or not. */
  readonly last: number
}

/** A client that reads a feed; its name is empty for nobody. */
interface FeedReader extends Asker {
  readonly name: string
}

/**
 * A log for clients that follow it: reads what they have missed. The position of a client is the id of the last event that it has been
 * handed; so what comes behind it is missed, neither less nor more.
 */
export class Feed {
  readonly #log: LogName
  readonly #reader: Reader
  readonly #isVisible: (event: Event, name: string) => boolean
  readonly #from: number

  /** Events before the time `from`, in ms since the epoch, do not belong to the feed. */
  constructor(log: LogName, reader: Reader, isVisible: (event: Event, name: string) => boolean, from = 0) {
    this.#log = log
    this.#reader = reader
    this.#isVisible = isVisible
    this.#from = from
  }

  /** Resolves with the position at which a feed begins. @throws Refusal `history-gone`, `unavailable`. */
  async position(since: Since, asker: Asker): Promise<number> {
    const extent = await this.#reader.extent(this.#log, asker)
    if (since === 'now') return extent.last
    if (since === 'all') return this.#from > 0 ? this.#before(this.#from, extent, asker) : extent.start
    if ('time' in since) return this.#before(Math.max(since.time, this.#from), extent, asker)
    if (since.id === 0) return extent.start
    if (since.id < extent.start || since.id > extent.last) throw new Refusal('history-gone')
    return since.id
  }

  /** Yields what a client has missed since a position, up to the present end of the log. @throws Refusal `history-gone`, `unavailable`. */
  async *missed(position: number, reader: FeedReader): AsyncGenerator<FeedPage> {
    const range = position === 0 ? {} : { after: position }
    let last = position
    for await (const page of this.#reader.pages(this.#log, range, reader)) {
      await this.#checkNothingMissing(last, reader)
      last = page.at(-1)?.id ?? last
      yield {
        events: page.splice(0).filter((event) => event.at >= this.#from && this.#isVisible(event, reader.name)),
        last,
      }
    }
    await this.#checkNothingMissing(last, reader)
  }

  /** Checks that no event behind a position was removed by retention before it was read. @throws Refusal `history-gone`, `unavailable`. */
  async #checkNothingMissing(position: number, asker: Asker): Promise<void> {
    if (position === 0 || asker.closed) return
    const { start } = await this.#reader.extent(this.#log, asker)
    if (start > position) throw new Refusal('history-gone')
  }

  /** Resolves with the position before the first event at a time or later. */
  async #before(time: number, { last }: Extent, asker: Asker): Promise<number> {
    for await (const [first] of this.#reader.pages(this.#log, { from: time }, asker)) {
      if (first) return first.id - 1
    }
    return last
  }
}

/** The feeds of rooms and inboxes. */
export class Feeds {
  readonly #engine: Engine
  readonly #blocks: Blocks
  readonly #reader: Reader

  constructor(engine: Engine, blocks: Blocks, reader: Reader) {
    this.#engine = engine
    this.#blocks = blocks
    this.#reader = reader
  }

  /** The feed of a room, whose reader the caller has checked. */
  ofRoom({ id }: RoomRecord): Feed {
    const isVisible = (event: Event, name: string) => !this.#blocks.hides(event, name)
    return new Feed(`room:${id}`, this.#reader, isVisible)
  }

  /** The private messages from and to the owner of an account, since that was made. @throws Refusal `account-required`, `unavailable`. */
  async ofInbox(name: string): Promise<Feed> {
    const account = await this.#engine.records.get('account', name).catch(refuse)
    if (!account) throw new Refusal('account-required')
    const isVisible = ({ from }: Event) => !this.#blocks.between(from, name)
    return new Feed(`inbox:${fold(name)}`, this.#reader, isVisible, account.createdAt)
  }
}
