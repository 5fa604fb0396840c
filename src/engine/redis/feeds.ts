import type { Listener } from '../engine.ts'
import type { Event, LogName } from '../event.ts'
import { type MemoryLimits, RecentTotal } from '../recent.ts'
import type { Appends } from './appends.ts'
import { forEach } from './at-once.ts'
import type { Connection } from './connection.ts'
import { Feed } from './feed.ts'
import { type Keys, roomOf } from './keys.ts'
import { toldOf } from './told.ts'

/** Logs that are read at once after a lost connection, and channels asked for at once. */
const AT_ONCE = 32
const CHANNELS = 500

/** The logs that somebody on this node follows: only to their channels it listens. */
export class Feeds {
  readonly #keys: Keys
  readonly #limits: MemoryLimits
  readonly #total = new RecentTotal()
  readonly #byLog = new Map<LogName, Feed>()
  readonly #byChannel = new Map<string, Feed>()
  /** The one on which all of them are listened to, or about to be. */
  #connection: Connection | undefined
  /** Set when both are made: each needs the other. */
  appends: Appends | undefined

  constructor(keys: Keys, limits: MemoryLimits) {
    this.#keys = keys
    this.#limits = limits
  }

  /** Bytes of events held in memory. */
  get heldBytes(): number {
    return this.#total.bytes
  }

  /** Drops the older half of the events of each log. */
  trimMemory(): void {
    for (const feed of this.#byLog.values()) feed.trimMemory()
  }

  get(log: LogName): Feed | undefined {
    return this.#byLog.get(log)
  }

  /** Where there is no connection the next one begins it. */
  follow(log: LogName, listener: Listener): () => void {
    const feed = this.#byLog.get(log) ?? this.#begin(log)
    feed.listeners = [...feed.listeners, listener]
    return () => {
      feed.listeners = feed.listeners.filter((other) => other !== listener)
      if (feed.listeners.length > 0 || this.#byLog.get(log) !== feed) return
      feed.down()
      feed.clear()
      this.#byLog.delete(log)
      this.#byChannel.delete(feed.channel)
      void this.#connection?.unsubscribe(feed.channel)
    }
  }

  down(): void {
    this.#connection = undefined
    for (const feed of this.#byLog.values()) feed.down()
  }

  /** Listens to everything that is followed, and from now on to whatever comes to be. */
  async subscribe(connection: Connection): Promise<void> {
    this.#connection = connection
    const channels = [...this.#byChannel.keys()]
    for (let start = 0; start < channels.length; start += CHANNELS) {
      await connection.subscribe(channels.slice(start, start + CHANNELS), this.#heard)
    }
  }

  /**
   * Reads what was missed. `behind` is called for each log that had fallen behind what was seen of it, as soon as that is known.
   * The logs of rooms come last: a private message reaches its addressee only as long as no `left` has ended the membership.
   */
  async read(connection: Connection, behind: () => void): Promise<void> {
    const { rooms = [], others = [] } = Object.groupBy(this.#byLog.values(), ({ log }) =>
      roomOf(log) === undefined ? 'others' : 'rooms',
    )
    for (const feeds of [others, rooms]) {
      await forEach(feeds, AT_ONCE, async (feed) => {
        if (await feed.read(connection)) behind()
      })
    }
  }

  committed(log: LogName, prev: number, events: readonly Event[]): void {
    this.#byLog.get(log)?.committed(prev, events)
  }

  #begin(log: LogName): Feed {
    const connection = this.#connection
    const channel = this.#keys.channel(log)
    const feed = new Feed(
      log,
      channel,
      () => this.#keys.ofLog(log, ''),
      this.#limits,
      this.#total,
      (told) => this.appends?.isUnderWay(log, told) ?? false,
    )
    this.#byLog.set(log, feed)
    this.#byChannel.set(channel, feed)
    if (connection) void feed.begin(connection, () => connection.subscribe([channel], this.#heard))
    return feed
  }

  readonly #heard = (text: string, channel: string): void => {
    this.#byChannel.get(channel)?.heard(toldOf(text))
  }
}
