import type { EngineLogs, RoomRecord, StateUser } from '../engine/engine.ts'
import { type Event, leaverOf, type ModeFlag, type Role, stateChangeOf } from '../engine/event.ts'
import { fold } from './names.ts'
import { Refusal } from './refusal.ts'
import { type Identity, SanctionRefusal, Sanctions, sanctionOf } from './sanctions.ts'
import { SlowMode } from './slow-mode.ts'

/** The ranks of users in a room, each with the rights of those before it. */
const RANKS = ['member', 'voiced', 'operator', 'owner', 'admin'] as const
export type Rank = (typeof RANKS)[number]

export function isAtLeast(rank: Rank, least: Rank): boolean {
  return RANKS.indexOf(rank) >= RANKS.indexOf(least)
}

/** A user whom no ban, mute or invitation concerns: for what is the same for all, such as topic, modes and ranks. */
export const NOBODY: StateUser = { key: '' }

/** Maximum number of roles in a room, bans and mutes included. */
export const MAX_ROLES = 16_384

interface RoomTopic {
  readonly text: string
  readonly by: string
  /** In ms since the epoch. */
  readonly at: number
}

/**
 * The state of a room: topic, roles and modes (docs/protocols/moderation.md, section 2). Made from {@link EngineLogs.state}, then kept
 * by {@link apply} with the events of the log, so all nodes have the same state at the same event. It may be without the bans, mutes and
 * invitations of users for whom it was not read.
 */
