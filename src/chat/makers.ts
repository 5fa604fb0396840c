import { BoundedMap } from '../bounded-map.ts'
import type { RoomMaker, RoomRecord } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import type { Records } from '../engine/typed-records.ts'
import type { AddressDigests } from './address-digests.ts'
import { fold } from './names.ts'
import type { Reader } from './reader.ts'
import { refuse } from './refusal.ts'

/** Time in which the maker of a room may undo it, in ms. */
const UNDO_MS = 3_600_000
/** Age of the last message of a room that may be discarded, in ms. */
const SILENCE_MS = 30 * 24 * 3_600_000
/** Maximum number of events that are searched for messages of others; a room with more is in use. */
const MAX_EVENTS = 1_000
/** Maximum number of rooms that are remembered as in use. */
const REMEMBERED = 10_000

/** A request to make a room: the address that limits count, and the nickname of the session, if there is one. */
export interface Applicant {
  readonly address: string
  readonly name?: string
  /** Id of the nickname's account; undefined for guests. */
  readonly account?: string | undefined
}

/** The makers of rooms, and the rooms that only their makers have used. */
export class RoomMakers {
  readonly #records: Records
  readonly #reader: Reader
  readonly #digests: AddressDigests
  /** Times until which rooms are known to be in use, in ms since the epoch; infinite once others have spoken in a room. */
  readonly #inUse = new BoundedMap<number, number>(REMEMBERED)

  constructor(records: Records, digests: AddressDigests, reader: Reader) {
    this.#records = records
    this.#digests = digests
    this.#reader = reader
  }

  /** The maker as it is kept with a room; undefined without an address. @throws Refusal `unavailable`. */
  async makerOf({ address, name, account }: Applicant): Promise<RoomMaker | undefined> {
    if (address === '' && account === undefined) return undefined
    const named = name !== undefined && { name, ...(account !== undefined && { account }) }
    return { address: await this.#digests.of(address), ...named }
  }

  /**
   * Keeps the first nickname under which the maker's address enters the room; later nicknames from there count as somebody else, since
   * many people may share an address. @throws Refusal `unavailable`.
   */
  async entered(room: RoomRecord, name: string, address: string): Promise<void> {
    if (!(await this.#mayClaim(room, address))) return
    const expiresAt = room.createdAt + UNDO_MS
    await this.#records.insert('maker-name', String(room.id), fold(name), { expiresAt }).catch(refuse)
  }

  /**
   * Resolves with true if the address made the room within the last hour and nobody else has spoken in it. A room that a session made
   * is not the address's. @throws Refusal `unavailable`.
   */
  async mayUndo(room: RoomRecord, address: string): Promise<boolean> {
    if (!(await this.#mayClaim(room, address))) return false
    const events = await this.#eventsOf(room, address)
    return events.length <= MAX_EVENTS && isOwn(events, await this.#nameOf(room))
  }

  /** Resolves with true if only its maker has ever spoken in a room, and not for 30 days. @throws Refusal `unavailable`. */
  async isSilent(room: RoomRecord): Promise<boolean> {
    if ((this.#inUse.get(room.id) ?? 0) > Date.now()) return false
    // Read in the turn of its maker, so that nobody else waits longer.
    const events = await this.#eventsOf(room, room.maker?.address ?? '')
    const used = events.length > MAX_EVENTS || !isOwn(events, await this.#nameOf(room))
    const said = events.findLast(({ kind }) => kind === 'message')
    const until = used ? Number.POSITIVE_INFINITY : said ? said.at + SILENCE_MS : 0
    if (until <= Date.now()) return true
    this.#inUse.set(room.id, until)
    return false
  }

  async #mayClaim({ createdAt, maker }: RoomRecord, address: string): Promise<boolean> {
    if (!maker || maker.name !== undefined || Date.now() >= createdAt + UNDO_MS) return false
    return maker.address === (await this.#digests.of(address))
  }

  /** The folded nickname under which the maker speaks in a room; undefined when it is not known. */
  async #nameOf(room: RoomRecord): Promise<string | undefined> {
    const { name } = room.maker ?? {}
    return name === undefined ? this.#records.get('maker-name', String(room.id)).catch(refuse) : fold(name)
  }

  /** The newest events of a room, read in the turn of `address`. */
  #eventsOf({ id }: RoomRecord, address: string): Promise<readonly Event[]> {
    return this.#reader.newest(`room:${id}`, MAX_EVENTS + 1, () => true, { address, closed: false })
  }
}

/** Returns true if all messages come from one user who joined once: a nickname that has joined again may be somebody else's. */
function isOwn(events: readonly Event[], name: string | undefined): boolean {
  const joins = events.filter(({ kind, from }) => kind === 'joined' && fold(from) === name)
  return events.every(({ kind, from }) => kind !== 'message' || (joins.length === 1 && fold(from) === name))
}
