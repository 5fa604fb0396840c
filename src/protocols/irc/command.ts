import type { Chat } from '../../chat/chat.ts'
import type { IrcMessage, Lines } from './message.ts'
import type { MultilineInput } from './multiline.ts'
import type { NUMERICS } from './numerics.ts'
import type { IrcOptions } from './options.ts'
import type { Registration } from './registration.ts'
import type { IrcSession } from './session.ts'

/** The services of a connection for its commands. */
export interface IrcContext {
  readonly chat: Chat
  readonly session: IrcSession
  readonly options: IrcOptions
  readonly registration: Registration
  readonly multiline: MultilineInput
  /** Sends lines before the reply. */
  tell(lines: Lines): void
  /** Resolves when the client has read what it was sent, or is gone. */
  drained(): Promise<void>
  /** Returns the line of a numeric. */
  reply<N extends keyof typeof NUMERICS>(name: N, ...params: Parameters<(typeof NUMERICS)[N]>): string
  /** Ends the connection behind the replies, with ERROR and a reason for the other users. */
  quit(reason: string): Promise<void>
}

/** The services for lines about a channel. */
export type ChannelContext = Pick<IrcContext, 'chat' | 'session' | 'options' | 'reply' | 'tell' | 'drained'>

/** A command of IRC. A `Refusal` that it throws is answered with a numeric. */
export interface IrcCommand {
  readonly name: string
  /** Syntax of the command, for HELP. */
  readonly usage: string
  /** One sentence about the command, for HELP. */
  readonly help: string
  /** Minimum number of parameters. */
  readonly least: number
  /** True if the command is available before the registration. */
  readonly early?: true
  /** Returns true if later messages are handled before the reply, and the message before the ends of earlier ones; never by default. */
  pipelines?(message: IrcMessage): boolean
  /** Index of the parameter that names a channel; 0 by default. The other one of the first two is a nickname. */
  readonly channelAt?: 1
  run(context: IrcContext, message: IrcMessage): Lines | Promise<Lines>
}

export const NOTHING: Lines = []
