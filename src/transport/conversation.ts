import type { Lifeline } from '../chat/session.ts'
import type { DisconnectReason } from './disconnect.ts'
import type { ByteSink } from './outbox.ts'
import type { Heard, ReplyQueue } from './reply-queue.ts'

/** One protocol's side of a connection. */
export interface Conversation<Unit> {
  /** The name with which the client has logged in; empty or undefined before. */
  readonly name: string | undefined
  hear(unit: Unit): Heard
  /** Called once, when nothing more is heard. Resolves when nothing holds the client's name any more. */
  leave(): void | Promise<void>
  /** Called once, when reading is slowed for the first time. */
  slowed?(): void
}

/** A connection as a session sees it. */
export interface SessionLink extends Lifeline {
  /** Queues bytes, as the protocol makes them. */
  push(bytes: Buffer): void
  /** Resolves when the client has caught up with what was pushed, or is gone. */
  drained(): Promise<void>
  /** Hears nothing more, and ends the connection once everything pushed has left; a WebSocket with this code. */
  hangUp(code?: number, text?: string): void
  /** Ends the connection with the last word for that reason; it is logged and counted. */
  disconnect(reason: DisconnectReason): void
}

/** A connection as its conversation sees it. */
export interface ClientLink extends SessionLink {
  /** The queue behind {@link push}, for events of many members. */
  readonly outbox: ByteSink
  readonly replies: Pick<ReplyQueue, 'settled' | 'announcing' | 'answered'>
}
