import type { CommandResult } from '../../commands/replies.ts'
import type { RefusedError } from './errors.ts'

export interface EnterOptions {
  /** Password of a locked room. */
  readonly password?: string | undefined
  /** Id of the last event known: iteration begins with the one after it. */
  readonly after?: string | undefined
  /** Number of past events with which iteration begins; not with `after`. */
  readonly recent?: number | undefined
  /**
   * Maximum number of events, the newest, that are read after a lost connection. If there were more, iteration ends with an
   * {@link EventsMissingError} before them. All are read if not given.
   */
  readonly maxMissed?: number | undefined
  /**
   * False for a room that is only spoken in: nobody sees the client join and leave, and it receives nothing. Such a room says texts, and its other
   * requests are refused. After a lost connection it is not created again; renamed while the connection is away, it is not found. Either is refused
   * as `room-unknown`.
   */
  readonly events?: boolean | undefined
  /** True to enter only a room that exists: another one is refused as `room-unknown`, and not created. */
  readonly exists?: boolean | undefined
}

/** Texts, one or some at a time. */
export type Texts = Iterable<string> | AsyncIterable<string | readonly string[]>

export interface SayOptions {
  /** Says what the user does: `/me`. */
  readonly action?: boolean | undefined
  /** Says a text that no program answers: `/notice`. */
  readonly notice?: boolean | undefined
  /** Of 1 to 64 letters, digits, `_`, `-`, `.` and `:`; chosen by the library unless given. */
  readonly nonce?: string | undefined
}

export interface SayAllOptions extends Omit<SayOptions, 'nonce'> {
  /** Returns the nonce of a text by its number from 0; chosen by the library unless given. */
  readonly nonce?: ((index: number) => string) | undefined
  /** Called in order with the id of each text that is in the room. */
  readonly said?: ((id: string, index: number) => void) | undefined
  /** Called in order with each text that is refused; without it `sayAll` rejects at the first one. */
  readonly refused?: ((error: RefusedError, text: string, index: number) => void) | undefined
}

export type EventKind = 'message' | 'joined' | 'left' | 'topic' | 'kicked' | 'role' | 'mode' | 'redacted'

export interface EventRange {
  /** Time of the earliest event, such as `2026-05-24` or `2026-05-24T15:17:19Z`. */
  readonly from?: string | undefined
  /** Newest events of the range, 100 if not given. */
  readonly limit?: number | undefined
  /** Oldest events of the range, in place of `limit`. Not with `kinds` or `grep`. */
  readonly first?: number | undefined
  readonly before?: string | undefined
  readonly after?: string | undefined
  readonly kinds?: readonly EventKind[] | undefined
  /** Text that messages must contain, without regard to case. */
  readonly grep?: string | undefined
}

export interface SearchRange {
  /** Newest messages, 20 if not given, at most 256. */
  readonly limit?: number | undefined
  readonly before?: string | undefined
}

export interface RoomMember {
  readonly nickname: string
  readonly marks: NonNullable<CommandResult['marks']>[number]['marks']
  /** Text of a member that is away. */
  readonly away?: string | undefined
}

export interface SanctionTerms {
  /** Such as `30m`, `12h` or `7d`; for good if not given. */
  readonly time?: string | undefined
  readonly reason?: string | undefined
}

/** A role that operators give and take back. */
export type GrantedRole = 'owner' | 'operator' | 'voiced' | 'invited'

/** A role that operators take back. */
export type WithdrawnRole = 'operator' | 'voiced' | 'banned' | 'muted'
