import type { DisconnectReason } from './disconnect.ts'

/** Input that is read while earlier units still wait. */
export interface InputAhead {
  /** Whether no more may be read. */
  readonly full: boolean
  /** Whether something waits to be taken. */
  readonly waiting: boolean
}

/** The connection as its framing sees it. */
export interface FramedConnection {
  /** Asks for the units that may be taken by now. */
  ready(): void
  /** Sends bytes that belong to the framing itself. */
  push(bytes: Buffer): void
}

/** Cuts what a transport reads (bytes, or the messages of a WebSocket) into the units of a protocol: lines, frames, messages. */
export interface Framing<Chunk, Unit> {
  /** Bytes that were fed and not taken. */
  readonly held: number
  /** Set when the input cannot be cut any further: the connection ends with this reason. */
  readonly fault?: DisconnectReason | undefined
  /** Undefined where nothing is read while a unit waits. */
  readonly ahead?: InputAhead
  /** Called once, before anything is fed. */
  open?(connection: FramedConnection): void
  /** Takes a chunk. Returns false when it brings no unit and is none's part. */
  feed(chunk: Chunk): boolean
  /** The next whole unit; undefined until more has been fed. */
  next(): Unit | undefined
  /** Called when no further chunk comes. */
  end?(): void
  /** Forgets what was fed. */
  clear?(): void
}

/** A line or message that cannot be taken; the reason is a code of the line protocol. */
export class Unreadable {
  readonly length = 0
  readonly reason: 'line-too-long' | 'invalid-utf8' | 'binary-message'

  constructor(reason: Unreadable['reason']) {
    this.reason = reason
  }
}

/** Cuts the text messages of a WebSocket into units, or takes them as they are. Binary messages bring nothing, or one unit. */
export class MessageFraming<Unit> implements Framing<string | Buffer, Unit> {
  readonly #cut: (message: string | Buffer) => readonly Unit[]
  /** Oldest first; those before `#taken` are taken. They are at most what one read of the socket has brought. */
  #units: Unit[] = []
  #taken = 0
  #bytes = 0

  constructor(cut: (message: string | Buffer) => readonly Unit[]) {
    this.#cut = cut
  }

  get held(): number {
    return this.#bytes
  }

  feed(message: string | Buffer): boolean {
    const units = this.#cut(message)
    for (const unit of units) this.#units.push(unit)
    if (units.length > 0) this.#bytes = message.length
    return units.length > 0
  }

  next(): Unit | undefined {
    const unit = this.#units[this.#taken++]
    if (unit === undefined) {
      this.#units = []
      this.#taken = 0
      this.#bytes = 0
    }
    return unit
  }
}

/** The text messages themselves; binary messages are ignored. */
export function textMessages(): MessageFraming<string> {
  return new MessageFraming((message) => (typeof message === 'string' ? [message] : []))
}
