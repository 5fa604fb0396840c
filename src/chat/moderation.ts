import { Closed, type Engine, type Member, type RoomChange } from '../engine/engine.ts'
import type { Draft, Event, ModeFlag } from '../engine/event.ts'
import type { Counts } from './counts.ts'
import type { Directory } from './directory.ts'
import { isCurrent } from './memberships.ts'
import { fold, isName } from './names.ts'
import type { Passwords } from './passwords.ts'
import type { Reader } from './reader.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Room } from './room.ts'
import { isAtLeast, MAX_ROLES, type Rank, type RoomState } from './room-state.ts'
import { isMask, matches, type Person, type Sanction } from './sanctions.ts'
import type { Membership } from './session.ts'
import { clean, isLonger } from './text.ts'

/** Id of the room that belongs to the admins, and that everybody may enter. */
const LOBBY = 1
/** Time in which users may delete their own messages, in ms. */
const OWN_DELETE_MS = 3_600_000
/** Maximum characters of a reason. */
const MAX_REASON = 300
/** Maximum characters of a mask. */
const MAX_MASK = 64

/** A ban or mute: its end in ms since the epoch, for good without one, and the reason. */
export interface SanctionOptions {
  readonly until?: number | undefined
  readonly why?: string
}

export interface ModerationParts {
  readonly directory: Directory
  readonly passwords: Passwords
  readonly reader: Reader
  readonly counts: Counts
  /** Maximum characters of a topic. */
  readonly maxText: number
  /** Resolves with true for the nickname of an account. */
  readonly isAccount: (name: string) => Promise<boolean>
  /** Resolves with true for an account that is an admin's. */
  readonly isAdmin: (name: string) => Promise<boolean>
}

/** An event of a moderator, without what all of them have. */
interface Action extends Pick<Draft, 'to' | 'body' | 'details'> {
  readonly kind: 'topic' | 'kicked' | 'role' | 'mode' | 'redacted'
}

/** A user whom a moderator's action concerns. */
interface Target extends Person {
  /** The nickname as its owner writes it, where that is known. */
  readonly name: string
  /** Undefined for a user who is not in the room. */
  readonly member: Member | undefined
}

/**
 * What the operators of a room may do (docs/protocols/moderation.md, section 2). Each action is an event in the room's log. All of them
 * refuse with `not-in-room`, `not-permitted` and `unavailable`.
 */
export class Moderation {
  readonly #engine: Engine
  readonly #parts: ModerationParts

  constructor(engine: Engine, parts: ModerationParts) {
    this.#engine = engine
    this.#parts = parts
  }

  /** Sets the topic; an empty text removes it. @throws Refusal `text-too-long`. */
  async setTopic(by: Membership, text: string): Promise<Event> {
    this.#check(by, 'operator')
    const { maxText } = this.#parts
    const body = clean(text)
    if (isLonger(body, maxText)) throw new Refusal('text-too-long', maxText)
    const event = await this.#append(by, { kind: 'topic', body })
    // The description is what lists of rooms show.
    await this.#changeRecord(by.room, { description: body })
    // Another operator may have set it meanwhile.
    const newest = by.room.state.topic?.text ?? ''
    if (newest !== body) await this.#changeRecord(by.room, { description: newest })
    return event
  }

  /**
   * Makes a user operator or voiced: an account for good, a guest until it leaves. @throws Refusal `nobody-here`, `too-many-roles`.
   */
  async grant(by: Membership, role: 'operator' | 'voiced', name: string): Promise<Event> {
    this.#check(by, 'operator')
    const { name: to, registered, member } = await this.#find(by.room, name)
    if (!registered && !member) throw new Refusal('nobody-here')
    this.#checkSpace(by.room.state)
    const guest = !registered && { guest: true as const }
    return this.#append(by, { kind: 'role', to, body: '', details: { role, on: true, ...guest } })
  }

  /** Takes a role back; one's own, or that of a user of lower rank. @throws Refusal `nobody-here`. */
  async withdraw(by: Membership, role: 'operator' | 'voiced', name: string): Promise<Event> {
    const target = await this.#find(by.room, name)
    if (target.key !== by.session.key) this.#checkOutranks(by, target)
    if (!isAtLeast(by.room.state.rankOf(target), role)) throw new Refusal('nobody-here')
    const guest = !target.registered && { guest: true as const }
    return this.#append(by, { kind: 'role', to: target.name, body: '', details: { role, on: false, ...guest } })
  }

