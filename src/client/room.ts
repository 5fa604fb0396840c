import type { RoomEvent } from '../../commands/replies.ts'
import { ChatClient, type ClientOptions } from './client.ts'
import { DisconnectedError } from './connection.ts'

/** Events were missed that the server no longer has. Iteration may be begun again behind the gap. */
export class EventsMissingError extends Error {
  override name = 'EventsMissingError'
}

/**
 * A room that one client stays in. Iteration gives its events from the joining on, each once and in order, over
 * reconnections; it ends with {@link close}. Events wait in memory until they are read.
 *
 * @example
 * const room = await FollowedRoom.join({ dial: tcp({ port: 9090 }), nickname: 'bot' }, 'ops')
 * for await (const event of room) if (event.body === 'ping') await room.say('pong')
 */
export class FollowedRoom implements AsyncIterable<RoomEvent> {
  readonly #client: ChatClient
  readonly #waiting: (RoomEvent | Error)[] = []
  #wake = () => {}
  #ended = false

  /**
   * @param after id of the last event known: iteration begins with the one after it
   * @throws DisconnectedError, RefusedError
   */
  static async join(options: ClientOptions, name: string, after?: number): Promise<FollowedRoom> {
    const room = new FollowedRoom(options)
    await room.#client.connect()
    await room.#client.join(name, after)
    return room
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

  /** @throws DisconnectedError, RefusedError */
  say(text: string, nonce?: string): Promise<void> {
    return this.#client.say(text, nonce)
  }

  close(): void {
    this.#client.close()
    this.#end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RoomEvent, void> {
    for (;;) {
      const next = this.#waiting.shift()
      if (next instanceof Error) throw next
      if (next) yield next
      else if (this.#ended) return
      else await new Promise<void>((wake) => (this.#wake = wake))
    }
  }

  #end(why?: Error): void {
    if (why) this.#waiting.push(why)
    this.#ended = true
    this.#wake()
  }

  #push(next: RoomEvent | Error): void {
    this.#waiting.push(next)
    this.#wake()
  }
}
