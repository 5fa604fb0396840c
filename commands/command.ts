import type { Chat } from '../src/chat/chat.ts'
import type { Session } from '../src/chat/session.ts'
import type { FaultCode } from './errors.ts'
import type { History, Reply } from './replies.ts'

/** Who may use a command; the dispatcher sees to it, a command need not look. */
export type State =
  | 'any'
  /** Only before LOGIN. */
  | 'anonymous'
  /** After LOGIN. */
  | 'named'
  /** After LOGIN and JOIN. */
  | 'inRoom'

/** What a command works with. */
export interface Talk {
  readonly chat: Chat
  readonly session: Session
  /** Where the client is: what failed passwords are counted by. */
  readonly address: string
  /** Bytes of the longest line that is taken. */
  readonly maxLine: number
  /** The table itself, for /help. */
  readonly commands: readonly Command[]
  /** Ends the session and frees its nickname; the connection ends behind the reply. Resolves when the nickname is free. */
  endSession(): Promise<void>
}

/** One reply, now or later, or a reply with pages of records behind it that are asked for as fast as they can leave. */
export type Answer = Reply | Promise<Reply> | AsyncIterable<readonly (Reply | History)[]>

/** A line that cannot be understood: becomes the error reply of its code. */
export class Mistake extends Error {
  override name = 'Mistake'
  readonly code: FaultCode
  /** The part of the line that is wrong. */
  readonly subject: string

  constructor(code: FaultCode, subject = '') {
    super(`${code} ${subject}`.trim())
    this.code = code
    this.subject = subject
  }
}

/**
 * A word of the line protocol: data that one dispatcher enforces, and a function. A `Refusal` or {@link Mistake} thrown by
 * it becomes an error reply.
 */
export interface Command {
  /** As it is shown; a name that begins with a slash is matched in that form only, and without regard to case. */
  readonly name: string
  /** Other spellings; of several that fit a line the longest counts. */
  readonly aliases?: readonly string[]
  readonly usage: string
  readonly help: string
  readonly state: State
  /** Words that must follow. `none` means that with anything behind it the line is not this command. */
  readonly least: number | 'none'
  /** Whether later lines may be read before this one is answered. Only for what changes no state of the session. */
  readonly pipelined?: boolean
  /** `parameter` is what follows the name, without the blanks around it. */
  run(talk: Talk, parameter: string): Answer
}
