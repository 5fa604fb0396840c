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
 * The connection, or the presence in the room, has ended before the reply: the line may have been carried out. The text is the server's last word
 * (docs/protocols/line.md, section 3.2), or why it cannot be reached, as the system says it.
 */
export class DisconnectedError extends Error {
  override name = 'DisconnectedError'
  /** Code of the server's last word, where it has one. */
  readonly code: ErrorCode | undefined
  /** True if connecting again is of no use. */
  readonly isFinal: boolean

  constructor(text = 'Not connected', code?: ErrorCode, isFinal = false) {
    super(text)
    this.code = code
    this.isFinal = isFinal
  }
}
