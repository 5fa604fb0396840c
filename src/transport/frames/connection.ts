import type { Socket } from 'node:net'
import { Connection, type ConnectionOptions, type Link } from '../connection.ts'
import { readBehindFirstBytes } from '../first-bytes.ts'
import { type Heard, Hearing } from '../hearing.ts'
import type { ClientAddress } from '../network.ts'
import { Outbox } from '../outbox.ts'
import { FrameQueue } from './queue.ts'
import { FrameReader } from './reader.ts'

/** A framed protocol, as its connections see it. One object for each. */
export interface FrameConversation {
  /** With which the client has logged in, or nothing: then it is let go after a time. */
  readonly name: string | undefined
  /**
   * Frames come in order, the next one when this one's promise is settled and the turn in which it was has ended, or, where
   * that is for meanwhile, at once.
   */
  hear(payload: Buffer): Heard
  /** Called once, when the client is gone or is being let go. */
  leave(): void | Promise<void>
}

export interface FrameOptions extends ConnectionOptions {
  /** Bytes of a payload. More is too long: the client is told, and let go. */
  readonly maxFrame: number
  /** Whether each frame needs a TLS record of its own. */
  readonly recordEach: boolean
  readonly converse: (link: Link) => FrameConversation
}

/** A framed protocol on a byte stream. */
export class FrameConnection extends Connection {
  readonly #reader: FrameReader
  readonly #conversation: FrameConversation
  readonly #hearing: Hearing

  constructor(socket: Socket, options: FrameOptions, address: ClientAddress) {
    super(socket, options, address, options.recordEach ? FrameQueue : Outbox)
    this.#reader = new FrameReader(options.maxFrame)
    this.#hearing = new Hearing(options.log, () => {
      this.checkLogin()
      this.ready()
    })
    this.#conversation = options.converse(this)
    const read = (chunk: Buffer) => {
      this.#reader.feed(chunk)
      this.ready()
    }
    readBehindFirstBytes(socket, read, (stranger) => this.refuse(stranger))
    socket.on('end', () => this.end())
  }

  protected override get name(): string | undefined {
    return this.#conversation.name
  }

  protected override get quiet(): boolean {
    return this.#hearing.idle
  }

  protected override get unfinished(): number {
    return this.#reader.held + this.#hearing.bytes
  }

  protected override retry(): boolean {
    return !this.#hearing.busy
  }

  protected override pause(): void {
    this.socket.pause()
  }

  protected override resume(): boolean {
    while (!this.deaf) {
      const payload = this.#reader.next()
      if (payload === undefined) {
        this.socket.resume()
        return false
      }
      if (payload === 'too long') {
        this.disconnect('frame-too-long')
        return true
      }
      this.count()
      this.#hearing.hear(payload.length, () => this.#conversation.hear(payload))
      this.checkLogin()
      if (!this.#hearing.busy && !this.mustWait) continue
      if (!this.deaf) this.wait()
      return true
    }
    return true
  }

  protected override left(): void | Promise<void> {
    return this.#conversation.leave()
  }
}
