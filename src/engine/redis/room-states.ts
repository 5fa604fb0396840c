import { nextRound } from '../../tick.ts'
import type { StatePart, StateUser } from '../engine.ts'
import { type Event, hasEnded, stateChangeOf } from '../event.ts'
import { eventOfState } from './entry.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import { pairsOf, scanned } from './scan.ts'

/** Maximum events of a page of a state, which are parsed within a few milliseconds. */
const PAGE_EVENTS = 256

/** The states of rooms that Redis holds, see {@link EngineLogs.state}. */
export class RedisRoomStates {
  readonly #keys: Keys
  readonly #link: Link

  constructor(keys: Keys, link: Link) {
    this.#keys = keys
    this.#link = link
  }

  /** Implements {@link EngineLogs.state}. A value that changes meanwhile may come twice. */
  async *of(room: number): AsyncGenerator<readonly Event[]> {
    const key = this.#keys.state(room)
    const pages = scanned((cursor) => this.#link.call(key, 'HSCAN', cursor, 'COUNT', String(PAGE_EVENTS)))
    for await (const page of pages) {
      yield this.#lasting(
        room,
        pairsOf(page).map(([, value]) => value),
      )
    }
  }

  /** Implements {@link EngineLogs.stateFor}. */
  async for(room: number, { key, addressDigest = '' }: StateUser): Promise<StatePart> {
    const keys = this.#keys.ofLog(`room:${room}`, '')
    const [whole, ...values] = await this.#link.eval('state-for', keys, [key, addressDigest])
    return { isWhole: whole === '1', pages: this.#pages(room, values) }
  }

  async *#pages(room: number, values: readonly string[]): AsyncGenerator<readonly Event[]> {
    for (let start = 0; start < values.length; start += PAGE_EVENTS) {
      if (start > 0) await nextRound()
      yield this.#lasting(room, values.slice(start, start + PAGE_EVENTS))
    }
  }

  /** Implements {@link EngineLogs.stateOfKey}. */
  async ofKey(room: number, key: string): Promise<Event | undefined> {
    const value = (await this.#link.call(this.#keys.state(room), 'HGET', key)) as string | null
    return value === null ? undefined : (await this.#lasting(room, [value]))[0]
  }

  /** Returns the events of values, and removes those of roles that have ended. */
  async #lasting(room: number, values: readonly string[]): Promise<readonly Event[]> {
    const events: Event[] = []
    const ended: string[] = []
    for (const value of values) {
      const event = eventOfState(value)
      if (!hasEnded(event.details)) events.push(event)
      else ended.push(stateChangeOf(event)?.key ?? '', value)
    }
    // What remains is found again.
    if (ended.length > 0)
      await this.#link.eval('drop-state', this.#keys.ofLog(`room:${room}`, ''), ended).catch(() => {})
    return events
  }
}
