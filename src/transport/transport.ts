import type { Socket } from 'node:net'
import type { DisconnectReason } from './disconnect.ts'
import type { Pacing } from './rate.ts'

/** The end of a connection: by the server if there is a reason, else by the client or the conversation. */
export interface Ending {
  readonly reason?: DisconnectReason | undefined
  /** Text of an admin for the reason. */
  readonly why?: string | undefined
  /** Code of a WebSocket's close frame. */
  readonly code?: number | undefined
  /** Reason in a WebSocket's close frame. */
  readonly text: string
}

/** The interface of a connection for its transport. */
export interface Receiver<Chunk> {
  readonly pacing: Pacing
  /** True if no further input is handled. */
  readonly isClosing: boolean
  /** True if the client has to read its output before more input is handled. */
  readonly isBehind: boolean
  /** Bytes of output that have left; only their growth counts. */
  readonly written: number
  /** Takes input. Returns false if it contains no unit and no part of one. */
  receive(chunk: Chunk): boolean
  /** Counts input that is no unit, such as control frames, against the rate; pauses if it is exceeded. */
  countExtra(pieces: number): void
  /** Called when the client has closed its side; its replies are still sent. `code` is that of a WebSocket's close frame. */
  ended(code?: number): void
  /** Ends the connection after its queued output. */
  hangUp(code?: number): void
  /** Ends the connection with an error for the client; `why` says more than the reason. */
  disconnect(reason: DisconnectReason, why?: string): void
  /** Destroys the connection of a client that has not answered the heartbeat. */
  silent(): void
}

/** Carries a connection: a socket, or a WebSocket on one. */
export interface Transport<Chunk> {
  readonly socket: Socket
  /** Bytes of input that is not passed on yet. */
  readonly held: number
  /** Maximum time in which the client closes its side after the server has. */
  readonly lingerMs: number
  /** Starts to pass input to the receiver. */
  open(receiver: Receiver<Chunk>): void
  pause(): void
  resume(): void
  /** Ends the connection after what is written; calls `sent` when that has left. Further input is read and dropped. */
  end(ending: Ending, sent: () => void): void
}
