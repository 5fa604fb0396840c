import type { Asking, ClientConnection } from './connection.ts'
import { Fifo } from './fifo.ts'
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
  /** Texts without a reply, oldest first. */
  #texts = new Fifo<Spoken>()
  /** Number of texts so far. */
  count = 0
  /** Number of texts, from the first without a reply, that have been sent on the present connection. */
  #sent = 0
  #connection: ClientConnection | undefined
  /** Receiver of all replies on the present connection. */
  #asking: Asking | undefined
  /** Error of the room's end. */
  ended: Error | undefined
  readonly #checks = new Set<() => void>()

  say(spoken: Spoken): void {
    if (this.ended) return void spoken.failed(this.ended)
    this.count++
    this.#texts.push(spoken)
    this.#send()
  }

  /** Undefined unless a further text would wait; resolves when the window is half empty. */
  get wait(): Promise<void> | undefined {
    return this.#texts.length < WINDOW ? undefined : this.until(this.count - WINDOW / 2)
  }

  /** Resolves when so many texts, from the very first, have their replies. */
  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (this.count - this.#texts.length < count) return
        this.#checks.delete(check)
        resolve()
      }
      this.#checks.add(check)
      check()
    })
  }

  /** Called with a connection that has joined the room: sends all that have no reply. */
  begin(connection: ClientConnection): void {
    this.#connection = connection
    this.#asking = {
      reply: (reply) => {
        if (this.#connection !== connection) return
        if (reply.type === 'error') {
          if (reply.code === 'unavailable' || reply.code === 'not-in-room') return this.#startAgain(connection)
          this.#shift()?.failed(refusedError(reply))
        } else {
          this.#shift()?.said(reply.id ?? '')
        }
        this.#send()
        for (const check of this.#checks) check()
      },
    }
    this.#sent = 0
    this.#send()
  }

  /** Called when the connection is lost. */
  pause(): void {
    this.#connection = undefined
  }

  /** Fails all texts without a reply, and those to come. */
  end(error: Error): void {
    this.ended ??= error
    this.pause()
    while (this.#texts.length > 0) this.#shift()?.failed(error)
    for (const check of this.#checks) check()
  }

  #shift(): Spoken | undefined {
    this.#sent--
    return this.#texts.shift()
  }

  #send(): void {
    while (this.#connection && this.#asking && this.#sent < WINDOW) {
      const spoken = this.#texts.at(this.#sent)
      if (!spoken) return
      this.#sent++
      this.#connection.send(spoken.line, this.#asking)
    }
  }

  /** Replaces the connection: a text behind one that was not taken must not come before it. */
  #startAgain(connection: ClientConnection): void {
    this.pause()
    // The event that tells why comes before the next reply.
    connection.ask('/ping').then(
      // A room that has ended meanwhile leaves the connection to others.
      () => this.ended ?? connection.drop(),
      () => {},
    )
  }
}
