import type { Chat } from '../src/chat/chat.ts'
import type { Session } from '../src/chat/session.ts'
import type { FaultCode } from './errors.ts'
import type { History, Reply } from './replies.ts'

/** State of the session that a command needs; checked by the dispatcher. */
export type State =
  | 'any'
  /** Only before LOGIN. */
  | 'anonymous'
  /** After LOGIN. */
  | 'named'
  /** After LOGIN and JOIN. */
  | 'inRoom'

/** Context in which a command runs. */
export interface CommandContext {
  readonly chat: Chat
  readonly session: Session
  /** The client's address, by which failed passwords count. */
  readonly address: string
  /** Bytes of the longest line that is taken. */
  readonly maxLine: number
  /** All commands, for /help. */
  readonly commands: readonly Command[]
  /** Ends the session and frees its nickname; the connection ends behind the reply. Resolves when the nickname is free. */
  endSession(): Promise<void>
}

/** One reply, now or later, or a reply with pages of records behind it, which are read as fast as they can be sent. */
export type Answer = Reply | Promise<Reply> | AsyncIterable<readonly (Reply | History)[]>

/** An invalid line: becomes the error reply of its code. */
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
  /** The name as it is shown; one that begins with a slash is matched in that form only, and without regard to case. */
  readonly name: string
  /** Other spellings; of several that fit a line the longest counts. */
  readonly aliases?: readonly string[]
  readonly usage: string
  readonly help: string
  readonly state: State
  /** Words that must follow. `none` means that with anything behind it the line is not this command. */
  readonly least: number | 'none'
  /** True if later lines are read before this one is answered. Only for commands that change no state of the session. */
  readonly pipelined?: boolean
  /** `parameter` is what follows the name, without the blanks around it. */
  run(context: CommandContext, parameter: string): Answer
}
