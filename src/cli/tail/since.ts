import { misuse } from '../failure.ts'

const AGO = /^-?\d{1,9}[smhd]$/
/** Ids carry the time in milliseconds, times in seconds have fewer digits. */
const ID = /^\d{12,16}$/
const EPOCH_SECONDS = /^\d{1,11}(?:\.\d+)?$/
const TIME_OF_DAY = /^(\d{1,2}:\d\d(?::\d\d)?)$/
const DAY = /^(\d{4}-\d\d-\d\d|today|yesterday)(?:[T ]+(\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?))?$/
const ZONED = /^\d{4}-\d\d-\d\dT\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)$/

/**
 * Reads the value of --since: `all`, an id, `-10m`, epoch seconds, a date, a time, or both, which are local unless they have a zone. Returns it as the parameter of HISTORY.
 *
 * @throws CommandFailure
 */
export function historySince(text: string, now = new Date()): string {
  if (text === 'all') return ''
  if (EPOCH_SECONDS.test(text)) return text
  if (AGO.test(text)) return text.replace(/^-?/, '-')
  if (ID.test(text)) return `after=${text}`
  const at = ZONED.test(text) ? new Date(text) : localTimeIn(text, now)
  if (at === undefined || Number.isNaN(at.getTime())) {
    throw misuse(`--since ${text} is not a time; for example all, -10m, 15:17, today, "2026-05-24 15:17", or an id`)
  }
  return at.toISOString()
}

function localTimeIn(text: string, now: Date): Date | undefined {
  const [, time] = TIME_OF_DAY.exec(text) ?? []
  if (time !== undefined) return on('today', time, now)
  const [, day, clock = '00:00'] = DAY.exec(text) ?? []
  return day === undefined ? undefined : on(day, clock, now)
}

function on(day: string, clock: string, now: Date): Date {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number)
  const [year = 0, month = 1, date = 1] = /^\d/.test(day)
    ? day.split('-').map(Number)
    : [now.getFullYear(), now.getMonth() + 1, now.getDate() - (day === 'yesterday' ? 1 : 0)]
  const at = new Date(year, month - 1, date, hours, minutes, Math.floor(seconds))
  // Date takes 30 February for 2 March, and 25:00 for 01:00.
  const isWhole =
    hours < 24 &&
    minutes < 60 &&
    seconds < 60 &&
    (day === 'yesterday' || (at.getDate() === date && at.getMonth() === month - 1))
  return isWhole ? at : new Date(Number.NaN)
}
