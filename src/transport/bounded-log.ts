/** Log lines that anybody can cause by connecting: a flood of them must not fill the disk. */
import type { Logger } from 'pino'

const INTERVAL_MS = 60_000
/** Maximum lines of a text and reason in an interval, each of another address. */
const MAX_LINES = 20

interface Details {
  readonly reason?: string
  readonly address: string | undefined
  readonly [field: string]: unknown
}

/** The lines of a text and reason in the current interval. */
interface Flood {
  readonly addresses: Set<string | undefined>
  /** Number of lines that were not written, and the address of the last one. */
  more: number
  last: string | undefined
  /** Writes the line that tells of them, if there are any, and ends the interval. */
  readonly end: () => void
}

/** Those of each log, by text and reason. */
const floods = new WeakMap<Logger, Map<string, Flood>>()

/**
 * Logs a line with its address. In a minute a text with a reason is logged once for each address, and at most 20 times; the others are
 * counted, and one line tells of them at the end of the minute.
 */
export function logBounded(log: Logger, level: 'info' | 'warn', details: Details, text: string): void {
  const { reason, address } = details
  const current = floods.get(log) ?? new Map<string, Flood>()
  floods.set(log, current)
  const key = `${text} ${reason}`
  let flood = current.get(key)
  if (!flood) {
    const timer = setTimeout(() => begun.end(), INTERVAL_MS).unref()
    const begun: Flood = {
      addresses: new Set(),
      more: 0,
      last: undefined,
      end: () => {
        clearTimeout(timer)
        current.delete(key)
        const { more, last } = begun
        if (more > 0) log[level]({ reason, more, address: last }, `${text}: more within a minute`)
      },
    }
    flood = begun
    current.set(key, begun)
  }
  if (!flood.addresses.has(address) && flood.addresses.size < MAX_LINES) {
    flood.addresses.add(address)
    log[level](details, text)
  } else {
    flood.more++
    flood.last = address
  }
}

/** Writes the lines that tell of counted ones before their minute is over; called at a stop. */
export function endFloods(log: Logger): void {
  for (const { end } of floods.get(log)?.values() ?? []) end()
}
