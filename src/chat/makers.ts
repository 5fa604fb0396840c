import type { Engine, RoomRecord } from '../engine/engine.ts'
import { fold } from './names.ts'
import type { Reader } from './reader.ts'
import { refuse } from './refusal.ts'
import { digestOf } from './secrets.ts'

/** How long the maker of a room may undo it, in ms. */
const UNDO_MS = 3_600_000
/** Maximum number of events that are searched for words of others; a room with more is in use. */
const MAX_EVENTS = 1_000

/**
 * Remembers for an hour which address made a room, so that it can be undone from there while nobody else has spoken in it.
 * The address is kept as a digest.
 */
export class RoomMakers {
  readonly #engine: Engine
  readonly #reader: Reader

  constructor(engine: Engine, reader: Reader) {
    this.#engine = engine
    this.#reader = reader
  }

  /** Keeps the address that has just made a room. Refuses `unavailable`. */
  async made({ id, createdAt }: RoomRecord, address: string): Promise<void> {
    await this.#engine.remember(`maker:${id}`, digestOf(`${id}:${address}`), createdAt + UNDO_MS).catch(refuse)
  }

  /**
   * Keeps the first name under which the maker's address enters the room; later names from there count as somebody else,
   * since many people may share an address. Refuses `unavailable`.
   */
  async entered(room: RoomRecord, name: string, address: string): Promise<void> {
    if (!(await this.#isMaker(room, address))) return
    await this.#engine.rememberFirst(`maker-name:${room.id}`, fold(name), room.createdAt + UNDO_MS).catch(refuse)
  }

  /** Whether the address made the room within the last hour and nobody else has spoken in it. Refuses `unavailable`. */
  async mayUndo(room: RoomRecord, address: string): Promise<boolean> {
    if (!(await this.#isMaker(room, address))) return false
    const [name, events] = await Promise.all([
      this.#engine.recall(`maker-name:${room.id}`),
      this.#reader.newest(`room:${room.id}`, MAX_EVENTS + 1, () => true, { address, closed: false }),
    ]).catch(refuse)
    if (events.length > MAX_EVENTS) return false
    // A name that has joined more than once may have been somebody else's in between.
    const joins = events.filter(({ kind, from }) => kind === 'joined' && fold(from) === name)
    return events.every(({ kind, from }) => kind !== 'message' || (joins.length === 1 && fold(from) === name))
  }

  async #isMaker({ id, createdAt }: RoomRecord, address: string): Promise<boolean> {
    if (Date.now() >= createdAt + UNDO_MS) return false
    return (await this.#engine.recall(`maker:${id}`).catch(refuse)) === digestOf(`${id}:${address}`)
  }
}
