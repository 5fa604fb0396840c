import type { RoomRecord } from '../engine/engine.ts'
import type { Event, ModeFlag } from '../engine/event.ts'
import { LOBBY_ROOM } from '../engine/lobby.ts'
import { tickEnd } from '../tick.ts'
import { auditEntry, type OnAudit } from './audit.ts'
import type { Directory, RoomDescription } from './directory.ts'
import type { ModeratorActions } from './moderator-actions.ts'
import type { Passwords } from './passwords.ts'
import { Refusal } from './refusal.ts'
import type { Rank } from './room-state.ts'
import type { Membership, Room, Session, Standing } from './session.ts'
import type { Speaker } from './speaker.ts'
import { cleanWithin, shortened } from './text.ts'

/** Maximum characters of a topic. */
const MAX_TOPIC = 300
/** Maximum bytes of a description, a limit of Globes (docs/protocols/globes.md, section 1). */
const MAX_DESCRIPTION_BYTES = 70

export interface RoomSettingsParts {
  readonly directory: Directory
  readonly passwords: Passwords
  /** Days for which the server keeps events; infinite for no limit. */
  readonly maxKeepDays: number
  readonly onAudit: OnAudit
}

type DescribedRoom = Required<RoomDescription>

/** Topic, modes and record of a room (docs/protocols/moderation.md, section 2). */
export class RoomSettings {
  readonly #actions: ModeratorActions
  readonly #parts: RoomSettingsParts

  constructor(actions: ModeratorActions, parts: RoomSettingsParts) {
    this.#actions = actions
    this.#parts = parts
  }

  /** Sets the topic; an empty text removes it. @throws Refusal `text-too-long`. */
  async setTopic(by: Membership, text: string): Promise<Event> {
    this.#actions.check(by, 'operator')
    const body = cleanWithin(text, MAX_TOPIC)
    const event = await this.#actions.append(by, { kind: 'topic', body })
    // Not waited for, so that the reply is not later than the event.
    void this.#describe(by.room).catch(() => {})
    return event
  }

