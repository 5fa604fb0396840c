import type { Range } from '../../engine/engine.ts'
import { type Event, idAt } from '../../engine/event.ts'
import { IRC_LIMITS } from './isupport.ts'
import type { IrcSession } from './session.ts'

interface SlicePart {
  /** `after` may be an event before or behind all that the log has. */
  readonly range: Range
  /** True if the oldest events are wanted, false for the newest. */
  readonly isOldest: boolean
}

/** Parts of a log, oldest first. */
export type Slice = readonly SlicePart[]

/** Finds the id of the event with a `msgid` in the log that is asked for; undefined for what is none. */
export type FindId = (msgid: string) => number | undefined | Promise<number | undefined>

/**
 * Resolves with the slice of a request such as `LATEST` with its parameters behind the target; undefined for invalid ones.
 */
export async function sliceOf(verb: string, params: readonly string[], find: FindId): Promise<Slice | undefined> {
  const [first = '', second = ''] = params
  const limitText = (verb === 'BETWEEN' ? params[2] : second) ?? ''
  if (!/^\d{1,9}$/.test(limitText)) return undefined
  const limit = Math.min(Number(limitText), IRC_LIMITS.history)
  if (verb === 'LATEST' && first === '*') return sliced(limit, {})
  const start = await placeOf(first, find)
  if (start === undefined) return undefined
  switch (verb) {
    case 'LATEST':
      return sliced(limit, start.behind)
    case 'BEFORE':
      return sliced(limit, start.before)
    case 'AFTER':
      return sliced(limit, start.behind, true)
    case 'AROUND': {
      const half = Math.ceil(limit / 2)
      return [...sliced(half, start.through), ...sliced(limit - half, start.behind, true)]
    }
    case 'BETWEEN': {
      const end = await placeOf(second, find)
      if (end === undefined) return undefined
      const isForward = start.at <= end.at
      const [older, newer] = isForward ? [start, end] : [end, start]
      return sliced(limit, { ...newer.before, ...older.behind }, isForward)
    }
    default:
      return undefined
  }
}

function sliced(limit: number, range: Range, isOldest = false): Slice {
  return limit === 0 ? [] : [{ range: { ...range, limit }, isOldest }]
}

/** Returns true if an event is part of the history of a session. Others than messages are for clients that ask for them. */
export function isShownTo({ kind }: Event, { caps }: IrcSession): boolean {
  return kind === 'message' || kind === 'private' || (caps.has('draft/event-playback') && kind !== 'closed')
}

/** Returns the id in the `msgid` of an event of a room; undefined for what is none. */
export function idInMsgid(msgid: string): number | undefined {
  return /^\d{1,16}$/.test(msgid) ? Number(msgid) : undefined
}

/** A place in a log: an event, or a millisecond with all its events. */
interface Place {
  /** The events before it, those up to and with it, and those behind it. */
  readonly before: Range
  readonly through: Range
  readonly behind: Range
  /** For comparing places: an id. */
  readonly at: number
}

/** Resolves with the place that a reference such as `msgid=17` or `timestamp=2026-11-26T18:00:00.000Z` means. */
async function placeOf(reference: string, find: FindId): Promise<Place | undefined> {
  const [, msgid] = /^msgid=(.*)$/.exec(reference) ?? []
  const id = msgid === undefined ? undefined : await find(msgid)
  if (id !== undefined) return { before: { before: id }, through: { before: id + 1 }, behind: { after: id }, at: id }
  const ms = timestampOf(reference)
  if (ms === undefined) return undefined
  return { before: { to: ms - 1 }, through: { to: ms }, behind: { from: ms + 1 }, at: idAt(ms) }
}

/** Returns the time of a reference such as `timestamp=2026-11-26T18:00:00.000Z` in ms since the epoch; undefined for others. */
export function timestampOf(reference: string): number | undefined {
  const [, text] = /^timestamp=(\d{4}-\d\d-\d\dT.*Z)$/.exec(reference) ?? []
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? undefined : ms
}
