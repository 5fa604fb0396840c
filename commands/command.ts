import type { Chat } from '../src/chat/chat.ts'
import type { ListeningPlace } from '../src/chat/listening.ts'
import type { Session } from '../src/chat/session.ts'
import type { SpeakingPlace } from '../src/chat/speaking.ts'
import type { FaultCode } from './errors.ts'
import type { History, Reply } from './replies.ts'

/** Session state that a command requires; checked by the dispatcher. */
export type State =
  | 'any'
  /** Only before LOGIN. */
  | 'anonymous'
  /** After LOGIN. */
  | 'named'
  /** After LOGIN and JOIN. */
  | 'inRoom'
  /** After LOGIN and JOIN or /speak. */
  | 'speaking'
  /** After LOGIN and JOIN or /listen. */
  | 'hearing'

/** Form of the lines from the server: JSON, or plain lines for people. */
export type Form = 'json' | 'plain'

/** Context in which a command runs. */
export interface CommandContext {
  readonly chat: Chat
  readonly session: Session
  /** The room that /speak names, until the session joins one. */
  speaking: SpeakingPlace | undefined
  /** The room that /listen names, until the session joins one or may not read it any more; setting it ends the one before. */
  listening: ListeningPlace | undefined
  /** True after a line with a nonce: the client sends again what may have been cut off. */
  usesNonces: boolean
  /** The client's address, by which failed password attempts are limited. */
  readonly address: string
  /** Maximum bytes of a line without its end. */
  readonly maxLine: number
  /** The rate at which the client's lines are read: lines a second, 0 for no limit, and lines at once. */
  readonly pace: { readonly rate: number; readonly burst: number }
  /** Form of the lines that the client gets. */
  readonly form: Form
  /** All commands by topic, for /help. */
  readonly commandGroups: Readonly<Record<string, readonly Command[]>>
  /** Sets the form of all further lines. */
  readonly setForm: (form: Form) => void
  /** Sends the messages of rooms from now on, or leaves them out. */
  readonly hear: (on: boolean) => void
  /** Makes every further line a text to say. */
  readonly pipe: () => void
  /** Ends the connection with `unavailable`: no later line is handled. */
  readonly breakOff: () => void
  /** Ends the session, and the connection after the reply. Resolves when the nickname is free. */
  endSession(): Promise<void>
}

/** Records with the reply behind them, sent at once. */
export type ReplyBehindRecords = readonly [...History[], Reply]

/**
 * One reply, synchronous or asynchronous, alone or behind records; or pages of records with the reply first, which are read as fast as they
 * are sent, each taken out of its page.
 */
export type Answer = Reply | Promise<Reply | ReplyBehindRecords> | AsyncIterable<(Reply | History)[]>

/** The exception for an invalid line, which is answered with the error of its code. */
export class Mistake extends Error {
  override name = 'Mistake'
  readonly code: FaultCode
  /** The invalid part of the line. */
  readonly subject: string
  /** Advice in place of that of the error's table. */
  readonly hint: string | undefined

  constructor(code: FaultCode, subject = '', hint?: string) {
    super(`${code} ${subject}`.trim())
    this.code = code
    this.subject = subject
    this.hint = hint
  }
}

/**
 * A command of the line protocol: its name and requirements, which the dispatcher checks, and a function. A `Refusal` or
 * {@link Mistake} that the function throws is answered with an error.
 */
export interface Command {
  /** The name; one with a slash matches only with it, and is case-insensitive. */
  readonly name: string
  /** Other names; the longest that matches a line counts. */
  readonly aliases?: readonly string[]
  readonly usage: string
  readonly help: string
  /** Hints of errors in reply to this command in place of those of the error's table. */
  readonly hints?: Readonly<Partial<Record<FaultCode, string>>>
  readonly state: State
  /** Minimum number of words after the name. With `none`, a line with further words is not this command. */
  readonly least: number | 'none'
  /**
   * True if later lines are handled before the reply; with `settled` only after the replies to all earlier lines. Only for commands that do
   * not change the session.
   */
  readonly pipelined?: boolean | 'settled'
  /** Runs the command; `parameter` is the text after the name, without surrounding blanks. */
  run(context: CommandContext, parameter: string): Answer
}
