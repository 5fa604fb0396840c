/**
 * What can stand in a log. `private` stands in its addressee's, the others in a room's. `closed` ends the log of a room that
 * is no more; only the engine appends it.
 */
export type Kind = 'message' | 'joined' | 'left' | 'private' | 'closed'

/** The log of a room, by the room's number, or of one name's private messages, by the folded name. */
export type LogName = `room:${number}` | `inbox:${string}`

/** What somebody wants to append: an event that is not committed yet. */
export interface Draft {
  readonly kind: Kind
  /** The number of the room in which it happens; of a private message, the room both are in. */
  readonly room: number
  readonly from: string
  /** The addressee of a private message. */
  readonly to?: string
  /** The text; empty for `joined` and `left`. */
  readonly body: string
  /** When it was said by the sender's own clock, in seconds since the epoch, where a protocol passes that on. */
  readonly sent?: number | undefined
  /** The colour of the sender's choice, where a protocol passes that on. */
  readonly color?: string | undefined
  /** Set when the sender's session had proved that it owns the account of that name. */
  readonly verified?: true | undefined
  /**
   * Chosen by the sender: of drafts of one nickname with the same nonce, only the first one within {@link NONCE_MS} is appended to a log.
   * Not part of the event.
   */
  readonly nonce?: string | undefined
}

/** Time for which the nonce of a message is remembered, in ms. */
export const NONCE_MS = 24 * 3_600_000

/** One committed entry of a log. */
export interface Event extends Omit<Draft, 'nonce'> {
  /** Rises strictly within a log. Carries the time, see {@link idAt}, unless the clock has gone back, see {@link timeAt}. */
  readonly id: number
  /** ms since the epoch, UTC; falls within a log only when the clock does. */
  readonly at: number
}

/** Ids within one millisecond of one log; the next one after that borrows from the next millisecond. */
export const PER_MS = 1024

/**
 * The first id of a millisecond. An id is its time and a counter in one safe integer (until the year 2248), so a range of
 * times is a range of ids and a log needs no second index.
 */
export function idAt(ms: number): number {
  return Math.floor(ms) * PER_MS
}

/** The last id of a millisecond. */
export function lastIdAt(ms: number): number {
  return idAt(ms) + PER_MS - 1
}

/** The time, in ms since the epoch, that an id carries. */
export function timeOf(id: number): number {
  return Math.floor(id / PER_MS)
}

/** How far an id may run ahead of the clock before its event carries a time of its own, in ms: so much may be borrowed. */
export const MAX_LEAD_MS = 1_000

/**
 * The time of an event that has got its id while the clock said `now`, in ms since the epoch. Once the clock has gone back, ids go on
 * rising from the last one and are ahead of the clock until it has caught up; the time is then the clock's. An id is never behind.
 */
export function timeAt(id: number, now: number): number {
  const time = timeOf(id)
  return time - now > MAX_LEAD_MS ? now : time
}

/** The id after `last` for something that happens now: never smaller than the clock, never falling behind the log. */
export function nextId(last: number, now: number): number {
  return Math.max(last + 1, idAt(now))
}
