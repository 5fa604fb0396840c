import type { Engine, RoomChange, RoomRecord, Visibility } from '../engine/engine.ts'
import { Taken } from '../engine/errors.ts'
import { EXCLUSIVE } from './exclusive-names.ts'
import type { Applicant, RoomMakers } from './makers.ts'
import { fold, isSlug, isTitle, mayBeSlug, slugOf } from './names.ts'
import type { Passwords } from './passwords.ts'
import { Refusal, refuse } from './refusal.ts'
import { RoomLists } from './room-lists.ts'
import type { RoomQuota } from './room-quota.ts'
import type { Session } from './session.ts'
import { clean } from './text.ts'

/** Fields of a room that its maker chooses. */
export interface RoomDescription {
  readonly title: string
  readonly description?: string
  readonly visibility: Visibility
}

/** The maker of a room, with its password; empty for a public room. */
interface Maker extends Applicant {
  readonly password: string
}

const NOBODY: Maker = { password: '', address: '' }

interface DirectoryOptions {
  readonly makers: RoomMakers
  readonly quota: RoomQuota
  /** Called when a room was closed because its maker needed the space for another one. */
  readonly onDiscard: (room: RoomRecord) => void
}

/** The rooms and their members, on any node. Everything here may refuse with `unavailable`. */
export class Directory {
  readonly lists: RoomLists
  readonly #engine: Engine
  readonly #passwords: Passwords
  readonly #options: DirectoryOptions
  /** Rooms that are being made by {@link open}, by folded name. */
  readonly #opening = new Map<string, Promise<RoomRecord>>()

  constructor(engine: Engine, passwords: Passwords, options: DirectoryOptions) {
    this.#engine = engine
    this.#passwords = passwords
    this.#options = options
    this.lists = new RoomLists(engine)
  }

  /** Finds a room by id, or by title or slug without regard to case. */
  find(which: number | string): Promise<RoomRecord | undefined> {
    return this.#engine.rooms.find(which).catch(refuse)
  }

  /** Finds a room as {@link find} does. @throws Refusal `room-unknown`. */
  async existing(which: number | string): Promise<RoomRecord> {
    const record = await this.find(which)
    if (!record) throw new Refusal('room-unknown')
    return record
  }

  /** The public rooms, in the order in which they were made. */
  async public(): Promise<readonly RoomRecord[]> {
    const records = await this.all()
    return records.filter(({ visibility }) => visibility === 'public')
  }

  /** All rooms, hidden ones too, in the order in which they were made. */
  all(): Promise<readonly RoomRecord[]> {
    return this.#engine.rooms.list().catch(refuse)
  }

  /**
   * Makes a room; one that is not public needs a password.
   *
   * @throws Refusal `room-name-invalid`, `password-invalid`, `room-taken`, `too-many-rooms`, and `too-many-attempts` when one address
   * makes many rooms with passwords.
   */
  async create({ title, description = '', visibility }: RoomDescription, maker: Maker = NOBODY): Promise<RoomRecord> {
    if (!isTitle(title)) throw new Refusal('room-name-invalid')
    // Asked before anything is done for it; the engine says it, too.
    if (await this.find(title)) throw new Refusal('room-taken')
    const { makers, quota, onDiscard } = this.#options
    const by = await makers.makerOf(maker)
    const make = async () => {
      const hash = visibility === 'public' ? undefined : await this.#passwords.hash(maker.password, maker.address)
      const room = { title, ...slugOf(title), description: clean(description), visibility }
      const kept = { ...room, ...(hash !== undefined && { hash }), ...(by && { maker: by }) }
      return this.#engine.rooms.create(kept).catch(refuseTaken)
    }
    return quota.make(by, make, async (room) => {
      if (await this.discard(room)) onDiscard(room)
    })
  }

  /** Finds the room with a slug, or makes it; resolves with true if it was made. @throws Refusal as {@link create} does. */
  async open(slug: string, maker: Applicant = NOBODY): Promise<{ record: RoomRecord; founds: boolean }> {
    if (!mayBeSlug(slug)) throw new Refusal('room-name-invalid')
    const key = fold(slug)
    for (;;) {
      const found = await this.find(slug)
      if (found) return { record: found, founds: false }
      // A crowd that enters a new room makes it once.
      const opening = this.#opening.get(key)
      if (!opening) break
      await opening.catch(() => {})
    }
    if (!isSlug(slug)) throw new Refusal('room-name-invalid')
    const making = this.create({ title: slug, visibility: 'public' }, { ...maker, password: '' })
    this.#opening.set(key, making)
    try {
      return { record: await making, founds: true }
    } catch (error) {
      // Somebody made it in the meantime.
      const taken = error instanceof Refusal && error.code === 'room-taken'
      const made = taken ? await this.find(slug) : undefined
      if (made) return { record: made, founds: false }
      throw error
    } finally {
      this.#opening.delete(key)
    }
  }