  /** Hands the room over to the owner of another account; the present one stays operator. @throws Refusal `name-unknown`. */
  async handOver(by: Membership, name: string): Promise<Event> {
    this.#check(by, 'owner')
    if (!(await this.#parts.isAccount(name))) throw new Refusal('name-unknown')
    const { name: to } = await this.#find(by.room, name)
    const { owner } = by.room.state
    if (owner !== undefined && owner !== fold(to)) {
      await this.#append(by, { kind: 'role', to: owner, body: '', details: { role: 'operator', on: true } })
    }
    return this.#append(by, { kind: 'role', to, body: '', details: { role: 'owner', on: true } })
  }

  /** Removes a user from the room. @throws Refusal `nobody-here`, `text-too-long`. */
  async kick(by: Membership, name: string, why = ''): Promise<Event> {
    const body = reasonOf(why)
    const target = await this.#find(by.room, name)
    this.#checkOutranks(by, target)
    if (!target.member) throw new Refusal('nobody-here')
    return this.#kick(by, target.name, body)
  }

  /**
   * Bans or mutes a user, or all users whose nickname matches a mask. A guest who is in the room is known by its address, too. Whoever
   * is banned is kicked.
   *
   * @throws Refusal `name-invalid`, `too-many-roles`, `text-too-long`.
   */
  async sanction(
    by: Membership,
    role: 'banned' | 'muted',
    name: string,
    options: SanctionOptions = {},
  ): Promise<Event> {
    const body = reasonOf(options.why ?? '')
    const mask = isMask(name)
    if (mask ? isLonger(name, MAX_MASK) || fold(name) === '' : !isName(name)) throw new Refusal('name-invalid')
    const target = mask ? undefined : await this.#find(by.room, name)
    if (target) this.#checkOutranks(by, target)
    else this.#check(by, 'operator')
    this.#checkSpace(by.room.state)
    if (target && role === 'banned') await this.#strip(by, target)
    const address = target && !target.registered && target.addressDigest
    const details = {
      role,
      on: true,
      ...(options.until !== undefined && { until: options.until }),
      ...(address && { address }),
    }
    const event = await this.#append(by, { kind: 'role', to: target?.name ?? name, body, details })
    if (role === 'banned') await this.#kickBanned(by, target, name, body)
    return event
  }

  /** Lifts a ban or mute, by the nickname or mask that it was given for. @throws Refusal `nobody-here` if there is none. */
  async lift(by: Membership, role: 'banned' | 'muted', name: string): Promise<Event> {
    this.#check(by, 'operator')
    const key = fold(name)
    const found = by.room.state[role].list(Date.now()).find(({ to }) => fold(to) === key)
    if (!found) throw new Refusal('nobody-here')
    return this.#append(by, { kind: 'role', to: found.to, body: '', details: { role, on: false } })
  }

  /** The bans of the room, oldest first. */
  async bans(by: Membership): Promise<readonly Sanction[]> {
    this.#check(by, 'operator')
    return by.room.state.banned.list(Date.now())
  }

  /** Lets a user enter an invite-only room. @throws Refusal `name-invalid`, `too-many-roles`. */
  async invite(by: Membership, name: string): Promise<Event> {
    this.#check(by, 'operator')
    if (!isName(name)) throw new Refusal('name-invalid')
    this.#checkSpace(by.room.state)
    const { name: to } = await this.#find(by.room, name)
    return this.#append(by, { kind: 'role', to, body: '', details: { role: 'invited', on: true } })
  }

  /** Sets a mode without effects beyond the room's state, or turns it off where there is no `value`. */
  async setMode(by: Membership, flag: 'moderated' | 'invite-only' | 'slow', value: string | undefined): Promise<Event> {
    this.#check(by, 'operator')
    return this.#appendMode(by, flag, value)
  }

  /** Sets the password of the room; undefined removes it. @throws Refusal `password-invalid`, `too-many-attempts`. */
  async lock(by: Membership, password: string | undefined): Promise<Event> {
    this.#checkSettings(by)
    const { record } = by.room
    const hash = password === undefined ? null : await this.#parts.passwords.hash(password, by.session.address)
    // A hidden room stays hidden.
    const visibility = record.visibility === 'hidden' ? 'hidden' : hash === null ? 'public' : 'private'
    await this.#changeRecord(by.room, { hash, visibility })
    return this.#appendMode(by, 'password', hash === null ? undefined : '')
  }

  /** Leaves the room out of lists, or shows it there. */
  async hide(by: Membership, hidden: boolean): Promise<Event> {
    this.#checkSettings(by)
    const shown = by.room.record.hash === undefined ? 'public' : 'private'
    await this.#changeRecord(by.room, { visibility: hidden ? 'hidden' : shown })
    return this.#appendMode(by, 'visibility', hidden ? 'hidden' : undefined)
  }

  /** Changes the title, and the slug with it. @throws Refusal `room-name-invalid`, `room-taken`. */
  async setTitle(by: Membership, title: string): Promise<Event> {
    this.#checkSettings(by)
    const { description, visibility } = by.room.record
    await this.#parts.directory.change(by.room.record.id, { title, description, visibility })
    return this.#appendMode(by, 'title', title)
  }

  /** Closes the room: removes it with its history. */
  async close(by: Membership): Promise<void> {
    this.#checkSettings(by, 'owner')
    await this.#parts.directory.close(by.room.record.id)
  }

  /**
   * Deletes a message: one's own within an hour, or as an operator any.
   *
   * @throws Refusal `message-unknown`.
   */
  async redact(by: Membership, id: number, why = ''): Promise<Event> {
    const body = reasonOf(why)
    const message = await this.#messageAt(by, id)
    if (!message) throw new Refusal('message-unknown')
    if (!isOwn(message, by)) this.#check(by, 'operator')
    return this.#append(by, { kind: 'redacted', to: message.from, body, details: { target: id } })
  }

  async #messageAt({ room, session }: Membership, id: number): Promise<Event | undefined> {
    for await (const [event] of this.#parts.reader.pages(room.log, { before: id + 1, limit: 1 }, session)) {
      if (event?.id === id && event.kind === 'message') return event
    }
    return undefined
  }

  /** Finds a user by a nickname: a member, an account, or a guest who is not here. */
  async #find(room: Room, nickname: string): Promise<Target> {
    const [member, registered] = await Promise.all([
      this.#engine.memberships.member(room.record.id, nickname).catch(refuse),
      this.#parts.isAccount(nickname),
    ])
    const name = member?.name ?? nickname
    const isAdmin = registered && (await this.#parts.isAdmin(name))
    return { name, key: fold(name), registered, isAdmin, addressDigest: member?.address, member }
  }

  #check(by: Membership, least: Rank): void {
    if (!isCurrent(by)) throw new Refusal('not-in-room')
    if (!isAtLeast(by.room.state.rankOf(by.session), least)) throw new Refusal('not-permitted')
  }

