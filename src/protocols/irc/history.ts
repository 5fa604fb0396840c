import type { Range } from '../../engine/engine.ts'
import { type Event, idAt, timeOf } from '../../engine/event.ts'
import { IRC_LIMITS } from './isupport.ts'
import type { IrcSession } from './session.ts'

/** A part of a log. */
interface SlicePart {
  readonly range: Range
  /** Only events behind this id belong to it. */
  readonly after: number
  /** True if the oldest events are wanted, false for the newest. */
  readonly isOldest: boolean
}

/** Parts of a log, oldest first. */
export type Slice = readonly SlicePart[]

/** Returns the slice of a request such as `LATEST` with its parameters behind the target; undefined for invalid ones. */
export function sliceOf(verb: string, params: readonly string[]): Slice | undefined {
  const [first = '', second = ''] = params
  const limitText = (verb === 'BETWEEN' ? params[2] : second) ?? ''
  if (!/^\d{1,9}$/.test(limitText)) return undefined
  const limit = Math.min(Number(limitText), IRC_LIMITS.history)
  const [start, end] = [placeOf(first), placeOf(second)]
  if (verb === 'LATEST' && first === '*') return sliced(limit, { limit })
  if (start === undefined) return undefined
  switch (verb) {
    case 'LATEST':
      return sliced(limit, { limit }, start.id)
    case 'BEFORE':
      return sliced(limit, { before: start.id, limit })
    case 'AFTER':
      return sliced(limit, { limit }, start.id, true)
    case 'AROUND': {
      const half = Math.ceil(limit / 2)
      const [before] = sliced(half, { before: start.id + 1, limit: half })
      const [after] = sliced(limit - half, { limit: limit - half }, start.id, true)
      return [before, after].filter((part) => part !== undefined)
    }
    case 'BETWEEN': {
      if (end === undefined) return undefined
      const isForward = start.id <= end.id
      const [older, newer] = isForward ? [start, end] : [end, start]
      return sliced(limit, { before: newer.id, limit }, older.id, isForward)
    }
    default:
      return undefined
  }
}

/** The place may be before or behind all that the log has, so it is no `after` of a {@link Range}. */
function sliced(limit: number, range: Range, after = 0, isOldest = false): Slice {
  return limit === 0 ? [] : [{ range: { ...range, from: timeOf(after) }, after, isOldest }]
}

/** Returns true if an event is part of the history of a session. Others than messages are for clients that ask for them. */
export function isShownTo({ kind }: Event, { caps }: IrcSession): boolean {
  return kind === 'message' || kind === 'private' || (caps.has('draft/event-playback') && kind !== 'closed')
}

/** A place in a log: an id, exact or of the time. */
interface Place {
  readonly id: number
}

/** Returns the place that a reference such as `msgid=17` or `timestamp=2026-11-26T18:00:00.000Z` means. */
function placeOf(reference: string): Place | undefined {
  const [, value = ''] = /^msgid=(.*)$/.exec(reference) ?? []
  if (/^\d{1,16}$/.test(value)) return { id: Number(value) }
  const ms = timestampOf(reference)
  return ms === undefined ? undefined : { id: idAt(ms) }
}

/** Returns the time of a reference such as `timestamp=2026-11-26T18:00:00.000Z` in ms since the epoch; undefined for others. */
export function timestampOf(reference: string): number | undefined {
  const [, text] = /^timestamp=(\d{4}-\d\d-\d\dT.*Z)$/.exec(reference) ?? []
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? undefined : ms
}
