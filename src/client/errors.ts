import type { ErrorCode } from '../../commands/errors.ts'

interface RefusalDetails {
  readonly code: ErrorCode
  readonly hint?: string | undefined
  readonly until?: string | undefined
  readonly reason?: string | undefined
}

/** A line was refused; `code` is one of docs/protocols/line.md, section 2.8. */
export class RefusedError extends Error {
  override name = 'RefusedError'
  declare readonly code: ErrorCode
  /** Advice how to do it right. */
  declare readonly hint: string | undefined
  /** End in UTC of the ban or mute that refuses, where it has one. */
  declare readonly until: string | undefined
  /** Why there is the ban or mute that refuses, where it says so. */
  declare readonly reason: string | undefined

  constructor(text: string, details: RefusalDetails) {
    super(text)
    Object.assign(this, details)
  }
}

/** Returns true for a refusal that the next attempt would meet again. */
export function isRefusal(error: unknown): error is RefusedError {
  return error instanceof RefusedError && error.code !== 'unavailable'
}

/** Returns the error of entering a room; where the room has no password and one was given, an error that says so. */
export function entryError(error: unknown, room: string, password: string | undefined): unknown {
  // The server takes the password for a part of the name.
  return password !== undefined && error instanceof RefusedError && error.code === 'room-name-invalid'
    ? new RefusedError(`No room with a password: ${room}`, error)
    : error
}

/**
 * The connection, or the presence in the room, has ended before the reply: the line may have been carried out. The text is the server's last word
 * (docs/protocols/line.md, section 3.2), or why it cannot be reached, as the system says it.
 */
export class DisconnectedError extends Error {
  override name = 'DisconnectedError'
  /** Code of the server's last word, where it has one; `room-unknown` if the room was closed, `kicked` if a moderator has removed the user. */
  declare readonly code: ErrorCode | undefined
  /** True if connecting again is of no use. */
  declare readonly isFinal: boolean

  constructor(text = 'Not connected', code?: ErrorCode, isFinal = false) {
    super(text)
    this.code = code
    this.isFinal = isFinal
  }
}

/** Events of a room, or private messages, were missed. Iteration may be begun again behind the gap. */
export class EventsMissingError extends Error {
  override name = 'EventsMissingError'
  /** Id of the last event before the gap, where there is one. */
  declare readonly after: string | undefined

  constructor(text = 'Events missing', after?: string) {
    super(text)
    this.after = after
  }
}
