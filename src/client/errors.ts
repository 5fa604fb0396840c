import type { ErrorCode } from '../../commands/errors.ts'

/** A line was refused; `code` is one of docs/protocols/line.md, section 2.8. */
export class RefusedError extends Error {
  override name = 'RefusedError'
  readonly code: ErrorCode
  /** Advice how to do it right. */
  readonly hint: string | undefined

  constructor(text: string, code: ErrorCode, hint?: string) {
    super(text)
    this.code = code
    this.hint = hint
  }
}

/**
 * Why the server closes the connection, in its own words (docs/protocols/line.md, section 3.2), or why it cannot be reached, in those of the
 * system.
 */
export interface LastWord {
  readonly text: string
  readonly code?: ErrorCode
  readonly reconnect: boolean
}

/** The connection, or the presence in the room, has ended before the reply: the line may have been carried out. */
export class DisconnectedError extends Error {
  override name = 'DisconnectedError'
  /** Code of the server's last word, where it has one. */
  readonly code: ErrorCode | undefined

  constructor(why: string | LastWord = 'Not connected') {
    super(typeof why === 'string' ? why : why.text)
    this.code = typeof why === 'string' ? undefined : why.code
  }
}
