import { DoubtfulClock } from '../clock.ts'
import type { Draft, LogName } from '../event.ts'
import type { Retention } from '../observer.ts'
import type { Ask } from './connection.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import { scanned } from './scan.ts'

/** Interval at which a node sweeps the logs it has written to. */
const OWN_INTERVAL_MS = 1_000
/** Interval at which one of all nodes sweeps all logs. */
const ALL_INTERVAL_MS = 60_000
/** Maximum events removed by a script call, which takes Redis about a millisecond. */
const SLICE = 500
/** Maximum written logs in memory; the sweep of all logs finds the others. */
const MAX_WRITTEN = 10_000

/** Maximum entries that a call of scripts/erase.lua copies, which takes Redis about a millisecond. */
const COPIED = 256
/** Time after which an unfinished copy that no node continues expires; the next sweep begins again. */
const COPY_EXPIRY_MS = 600_000

/** Minimum time between two rewrites of a log without deleted messages. */
const REWRITE_REST_MS = 60_000

/** Removes events beyond the retention of logs, and the bytes of deleted messages, in the background, a slice at a time. */
export class Sweep {
  readonly #keys: Keys
  readonly #link: Link
  readonly #keep: Retention
  readonly #rewriteRestMs: number
  readonly #clock = new DoubtfulClock()
  readonly #written = new Set<LogName>()
  #timer: NodeJS.Timeout | undefined

  constructor(keys: Keys, link: Link, keep: Retention, rewriteRestMs = REWRITE_REST_MS) {
    this.#keys = keys
    this.#link = link
    this.#keep = keep
    this.#rewriteRestMs = rewriteRestMs
  }

  get #isLimited(): boolean {
    return this.#keep.days > 0 || this.#keep.events > 0
  }

  start(): void {
    this.#timer = setTimeout(() => void this.#sweep(), OWN_INTERVAL_MS).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** Called when an event is appended to a log; it is swept soon if that may have work. */
  note(log: LogName, { kind }: Pick<Draft, 'kind'>): void {
    if (!this.#isLimited && kind !== 'redacted' && kind !== 'mode') return
    if (this.#timer && this.#written.size < MAX_WRITTEN) this.#written.add(log)
  }

  async #sweep(): Promise<void> {
    try {
      const logs = [...this.#written]
      this.#written.clear()
      for (const log of logs) await this.#trim(log)
      const [limited, unlimited] = this.#keys.sweep
      const lock = this.#isLimited ? limited : unlimited
      const mine = await this.#link.call(lock, 'SET', '1', 'NX', 'PX', String(ALL_INTERVAL_MS))
      if (mine === 'OK') for (const ask of this.#link.everyServer()) await this.#trimAll(ask)
    } catch {
      // Redis is away, which is reported elsewhere.
    }
    this.#timer?.refresh()
  }

  async #trimAll(ask: Ask): Promise<void> {
    const pattern = this.#keys.every('log')
    for await (const keys of scanned((cursor) => ask('SCAN', cursor, 'MATCH', pattern, 'COUNT', '500'))) {
      for (const key of keys) {
        const log = this.#keys.logOf(key)
        if (log) await this.#trim(log)
      }
    }
  }

  async #trim(log: LogName): Promise<void> {
    const { days, events } = this.#keep
    const keys = this.#keys.ofLog(log, '')
    const now = String(Math.floor(this.#clock.now()))
    const args = [String(events), String(days), now, String(SLICE), this.#keys.control, log]
    for (;;) {
      const [removed, erase] = await this.#link.eval('trim', keys, args)
      if (removed > 0) continue
      if (erase === 'now') await this.#rewrite(keys)
      // Asked again at the next sweep.
      if (erase === 'later') this.note(log, { kind: 'redacted' })
      return
    }
  }

  async #rewrite(keys: readonly [string, ...string[]]): Promise<void> {
    const args = [COPIED, COPY_EXPIRY_MS, this.#rewriteRestMs].map(String)
    while ((await this.#link.eval('erase', keys, args)) > 0);
  }
}
