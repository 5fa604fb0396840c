import type { RoomRecord } from '../engine/engine.ts'
import { type Event, type ModeFlag, type Role, stateChangeOf } from '../engine/event.ts'
import { fold } from './names.ts'
import { Refusal } from './refusal.ts'
import { type Identity, Sanctions, sanctionOf } from './sanctions.ts'

/** The ranks of users in a room, each with the rights of those before it. */
export const RANKS = ['member', 'voiced', 'operator', 'owner', 'admin'] as const
export type Rank = (typeof RANKS)[number]

/** Returns true if a rank is at least another one. */
export function isAtLeast(rank: Rank, least: Rank): boolean {
  return RANKS.indexOf(rank) >= RANKS.indexOf(least)
}

/** Maximum number of roles in a room, bans and mutes included. */
export const MAX_ROLES = 16_384

export interface RoomTopic {
  readonly text: string
  readonly by: string
  /** In ms since the epoch. */
  readonly at: number
}

/**
 * The state of a room: topic, roles and modes (docs/protocols/moderation.md, section 2). Made from {@link EngineLogs.state}, then kept
 * by {@link apply} with the events of the log, so all nodes have the same state at the same event.
 */
export class RoomState {
  topic: RoomTopic | undefined
  readonly banned = new Sanctions()
  readonly muted = new Sanctions()
  /** Time between two messages of a user, in seconds; 0 for no limit. */
  slowSeconds = 0
  /** True if {@link checkSpeech} may refuse. */
  restrictsSpeech = false
  #owner: { readonly key: string; readonly at: number } | undefined
  /** Times of the roles of accounts, in ms since the epoch, by folded nickname. */
  readonly #operators = new Map<string, number>()
  readonly #voiced = new Map<string, number>()
  readonly #invited = new Set<string>()
  /** Roles of guests, by folded nickname. */
  readonly #guests = new Map<string, Rank>()
  readonly #modes = new Map<ModeFlag, string>()
  /** Times of the last messages while there is a slow mode, in ms since the epoch, by folded nickname. */
  readonly #lastSaid = new Map<string, number>()

  constructor({ maker, createdAt }: Pick<RoomRecord, 'maker' | 'createdAt'>, state: readonly Event[]) {
    // Until it is handed over.
    if (maker?.owns) this.#owner = { key: fold(maker.name ?? ''), at: createdAt }
    for (const event of state) this.apply(event)
  }

  /** Folded nickname of the account that owns the room. */
  get owner(): string | undefined {
    return this.#owner?.key
  }

  /** True if the room has an owner or operators, whose right it is to change it. */
  get isGoverned(): boolean {
    return this.#owner !== undefined || this.#operators.size > 0 || [...this.#guests.values()].includes('operator')
  }

  /** Number of roles, bans and mutes included. */
  get roles(): number {
    return this.banned.size + this.muted.size + this.#operators.size + this.#voiced.size + this.#invited.size
  }

  /** The value of a mode; undefined while it is off. */
  mode(flag: ModeFlag): string | undefined {
    return this.#modes.get(flag)
  }

  /** Takes an event of the room's log. */
  apply(event: Event): void {
    if (event.kind === 'message') {
      if (this.slowSeconds > 0) this.#lastSaid.set(fold(event.from), event.at)
      return
    }
    if (event.kind === 'left' || event.kind === 'kicked') {
      this.#guests.delete(fold((event.kind === 'left' ? event.from : event.to) ?? ''))
      return
    }
    const change = stateChangeOf(event)
    if (!change) return
    const { kind, from, to = '', body, at, details = {} } = event
    if (kind === 'topic') this.topic = body === '' ? undefined : { text: body, by: from, at }
    else if (kind === 'mode' && details.flag) this.#setMode(details.flag, change.isSet, details.value)
    else if (details.guest) this.#setGuest(fold(kind === 'joined' ? from : to), details.role, change.isSet)
    else if (details.role) this.#setRole(details.role, event, change.isSet)
    this.restrictsSpeech = this.slowSeconds > 0 || this.#modes.has('moderated') || this.muted.size > 0
  }

  #setMode(flag: ModeFlag, on: boolean, value = ''): void {
    if (on) this.#modes.set(flag, value)
    else this.#modes.delete(flag)
    if (flag !== 'slow') return
    this.slowSeconds = on ? Number(value) : 0
    this.#lastSaid.clear()
  }

  #setGuest(key: string, role: Role | undefined, on: boolean): void {
    if (on && (role === 'operator' || role === 'voiced')) this.#guests.set(key, role)
    else this.#guests.delete(key)
  }

  #setRole(role: Role, event: Event, on: boolean): void {
    const key = fold(event.to ?? '')
    const set = (keys: Map<string, number>) => (on ? keys.set(key, event.at) : keys.delete(key))
    const sanction = (sanctions: Sanctions) => (on ? sanctions.set(sanctionOf(event)) : sanctions.remove(key))
    switch (role) {
      case 'owner':
        this.#owner = { key, at: event.at }
        break
      case 'operator':
        set(this.#operators)
        break
      case 'voiced':
        set(this.#voiced)
        break
      case 'invited':
        if (on) this.#invited.add(key)
        else this.#invited.delete(key)
        break
      case 'banned':
        sanction(this.banned)
        break
      case 'muted':
        sanction(this.muted)
        break
      default:
        role satisfies never
    }
  }

  isInvited(key: string): boolean {
    return this.#invited.has(key)
  }

  /** Returns the rank of a user in this room. */
  rankOf({ key, registered, isAdmin, accountSince = 0 }: Identity): Rank {
    if (isAdmin) return 'admin'
    const holds = (at: number | undefined) => registered && at !== undefined && at >= accountSince
    if (key === this.#owner?.key && holds(this.#owner.at)) return 'owner'
    if (holds(this.#operators.get(key))) return 'operator'
    return this.#guests.get(key) ?? (holds(this.#voiced.get(key)) ? 'voiced' : 'member')
  }

  /** Checks whether a user may enter the room. @throws Refusal `banned`, `invite-only`. */
  checkEntry(person: Identity): void {
    if (isAtLeast(this.rankOf(person), 'operator')) return
    if (this.banned.size > 0 && this.banned.find(person, Date.now())) throw new Refusal('banned')
    if (this.#modes.has('invite-only') && !this.#invited.has(person.key)) throw new Refusal('invite-only')
  }

  /** Returns true if a user may enter the room, apart from its password. */
  admits(person: Identity): boolean {
    try {
      this.checkEntry(person)
      return true
    } catch {
      return false
    }
  }

  /** Checks whether a member may speak now, and counts that as a message. @throws Refusal `muted`, `moderated`, `slow-mode`. */
  checkSpeech(person: Identity): void {
    if (!this.restrictsSpeech) return
    const rank = this.rankOf(person)
    if (isAtLeast(rank, 'operator')) return
    const now = Date.now()
    if (this.muted.size > 0 && this.muted.find(person, now)) throw new Refusal('muted')
    if (rank === 'voiced') return
    if (this.#modes.has('moderated')) throw new Refusal('moderated')
    if (this.slowSeconds === 0) return
    const wait = (this.#lastSaid.get(person.key) ?? 0) + 1_000 * this.slowSeconds - now
    if (wait > 0) throw new Refusal('slow-mode', Math.ceil(wait / 1_000))
    this.#lastSaid.set(person.key, now)
  }
}
