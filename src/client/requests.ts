import type { ErrorCode } from '../../commands/errors.ts'
import type { CommandResult, Reply } from '../../commands/replies.ts'

/** A line was refused; `code` is one of docs/protocols/line.md, section 2.8. */
export class RefusedError extends Error {
  override name = 'RefusedError'
  readonly code: ErrorCode
  /** How to do it right. */
  readonly hint: string | undefined

  constructor(text: string, code: ErrorCode, hint?: string) {
    super(text)
    this.code = code
    this.hint = hint
  }
}

/** @throws RefusedError */
export function resultOf(reply: Reply): CommandResult {
  if (reply.type === 'commandResult') return reply
  throw new RefusedError(reply.error, reply.code, reply.hint)
}

export function loginLine(nickname: string, password?: string): string {
  return password ? `LOGIN ${nickname} ${password}` : `LOGIN ${nickname}`
}

/** A line that says a text to the letter. See docs/protocols/line.md, section 2.6, for `nonce` and the form of several lines. */
export function messageLine(text: string, nonce?: string): string {
  // Unquoted, a text of several lines would be several messages, and one that looks like a JSON string would lose its quotes.
  const parameter = text.includes('\n') || /^".*"$/s.test(text.trim()) ? JSON.stringify(text) : text
  if (nonce !== undefined) return `MESSAGE nonce=${nonce} ${parameter}`
  // MESSAGE drops blanks before the text; a line that begins with one is no command.
  return /^[ \t]/.test(parameter) ? parameter : `MESSAGE ${parameter}`
}

export function historyLine({ after, limit }: { after?: number; limit?: number | undefined }): string {
  return ['HISTORY', after !== undefined && `after=${after}`, limit !== undefined && `limit=${limit}`]
    .filter((word) => word !== false)
    .join(' ')
}
