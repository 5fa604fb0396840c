import type { RoomRecord } from '../engine/engine.ts'
import type { Event, Role } from '../engine/event.ts'
import type { ModeratorAction, ModeratorActions } from './moderator-actions.ts'
import { fold, isName } from './names.ts'
import type { NewsChannel } from './news.ts'
import { Refusal } from './refusal.ts'
import { isAtLeast } from './room-state.ts'
import type { Membership, Session } from './session.ts'
import { checkScope } from './token-scope.ts'

/** Roles that operators give and take (docs/protocols/moderation.md, section 2). */
export class Roles {
  readonly #actions: ModeratorActions
  readonly #news: NewsChannel

  constructor(actions: ModeratorActions, news: NewsChannel) {
    this.#actions = actions
    this.#news = news
  }

  /**
   * Makes a user operator or voiced: an account for good, a guest until it leaves.
   *
   * @throws Refusal `nobody-here`, `too-many-roles`.
   */
  async grant(by: Membership, role: 'operator' | 'voiced', name: string): Promise<Event> {
    this.#actions.check(by, 'operator')
    const target = await this.#actions.find(by.room, name)
    const { name: to, accountId: account, member } = target
    if (account === undefined && !member) throw new Refusal('nobody-here')
    const { state } = by.room
    // A guest has one role, so a voice would take the other one.
    if (account === undefined && role === 'voiced' && state.rankOf(target) === 'operator')
      throw new Refusal('not-permitted')
    await this.#actions.checkSpace(by.room)
    return this.#actions.append(by, { kind: 'role', to, body: '', details: { role, on: true, ...holderOf(account) } })
  }

  /** Takes a role back; one's own, or that of a user of lower rank. @throws Refusal `nobody-here`. */
  async withdraw(by: Membership, role: 'operator' | 'voiced', name: string): Promise<Event> {
    const target = await this.#actions.find(by.room, name)
    if (target.key !== by.session.key) this.#actions.checkOutranks(by, target)
    const { name: to, accountId: account } = target
    const rank = by.room.state.rankOf(target)
    if (account === undefined ? rank !== role : !isAtLeast(rank, role)) throw new Refusal('nobody-here')
    return this.#actions.append(by, { kind: 'role', to, body: '', details: { role, on: false, ...holderOf(account) } })
  }

  /** Hands the room over to the owner of another account; the present one stays operator. @throws Refusal `name-unknown`. */
  async handOver(by: Membership, name: string): Promise<Event> {
    this.#actions.check(by, 'owner')
    const { name: to, accountId: account } = await this.#actions.find(by.room, name)
    if (account === undefined) throw new Refusal('name-unknown')
    const { owner } = by.room.state
    return this.#actions.appendAll(by, handingOver(to, account, owner?.key, owner?.account))
  }

  /** Makes the role of a guest that of the account it has become: of the maker of a room that no account governs, its owner. */
  async keep(by: Membership): Promise<void> {
    const { room, session } = by
    const { key, name: to, accountId: account } = session
    const rank = () => room.state.rankOf({ key, accountId: undefined, isAdmin: false })
    if (account === undefined || rank() === 'member') return
    await this.#actions.checkSpace(room)
    const role = rank()
    if (role !== 'operator' && role !== 'voiced') return
    // Another session of the client may have kept it.
    if (isAtLeast(room.state.rankOf({ key, accountId: account, isAdmin: false }), role)) return
    const owns = role === 'operator' && !room.state.isKept && isMaker(session, room.record)
    const details = { role: owns ? 'owner' : role, on: true, account } as const
    await this.#actions.append(by, { kind: 'role', to, body: '', details })
  }

  /** Tells a user of a room that it may enter anyway, as any member may who may speak there. @throws Refusal `name-invalid`, `token-scope`, `muted`, `moderated`. */
  commend({ room, session }: Membership, to: string): void {
    if (!isName(to)) throw new Refusal('name-invalid')
    checkScope(session, 'write', room.record.slug)
    room.state.checkVoice(session)
    const { name: from, registered: verified } = session
    this.#news.tell({ kind: 'invited', room: room.record.id, from, verified, to })
  }

  /** Lets a user enter an invite-only room. @throws Refusal `name-invalid`, `too-many-roles`. */
  async invite(by: Membership, name: string): Promise<Event> {
    this.#actions.check(by, 'operator')
    if (!isName(name)) throw new Refusal('name-invalid')
    await this.#actions.checkSpace(by.room)
    const { name: to, accountId: account } = await this.#actions.find(by.room, name)
    const details = { role: 'invited', on: true, ...(account !== undefined && { account }) } as const
    const event = await this.#actions.append(by, { kind: 'role', to, body: '', details })
    const { name: from, registered: verified } = by.session
    this.#news.tell({ kind: 'invited', room: by.room.record.id, from, verified, to })
    return event
  }
}

/** Returns the actions that make the owner of an account the owner of a room; the owner `before`, of another account, stays operator. */
export function handingOver(
  to: string,
  account: string,
  before: string | undefined,
  former: string | undefined,
): readonly [ModeratorAction, ...ModeratorAction[]] {
  const action = (to: string, role: Role, account: string) =>
    ({ kind: 'role', to, body: '', details: { role, on: true, account } }) as const
  const owned = action(to, 'owner', account)
  if (before === undefined || former === undefined || former === account) return [owned]
  return [owned, action(before, 'operator', former)]
}

/** Returns true for the maker of a room, but not for a later user of its nickname. */
function isMaker({ key, addressDigest }: Session, { maker }: RoomRecord): boolean {
  return maker !== undefined && fold(maker.name ?? '') === key && maker.address === addressDigest
}

/** Returns the part of a role's event that tells whether it is an account's or a guest's. */
function holderOf(account: string | undefined): { account: string } | { guest: true } {
  return account === undefined ? { guest: true } : { account }
}
