import type { DisconnectReason } from './disconnect.ts'

/** Input that is read before earlier units are handled. */
export interface InputAhead {
  /** True if reading has to pause. */
  readonly full: boolean
  /** True if there is input that is not handled. */
  readonly waiting: boolean
}

/** The connection as its framing sees it. */
export interface FramedConnection {
  /** Called when units of input have become available. */
  ready(): void
  /** Sends bytes of the framing itself, such as telnet negotiation. */
  push(bytes: Buffer): void
}

/** Splits the input of a transport (bytes, or WebSocket messages) into the units of a protocol: lines, frames, messages. */
export interface Framing<Chunk, Unit> {
  /** Bytes of input that is not taken. */
  readonly held: number
  /** Set when the input is invalid and cannot be split any further; the connection ends with this reason. */
  readonly fault?: DisconnectReason | undefined
  /** Undefined if reading pauses while a unit waits. */
  readonly ahead?: InputAhead
  /** Called once, before the first chunk. */
  open?(connection: FramedConnection): void
  /** Takes a chunk of input. Returns false if it contains no unit and no part of one. */
  feed(chunk: Chunk): boolean
  /** Returns the next whole unit; undefined until more input is fed. */
  next(): Unit | undefined
  /** Called after the last chunk. */
  end?(): void
  /** Discards all input. */
  clear?(): void
}

/** An invalid line or message; the reason is an error code of the line protocol. */
export class Unreadable {
  readonly length = 0
  readonly reason: 'line-too-long' | 'invalid-utf8' | 'binary-message'

  constructor(reason: Unreadable['reason']) {
    this.reason = reason
  }
}

/** The last line of a stream that has ended before its line feed: it may have been cut off. */
export class UnendedLine {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  get length(): number {
    return this.text.length
  }
}

/** Splits WebSocket messages into units by a function. */
export class MessageFraming<Unit> implements Framing<string | Buffer, Unit> {
  readonly #cut: (message: string | Buffer) => readonly Unit[]
  /** Units of one read of the socket, oldest first; those before `#taken` are taken. */
  #units: Unit[] = []
  #taken = 0
  held = 0

  constructor(cut: (message: string | Buffer) => readonly Unit[]) {
    this.#cut = cut
  }

  feed(message: string | Buffer): boolean {
    const units = this.#cut(message)
    for (const unit of units) this.#units.push(unit)
    if (units.length > 0) this.held += message.length
    return units.length > 0
  }

  next(): Unit | undefined {
    const unit = this.#units[this.#taken++]
    if (unit === undefined) {
      this.#units = []
      this.#taken = 0
      this.held = 0
    }
    return unit
  }
}

/** Returns a framing in which each text message is a unit; binary messages are ignored. */
export function textMessages(): MessageFraming<string> {
  return new MessageFraming((message) => (typeof message === 'string' ? [message] : []))
}
