import type { Lifeline, Session } from '../chat/session.ts'
import type { DisconnectReason } from './disconnect.ts'
import type { ByteSink } from './outbox.ts'
import type { PaceOptions } from './rate.ts'
import type { Handled, ReplyQueue } from './reply-queue.ts'

/** A protocol's handler for the input of one connection. */
export interface Conversation<Unit> {
  /** The session of the client; undefined, or without a name, before the login. */
  readonly session: Pick<Session, 'name' | 'isBot'> | undefined
  /** Handles one unit of input: a line, a frame or a message. */
  handle(unit: Unit): Handled
  /** Ends the session. Called once, after the last input. Resolves when the client's nickname is free. */
  leave(): void | Promise<void>
  /** Returns the bytes that are sent before the server closes the connection; undefined for those of the port. */
  lastWord?(reason: DisconnectReason, why?: string): Buffer | undefined
  /** Called once, when the connection exceeds its rate for the first time. */
  slowed?(): void
}

/** A connection as a session sees it. */
export interface SessionLink extends Lifeline {
  /** Queues bytes for the client. */
  push(bytes: Buffer): void
  /** Resolves when the socket takes more output, or is closed. */
  drained(): Promise<void>
  /** Handles no further input, and ends the connection after its queued output; `code` and `text` are for a WebSocket's close frame. */
  hangUp(code?: number, text?: string): void
  /** Ends the connection with the last bytes for `reason`, which is logged and counted, and `why`, the text of an admin. */
  disconnect(reason: DisconnectReason, why?: string): void
}

/** A connection as its conversation sees it. */
export interface ClientLink extends SessionLink {
  /** The queue behind {@link push}, for events of many members. */
  readonly outbox: ByteSink
  readonly replies: Pick<ReplyQueue, 'settled' | 'announcing' | 'answered'>
  /** True over TLS. */
  readonly isEncrypted: boolean
  /** The input rate that holds for the client. */
  readonly pace: PaceOptions
  /** Counts further pieces of the current unit of input against the rate. */
  countExtra(pieces: number): void
  /** Resolves when the client is below its rate. */
  paced(): Promise<void>
}
