import { fold } from './fold.ts'

/**
 * The kinds of events. `private` is appended to the addressee's inbox, the others to a room's log. `kicked` ends the presence of the
 * addressee like a `left`. `redacted` removes the message with the id {@link EventDetails.target}. `closed` is the last event of a closed
 * room's log; only the engine appends it.
 */
export const ALL_EVENT_KINDS = [
  'message',
  'joined',
  'left',
  'topic',
  'kicked',
  'role',
  'mode',
  'redacted',
  'private',
  'closed',
] as const
export type Kind = (typeof ALL_EVENT_KINDS)[number]

/** The kinds of the events of moderators. */
export const MODERATION_KINDS = ['topic', 'kicked', 'role', 'mode', 'redacted'] as const satisfies readonly Kind[]

/** Roles of a user, or of all users that a mask matches, in a room. */
export const ROLES = ['owner', 'operator', 'voiced', 'muted', 'banned', 'invited'] as const
export type Role = (typeof ROLES)[number]

/** Settings of a room. */
export const MODE_FLAGS = [
  'moderated',
  'invite-only',
  'slow',
  'limit',
  'password',
  'visibility',
  'title',
  'keep',
] as const
export type ModeFlag = (typeof MODE_FLAGS)[number]

/** Fields of an event that only some kinds have. */
export interface EventDetails {
  /** True for a `message` that describes an action of the sender. */
  readonly action?: true
  /** True for a `message` to which no program answers. */
  readonly notice?: true
  /** Role of the addressee of a `role`, or of the guest of a `joined`. */
  readonly role?: Role
  /** False if the `role` or `mode` is taken back. */
  readonly on?: boolean
  /** Id of the account that a `role` is given to: a later account of the same nickname does not have it. */
  readonly account?: string
  /** True for the role of a guest, which ends with the next `left`, `kicked` or `joined` of that nickname; it may begin with a `joined`. */
  readonly guest?: true
  /** End of the `role`, in ms since the epoch. */
  readonly until?: number
  /** Identifier of the network address that the `role` covers too. */
  readonly address?: string
  readonly flag?: ModeFlag
  /** Value of the flag, where it has one. */
  readonly value?: string
  /** True for a `left` with which the session of the user has ended. */
  readonly quit?: true
  /** The other nickname of a guest that has changed it: of a `left` the new one, of the `joined` that follows the old one. */
  readonly renamed?: string
  /** Id of the message that a `redacted` removes. */
  readonly target?: number
  /** Client-only tags of a message (IRCv3, "Message Tags"), which IRC alone shows. */
  readonly tags?: Readonly<Record<string, string>>
  /** Identifier of a `private`, which all inboxes have it under (IRCv3, "Message IDs"). Undefined for those of earlier versions. */
  readonly msgid?: string
}

/**
 * The name of a room's log, with the room's id, or of an inbox, with the folded nickname of its owner; of a guest's client, a slash and the client
 * follow, and the inbox ends, see {@link GUEST_INBOX_MS}.
 */
export type LogName = `room:${number}` | `inbox:${string}`

/** Value of {@link Draft.room} for a private message between users who share no room. */
export const NO_ROOM = 0

/** An event that is not committed yet. */
export interface Draft {
  readonly kind: Kind
  /** Id of the room; for a private message, of the room that sender and addressee share, or {@link NO_ROOM}. */
  readonly room: number
  readonly from: string
  /** Addressee of a private message; the user whom `kicked`, `role` or `redacted` concerns; of a `role`, also a mask. */
  readonly to?: string
  /** Text of a message or topic, reason of a moderator; else empty. */
  readonly body: string
  /** Time by the sender's clock, in seconds since the epoch, if the protocol transmits it. */
  readonly sent?: number | undefined
  /** Colour chosen by the sender, if the protocol transmits it. */
  readonly color?: string | undefined
  /** True if the sender's session has authenticated as the account of that name. */
  readonly verified?: true | undefined
  readonly details?: EventDetails | undefined
  /**
   * Identifier chosen by the sender: of drafts with the same nickname and nonce, only the first one within {@link NONCE_MS} is appended to a
   * log. Not part of the event.
   */
  readonly nonce?: string | undefined
}

/** Time for which the nonce of a message is stored. */
export const NONCE_MS = 24 * 3_600_000

/**
 * Time after its last event at which the inbox of a guest's client, whose name has a slash, is removed. Its ids go on rising with the clock, and
 * a follower that was there before goes on.
 */
export const GUEST_INBOX_MS = 30 * 24 * 3_600_000

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
  const { kind, room, from, to, body, sent, color, verified, details } = draft
  // Written out instead of spread, for speed: called for every message.
  const event = { id, at: timeAt(id, now), kind, room, from, body }
  if (to === undefined && sent === undefined && color === undefined && !verified && !details) return event
  return {
    ...event,
    ...(to !== undefined && { to }),
    ...(sent !== undefined && { sent }),
    ...(color !== undefined && { color }),
    ...(verified && { verified }),
    ...(details && { details }),
  }
}

/** Returns the nickname of the user whose presence an event ends; undefined if it ends nobody's. */
export function leaverOf({ kind, from, to = '' }: Pick<Draft, 'kind' | 'from' | 'to'>): string | undefined {
  if (kind === 'left') return from
  return kind === 'kicked' ? to : undefined
}

/** The part of a room's state that an event sets or removes. */
interface StateChange {
  /** An event with the same key replaces this one. */
  readonly key: string
  /** False if nothing is left of the key. */
  readonly isSet: boolean
}

/**
 * Returns the change of the room's state by an event; undefined for events that change none. The state of a room consists of the last
 * event of each key; a `left` and a `kicked` also remove the key {@link guestKey} of the user who is gone, and a
 * `joined` that of an earlier user.
 */
export function stateChangeOf({ kind, from, to = '', body, details = {} }: Draft): StateChange | undefined {
  switch (kind) {
    case 'joined':
      // The role of an earlier guest of that nickname ends.
      return { key: guestKey(from), isSet: details.guest === true }
    case 'topic':
      return { key: 'topic', isSet: body !== '' }
    case 'mode':
      return { key: `mode:${details.flag}`, isSet: details.on === true }
    case 'role': {
      // A room has one owner.
      const key = details.role === 'owner' ? 'owner' : `${details.role}:${fold(to)}`
      return { key: details.guest ? guestKey(to) : key, isSet: details.on === true }
    }
    default:
      return undefined
  }
}

/** Returns true for what has an end before `now`; both are in ms since the epoch. */
export function hasEnded({ until }: { readonly until?: number | undefined } = {}, now = Date.now()): boolean {
  return until !== undefined && until <= now
}

/** Returns the key of the state that ends when a user leaves the room. */
export function guestKey(name: string): string {
  return `guest:${fold(name)}`
}
