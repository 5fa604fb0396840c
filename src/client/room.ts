import type { RoomEvent } from '../../commands/replies.ts'
import { ChatClient, type ClientOptions } from './client.ts'
import { DisconnectedError } from './connection.ts'

/** Events were missed. Iteration may be begun again behind the gap, and ends at once if the room is closed. */
export class EventsMissingError extends Error {
  override name = 'EventsMissingError'
}

const MAX_WAITING = 100_000

/**
 * A room that one client stays in. Iteration gives its events from the joining on, each once and in order, over
 * reconnections; it ends with {@link close}. Up to 100,000 events wait in memory until they are read. One more closes the room, and
 * iteration ends behind them with an {@link EventsMissingError}; joining after the id of the last event read goes on from there.
 *
 * @example
 * const room = await FollowedRoom.join({ dial: tcp({ port: 9090 }), nickname: 'bot' }, 'ops')
 * for await (const event of room) if (event.body === 'ping') await room.say('pong')
 */
export class FollowedRoom implements AsyncIterable<RoomEvent> {
  readonly #client: ChatClient
  readonly #waiting: (RoomEvent | Error)[] = []
  /** How many at the front of the waiting ones have been read. */
  #read = 0
  #wake = () => {}
  #ended = false

  /**
   * @param after id of the last event known: iteration begins with the one after it
   * @throws DisconnectedError, RefusedError
   */
  static async join(options: ClientOptions, name: string, after?: number): Promise<FollowedRoom> {
    const room = new FollowedRoom(options)
    try {
      await room.#client.connect()
      await room.#client.join(name, after)
      return room
    } catch (error) {
      room.close()
      throw error
    }
  }

  private constructor(options: ClientOptions) {
    this.#client = new ChatClient(options, {
      happened: (event) => {
        if (event.type !== 'private') this.#push(event)
      },
      caughtUp: ({ whole }) => {
        if (!whole) this.#push(new EventsMissingError('Some events are no longer on the server'))
      },
      lost: (why, reconnects) => {
        if (!reconnects) this.#end(new DisconnectedError(why?.text))
      },
      ended: (why) => this.#end(why ?? new DisconnectedError('Put out of the room')),
    })
  }

  get name(): string | undefined {
    return this.#client.room
  }

  /** See {@link ChatClient.say}. @throws DisconnectedError, RefusedError */
  say(text: string, nonce?: string): Promise<number | undefined> {
    return this.#client.say(text, nonce)
  }

  close(): void {
    this.#end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RoomEvent, void> {
    for (;;) {
      const next = this.#take()
      if (next instanceof Error) throw next
      if (next) yield next
      else if (this.#ended) return
      else await new Promise<void>((wake) => (this.#wake = wake))
    }
  }

  #take(): RoomEvent | Error | undefined {
    const next = this.#waiting[this.#read]
    if (next) this.#read++
    // Moving a long array for each event would take seconds.
    if (this.#read >= Math.min(1_000, this.#waiting.length)) {
      this.#waiting.splice(0, this.#read)
      this.#read = 0
    }
    return next
  }

  #end(why?: Error): void {
    this.#client.close()
    if (why) this.#waiting.push(why)
    this.#ended = true
    this.#wake()
  }

  #push(next: RoomEvent | Error): void {
    if (this.#waiting.length - this.#read >= MAX_WAITING) {
      this.#end(new EventsMissingError('Too many events wait to be read'))
      return
    }
    this.#waiting.push(next)
    this.#wake()
  }
}
