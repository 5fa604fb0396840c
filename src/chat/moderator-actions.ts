import type { Engine, RoomChange } from '../engine/engine.ts'
import { Closed } from '../engine/errors.ts'
import type { Draft, Event, MODERATION_KINDS } from '../engine/event.ts'
import type { Member } from '../engine/memberships.ts'
import type { Admins } from './admins.ts'
import type { AuthorAddresses } from './author-addresses.ts'
import type { Counts } from './counts.ts'
import { accountId, type Credentials } from './credentials.ts'
import { fold } from './names.ts'
import { Refusal, refuse } from './refusal.ts'
import { isAtLeast, MAX_ROLES, type Rank, RoomState } from './room-state.ts'
import type { Identity } from './sanctions.ts'
import { isCurrent, type Membership, type Room, type Standing } from './session.ts'
import { cleanWithin } from './text.ts'
import { checkScope } from './token-scope.ts'

/** Maximum characters of a reason. */
const MAX_REASON = 300

/** An event of a moderator, without what all of them have. */
export interface ModeratorAction extends Pick<Draft, 'to' | 'body' | 'details'> {
  readonly kind: (typeof MODERATION_KINDS)[number]
}

/** A user whom a moderator's action concerns. */
export interface Target extends Identity {
  /** The nickname as its owner writes it, where that is known. */
  readonly name: string
  /** Undefined for a user who is not in the room. */
  readonly member: Member | undefined
}

export interface ModeratorActionsParts {
  readonly addresses: AuthorAddresses
  readonly admins: Admins
  readonly counts: Counts
  readonly credentials: Credentials
}

/** The steps that the actions of moderators share: find the target, check the rights, append the event. */
export class ModeratorActions {
  readonly memberships: Engine['memberships']
  readonly #engine: Engine
  readonly #parts: ModeratorActionsParts

  constructor(engine: Engine, parts: ModeratorActionsParts) {
    this.#engine = engine
    this.memberships = engine.memberships
    this.#parts = parts
  }

  /** Finds a user by a nickname: a member, an account, or a guest who is not here. */
  async find(room: Room, nickname: string): Promise<Target> {
    const [member, account] = await Promise.all([
      this.#engine.memberships.member(room.record.id, nickname).catch(refuse),
      this.#parts.credentials.find(nickname).catch(refuse),
    ])
    const name = member?.name ?? nickname
    const isAdmin = account !== undefined && this.#parts.admins.names(account)
    const identity = { key: fold(name), accountId: account && accountId(account), isAdmin }
    return { ...identity, name, addressDigest: member?.address, member }
  }

  /** Resolves with the digest of a guest's address, also of one who only speaks in the room; with undefined for accounts and where it is unknown. */
  async addressOf(room: Room, { accountId, addressDigest, key }: Target): Promise<string | undefined> {
    if (accountId !== undefined) return undefined
    return addressDigest ?? this.#parts.addresses.find(room.record.id, key)
  }

  /** Checks the rank of the moderator. @throws Refusal `not-in-room`, `token-scope`, `not-permitted`. */
  check(by: Standing, least: Rank): void {
    if (!isCurrent(by)) throw new Refusal('not-in-room')
    checkScope(by.session, 'write', by.room.record.slug)
    if (!isAtLeast(by.room.state.rankOf(by.session), least)) throw new Refusal('not-permitted')
  }

  /** Checks that the moderator is an operator of a higher rank than the target. @throws Refusal `not-in-room`, `not-permitted`. */
  checkOutranks(by: Membership, target: Target): void {
    this.check(by, 'operator')
    const { state } = by.room
    if (isAtLeast(state.rankOf(target), state.rankOf(by.session))) throw new Refusal('not-permitted')
  }

  /** The state of a room with all its bans, mutes and invitations. @throws Refusal `unavailable`. */
  wholeState(room: Room): Promise<RoomState> {
    return room.stateReader.load().catch(refuse)
  }

  /** Checks that the room may have one more role. @throws Refusal `too-many-roles`, `unavailable`. */
  async checkSpace(room: Room): Promise<void> {
    const state = await this.wholeState(room)
    const before = state.roles
    if (before < MAX_ROLES) return
    for (const sanctions of [state.banned, state.muted]) sanctions.prune(Date.now())
    // Reading the state has the store remove the roles that have ended, too.
    if (state.roles < before) void RoomState.read(room.record, this.#engine.logs).catch(() => {})
    if (state.roles >= MAX_ROLES) throw new Refusal('too-many-roles', MAX_ROLES)
  }

  /** Changes the record of a room. @throws Refusal `room-unknown`, `unavailable`. */
  async changeRecord({ record }: Room, change: RoomChange): Promise<void> {
    const changed = await this.#engine.rooms.change(record.id, change).catch(refuse)
    if (!changed) throw new Refusal('room-unknown')
  }

  /**
   * Appends events of one action, together, so that the reply comes before all of them. A `kicked` of a user who is gone is left out.
   * Resolves with the first one. @throws Refusal `unavailable`.
   */
  async appendAll(by: Membership, [first, ...rest]: readonly [ModeratorAction, ...ModeratorAction[]]): Promise<Event> {
    const event = this.append(by, first)
    const others = rest.map((action) => this.append(by, action).catch(ignoreAbsence))
    await Promise.all([event, ...others])
    return event
  }

  /** Appends the event of an action. @throws Refusal `token-scope`, `nobody-here` for a `kicked` or a guest's `role` of a user who is not in the room, `unavailable`. */
  async append({ session, room }: Standing, action: ModeratorAction): Promise<Event> {
    checkScope(session, 'write', room.record.slug)
    const verified = session.registered || undefined
    try {
      const whole = { ...action, room: room.record.id, from: session.name, verified }
      const event = await this.#engine.logs.append(room.log, whole)
      this.#parts.counts.event(session.protocol, action.kind)
      return event
    } catch (error) {
      if (error instanceof Closed && (action.kind === 'kicked' || action.details?.guest))
        throw new Refusal('nobody-here')
      return refuse(error)
    }
  }
}

/** Returns the text of a reason. @throws Refusal `text-too-long`. */
export function moderatorReason(why: string): string {
  return cleanWithin(why, MAX_REASON)
}

/** Ignores that a user is gone. */
function ignoreAbsence(error: unknown): void {
  if (!(error instanceof Refusal && error.code === 'nobody-here')) throw error
}
