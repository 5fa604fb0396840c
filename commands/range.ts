import { Refusal } from '../src/chat/refusal.ts'
import type { Range } from '../src/engine/engine.ts'
import { Mistake } from './command.ts'

const DAY_MS = 86_400_000
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS }

const CLOCK = String.raw`(\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?)[ \t]*(Z|UTC|[+-]\d\d(?::?\d\d)?)?`
const DATE = new RegExp(String.raw`^(\d{4}-\d\d-\d\d|today|yesterday)(?:(?:T|[ \t]+)${CLOCK})?$`, 'i')
const TIME_OF_DAY = new RegExp(`^${CLOCK}$`, 'i')
const EPOCH_SECONDS = /^\d{1,11}(?:\.\d+)?$/
const AGO = /^-(\d{1,9})([smhd])$/
/** Maximum words of a time: date, time of day, zone. */
const MAX_WORDS = 3

/**
 * Parses the parameter of HISTORY: `[<from> [<to>]]` and, anywhere, `limit=N` and `after=ID`; further words are ignored
 * (docs/protocols/line.md, section 2.7). A time may have several words, in quotes or without.
 *
 * @throws {Mistake} `unknown-time`, `invalid-limit`
 * @throws {Refusal} `history-gone` for an id that is not a number
 */
export function parseRange(parameter: string, now: number): Range {
  const range: { from?: number; to?: number; limit?: number; after?: number } = {}
  const words: string[] = []
  for (const [word, ...quoted] of parameter.matchAll(/"([^"]*)"|'([^']*)'|[^ \t]+/g)) {
    if (/^limit=/i.test(word)) range.limit = parseLimit(word.slice(6))
    else if (/^after=/i.test(word)) range.after = parseId(word.slice(6))
    else words.push(quoted.find((text) => text !== undefined) ?? word)
  }
  if (words.length > 0) range.from = takeTime(words, now)
  if (words.length > 0) range.to = takeTime(words, now)
  return range
}

/** Parses a time from the first words of a list, the longest form that matches, and removes these words. */
function takeTime(words: string[], now: number): number {
  for (let count = Math.min(MAX_WORDS, words.length); count > 0; count--) {
    const time = readTime(words.slice(0, count).join(' '), now)
    if (time === undefined) continue
    words.splice(0, count)
    return checkTime(time)
  }
  throw new Mistake('unknown-time')
}

/**
 * Parses a time, in UTC if it has no zone. Returns ms since the epoch.
 *
 * @throws {Mistake} `unknown-time`
 */
export function parseTime(text: string, now: number): number {
  return checkTime(readTime(text, now))
}

function checkTime(time: number | undefined): number {
  if (time === undefined || !Number.isFinite(time)) throw new Mistake('unknown-time')
  return time
}

/** Returns undefined for a text that is not a time, NaN for an invalid time such as 30 February. */
function readTime(text: string, now: number): number | undefined {
  return readDate(text, now) ?? readTimeOfDay(text, now) ?? readEpoch(text) ?? readAgo(text, now)
}

function readDate(text: string, now: number): number | undefined {
  const match = DATE.exec(text)
  if (!match) return undefined
  const [, word = '', clock, zone] = match
  const day = dayOf(word.toLowerCase(), now)
  // Date.parse accepts 30 February as 2 March.
  if (!new Date(`${day}T00:00Z`).toJSON()?.startsWith(day)) return Number.NaN
  return timeOn(day, clock, zone)
}

function dayOf(word: string, now: number): string {
  const days = { today: 0, yesterday: 1 }[word]
  return days === undefined ? word : isoDay(now - days * DAY_MS)
}

function readTimeOfDay(text: string, now: number): number | undefined {
  const match = TIME_OF_DAY.exec(text)
  return match ? timeOn(isoDay(now), match[1], match[2]) : undefined
}

function isoDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

function timeOn(day: string, clock = '00:00', zone = 'Z'): number {
  const time = clock.replace(',', '.').replace(/^\d:/, '0$&')
  const [, hours, minutes = '00'] = /^([+-]\d\d):?(\d\d)?$/.exec(zone) ?? []
  return Date.parse(`${day}T${time}${hours ? `${hours}:${minutes}` : 'Z'}`)
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
