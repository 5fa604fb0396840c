import type { Event } from '../engine/event.ts'
import type { ModeratorActions } from './moderator-actions.ts'
import { fold, isName } from './names.ts'
import { Refusal } from './refusal.ts'
import { isAtLeast } from './room-state.ts'
import type { Membership } from './session.ts'

/** Roles that operators give and take (docs/protocols/moderation.md, section 2). */
export class Roles {
  readonly #actions: ModeratorActions

  constructor(actions: ModeratorActions) {
    this.#actions = actions
  }

  /**
   * Makes a user operator or voiced: an account for good, a guest until it leaves.
   *
   * @throws Refusal `nobody-here`, `too-many-roles`.
   */
  async grant(by: Membership, role: 'operator' | 'voiced', name: string): Promise<Event> {
    this.#actions.check(by, 'operator')
    const { name: to, registered, member } = await this.#actions.find(by.room, name)
    if (!registered && !member) throw new Refusal('nobody-here')
    this.#actions.checkSpace(by.room.state)
    const guest = !registered && { guest: true as const }
    return this.#actions.append(by, { kind: 'role', to, body: '', details: { role, on: true, ...guest } })
  }

  /** Takes a role back; one's own, or that of a user of lower rank. @throws Refusal `nobody-here`. */
  async withdraw(by: Membership, role: 'operator' | 'voiced', name: string): Promise<Event> {
    const target = await this.#actions.find(by.room, name)
    if (target.key !== by.session.key) this.#actions.checkOutranks(by, target)
    if (!isAtLeast(by.room.state.rankOf(target), role)) throw new Refusal('nobody-here')
    const guest = !target.registered && { guest: true as const }
    return this.#actions.append(by, { kind: 'role', to: target.name, body: '', details: { role, on: false, ...guest } })
  }

  /** Hands the room over to the owner of another account; the present one stays operator. @throws Refusal `name-unknown`. */
  async handOver(by: Membership, name: string): Promise<Event> {
    this.#actions.check(by, 'owner')
    if (!(await this.#actions.accounts.isAccount(name))) throw new Refusal('name-unknown')
    const { name: to } = await this.#actions.find(by.room, name)
    const { owner } = by.room.state
    const before = owner !== undefined && owner !== fold(to)
    return this.#actions.appendAll(by, [
      { kind: 'role', to, body: '', details: { role: 'owner', on: true } },
      ...(before ? [{ kind: 'role', to: owner, body: '', details: { role: 'operator', on: true } } as const] : []),
    ])
  }

  /** Lets a user enter an invite-only room. @throws Refusal `name-invalid`, `too-many-roles`. */
  async invite(by: Membership, name: string): Promise<Event> {
    this.#actions.check(by, 'operator')
    if (!isName(name)) throw new Refusal('name-invalid')
    this.#actions.checkSpace(by.room.state)
    const { name: to } = await this.#actions.find(by.room, name)
    return this.#actions.append(by, { kind: 'role', to, body: '', details: { role: 'invited', on: true } })
  }
}
