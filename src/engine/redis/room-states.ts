import { type Event, hasEnded, type LogName, stateChangeOf } from '../event.ts'
import { eventOfState } from './entry.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** Maximum roles that a script call removes. */
const REMOVED = 256

/** The states of rooms that Redis holds, see {@link EngineLogs.state}. */
export class RedisRoomStates {
  readonly #keys: Keys
  readonly #link: Link

  constructor(keys: Keys, link: Link) {
    this.#keys = keys
    this.#link = link
  }

  async of(room: number, key?: string): Promise<readonly Event[]> {
    const values = await this.#values(room, key)
    const now = Date.now()
    const events: Event[] = []
    const ended: string[] = []
    for (const value of values) {
      const event = eventOfState(value)
      if (!hasEnded(event, now)) events.push(event)
      else ended.push(stateChangeOf(event)?.key ?? '', value)
    }
    // What remains is found again.
    if (ended.length > 0) await this.#remove(room, ended).catch(() => {})
    return events
  }

  /** Reads values, which only the scripts write. */
  async #values(room: number, key: string | undefined): Promise<readonly string[]> {
    const hash = this.#keys.state(room)
    if (key === undefined) return (await this.#link.call(hash, 'HVALS')) as readonly string[]
    const value = (await this.#link.call(hash, 'HGET', key)) as string | null
    return value === null ? [] : [value]
  }

  /** Removes keys that still have the values which follow them. */
  async #remove(room: number, pairs: readonly string[]): Promise<void> {
    const log: LogName = `room:${room}`
    for (let start = 0; start < pairs.length; start += 2 * REMOVED) {
      await this.#link.eval('drop-state', this.#keys.ofLog(log, ''), pairs.slice(start, start + 2 * REMOVED))
    }
  }
}
