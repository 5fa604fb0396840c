import type { Engine } from '../engine/engine.ts'
import type { AccountRecord } from '../engine/records.ts'
import type { FollowedRooms } from './followed-rooms.ts'
import type { Reader } from './reader.ts'
import { refuse } from './refusal.ts'
import { RoomSnapshots } from './snapshot.ts'
import type { Asker } from './work-turns.ts'

/** The asker of what no client has asked for. */
const NO_CLIENT: Asker = { address: '', closed: false }

/** Number of events that are searched for the last activity of members, where this node has not followed the room. */
const SEARCHED_EVENTS = 1_000

/** Time of a member's last event in ms since the epoch, and its colour. */
interface Activity {
  readonly at: number
  readonly color: string | undefined
}

/** A member of a room. */
export interface Person {
  readonly name: string
  /** Undefined when it is too long ago to be found. */
  readonly last: Activity | undefined
}

/** The members of rooms, on any node, with their last activity and their accounts. Everything here may refuse with `unavailable`. */
export class RoomPeople {
  readonly #engine: Engine
  readonly #reader: Reader
  readonly #followed: FollowedRooms
  readonly #searches = new RoomSnapshots((id) => this.#searchActivity(id))
  readonly #accounts = new RoomSnapshots((id) => this.#findAccounts(id))

  constructor(engine: Engine, reader: Reader, followed: FollowedRooms) {
    this.#engine = engine
    this.#reader = reader
    this.#followed = followed
  }

  /** The members of a room, in order of joining, with their last activity. */
  async list(id: number): Promise<Person[]> {
    const members = await this.#names(id)
    if (members.length === 0) return []
    const seen = this.#followed.get(id)?.recentUsers.activity
    const searched = members.every((name) => seen?.has(name)) ? undefined : await this.#searches.get(id)
    return members.map((name) => ({ name, last: seen?.get(name) ?? searched?.get(name) }))
  }

  async #searchActivity(id: number): Promise<ReadonlyMap<string, Activity>> {
    const last = new Map<string, Activity>()
    for await (const page of this.#reader.pages(`room:${id}`, { limit: SEARCHED_EVENTS }, NO_CLIENT)) {
      for (const { from, at, color } of page) last.set(from, { at, color })
    }
    return last
  }

  /** The accounts of the members of a room, by nickname. */
  accounts(id: number): Promise<ReadonlyMap<string, AccountRecord>> {
    return this.#accounts.get(id)
  }

  async #findAccounts(id: number): Promise<ReadonlyMap<string, AccountRecord>> {
    // No guest is in a room under the nickname of an account.
    const find = async (name: string) => [name, await this.#engine.records.get('account', name)] as const
    const found = await Promise.all((await this.#names(id)).map(find)).catch(refuse)
    return new Map(found.flatMap(([name, account]) => (account ? [[name, account]] : [])))
  }

  #names(id: number): Promise<readonly string[]> {
    return this.#engine.memberships.members(id).catch(refuse)
  }
}