  /** Makes the topic the description, which Globes shows. Another operator may set another one meanwhile. */
  async #describe(room: Room): Promise<void> {
    await tickEnd()
    const topic = () => room.state.topic?.text ?? ''
    for (let description: string | undefined; description !== topic(); ) {
      description = topic()
      await this.#actions.changeRecord(room, { description: descriptionOf(description) })
    }
  }

  /** Sets a mode without effects beyond the room's state, or turns it off where there is no `value`. */
  async setMode(
    by: Membership,
    flag: 'moderated' | 'invite-only' | 'slow' | 'limit',
    value: string | undefined,
  ): Promise<Event> {
    this.#actions.check(by, 'operator')
    return this.#appendMode(by, flag, value)
  }

  /** Maximum days of {@link keep}. */
  get maxKeepDays(): number {
    return this.#parts.maxKeepDays
  }

  /** Sets the days after which events of the room are removed; undefined removes none before the server does. */
  async keep(by: Membership, days: number | undefined): Promise<Event> {
    this.#actions.check(by, 'operator')
    return this.#appendMode(by, 'keep', days === undefined ? undefined : String(days))
  }

  /**
   * Sets the password of the room; undefined removes it. The record is changed first, here as in {@link hide} and {@link setTitle}: whoever
   * is told that the room is locked can rely on it, and after a failure in between the same request tells the room.
   *
   * @throws Refusal `password-invalid`, `too-many-attempts`.
   */
  async lock(by: Membership, password: string | undefined): Promise<Event> {
    this.#checkSettings(by)
    const hash = password === undefined ? null : await this.#parts.passwords.hash(password, by.session.address)
    await this.#actions.changeRecord(by.room, { hash })
    return this.#appendMode(by, 'password', hash === null ? undefined : '')
  }

  /** Leaves the room out of lists, or shows it there. */
  async hide(by: Membership, hidden: boolean): Promise<Event> {
    this.#checkSettings(by)
    await this.#actions.changeRecord(by.room, { visibility: hidden ? 'hidden' : 'public' })
    return this.#appendMode(by, 'visibility', hidden ? 'hidden' : undefined)
  }

  /** Changes the title, and the slug with it. @throws Refusal `room-name-invalid`, `room-taken`. */
  async setTitle(by: Membership, title: string): Promise<RoomRecord> {
    this.#checkSettings(by)
    const record = await this.#parts.directory.rename(by.room.record.id, title)
    await this.#appendMode(by, 'title', title)
    return record
  }

  /**
   * Changes title, description and visibility of the room, which were those of `before`. The description is the topic too. The room is told
   * first: after a failure in between, the same request tells it again and makes the change.
   *
   * @throws Refusal as {@link Directory.change} does.
   */
  async change(by: Standing, before: RoomRecord, description: RoomDescription): Promise<RoomRecord> {
    this.#actions.check(by, 'operator')
    const { directory } = this.#parts
    const after = await directory.checkChange(before.id, description)
    await this.#tell(by, before, after)
    try {
      return await directory.change(before.id, after)
    } catch (error) {
      // Another room has taken the title. Where it is not known whether the change is made, the request is to be repeated.
      const isRefused = error instanceof Refusal && error.code !== 'unavailable'
      if (isRefused) await this.#tell(by, after, before).catch(() => {})
      throw error
    }
  }

  /** Appends the events of a change of the room, together. */
  async #tell(by: Standing, before: DescribedRoom, after: DescribedRoom): Promise<void> {
    const events: Promise<Event>[] = []
    if (after.title !== before.title) events.push(this.#appendMode(by, 'title', after.title))
    const isHidden = after.visibility === 'hidden'
    if (isHidden !== (before.visibility === 'hidden'))
      events.push(this.#appendMode(by, 'visibility', isHidden ? 'hidden' : undefined))
    if (after.description !== before.description)
      events.push(this.#actions.append(by, { kind: 'topic', body: after.description }))
    await Promise.all(events)
  }

  /** Closes the room: removes it with its history. */
  async close(by: Standing): Promise<void> {
    this.#checkSettings(by, 'owner')
    await this.#close(by.session, by.room.record)
  }

  /**
   * Closes a room that an admin names and need not be in; a member's own room like {@link close}.
   *
   * @throws Refusal `room-unknown`, `admin-required`, `not-permitted` for the lobby.
   */
  async closeNamed(session: Session, name: string): Promise<void> {
    const record = await this.#parts.directory.find(name)
    const membership = record && session.memberships.get(record.id)
    if (membership) return this.close(membership)
    if (!session.isAdmin) throw new Refusal('admin-required')
    if (!record) throw new Refusal('room-unknown')
    if (record.id === LOBBY_ROOM.id) throw new Refusal('not-permitted')
    await this.#close(session, record)
  }

  async #close({ name, address }: Pick<Speaker, 'name' | 'address'>, { id, slug }: RoomRecord): Promise<void> {
    await this.#parts.directory.close(id)
    this.#parts.onAudit(auditEntry({ what: 'room-closed', address, name, room: slug }))
  }

  /** Checks the right to change the room itself. The lobby is open to all protocols. */
  #checkSettings(by: Standing, least: Rank = 'operator'): void {
    this.#actions.check(by, least)
    if (by.room.record.id === LOBBY_ROOM.id) throw new Refusal('not-permitted')
  }

  #appendMode(by: Standing, flag: ModeFlag, value: string | undefined): Promise<Event> {
    const on = value !== undefined
    return this.#actions.append(by, { kind: 'mode', body: '', details: { flag, on, ...(value && { value }) } })
  }
}

/** Returns the number of members in a text as a room has it for its limit; undefined for what is no number of 1 to 16 digits, or 0. */
export function memberLimitOf(text: string): string | undefined {
  return /^0*([1-9]\d{0,15})$/.exec(text)?.[1]
}

/** Returns the part of a topic that fits into the description of a room. */
function descriptionOf(topic: string): string {
  return shortened(topic, MAX_DESCRIPTION_BYTES, Buffer.byteLength)
}
