import type { Engine, RoomRecord } from '../engine/engine.ts'
import { LOBBY_ROOM } from '../engine/lobby.ts'
import { inSlices } from '../slices.ts'
import { fold } from './names.ts'
import { refuse } from './refusal.ts'
import { Snapshot } from './snapshot.ts'
import { shortened } from './text.ts'

/** Age of the newest message of an empty room up to which the room is alive, in ms. */
const RECENT_MS = 7 * 24 * 3_600_000

/** Maximum rooms of a list whose topics are read, and of those that are read at once. */
const MAX_TOPICS = 1_000
const SLICE = 50
/** Maximum characters of a topic in a list. */
const MAX_SHOWN = 80

/** A public room in a list. */
export interface ListedRoom {
  /** The slug. */
  readonly name: string
  readonly title: string
  readonly members: number
  /** Time of the newest message in ms since the epoch, to a minute; 0 if there is none. */
  readonly saidAt: number
  /** At most 80 characters. Undefined for a room without a topic, and for rooms beyond the first 1,000 of a list. */
  readonly topic?: string
}

interface Candidate {
  readonly room: RoomRecord
  readonly members: number
  /** Time of the newest message in ms since the epoch; 0 if there is none. */
  readonly saidAt: number
}

/** All public rooms, with their ids, and with the texts in which a filter searches. */
interface AllRooms {
  readonly ids: readonly number[]
  readonly list: readonly ListedRoom[]
  readonly keys: readonly string[]
}

/** The title and members of a public room. */
interface OccupiedRoom {
  readonly title: string
  readonly members: readonly string[]
}

/** Lists of public rooms, each made once for all concurrent callers. */
export class RoomLists {
  readonly #engine: Engine
  readonly #alive = new Snapshot(() => this.#listAlive())
  readonly #everything = new Snapshot(() => this.#listEverything())
  readonly #presence = new Snapshot(() => this.#listMembers())
  /** The rooms of the newest list of all rooms, by id. */
  #newest: ReadonlyMap<number, ListedRoom> = new Map()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** The lobby and the rooms with members or a message of the last week: busiest first, then the newest message first. */
  alive(): Promise<readonly ListedRoom[]> {
    return this.#alive.get()
  }

  /** All rooms, in the order of {@link alive}. */
  async all(): Promise<readonly ListedRoom[]> {
    return (await this.#everything.get()).list
  }

  /**
   * The ids of all rooms, in the order of {@link alive}, for {@link listed}: a client that reads slowly holds no list, of which there may be a
   * newer one each second.
   */
  async ids(): Promise<readonly number[]> {
    return (await this.#everything.get()).ids
  }

  /** A room as the newest list of all rooms shows it; undefined for one that is not in it. */
  listed(id: number): ListedRoom | undefined {
    return this.#newest.get(id)
  }

  /** The rooms whose slug, title or topic contains a text, without regard to case, in the order of {@link alive}. */
  async matching(text: string): Promise<readonly ListedRoom[]> {
    const { list, keys } = await this.#everything.get()
    const wanted = fold(text)
    return list.filter((_, place) => keys[place]?.includes(wanted))
  }

  /** The rooms with their members, in the order in which they were made. */
  presence(): Promise<readonly OccupiedRoom[]> {
    return this.#presence.get()
  }

  async #listAlive(): Promise<readonly ListedRoom[]> {
    const { rooms, memberships } = this.#engine
    const [counts, spoken] = await Promise.all([memberships.counts(), rooms.spokenSince(Date.now() - RECENT_MS)]).catch(
      refuse,
    )
    const saidAt = new Map(spoken.map((each) => [each.room.id, each.saidAt]))
    const others = [...new Set([LOBBY_ROOM.id, ...counts.keys()])].filter((id) => !saidAt.has(id))
    const found = await Promise.all(others.map((id) => rooms.find(id))).catch(refuse)
    const alive = [...spoken.map(({ room }) => room), ...found.filter((room) => room !== undefined)]
    return (await this.#listed(ordered(alive, counts, saidAt))).map(({ room }) => room)
  }

  async #listEverything(): Promise<AllRooms> {
    const { rooms, memberships } = this.#engine
    const found = Promise.all([rooms.list(), memberships.counts(), rooms.spokenSince(0)])
    const [all, counts, spoken] = await found.catch(refuse)
    const candidates = ordered(all, counts, new Map(spoken.map(({ room, saidAt }) => [room.id, saidAt])))
    const listed = await this.#listed(candidates)
    const keys = candidates.map(
      ({ room: { title, slug } }, place) => fold(slug) + BREAK + fold(title) + BREAK + fold(listed[place]?.topic ?? ''),
    )
    const list = listed.map(({ room }) => room)
    const ids = candidates.map(({ room }) => room.id)
    this.#newest = new Map(list.map((room, place) => [ids[place] ?? 0, room]))
    return { ids, list, keys }
  }

  /** The rooms as they are shown, with their whole topics. */
  async #listed(candidates: readonly Candidate[]): Promise<{ room: ListedRoom; topic: string | undefined }[]> {
    const topicOf = ({ room }: Candidate) => this.#engine.logs.stateOfKey(room.id, 'topic').then((topic) => topic?.body)
    const topics = await inSlices(candidates.slice(0, MAX_TOPICS), SLICE, topicOf).catch(refuse)
    return candidates.map(({ room: { slug, title }, members, saidAt }, place) => {
      const topic = topics[place]
      const shown = topic !== undefined && { topic: shortened(topic, MAX_SHOWN) }
      return { room: { name: slug, title, members, saidAt, ...shown }, topic }
    })
  }

  async #listMembers(): Promise<readonly OccupiedRoom[]> {
    const { rooms, memberships } = this.#engine
    const [all, counts] = await Promise.all([rooms.list(), memberships.counts()]).catch(refuse)
    const members = async (id: number) => (counts.has(id) ? memberships.members(id) : [])
    const listing = all
      .filter(({ visibility }) => visibility === 'public')
      .map(async ({ id, title }) => ({ title, members: await members(id) }))
    return Promise.all(listing).catch(refuse)
  }
}

/** Separates the texts in which a filter searches. */
const BREAK = '\n'

/** Returns the public rooms among `rooms`, busiest first, then the newest message first. */
function ordered(
  rooms: readonly RoomRecord[],
  counts: ReadonlyMap<number, number>,
  saidAt: ReadonlyMap<number, number>,
): Candidate[] {
  return rooms
    .filter(({ visibility }) => visibility === 'public')
    .map((room) => ({ room, members: counts.get(room.id) ?? 0, saidAt: saidAt.get(room.id) ?? 0 }))
    .sort((a, b) => b.members - a.members || b.saidAt - a.saidAt || a.room.id - b.room.id)
}
