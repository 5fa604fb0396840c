import { DoubtfulClock } from '../clock.ts'
import type { LogName } from '../event.ts'
import type { Retention } from '../observer.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import type { Ask } from './port.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** How often a node looks at the logs it has written to, and one of all nodes at all logs. */
const OWN_MS = 1_000
const ALL_MS = 60_000
/** Events removed in one go: about a millisecond's work. */
const SLICE = 500
/** Logs written to that are remembered; of more, whoever looks at all logs takes care. */
const MOST = 10_000

/** Removes what logs may no longer hold, in the background, some of it at a time. */
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
    this.#timer = setTimeout(() => void this.#sweep(), OWN_MS).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** Something was appended. */
  note(log: LogName): void {
    if (this.#timer && this.#written.size < MOST) this.#written.add(log)
  }

  async #sweep(): Promise<void> {
    try {
      const logs = [...this.#written]
      this.#written.clear()
      for (const log of logs) await this.#trim(log)
      const mine = await this.#link.call(this.#keys.sweep, 'SET', '1', 'NX', 'PX', String(ALL_MS))
      if (mine === 'OK') for (const ask of this.#link.everyServer()) await this.#trimAll(ask)
    } catch {
      // Redis is away, and that is known.
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
