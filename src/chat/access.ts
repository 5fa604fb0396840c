import type { Engine, RoomRecord, StateUser } from '../engine/engine.ts'
import type { AccountRecord } from '../engine/records.ts'
import type { AddressDigests } from './address-digests.ts'
import type { Admins } from './admins.ts'
import { accountId, type Credentials, Proof } from './credentials.ts'
import type { Directory } from './directory.ts'
import type { FollowedRooms } from './followed-rooms.ts'
import { fold } from './names.ts'
import { Refusal, refuse } from './refusal.ts'
import { isAtLeast, type RoomState } from './room-state.ts'
import type { Identity } from './sanctions.ts'
import { isCurrent, type Room, type Session } from './session.ts'
import { checkScope, isFullScope } from './token-scope.ts'

interface AccessParts {
  readonly directory: Directory
  readonly followed: FollowedRooms
  readonly credentials: Credentials
  readonly admins: Admins
  readonly digests: AddressDigests
}

/** The right to read a room without being a member, also for clients that have no session or no nickname yet. */
export class Access {
  readonly #engine: Engine
  readonly #parts: AccessParts

  constructor(engine: Engine, parts: AccessParts) {
    this.#engine = engine
    this.#parts = parts
  }

  /**
   * Identifies a client at an address, which is empty when unknown: the owner of an account, or a guest, whose nickname is empty before its
   * login. A proof that is out of date makes a guest.
   *
   * @throws Refusal `unavailable`.
   */
  async identify(as: string | Proof, address: string): Promise<Identity> {
    const { credentials } = this.#parts
    const account = as instanceof Proof ? await credentials.accountOf(as).catch(refuse) : undefined
    return this.identityOf(as, account, address)
  }

  /** Identifies a client as {@link identify} does; `account` is the one of its proof. @throws Refusal `unavailable`. */
  async identityOf(as: string | Proof, account: AccountRecord | undefined, address: string): Promise<Identity> {
    const { admins, digests } = this.#parts
    const addressDigest = address === '' ? undefined : await digests.of(address)
    const key = fold(as instanceof Proof ? as.name : as)
    const isLimited = as instanceof Proof && as.token !== undefined && !isFullScope(as.token.scope)
    const isAdmin = account !== undefined && !isLimited && admins.names(account)
    return { key, accountId: account && accountId(account), isAdmin, addressDigest }
  }

  /** The state of a room as far as it concerns a user, see {@link NOBODY}. @throws Refusal `unavailable`. */
  stateOf(room: RoomRecord, user: StateUser): Promise<RoomState> {
    return this.#parts.followed.stateOf(room, user).catch(refuse)
  }

  /** Resolves with true if an account, which may have been removed, operates a room. @throws Refusal `unavailable`. */
  async operates({ name, id }: { readonly name: string; readonly id: string }, room: RoomRecord): Promise<boolean> {
    const { credentials, admins } = this.#parts
    const account = await credentials.find(name).catch(refuse)
    if (!account || accountId(account) !== id) return false
    const identity = { key: fold(name), accountId: id, isAdmin: admins.names(account), addressDigest: undefined }
    return isAtLeast((await this.stateOf(room, identity)).rankOf(identity), 'operator')
  }

  /**
   * Checks whether a client may read a room, see {@link checkPassword} and {@link RoomState.checkReading}, and resolves with the state of the
   * room.
   *
   * @throws Refusal `room-private`, `banned`, `invite-only`, `unavailable`.
   */
  async check(client: Identity, room: RoomRecord, unlocked?: RoomRecord, isInvited = false): Promise<RoomState> {
    const state = await this.stateOf(room, client)
    checkPassword({ record: room, state }, client, unlocked)
    state.checkReading(client, isInvited)
    return state
  }

  /**
   * Does what {@link check} does for a client that reads on its way into a room: the invitation of a guest counts, unless somebody at another
   * address is in the room under its nickname.
   */
  async checkEntrant(client: Identity, room: RoomRecord, unlocked?: RoomRecord): Promise<RoomState> {
    const isGuest = client.accountId === undefined && client.key !== ''
    const holder = isGuest && (await this.#engine.memberships.member(room.id, client.key).catch(refuse))
    return this.check(client, room, unlocked, !holder || holder.address === client.addressDigest)
  }

  /**
   * Resolves with a room, given by its slug or title, that a session may read: it is a member, or may enter the room, which is public
   * unless its account governs it.
   *
   * @throws Refusal `room-unknown`, `token-scope`, `room-private`, `banned`, `invite-only`, `unavailable`.
   */
  async readable(session: Session, name: string): Promise<RoomRecord> {
    const room = await this.#parts.directory.existing(name)
    checkScope(session, 'read', room.slug)
    const membership = session.memberships.get(room.id)
    if (membership && isCurrent(membership)) return room
    const isHidden = room.visibility !== 'public'
    if (isHidden && !(await this.stateOf(room, session)).governs(session)) throw new Refusal('room-private')
    await this.check(session, room)
    return room
  }
}

/** Checks whether a client may enter a room, apart from its limit, see {@link checkPassword}. @throws Refusal `room-private`, `banned`, `invite-only`. */
export function checkAdmission(
  room: Pick<Room, 'record' | 'state'>,
  client: Identity,
  unlocked: RoomRecord | undefined,
  isInvited?: boolean,
): void {
  checkPassword(room, client, unlocked)
  room.state.checkEntry(client, isInvited)
}

/**
 * Checks whether a client has the password of a room. The present password of the room must be the one that the client has shown,
 * unless its account governs the room. `unlocked` is the room as it was when its password was shown.
 *
 * @throws Refusal `room-private`.
 */
function checkPassword(
  { record, state }: Pick<Room, 'record' | 'state'>,
  client: Identity,
  unlocked: RoomRecord | undefined,
): void {
  const { hash } = record
  if (hash !== undefined && hash !== unlocked?.hash && !state.governs(client)) throw new Refusal('room-private')
}
