import type { Event, Role } from '../engine/event.ts'
import { type ModeratorAction, type ModeratorActions, moderatorReason, type Target } from './moderator-actions.ts'
import { fold, isName, LONGEST_NAME } from './names.ts'
import { Refusal, refuse } from './refusal.ts'
import { isAtLeast } from './room-state.ts'
import { isMask, matches, type Sanction, type SanctionRole } from './sanctions.ts'
import type { Membership } from './session.ts'
import { isLonger } from './text.ts'

/** Maximum number of masks among the bans, and among the mutes, of a room: each is compared when a user enters, or speaks. */
export const MAX_MASKS = 200

/** A ban or mute: its end in ms since the epoch, for good without one, and the reason. */
interface SanctionOptions {
  readonly until?: number | undefined
  readonly why?: string
}

/** The event of a ban or mute. */
interface Sanctioned {
  readonly event: Event
  /** False if no member's nickname is, or matches, the given one, and it is neither an account's nor that of a guest who has spoken there. */
  readonly isAnybodyHere: boolean
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
    return this.#actions.append(by, { kind: 'kicked', to: target.name, body })
  }

  /**
   * Bans or mutes a user, or all users whose nickname matches a mask. A guest who is in the room, or has spoken there, is sanctioned by its address, too.
   * Banned members are kicked.
   *
   * @throws Refusal `name-invalid`, `too-many-roles`, `text-too-long`.
   */
  async sanction(by: Membership, role: SanctionRole, name: string, options: SanctionOptions = {}): Promise<Sanctioned> {
    const body = moderatorReason(options.why ?? '')
    const mask = isMask(name)
    if (!isName(mask ? name.replaceAll('*', 'a') : name)) throw new Refusal('name-invalid')
    const state = await this.#actions.wholeState(by.room)
    if (mask && state[role].masks >= MAX_MASKS) throw new Refusal('too-many-roles', MAX_MASKS)
    const target = mask ? undefined : await this.#actions.find(by.room, name)
    const check = () => (target ? this.#actions.checkOutranks(by, target) : this.#actions.check(by, 'operator'))
    check()
    await this.#actions.checkSpace(by.room)
    const address = target && (await this.#actions.addressOf(by.room, target))
    const details = {
      role,
      on: true,
      ...(options.until !== undefined && { until: options.until }),
      ...(address !== undefined && { address }),
    }
    const sanction = { kind: 'role', to: target?.name ?? name, body, details } as const
    const named = mask ? await this.#named(by, name) : []
    const isKnown = address !== undefined || target?.accountId !== undefined
    const isAnybodyHere = named.length > 0 || target?.member !== undefined || isKnown
    const expelled = role === 'muted' ? [] : target ? [target] : await this.#bound(by, named)
    // The moderator may have lost its rank while other nodes were asked.
    check()
    if (role === 'muted') return { event: await this.#actions.append(by, sanction), isAnybodyHere }
    const event = await this.#actions.appendAll(by, [
      sanction,
      ...expelled.filter(({ member }) => member).map(({ name: to }) => ({ kind: 'kicked', to, body }) as const),
      ...(target ? rolesOf(by, target) : []),
    ])
    void this.#expelLate(by, sanction.to, body).catch(() => {})
    return { event, isAnybodyHere }
  }

  /** Number of other guests in the room, as far as this node knows, whom a ban or mute covers by the address of its guest. */
  othersCovered({ room }: Membership, { to = '', details }: Event): number {
    if (details?.address === undefined) return 0
    const others = room.guestsAt(details.address).filter(({ key }) => key !== fold(to))
    return others.filter((guest) => !isAtLeast(room.state.rankOf(guest), 'operator')).length
  }

  /** Resolves with the ban or mute that covers a user, by its nickname, a mask or its address. */
  async covering(by: Membership, role: SanctionRole, name: string): Promise<Sanction | undefined> {
    this.#actions.check(by, 'operator')
    const [state, target] = await Promise.all([this.#actions.wholeState(by.room), this.#actions.find(by.room, name)])
    const addressDigest = await this.#actions.addressOf(by.room, target)
    return state[role].find({ ...target, addressDigest }, Date.now())
  }

  /** Lifts a ban or mute, by the nickname or mask that it was given for. @throws Refusal `nobody-here` if there is none. */
  async lift(by: Membership, role: SanctionRole, name: string): Promise<Event> {
    const state = await this.#actions.wholeState(by.room)
    this.#actions.check(by, 'operator')
    const found = state[role].of(fold(name), Date.now())
    if (!found) throw new Refusal('nobody-here')
    return this.#actions.append(by, { kind: 'role', to: found.to, body: '', details: { role, on: false } })
  }

  /** The bans or mutes of the room with a text in their nickname or mask, oldest first. */
  async list(by: Membership, role: SanctionRole, part = ''): Promise<readonly Sanction[]> {
    this.#actions.check(by, 'operator')
    // A long text takes long to fold.
    if (isLonger(part, LONGEST_NAME)) return []
    return (await this.#actions.wholeState(by.room))[role].list(Date.now(), fold(part))
  }

  /** Kicks who has entered while the ban was on its way. */
  async #expelLate(by: Membership, name: string, body: string): Promise<void> {
    const { banned } = by.room.state
    const late = (await this.#bound(by, await this.#named(by, name))).filter((target) =>
      banned.find(target, Date.now()),
    )
    await Promise.all(late.map(({ name: to }) => this.#actions.append(by, { kind: 'kicked', to, body })))
  }

  /** The members whose nickname is, or matches, that of a ban or mute. */
  async #named(by: Membership, name: string): Promise<readonly string[]> {
    const key = fold(name)
    const parts = key.split('*')
    const isMeant = (one: string) => (isMask(key) ? matches(parts, fold(one)) : fold(one) === key)
    const members = await this.#actions.memberships.members(by.room.record.id).catch(refuse)
    return members.filter(isMeant)
  }

  /** Finds members, without operators, who are not bound by bans. */
  async #bound(by: Membership, named: readonly string[]): Promise<Target[]> {
    const targets = await Promise.all(named.map((one) => this.#actions.find(by.room, one)))
    return targets.filter((target) => !isAtLeast(by.room.state.rankOf(target), 'operator'))
  }
}

/** The events that take back the roles of a user who is banned. */
function rolesOf({ room: { state } }: Membership, target: Target): ModeratorAction[] {
  const { name, accountId: account } = target
  const rank = state.rankOf(target)
  const roles: Role[] = []
  // The role of a guest ends with its presence.
  if (account !== undefined && (rank === 'operator' || rank === 'voiced')) roles.push(rank)
  if (state.isInvited(target)) roles.push('invited')
  const whose = account !== undefined && { account }
  return roles.map((role) => ({ kind: 'role', to: name, body: '', details: { role, on: false, ...whose } }))
}
