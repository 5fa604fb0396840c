import type { Event } from '../engine/event.ts'
import { type ModeratorActions, moderatorReason, type Target } from './moderator-actions.ts'
import { fold, isName } from './names.ts'
import { Refusal, refuse } from './refusal.ts'
import { holderOf } from './roles.ts'
import { isMask, matches, type Sanction } from './sanctions.ts'
import type { Membership } from './session.ts'

/** Maximum number of masks among the bans, and among the mutes, of a room: each is compared when a user enters, or speaks. */
const MAX_MASKS = 200

/** A ban or mute: its end in ms since the epoch, for good without one, and the reason. */
export interface SanctionOptions {
  readonly until?: number | undefined
  readonly why?: string
}

/** Kicks, bans and mutes (docs/protocols/moderation.md, section 2). */
export class Expulsion {
  readonly #actions: ModeratorActions

  constructor(actions: ModeratorActions) {
    this.#actions = actions
  }

  /** Removes a user from the room. @throws Refusal `nobody-here`, `text-too-long`. */
  async kick(by: Membership, name: string, why = ''): Promise<Event> {
    const body = moderatorReason(why)
    const target = await this.#actions.find(by.room, name)
    this.#actions.checkOutranks(by, target)
    if (!target.member) throw new Refusal('nobody-here')
    return this.#kick(by, target.name, body)
  }

  /**
   * Bans or mutes a user, or all users whose nickname matches a mask. A guest who is in the room is sanctioned by its address, too.
   * Banned members are kicked.
   *
   * @throws Refusal `name-invalid`, `too-many-roles`, `text-too-long`.
   */
  async sanction(
    by: Membership,
    role: 'banned' | 'muted',
    name: string,
    options: SanctionOptions = {},
  ): Promise<Event> {
    const body = moderatorReason(options.why ?? '')
    const mask = isMask(name)
    if (!isName(mask ? name.replaceAll('*', 'a') : name)) throw new Refusal('name-invalid')
    if (mask && by.room.state[role].masks >= MAX_MASKS) throw new Refusal('too-many-roles', MAX_MASKS)
    const target = mask ? undefined : await this.#actions.find(by.room, name)
    if (target) this.#actions.checkOutranks(by, target)
    else this.#actions.check(by, 'operator')
    this.#actions.checkSpace(by.room.state)
    if (target && role === 'banned') await this.#strip(by, target)
    const address = target && target.accountId === undefined && target.addressDigest
    const details = {
      role,
      on: true,
      ...(options.until !== undefined && { until: options.until }),
      ...(address && { address }),
    }
    const event = await this.#actions.append(by, { kind: 'role', to: target?.name ?? name, body, details })
    // A user that has entered meanwhile is found now.
    if (role === 'banned') await this.#kickBanned(by, target && (await this.#actions.find(by.room, name)), name, body)
    return event
  }

  /** Lifts a ban or mute, by the nickname or mask that it was given for. @throws Refusal `nobody-here` if there is none. */
  async lift(by: Membership, role: 'banned' | 'muted', name: string): Promise<Event> {
    this.#actions.check(by, 'operator')
    const key = fold(name)
    const found = by.room.state[role].list(Date.now()).find(({ to }) => fold(to) === key)
    if (!found) throw new Refusal('nobody-here')
    return this.#actions.append(by, { kind: 'role', to: found.to, body: '', details: { role, on: false } })
  }

  /** The bans of the room, oldest first. */
  async bans(by: Membership): Promise<readonly Sanction[]> {
    this.#actions.check(by, 'operator')
    return by.room.state.banned.list(Date.now())
  }

  /** Takes back all roles of a user who is about to be banned. */
  async #strip(by: Membership, target: Target): Promise<void> {
    for (const role of ['operator', 'voiced'] as const) {
      if (by.room.state.rankOf(target) !== role) continue
      await this.#actions.append(by, {
        kind: 'role',
        to: target.name,
        body: '',
        details: { role, on: false, ...holderOf(target.accountId) },
      })
    }
    if (!by.room.state.isInvited(target)) return
    await this.#actions.append(by, { kind: 'role', to: target.name, body: '', details: { role: 'invited', on: false } })
  }

  async #kickBanned(by: Membership, target: Target | undefined, mask: string, why: string): Promise<void> {
    if (target) {
      if (target.member) await this.#kick(by, target.name, why).catch(ignoreAbsence)
      return
    }
    const parts = fold(mask).split('*')
    const members = await this.#actions.memberships.members(by.room.record.id).catch(refuse)
    for (const name of members.filter((one) => matches(parts, fold(one)))) {
      await this.kick(by, name, why).catch(ignoreAbsence)
    }
  }

  #kick(by: Membership, to: string, body: string): Promise<Event> {
    return this.#actions.append(by, { kind: 'kicked', to, body })
  }
}

/** Ignores that a user is gone or may not be kicked. */
function ignoreAbsence(error: unknown): void {
  if (error instanceof Refusal && (error.code === 'nobody-here' || error.code === 'not-permitted')) return
  throw error
}