  /** Checks the right to change the room itself. The lobby is open to all protocols. */
  #checkSettings(by: Membership, least: Rank = 'operator'): void {
    this.#check(by, least)
    if (by.room.record.id === LOBBY) throw new Refusal('not-permitted')
  }

  #checkOutranks(by: Membership, target: Target): void {
    this.#check(by, 'operator')
    const { state } = by.room
    if (isAtLeast(state.rankOf(target), state.rankOf(by.session))) throw new Refusal('not-permitted')
  }

  #checkSpace(state: RoomState): void {
    if (state.roles < MAX_ROLES) return
    for (const sanctions of [state.banned, state.muted]) sanctions.prune(Date.now())
    if (state.roles >= MAX_ROLES) throw new Refusal('too-many-roles', MAX_ROLES)
  }

  /** Takes back all roles of a user who is about to be banned. */
  async #strip(by: Membership, target: Target): Promise<void> {
    for (const role of ['operator', 'voiced'] as const) {
      if (by.room.state.rankOf(target) !== role) continue
      const guest = !target.registered && { guest: true as const }
      await this.#append(by, { kind: 'role', to: target.name, body: '', details: { role, on: false, ...guest } })
    }
    if (!by.room.state.isInvited(target.key)) return
    await this.#append(by, { kind: 'role', to: target.name, body: '', details: { role: 'invited', on: false } })
  }

  async #kickBanned(by: Membership, target: Target | undefined, mask: string, why: string): Promise<void> {
    if (target) {
      if (target.member) await this.#kick(by, target.name, why).catch(ignoreAbsence)
      return
    }
    const parts = fold(mask).split('*')
    const members = await this.#engine.memberships.members(by.room.record.id).catch(refuse)
    for (const name of members.filter((one) => matches(parts, fold(one)))) {
      await this.kick(by, name, why).catch(ignoreAbsence)
    }
  }

  #kick(by: Membership, to: string, body: string): Promise<Event> {
    return this.#append(by, { kind: 'kicked', to, body })
  }

  #appendMode(by: Membership, flag: ModeFlag, value: string | undefined): Promise<Event> {
    const on = value !== undefined
    return this.#append(by, { kind: 'mode', body: '', details: { flag, on, ...(value && { value }) } })
  }

  async #changeRecord({ record }: Room, change: RoomChange): Promise<void> {
    const changed = await this.#engine.rooms.change(record.id, change).catch(refuse)
    if (!changed) throw new Refusal('room-unknown')
  }

  async #append({ session, room }: Membership, draft: Action): Promise<Event> {
    const verified = session.registered || undefined
    try {
      const whole = { ...draft, room: room.record.id, from: session.name, verified }
      const event = await this.#engine.logs.append(room.log, whole)
      this.#parts.counts.event(session.wire.protocol, draft.kind)
      return event
    } catch (error) {
      if (error instanceof Closed && draft.kind === 'kicked') throw new Refusal('nobody-here')
      return refuse(error)
    }
  }
}

/** Returns true for a message that the session may delete as its own; a guest's nickname may have been somebody else's before. */
function isOwn({ from, at, verified }: Event, { session, since }: Membership): boolean {
  if (fold(from) !== session.key || (verified === true) !== session.registered) return false
  return at > Date.now() - OWN_DELETE_MS && (session.registered || at >= since)
}

/** @throws Refusal `text-too-long`. */
function reasonOf(why: string): string {
  const reason = clean(why)
  if (isLonger(reason, MAX_REASON)) throw new Refusal('text-too-long', MAX_REASON)
  return reason
}

/** Whoever is gone, or may not be kicked, is left alone. */
function ignoreAbsence(error: unknown): void {
  if (error instanceof Refusal && (error.code === 'nobody-here' || error.code === 'not-permitted')) return
  throw error
}
