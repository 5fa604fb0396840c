import type { Reply } from '../../commands/replies.ts'
import type { Asking, ClientConnection } from './connection.ts'
import { refusedError } from './requests.ts'

/** A text on its way into a room. */
export interface Spoken {
  /** A line with a nonce, which may be sent again. */
  readonly line: string
  /** Called with the id of the message. */
  said(id: string): void
  failed(error: Error): void
}

/** Maximum lines without a reply: as many as the server handles at a time. */
const WINDOW = 2_048

/**
 * The texts that a client says in a room, in their order. They are sent without waiting for one another. When the connection is lost, all
 * without a reply are sent again on the next one, where the server recognises by their nonces those that are in the room.
 */
export class SayQueue {
  /** Texts without a reply, oldest first, behind `#answered` with one. */
  #texts: Spoken[] = []
  #answered = 0
  /** Number of texts that have been sent on the present connection, with those that are answered. */
  #sent = 0
  #connection: ClientConnection | undefined
  /** Receiver of all replies on the present connection. */
  #asking: Asking | undefined
  #ended: Error | undefined
  #lower: { readonly count: number; readonly resolve: () => void }[] = []

  /** Number of texts without a reply. */
  get waiting(): number {
    return this.#texts.length - this.#answered
  }

  say(spoken: Spoken): void {
    if (this.#ended) return void spoken.failed(this.#ended)
    this.#texts.push(spoken)
    this.#send()
  }

  /** True if a further text would wait. */
  get isFull(): boolean {
    return this.waiting >= WINDOW
  }

  /** Resolves when the window is half empty. */
  taken(): Promise<void> {
    return this.below(WINDOW / 2)
  }

  /** Resolves when fewer than `count` texts have no reply. */
  async below(count: number): Promise<void> {
    if (this.waiting >= count) await new Promise<void>((resolve) => this.#lower.push({ count, resolve }))
  }

  /** Called with a connection that has joined the room: sends all that have no reply. */
  begin(connection: ClientConnection): void {
    this.#connection = connection
    const reply = (reply: Reply) => {
      if (this.#connection === connection) this.#take(reply, connection)
    }
    this.#asking = { reply, lost: () => {} }
    this.#sent = this.#answered
    this.#send()
  }

  /** Called when the connection is lost. */
  pause(): void {
    this.#connection = undefined
  }

  /** Fails all texts without a reply, and those to come. */
  end(error: Error): void {
    this.#ended ??= error
    this.pause()
    const left = this.#texts.slice(this.#answered)
    this.#texts = []
    this.#answered = this.#sent = 0
    for (const { failed } of left) failed(error)
    this.#release()
  }

  #send(): void {
    while (this.#sent < this.#texts.length && this.#sent - this.#answered < WINDOW) {
      const spoken = this.#texts[this.#sent]
      if (!spoken || !this.#connection || !this.#asking) return
      this.#sent++
      this.#connection.send(spoken.line, this.#asking)
    }
  }

  #take(reply: Reply, connection: ClientConnection): void {
    if (reply.type === 'error' && (reply.code === 'unavailable' || reply.code === 'not-in-room')) {
      return void this.#startAgain(reply.code, connection)
    }
    const spoken = this.#texts[this.#answered]
    if (!spoken) return
    this.#answered++
    // Moving a long array for each reply would take its time.
    if (this.#answered >= WINDOW) {
      this.#texts = this.#texts.slice(this.#answered)
      this.#sent -= this.#answered
      this.#answered = 0
    }
    if (reply.type === 'error') spoken.failed(refusedError(reply))
    else spoken.said(reply.id ?? '')
    this.#send()
    this.#release()
  }

  /** Replaces the connection: a text behind one that was not taken must not come before it. */
  #startAgain(code: 'unavailable' | 'not-in-room', connection: ClientConnection): void {
    this.pause()
    if (code === 'unavailable') return void connection.drop()
    // The event that tells why comes before the next reply.
    connection.ask('/ping').then(
      () => connection.drop(),
      () => {},
    )
  }

  #release(): void {
    if (this.#lower.length === 0) return
    const due = this.#lower.filter(({ count }) => this.waiting < count)
    this.#lower = this.#lower.filter(({ count }) => this.waiting >= count)
    for (const { resolve } of due) resolve()
  }
}
