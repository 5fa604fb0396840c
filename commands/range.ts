import { Refusal } from '../src/chat/refusal.ts'
import type { Range } from '../src/engine/engine.ts'
import { Mistake } from './command.ts'

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const DATE = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)(Z|[+-]\d\d(?::?\d\d)?)?)?$/i
const EPOCH_SECONDS = /^\d{1,11}(?:\.\d+)?$/
const AGO = /^-(\d{1,9})([smhd])$/

/**
 * The parameter of HISTORY: `[<from> [<to>]]` and, anywhere, `limit=N` and `after=ID`; further words are ignored
 * (protocols/line.md, 2.7 and 8). Throws {@link Mistake}, or {@link Refusal} `history-gone` for what is no id.
 */
export function parseRange(parameter: string, now: number): Range {
  const range: { from?: number; to?: number; limit?: number; after?: number } = {}
  const times: string[] = []
  for (const word of parameter.split(/[ \t]+/)) {
    if (/^limit=/i.test(word)) range.limit = parseLimit(word.slice(6))
    else if (/^after=/i.test(word)) range.after = parseId(word.slice(6))
    else if (word !== '') times.push(word)
  }
  const [from, to] = times
  if (from !== undefined) range.from = parseTime(from, now)
  if (to !== undefined) range.to = parseTime(to, now)
  return range
}

/** ms since the epoch, UTC where no zone is given. */
export function parseTime(word: string, now: number): number {
  const time = readDate(word) ?? readEpoch(word) ?? readAgo(word, now)
  if (time === undefined || !Number.isFinite(time)) throw new Mistake('unknown-time')
  return time
}

function readDate(word: string): number | undefined {
  const match = DATE.exec(word)
  if (!match) return undefined
  const [, day = '', clock = '00:00', zone = 'Z'] = match
  // The runtime takes the 30th of February for the 2nd of March.
  if (!new Date(`${day}T00:00Z`).toJSON()?.startsWith(day)) return Number.NaN
  const offset = zone.length === 3 ? `${zone}:00` : zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone
  return Date.parse(`${day}T${clock.replace(',', '.')}${offset.toUpperCase()}`)
}

function readEpoch(word: string): number | undefined {
  return EPOCH_SECONDS.test(word) ? Math.round(Number(word) * 1_000) : undefined
}

function readAgo(word: string, now: number): number | undefined {
  const [, count, unit = ''] = AGO.exec(word) ?? []
  return count === undefined ? undefined : now - Number(count) * (UNIT_MS[unit] ?? Number.NaN)
}

function parseLimit(word: string): number {
  if (!/^[1-9]\d{0,14}$/.test(word)) throw new Mistake('invalid-limit', word)
  return Number(word)
}

function parseId(word: string): number {
  const id = /^\d{1,16}$/.test(word) ? Number(word) : Number.NaN
  if (!Number.isSafeInteger(id)) throw new Refusal('history-gone')
  return id
}
