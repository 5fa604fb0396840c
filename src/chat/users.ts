import type { Engine, RoomRecord } from '../engine/engine.ts'
import type { Access } from './access.ts'
import { accountId } from './credentials.ts'
import type { Directory } from './directory.ts'
import { EXCLUSIVE } from './exclusive-names.ts'
import { fold } from './names.ts'
import type { NewsChannel } from './news.ts'
import { PastUsers } from './past-users.ts'
import type { Numbers, Presence } from './presence.ts'
import { refuse } from './refusal.ts'
import { NOBODY, type Rank } from './room-state.ts'
import type { Session } from './session.ts'
import type { SessionList, Sessions } from './sessions.ts'
import { Totals, type UserTotals } from './totals.ts'

interface UsersParts {
  readonly access: Access
  readonly rooms: Directory
  readonly sessions: Sessions
  readonly presence: Presence
  readonly news: NewsChannel
}

/** The users who are, or were, logged in, by nickname. */
export class Users {
  readonly past: PastUsers
  readonly #engine: Engine
  readonly #parts: UsersParts
  readonly #totals: Totals

  constructor(engine: Engine, parts: UsersParts) {
    this.past = new PastUsers(parts.news)
    this.#totals = new Totals(engine.broadcast, parts.presence)
    this.#engine = engine
    this.#parts = parts
  }

  /** The sessions of a nickname on all nodes that answer. @throws Refusal `unavailable`. */
  sessions(name: string): Promise<SessionList> {
    return this.#parts.sessions.list(name)
  }

  /** The sessions of a nickname on this node that are logged in. */
  here(name: string): Session[] {
    return this.#parts.presence.of(name).filter(({ closed, id }) => !closed && id !== '')
  }

  /** Resolves with true if a user, who is present, owns the account of its nickname. @throws Refusal `unavailable`. */
  async isOwner(name: string): Promise<boolean> {
    const here = this.here(name)
    if (here.length > 0) return here.some(({ registered }) => registered)
    // No guest may be present under the nickname of an account.
    return (await this.#engine.records.get('account', name).catch(refuse)) !== undefined
  }

  /** Resolves with true if a user is logged in on any node, as far as nodes answer. @throws Refusal `unavailable`. */
  async isOnline(name: string): Promise<boolean> {
    if (this.here(name).length > 0) return true
    const held = await this.#engine.memberships.heldIn(name).catch(refuse)
    return held.length > 0 || (await this.sessions(name)).sessions.length > 0
  }

  /** Resolves with true for an account, and for a guest who is logged in on any node. @throws Refusal `unavailable`. */
  async exists(name: string): Promise<boolean> {
    return (await this.#engine.records.get('account', name).catch(refuse)) !== undefined || this.isOnline(name)
  }

  /** The nicknames that are logged in on this node. */
  *namesHere(): Generator<string> {
    for (const key of this.#parts.presence.keys()) {
      const [session] = this.here(key)
      if (session) yield session.name
    }
  }

  /** Numbers of sessions and of admins on this node. */
  get numbersHere(): Numbers {
    return this.#parts.presence.numbers
  }

  /** Numbers of sessions and of admins on all nodes that answer; up to five seconds old. */
  totals(): Promise<UserTotals> {
    return this.#totals.get()
  }

  /** Time of the last message of a user on this node in ms since the epoch; `since` if there is none. */
  activeAt(name: string, since: number): number {
    return this.here(name).reduce((latest, { spokeAt }) => Math.max(latest, spokeAt), since)
  }

  /** The rooms that a nickname is held in, on any node. @throws Refusal `unavailable`. */
  async rooms(name: string): Promise<readonly RoomRecord[]> {
    const ids = await this.#engine.memberships.heldIn(name).catch(refuse)
    const rooms = await Promise.all(
      ids.filter((id) => id !== EXCLUSIVE).map((id) => this.#engine.rooms.find(id)),
    ).catch(refuse)
    return rooms.filter((room) => room !== undefined)
  }

  /** The ranks of members of a room, by nickname. @throws Refusal `unavailable`. */
  async ranks(room: number, members: readonly string[]): Promise<ReadonlyMap<string, Rank>> {
    const record = await this.#parts.rooms.find(room)
    if (!record) return new Map()
    const state = await this.#parts.access.stateOf(record, NOBODY)
    // An account that has a role may have been registered anew since. All of them are looked up at once.
    const owners = members.filter((name) => state.hasAccountRole(fold(name)))
    const records = await Promise.all(owners.map((name) => this.#engine.records.get('account', name))).catch(refuse)
    const accountIds = new Map(owners.map((name, index) => [name, records[index] && accountId(records[index])]))
    const rankOf = (name: string) => state.rankOf({ key: fold(name), accountId: accountIds.get(name), isAdmin: false })
    return new Map(members.map((name) => [name, rankOf(name)]))
  }

  /** Number of sessions on this node, by protocol. */
  counts(): ReadonlyMap<string, number> {
    return this.#parts.presence.counts()
  }

  /** The spelling of a nickname that was ever seen; undefined for others. @throws Refusal `unavailable`. */
  seen(name: string): Promise<string | undefined> {
    return this.#engine.records.get('name', name).catch(refuse)
  }

  /**
   * The nicknames that have ever joined a room or registered, in order of appearance: at most `limit`, without the first `skip`.
   * @throws Refusal `unavailable`.
   */
  async everybody(limit: number, skip = 0): Promise<readonly string[]> {
    const pages = Array.fromAsync(this.#engine.records.list('name', { skip, limit }))
    return (await pages.catch(refuse)).flat()
  }
}