  /**
   * Checks that a room can be changed. Resolves with the description as it is stored.
   *
   * @throws Refusal `room-name-invalid`, `room-taken`.
   */
  async checkChange(
    id: number,
    { title, description = '', visibility }: RoomDescription,
  ): Promise<Required<RoomDescription>> {
    if (!isTitle(title)) throw new Refusal('room-name-invalid')
    const found = await this.find(title)
    if (found && found.id !== id) throw new Refusal('room-taken')
    return { title, description: clean(description), visibility }
  }

  /**
   * Changes title, slug, description and visibility of a room; the slug follows the title.
   *
   * @throws Refusal `room-unknown`, `room-name-invalid`, `room-taken`.
   */
  async change(id: number, { title, description = '', visibility }: RoomDescription): Promise<RoomRecord> {
    if (!isTitle(title)) throw new Refusal('room-name-invalid')
    return this.#change(id, { title, ...slugOf(title), description: clean(description), visibility })
  }

  /** Changes the title of a room, and the slug with it. @throws Refusal as {@link change} does. */
  async rename(id: number, title: string): Promise<RoomRecord> {
    if (!isTitle(title)) throw new Refusal('room-name-invalid')
    return this.#change(id, { title, ...slugOf(title) })
  }

  async #change(id: number, change: RoomChange): Promise<RoomRecord> {
    const changed = await this.#engine.rooms.change(id, change).catch(refuseTaken)
    if (!changed) throw new Refusal('room-unknown')
    return changed
  }

  /** Puts out the members of a room and removes it with its log. @throws Refusal `room-unknown`. */
  async close(id: number): Promise<void> {
    if (!(await this.discard({ id }))) throw new Refusal('room-unknown')
  }

  /** Closes a room as {@link close} does. Resolves with false if there is no such room. */
  async discard({ id }: Pick<RoomRecord, 'id'>): Promise<boolean> {
    const closed = await this.#engine.rooms.close(id).catch(refuse)
    if (closed) this.#passwords.forget(id)
    return closed
  }

  /** The members of a public room, or of one that the asker is in, in order of joining; for admins of any. @throws Refusal `room-unknown`, `room-private`. */
  async members(
    which: number | string,
    asker?: Session,
  ): Promise<{ id: number; room: string; members: readonly string[] }> {
    const record = await this.existing(which)
    const isOpen = record.visibility === 'public' || asker?.isAdmin || asker?.memberships.has(record.id)
    if (!isOpen) throw new Refusal('room-private')
    return { id: record.id, room: record.slug, members: await this.inside(record.id) }
  }

  /** The members of a room of any visibility, in order of joining. */
  inside(id: number): Promise<readonly string[]> {
    return this.#engine.memberships.inside(id).catch(refuse)
  }

  /** Resolves with true if a nickname is held in a room, on any node. */
  async holds(id: number, name: string): Promise<boolean> {
    return (await this.#engine.memberships.member(id, name).catch(refuse)) !== undefined
  }

  /** The nicknames of exclusive logins. */
  exclusiveNames(): Promise<readonly string[]> {
    return this.#engine.memberships.members(EXCLUSIVE).catch(refuse)
  }

  /** Number of rooms with members. */
  async occupied(): Promise<number> {
    const counts = await this.#engine.memberships.counts().catch(refuse)
    return counts.size - (counts.has(EXCLUSIVE) ? 1 : 0)
  }

  /** Number of members by room id, for rooms with members. */
  memberCounts(): Promise<ReadonlyMap<number, number>> {
    return this.#engine.memberships.counts().catch(refuse)
  }

  /**
   * Calls the listener with a room's id when the room was made, changed or closed or its members have changed, on any node. It may
   * be called often. Returns the end of it.
   */
  watch(listener: (room: number) => void): () => void {
    return this.#engine.rooms.watch(listener)
  }
}

function refuseTaken(error: unknown): never {
  if (error instanceof Taken) throw new Refusal('room-taken')
  return refuse(error)
}
