import { createHmac, randomBytes } from 'node:crypto'
import type { RoomMaker, RoomRecord } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import { insertOrGet, type Records } from '../engine/records.ts'
import { fold } from './names.ts'
import type { Reader } from './reader.ts'
import { refuse } from './refusal.ts'

/** How long the maker of a room may undo it, in ms. */
const UNDO_MS = 3_600_000
/** How long ago the last message of a room that may be discarded is, in ms. */
const SILENCE_MS = 30 * 24 * 3_600_000
/** Maximum number of events that are searched for words of others; a room with more is in use. */
const MAX_EVENTS = 1_000
/** Rooms of which it is remembered that they are in use. */
const REMEMBERED = 10_000
/** Characters of what stands for an address: 128 bits. */
const DIGEST_LENGTH = 32

/** A request to make a room: the address that limits count, and the nickname of the session, if there is one. */
export interface Applicant {
  readonly address: string
  readonly name?: string
}

/** Tells by whom rooms were made, and which of them nobody but their makers has used. */
export class RoomMakers {
  readonly #records: Records
  readonly #reader: Reader
  /** Hides addresses in the store; the same on all nodes, and for good. */
  #secret: string | undefined
  /** Until when a room is known not to be silent, in ms since the epoch; for good once others have spoken in it. */
  readonly #inUse = new Map<number, number>()

  constructor(records: Records, reader: Reader) {
    this.#records = records
    this.#reader = reader
  }

  /** The record of a maker that is kept with a room; undefined for one without an address. Refuses `unavailable`. */
  async makerOf({ address, name }: Applicant): Promise<RoomMaker | undefined> {
    if (address === '') return undefined
    return { address: await this.#digestOf(address), ...(name !== undefined && { name }) }
  }

  /**
   * Keeps the first name under which the maker's address enters the room; later names from there count as somebody else,
   * since many people may share an address. Refuses `unavailable`.
   */
  async entered(room: RoomRecord, name: string, address: string): Promise<void> {
    if (!(await this.#mayClaim(room, address))) return
    const expiresAt = room.createdAt + UNDO_MS
    await this.#records.insert('maker-name', String(room.id), fold(name), { expiresAt }).catch(refuse)
  }

  /**
   * Whether the address made the room within the last hour and nobody else has spoken in it. A room that a session made is
   * not the address's. Refuses `unavailable`.
   */
  async mayUndo(room: RoomRecord, address: string): Promise<boolean> {
    if (!(await this.#mayClaim(room, address))) return false
    const events = await this.#eventsOf(room, address)
    return events.length <= MAX_EVENTS && isOwn(events, await this.#nameOf(room))
  }

  /** Whether nobody but its maker has ever spoken in a room, and the maker has not for 30 days. Refuses `unavailable`. */
  async isSilent(room: RoomRecord): Promise<boolean> {
    if ((this.#inUse.get(room.id) ?? 0) > Date.now()) return false
    // Read for its maker: nobody else waits longer for it.
    const events = await this.#eventsOf(room, room.maker?.address ?? '')
    const used = events.length > MAX_EVENTS || !isOwn(events, await this.#nameOf(room))
    const said = events.findLast(({ kind }) => kind === 'message')
    const until = used ? Number.POSITIVE_INFINITY : said ? said.at + SILENCE_MS : 0
    if (until <= Date.now()) return true
    if (this.#inUse.size >= REMEMBERED) this.#inUse.clear()
    this.#inUse.set(room.id, until)
    return false
  }

  async #mayClaim({ createdAt, maker }: RoomRecord, address: string): Promise<boolean> {
    if (!maker || maker.name !== undefined || Date.now() >= createdAt + UNDO_MS) return false
    return maker.address === (await this.#digestOf(address))
  }

  /** The folded name under which the maker speaks in a room, as far as it is known. */
  async #nameOf(room: RoomRecord): Promise<string | undefined> {
    const { name } = room.maker ?? {}
    return name === undefined ? this.#records.get('maker-name', String(room.id)).catch(refuse) : fold(name)
  }

  /** The newest events of a room, read in the turn of `address`. */
  #eventsOf({ id }: RoomRecord, address: string): Promise<readonly Event[]> {
    return this.#reader.newest(`room:${id}`, MAX_EVENTS + 1, () => true, { address, closed: false })
  }

  async #digestOf(address: string): Promise<string> {
    const drawn = randomBytes(32).toString('hex')
    this.#secret ??= await insertOrGet(this.#records, 'secret', 'makers', drawn).catch(refuse)
    return createHmac('sha256', this.#secret).update(address).digest('hex').slice(0, DIGEST_LENGTH)
  }
}

/** Whether all that was said comes from one who joined once: a name that has joined again may be somebody else's. */
function isOwn(events: readonly Event[], name: string | undefined): boolean {
  const joins = events.filter(({ kind, from }) => kind === 'joined' && fold(from) === name)
  return events.every(({ kind, from }) => kind !== 'message' || (joins.length === 1 && fold(from) === name))
}
