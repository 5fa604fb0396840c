/**
 * The kinds of events. `private` is appended to the addressee's inbox, the others to a room's log. `closed` is the last event of a closed
 * room's log; only the engine appends it.
 */
export type Kind = 'message' | 'joined' | 'left' | 'private' | 'closed'

/** The name of a room's log, with the room's id, or of an inbox, with the folded nickname of its owner. */
export type LogName = `room:${number}` | `inbox:${string}`

/** Value of {@link Draft.room} for a private message between users who share no room. */
export const NO_ROOM = 0

/** An event that is not committed yet. */
export interface Draft {
  readonly kind: Kind
  /** Id of the room; for a private message, of the room that sender and addressee share, or {@link NO_ROOM}. */
  readonly room: number
  readonly from: string
  /** Addressee of a private message. */
  readonly to?: string
  /** Text of a message; else empty. */
  readonly body: string
  /** Time by the sender's clock, in seconds since the epoch, if the protocol transmits it. */
  readonly sent?: number | undefined
  /** Colour chosen by the sender, if the protocol transmits it. */
  readonly color?: string | undefined
  /** True if the sender's session has authenticated as the account of that name. */
  readonly verified?: true | undefined
  /**
   * Identifier chosen by the sender: of drafts with the same nickname and nonce, only the first one within {@link NONCE_MS} is appended to a
   * log. Not part of the event.
   */
  readonly nonce?: string | undefined
}

/** Time for which the nonce of a message is stored. */
export const NONCE_MS = 24 * 3_600_000

/** A committed entry of a log. */
export interface Event extends Omit<Draft, 'nonce'> {
  /** Rises strictly within a log. Contains the time, see {@link idAt}, unless the clock has gone back, see {@link timeAt}. */
  readonly id: number
  /** Time in ms since the epoch. Decreases within a log only after the clock has gone back. */
  readonly at: number
}

/** Number of ids within a millisecond of a log; further ids are taken from the next millisecond. */
export const PER_MS = 1024

/**
 * Returns the first id of a millisecond. An id is a time and a counter in one safe integer (until the year 2248), so a range of times is a
 * range of ids and a log needs no second index.
 */
export function idAt(ms: number): number {
  return Math.floor(ms) * PER_MS
}

/** Returns the last id of a millisecond. */
export function lastIdAt(ms: number): number {
  return idAt(ms) + PER_MS - 1
}

/** Returns the time in an id, in ms since the epoch. */
export function timeOf(id: number): number {
  return Math.floor(id / PER_MS)
}

/** Maximum difference between the time in an id and the clock; beyond it the event's time is the clock's. */
export const MAX_LEAD_MS = 1_000

/**
 * Returns the time of an event whose id was given at `now`, both in ms since the epoch. After the clock has gone back, ids go on rising
 * from the last one, so the times in them are ahead of the clock until it has caught up; the event's time is then the clock's.
 */
export function timeAt(id: number, now: number): number {
  const time = timeOf(id)
  return time - now > MAX_LEAD_MS ? now : time
}

/** Returns the id for an event at `now`, in ms since the epoch, in a log whose last id is `last`. */
export function nextId(last: number, now: number): number {
  return Math.max(last + 1, idAt(now))
}

/** Returns the event of a draft that was committed at `now`, in ms since the epoch. */
export function committedEvent(id: number, now: number, draft: Draft): Event {
  const { kind, room, from, to, body, sent, color, verified } = draft
  // Written out instead of spread, for speed: called for every message.
  const event = { id, at: timeAt(id, now), kind, room, from, body }
  if (to === undefined && sent === undefined && color === undefined && !verified) return event
  return {
    ...event,
    ...(to !== undefined && { to }),
    ...(sent !== undefined && { sent }),
    ...(color !== undefined && { color }),
    ...(verified && { verified }),
  }
}
