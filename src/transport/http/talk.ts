import type { Link } from '../connection.ts'
import { type Heard, Hearing } from '../hearing.ts'
import { SocketConnection, type SocketOptions } from './connection.ts'
import type { Visit } from './routes.ts'

/** What a conversation may do with its WebSocket; a code is that of the close frame, 1000 if none is given. */
export interface SocketLink extends Link {
  hangUp(code?: number, text?: string): void
}

/** A protocol of messages, as its connections see it. One object for each. */
export interface SocketConversation {
  /** With which the client has logged in, or nothing: then it is let go after a time. */
  readonly name: string | undefined
  /**
   * Messages of text come in order, the next one when this one's promise is settled and the turn in which it was has ended,
   * or, where that is for meanwhile, at once.
   */
  hear(message: string): Heard
  /** The same for a binary message; without it, those are passed over. */
  hearBinary?(message: Buffer): Heard
  /** Called once, when the client is gone or is being let go. */
  leave(): void | Promise<void>
}

export interface TalkOptions extends SocketOptions {
  readonly converse: (link: SocketLink) => SocketConversation
}

/** A protocol of messages on a WebSocket. */
export class TalkConnection extends SocketConnection<string | Buffer> implements SocketLink {
  readonly #conversation: SocketConversation
  readonly #hearing: Hearing

  constructor(visit: Visit, options: TalkOptions) {
    super(visit, options)
    this.#hearing = new Hearing(options.log, () => {
      this.checkLogin()
      this.ready()
    })
    this.#conversation = options.converse(this)
  }

  protected override get name(): string | undefined {
    return this.#conversation.name
  }

  protected override get unfinished(): number {
    return this.#hearing.bytes + this.inboxBytes
  }

  protected override get quiet(): boolean {
    return this.#hearing.idle
  }

  protected override cut(message: string | Buffer): readonly (string | Buffer)[] {
    return typeof message === 'string' || this.#conversation.hearBinary ? [message] : []
  }

  protected override take(message: string | Buffer): boolean {
    if (this.#hearing.busy) return false
    this.#hearing.hear(message.length, () =>
      typeof message === 'string' ? this.#conversation.hear(message) : this.#conversation.hearBinary?.(message),
    )
    return true
  }

  protected override left(): void | Promise<void> {
    return this.#conversation.leave()
  }
}
