/** Dates and times of events as the user wants to read them. */
import { dateOf, type Happening } from '../model/happening.ts'
import type { Choices } from '../model/settings.ts'

const dates = new WeakMap<Happening, Date>()

/** Returns the date of an event, which is read once. */
export function atOf(event: Happening): Date {
  let at = dates.get(event)
  if (!at) dates.set(event, (at = dateOf(event.utctimestamp)))
  return at
}

const CYCLES = { system: undefined, 24: 'h23', 12: 'h12' } as const
const weekday = lazily({ weekday: 'long', day: 'numeric', month: 'long' })
const withYear = lazily({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
const shortDate = lazily({ dateStyle: 'medium' })

/** Returns a function that makes a format when it is needed first, which takes a browser some ten milliseconds. */
function lazily(options: Intl.DateTimeFormatOptions) {
  let format: Intl.DateTimeFormat | undefined
  return () => (format ??= new Intl.DateTimeFormat(undefined, options))
}

/** Returns a number that differs from day to day where the user is. */
export function dayOf(at: Date) {
  return (at.getFullYear() * 12 + at.getMonth()) * 31 + at.getDate()
}

/** Returns the name of a day, such as "Today" or "Monday, 24 May". */
export function dayName(at: Date) {
  const now = new Date()
  if (dayOf(at) === dayOf(now)) return 'Today'
  if (dayOf(at) === dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return 'Yesterday'
  return (at.getFullYear() === now.getFullYear() ? weekday : withYear)().format(at)
}

/** Time between two looks at the clock, as a machine that has slept wakes up with its timers late, in ms. */
const LOOK_MS = 60_000

/** Calls a function whenever a day begins where the user is. */
export function onNewDay(begun: () => void) {
  let day = dayOf(new Date())
  const look = () => {
    const now = new Date()
    const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1)
    setTimeout(look, Math.min(LOOK_MS, midnight.getTime() - now.getTime()))
    if (dayOf(now) === day) return
    day = dayOf(now)
    begun()
  }
  look()
}

export class Clock {
  readonly #time: () => Intl.DateTimeFormat
  readonly #full: () => Intl.DateTimeFormat

  /** The last time that was written, as most messages are of the same minute as the one before. */
  #minute = Number.NaN
  #text = ''

  constructor(clock: Choices['clock']) {
    const hourCycle = CYCLES[clock]
    this.#time = lazily({ hour: 'numeric', minute: '2-digit', hourCycle })
    this.#full = lazily({
      weekday: 'long',
      day: 'numeric',
      month: 'long',
      year: 'numeric',
      hour: 'numeric',
      minute: '2-digit',
      second: '2-digit',
      hourCycle,
    })
  }

  /** Returns a time of day, such as 9:05 or 9:05 am. */
  time(at: Date) {
    const minute = Math.floor(at.getTime() / 60_000)
    if (minute !== this.#minute) {
      this.#minute = minute
      const parts = this.#time().formatToParts(at)
      this.#text = parts.map(({ type, value }) => (type === 'hour' ? value.replace(/^0(?=\d)/, '') : value)).join('')
    }
    return this.#text
  }

  /** Returns a time of today, or a date with its time. */
  when(at: Date) {
    return dayOf(at) === dayOf(new Date()) ? this.time(at) : `${shortDate().format(at)}, ${this.time(at)}`
  }

  /** Returns a date with its time to the second. */
  full(at: Date) {
    return this.#full().format(at)
  }
}