export class RoomState {
  /** True if it has the bans, mutes and invitations of all users. */
  isWhole = true
  topic: RoomTopic | undefined
  readonly banned = new Sanctions()
  readonly muted = new Sanctions()
  /** False if {@link checkSpeech} refuses nothing, and messages change nothing in the state. */
  restrictsSpeech = false
  /** The account that owns the room: its folded nickname and its id. */
  owner: { readonly key: string; readonly account: string | undefined } | undefined
  /** Users with a role: ids of their accounts, undefined for guests, who may be invited, by folded nickname. */
  readonly #holders = {
    operator: new Map<string, string | undefined>(),
    voiced: new Map<string, string | undefined>(),
    invited: new Map<string, string | undefined>(),
  }
  /** Roles of guests, by folded nickname. */
  readonly #guests = new Map<string, Rank>()
  readonly #modes = new Map<ModeFlag, string>()
  #slow = new SlowMode()

  constructor({ maker }: Pick<RoomRecord, 'maker'>) {
    // Until it is handed over.
    if (maker?.account !== undefined) this.owner = { key: fold(maker.name ?? ''), account: maker.account }
  }

  /** Reads the state of a room from its engine, or what concerns a user, without holding up others for long. @throws Unavailable */
  static async read(
    record: Pick<RoomRecord, 'id' | 'maker'>,
    logs: Pick<EngineLogs, 'state' | 'stateFor'>,
    user?: StateUser,
  ): Promise<RoomState> {
    const state = new RoomState(record)
    const part = user && (await logs.stateFor(record.id, user))
    for await (const events of part?.pages ?? logs.state(record.id)) {
      for (const event of events) state.apply(event)
    }
    state.isWhole = part?.isWhole ?? true
    return state
  }

  /** Takes the place of another state of the same room and time: who has spoken lately has to wait on. */
  replace(other: RoomState): this {
    this.#slow = other.#slow
    return this
  }

  /** True if the room has an owner or operators, whose right it is to change it. */
  get isGoverned(): boolean {
    return this.isKept || [...this.#guests.values()].includes('operator')
  }

  /** True if accounts are its owner or operators. */
  get isKept(): boolean {
    return this.owner !== undefined || this.#holders.operator.size > 0
  }

  /** Number of roles, bans and mutes included. */
  get roles(): number {
    const { operator, voiced, invited } = this.#holders
    return this.banned.size + this.muted.size + operator.size + voiced.size + invited.size
  }

  /** The value of a mode; undefined while it is off. */
  mode(flag: ModeFlag): string | undefined {
    return this.#modes.get(flag)
  }

  /** Takes an event of the room's log. */
  apply(event: Event): void {
    if (event.kind === 'message') {
      if (this.#slow.isOn) this.#slow.note(fold(event.from), event.at)
      return
    }
    const leaver = leaverOf(event)
    if (leaver !== undefined) {
      const key = fold(leaver)
      this.#guests.delete(key)
      this.#slow.setGone(key, true)
      return
    }
    const change = stateChangeOf(event)
    if (!change) return
    const { kind, from, to = '', body, at, details = {} } = event
    if (kind === 'topic') this.topic = body === '' ? undefined : { text: body, by: from, at }
    else if (kind === 'mode' && details.flag) this.#setMode(details.flag, change.isSet, details.value)
    else if (kind === 'joined') this.#join(event, change.isSet)
    else if (details.guest) this.#setGuest(fold(to), details.role, change.isSet)
    else if (details.role) this.#setRole(details.role, event, change.isSet)
    this.restrictsSpeech = this.#slow.isOn || this.#modes.has('moderated') || this.muted.size > 0
  }

  #setMode(flag: ModeFlag, on: boolean, value = ''): void {
    if (on) this.#modes.set(flag, value)
    else this.#modes.delete(flag)
    if (flag === 'slow') this.#slow.set(on ? Number(value) : 0)
  }

  #join({ from, details = {} }: Event, hasRole: boolean): void {
    this.#setGuest(fold(from), details.role, hasRole)
    this.#slow.setGone(fold(from), false)
    if (details.renamed !== undefined) this.#slow.rename(fold(details.renamed), fold(from))
  }

  #setGuest(key: string, role: Role | undefined, on: boolean): void {
    if (on && (role === 'operator' || role === 'voiced')) this.#guests.set(key, role)
    else this.#guests.delete(key)
  }

  #setRole(role: Role, event: Event, on: boolean): void {
    const key = fold(event.to ?? '')
    const account = event.details?.account
    if (role === 'owner') this.owner = { key, account }
    else if (role === 'banned' || role === 'muted') {
      if (on) this[role].set(sanctionOf(event))
      else this[role].remove(key)
    } else if (on) this.#holders[role].set(key, account)
    else this.#holders[role].delete(key)
  }

  /** Returns true if the user, and not another one of the same nickname, is invited. */
  isInvited({ key, accountId }: Identity): boolean {
    return this.#holders.invited.has(key) && this.#holders.invited.get(key) === accountId
  }

  /** Returns true if an account of the folded nickname has or had a role. */
  hasAccountRole(key: string): boolean {
    return key === this.owner?.key || this.#holders.operator.has(key) || this.#holders.voiced.has(key)
  }

  /** Returns the rank of a user in this room. */
  rankOf({ key, accountId, isAdmin }: Identity): Rank {
    if (isAdmin) return 'admin'
    const holds = (account: string | undefined) => accountId !== undefined && account === accountId
    if (key === this.owner?.key && holds(this.owner.account)) return 'owner'
    if (holds(this.#holders.operator.get(key))) return 'operator'
    // The entry of a guest that has registered stays until it leaves.
    const asGuest = accountId === undefined ? this.#guests.get(key) : undefined
    return asGuest ?? (holds(this.#holders.voiced.get(key)) ? 'voiced' : 'member')
  }

  /** Returns true for an operator by its account, who needs no password: the role of a guest is that of whoever has its nickname. */
  governs(person: Identity): boolean {
    return person.isAdmin || (person.accountId !== undefined && isAtLeast(this.rankOf(person), 'operator'))
  }

  /** Checks whether a user may enter the room, apart from its password and its limit. @throws Refusal `banned`, `invite-only`. */
  checkEntry(person: Identity, isInvited = this.isInvited(person), rank = this.rankOf(person)): void {
    const ban = this.banned.size > 0 && this.banned.find(person, Date.now())
    const isUninvited = this.#modes.has('invite-only') && !isInvited
    if (!(ban || isUninvited) || isAtLeast(rank, 'operator')) return
    if (ban) throw new SanctionRefusal('banned', ban)
    throw new Refusal('invite-only')
  }

  /**
   * Checks whether a user may read the room without being a member, apart from its password. Of guests no role counts, and an invitation only
   * if the caller says so: another one may have the nickname.
   *
   * @throws Refusal `banned`, `invite-only`.
   */
  checkReading(person: Identity, isInvited = false): void {
    const isKnown = person.isAdmin || person.accountId !== undefined
    if (isKnown) this.checkEntry(person)
    else this.checkEntry(person, isInvited && this.isInvited(person), 'member')
  }

  /** Maximum members of the room where a user becomes one; undefined for operators and invited users, and without a limit. */
  maxMembersFor(person: Identity): number | undefined {
    const limit = this.#modes.get('limit')
    const isFree = limit === undefined || this.isInvited(person) || isAtLeast(this.rankOf(person), 'operator')
    return isFree ? undefined : Number(limit)
  }

  /** Returns true if a user may read the room, see {@link checkReading}. */
  admits(person: Identity): boolean {
    try {
      this.checkReading(person)
      return true
    } catch {
      return false
    }
  }

  /** Checks whether a member may speak, whenever. Returns its rank. @throws Refusal `muted`, `moderated`. */
  checkVoice(person: Identity): Rank {
    const rank = this.rankOf(person)
    if (isAtLeast(rank, 'operator')) return rank
    const mute = this.muted.size > 0 && this.muted.find(person, Date.now())
    if (mute) throw new SanctionRefusal('muted', mute)
    if (!isAtLeast(rank, 'voiced') && this.#modes.has('moderated')) throw new Refusal('moderated')
    return rank
  }

  /**
   * Checks whether a user may say messages now, and counts them.
   *
   * @throws Refusal `muted`, `moderated`, `slow-mode`, also for several messages at once.
   */
  checkSpeech(person: Identity, messages = 1): void {
    const rank = this.checkVoice(person)
    if (isAtLeast(rank, 'voiced') || !this.#slow.isOn) return
    const now = Date.now()
    const waitMs = this.#slow.waitOf(person.key, now)
    if (messages > 1) throw new Refusal('slow-mode', Number(this.#modes.get('slow')))
    if (waitMs > 0) throw new Refusal('slow-mode', Math.ceil(waitMs / 1_000))
    this.#slow.note(person.key, now, guestAddress(person))
  }

  /** Called when a session of this node has become a member: slow mode goes on for a guest that has left and come back under another nickname. */
  entered(person: Identity): void {
    const address = guestAddress(person)
    if (address !== undefined) this.#slow.inherit(person.key, address)
  }

  /** Called when a message that {@link checkSpeech} has counted was not said. */
  unsaid({ key }: Identity): void {
    this.#slow.forget(key)
  }
}

function guestAddress({ accountId, addressDigest }: Identity): string | undefined {
  return accountId === undefined ? addressDigest : undefined
}
