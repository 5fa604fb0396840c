import type { Socket } from 'node:net'
import type { DisconnectReason } from './disconnect.ts'
import type { PaceOptions } from './rate.ts'

/** How a connection ends: by the client or the conversation, or for a reason by the server. */
export interface Ending {
  readonly reason?: DisconnectReason | undefined
  /** Of a WebSocket's close frame. */
  readonly code?: number | undefined
  readonly text: string
}

/** A connection as its transport sees it. */
export interface Receiver<Chunk> {
  readonly pace: PaceOptions
  /** Whether nothing more is heard. */
  readonly deaf: boolean
  /** Whether the client has to read its replies before it is heard again. */
  readonly behind: boolean
  /** Takes input. Returns false when it brings no unit. */
  receive(chunk: Chunk): boolean
  /** Counts input that is no unit against the rate, and waits if it is over. */
  countExtra(pieces: number): void
  /** The client says no more; its answers still leave. A WebSocket's client has sent this code. */
  ended(code?: number): void
  hangUp(code?: number): void
  disconnect(reason: DisconnectReason): void
  /** The client is taken for dead. */
  silent(): void
}

/** Carries a connection: a socket, or a WebSocket on one. */
export interface Transport<Chunk> {
  readonly socket: Socket
  /** Bytes of input that is not handed on yet. */
  readonly held: number
  /** How long a client has to close its side, in ms. */
  readonly lingerMs: number
  /** Begins to hand on what the client sends. */
  open(receiver: Receiver<Chunk>): void
  pause(): void
  resume(): void
  /** Ends the connection behind what was written; calls `sent` when that has left. Further input is read and dropped. */
  end(ending: Ending, sent: () => void): void
}
