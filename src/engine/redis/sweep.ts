import { DoubtfulClock } from '../clock.ts'
import type { LogName } from '../event.ts'
import type { Retention } from '../observer.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import type { Ask } from './port.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Interval at which a node sweeps the logs it has written to. */
const OWN_INTERVAL_MS = 1_000
/** Interval at which one of all nodes sweeps all logs. */
const ALL_INTERVAL_MS = 60_000
/** Maximum events removed by a script call, which takes Redis about a millisecond. */
const SLICE = 500
/** Maximum written logs in memory; the sweep of all logs finds the others. */
const MAX_WRITTEN = 10_000

/** Removes events beyond the retention of logs, in the background, a slice at a time. */
export class Sweep {
  readonly #keys: Keys
  readonly #link: Link
  readonly #keep: Retention
  readonly #clock = new DoubtfulClock()
  readonly #written = new Set<LogName>()
  #timer: NodeJS.Timeout | undefined

  constructor(keys: Keys, link: Link, keep: Retention) {
    this.#keys = keys
    this.#link = link
    this.#keep = keep
  }

  start(): void {
    if (this.#keep.days === 0 && this.#keep.events === 0) return
    this.#timer = setTimeout(() => void this.#sweep(), OWN_INTERVAL_MS).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** Called when an event is appended to a log. */
  note(log: LogName): void {
    if (this.#timer && this.#written.size < MAX_WRITTEN) this.#written.add(log)
  }

  async #sweep(): Promise<void> {
    try {
      const logs = [...this.#written]
      this.#written.clear()
      for (const log of logs) await this.#trim(log)
      const mine = await this.#link.call(this.#keys.sweep, 'SET', '1', 'NX', 'PX', String(ALL_INTERVAL_MS))
      if (mine === 'OK') for (const ask of this.#link.everyServer()) await this.#trimAll(ask)
    } catch {
      // Redis is away, which is reported elsewhere.
    }
    this.#timer?.refresh()
  }

  async #trimAll(ask: Ask): Promise<void> {
    let cursor = '0'
    do {
      const found = await ask('SCAN', cursor, 'MATCH', this.#keys.every('log'), 'COUNT', '500')
      // The reply to SCAN.
      const [next, keys] = found as readonly [string, readonly string[]]
      for (const key of keys) {
        const log = this.#keys.logOf(key)
        if (log) await this.#trim(log)
      }
      cursor = next
    } while (cursor !== '0')
  }

  async #trim(log: LogName): Promise<void> {
    const { days, events } = this.#keep
    const oldest = days > 0 ? String(Math.max(0, Math.floor(this.#clock.now() - days * DAY_MS))) : ''
    const args = [String(events), oldest, String(SLICE), this.#keys.control, log]
    while ((await this.#link.eval('trim', this.#keys.ofLog(log, ''), args)) > 0);
  }
}
