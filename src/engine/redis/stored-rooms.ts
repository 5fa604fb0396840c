import type { RoomRecord } from '../engine.ts'
import { timeOf } from '../event.ts'
import { fold } from '../fold.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import { pairsOf, scanned } from './scan.ts'

export const ROOMS_OF_PAGE = 500

/** A room as stored in Redis; its slug is stored as `lineName`. */
export interface StoredRoom extends Omit<RoomRecord, 'slug'> {
  readonly lineName: string
  readonly titleKey: string
  readonly lineKey: string
  /** Rises with every change of any room. */
  readonly version: number
}

/** The records of the open rooms in Redis. */
export class StoredRooms {
  readonly #keys: Keys
  readonly #link: Link

  constructor(keys: Keys, link: Link) {
    this.#keys = keys
    this.#link = link
  }

  /** Yields all rooms in pages. A room may be yielded more than once. */
  async *all(): AsyncGenerator<readonly StoredRoom[]> {
    const [records] = this.#keys.rooms
    const pages = scanned((cursor) => this.#link.call(records, 'HSCAN', cursor, 'COUNT', String(ROOMS_OF_PAGE)))
    for await (const page of pages) yield pairsOf(page).map(([, record]) => JSON.parse(record))
  }

  /** Resolves with those of the given ids that there are. */
  async of(ids: readonly number[]): Promise<StoredRoom[]> {
    if (ids.length === 0) return []
    // The reply to HMGET.
    const found = await this.#link.call(this.#keys.rooms[0], 'HMGET', ...ids.map(String))
    return (found as readonly (string | null)[]).flatMap((record) => (record === null ? [] : [JSON.parse(record)]))
  }

  /** Completes the indexes for rooms that an earlier version or an import has stored. */
  async prepare(): Promise<void> {
    const { indexedRooms, said } = this.#keys
    if ((await this.#link.call(indexedRooms, 'GET')) !== null) return
    for await (const rooms of this.all()) {
      const lasts = await Promise.all(rooms.map(({ id }) => this.#link.call(this.#keys.info(id), 'HGET', 'last')))
      const spoken = rooms.flatMap(({ id }, place) => {
        const last = Number(lasts[place] ?? 0)
        return last > 0 ? [String(timeOf(last)), String(id)] : []
      })
      // An earlier version has no times of messages: the newest event of any kind stands for them.
      if (spoken.length > 0) await this.#link.call(said, 'ZADD', 'GT', ...spoken)
      const made = rooms.map(
        ({ id, maker }) => maker && this.#link.call(this.#keys.roomsFrom(maker.address), 'SADD', String(id)),
      )
      await Promise.all(made)
    }
    await this.#link.call(indexedRooms, 'SET', '1')
  }
}

export function roomOfStored({ lineName, titleKey, lineKey, version, ...room }: StoredRoom): RoomRecord {
  return { ...room, slug: lineName }
}

export function storedRoom({ slug, ...room }: RoomRecord, version: number): StoredRoom {
  return { ...room, lineName: slug, titleKey: fold(room.title), lineKey: fold(slug), version }
}
