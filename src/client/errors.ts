import type { ErrorCode } from '../../commands/errors.ts'

/** An error with details of its own. */
class DetailedError<Details extends object> extends Error {
  constructor(text: string, details: Details) {
    super(text)
    Object.assign(this, details)
  }
}

/** A line was refused; `code` is one of docs/protocols/line.md, section 2.8. */
export class RefusedError extends DetailedError<{ readonly code: ErrorCode; readonly hint?: string | undefined }> {
  override name = 'RefusedError'
  declare readonly code: ErrorCode
  /** Advice how to do it right. */
  declare readonly hint: string | undefined
}

/** Returns true for a refusal that the next attempt would meet again. */
export function isRefusal(error: unknown): error is RefusedError {
  return error instanceof RefusedError && error.code !== 'unavailable'
}

/**
 * The connection, or the presence in the room, has ended before the reply: the line may have been carried out. The text is the server's last word
 * (docs/protocols/line.md, section 3.2), or why it cannot be reached, as the system says it.
 */
export class DisconnectedError extends DetailedError<object> {
  override name = 'DisconnectedError'
  /** Code of the server's last word, where it has one. */
  declare readonly code: ErrorCode | undefined
  /** True if connecting again is of no use. */
  declare readonly isFinal: boolean

  constructor(text = 'Not connected', code?: ErrorCode, isFinal = false) {
    super(text, { code, isFinal })
  }
}

/** Events of a room were missed. Iteration may be begun again behind the gap. */
export class EventsMissingError extends DetailedError<{ readonly after: string | undefined }> {
  override name = 'EventsMissingError'
  /** Id of the last event before the gap, where there is one. */
  declare readonly after: string | undefined
}
