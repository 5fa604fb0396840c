import type { Range } from '../src/engine/engine.ts'
import type { Kind } from '../src/engine/event.ts'
import { Mistake } from './command.ts'
import { isShownKind } from './kinds.ts'
import { UNIT_MS } from './words.ts'

const DAY_MS = 86_400_000

const CLOCK = String.raw`(\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?)[ \t]*(Z|UTC|[+-]\d\d(?::?\d\d)?)?`
const DATE = new RegExp(String.raw`^(\d{4}-\d\d-\d\d|today|yesterday)(?:(?:T|[ \t]+)${CLOCK})?$`, 'i')
const TIME_OF_DAY = new RegExp(`^${CLOCK}$`, 'i')
const EPOCH_SECONDS = /^\d{1,11}(?:\.\d+)?$/
const AGO = /^-(\d{1,9})([smhd])$/
/** Maximum words of a time: date, time of day, zone. */
const MAX_WORDS = 3

/** Condition on the events of a range. */
export interface Filter {
  /** Undefined for all kinds. */
  readonly kinds?: ReadonlySet<Kind>
  /** Lower-case text that the body contains. */
  readonly text?: string
}

/** The parameter of HISTORY. */
export interface HistoryRequest {
  readonly range: Range
  readonly filter: Filter | undefined
  /** Maximum number of events: the oldest that fit. */
  readonly first: number | undefined
  /** True if a last line marks the end. */
  readonly end: boolean
}

const OPTIONS = 'limit=, first=, after=, before=, kinds=, grep=, end=yes'

/** An option, a text in quotes, or a word. */
const WORD = /(limit|first|after|before|kinds|grep|end)=("[^"]*"|'[^']*'|[^ \t]*)|"[^"]*"|'[^']*'|[^ \t]+/gi

/**
 * Parses the parameter of HISTORY: `[<from> [<to>]]` and, anywhere, `limit=N`, `first=N`, `after=ID`, `before=ID`, `kinds=KIND,…`, `grep=WORD` and
 * `end=yes`; further words are ignored (docs/protocols/line.md, section 2.7). A time may have several words, in quotes or without.
 *
 * @throws {Mistake} `unknown-time`, `invalid-limit`, `invalid-id`, `unknown-kind`
 */
export function parseRange(parameter: string, now: number): HistoryRequest {
  const range: { from?: number; to?: number; limit?: number; after?: number; before?: number } = {}
  const filter: { kinds?: ReadonlySet<Kind>; text?: string } = {}
  let first: number | undefined
  let end = false
  const words: string[] = []
  for (const [word, name, option = word] of parameter.matchAll(WORD)) {
    const value = option.replace(/^(["'])(.*)\1$/s, '$2')
    switch (name?.toLowerCase()) {
      case undefined:
        words.push(value)
        break
      case 'limit':
        range.limit = parseLimit(value)
        break
      case 'first':
        first = parseLimit(value)
        break
      case 'after':
        // Behind 0 is everything that is kept.
        range.after = parseId(value)
        if (range.after === 0) delete range.after
        break
      case 'before':
        range.before = parseId(value)
        break
      case 'kinds':
        filter.kinds = parseKinds(value)
        break
      case 'grep':
        filter.text = value.toLowerCase()
        break
      case 'end':
        end = /^yes$/i.test(value)
        break
    }
  }
  if (words.length > 0) range.from = takeTime(words, now)
  if (words.length > 0) range.to = takeTime(words, now)
  return { range, filter: Object.keys(filter).length > 0 ? filter : undefined, first, end }
}

/** Parses a time from the first words of a list, the longest form that matches, and removes these words. */
function takeTime(words: string[], now: number): number {
  for (let count = Math.min(MAX_WORDS, words.length); count > 0; count--) {
    const time = readTime(words.slice(0, count).join(' '), now)
    if (time === undefined) continue
    words.splice(0, count)
    return checkTime(time)
  }
  const [name] = /^[a-z]{1,16}=/i.exec(words[0] ?? '') ?? []
  throw new Mistake('unknown-time', '', name === undefined ? undefined : `Not an option: ${name}; there are ${OPTIONS}`)
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

export function parseLimit(word: string): number {
  if (!/^[1-9]\d{0,14}$/.test(word)) throw new Mistake('invalid-limit', word)
  return Number(word)
}

export function parseId(word: string): number {
  const id = /^\d{1,16}$/.test(word) ? Number(word) : Number.NaN
  if (!Number.isSafeInteger(id)) throw new Mistake('invalid-id', word)
  return id
}

function parseKinds(list: string): ReadonlySet<Kind> {
  const kinds = list.toLowerCase().split(',')
  const unknown = kinds.find((kind) => !isShownKind(kind))
  if (unknown !== undefined) throw new Mistake('unknown-kind', unknown)
  return new Set(kinds.filter(isShownKind))
}
