import { ignore } from './callback.ts'
import type { Asking, LineConnection } from './connection.ts'
import { fifo } from './fifo.ts'
import { resultOf } from './requests.ts'

/** A text on its way into a room. */
export interface Spoken {
  /** A line with a nonce, which may be sent again. */
  readonly line: string
  /** Called with the id of the message. */
  said(id: string): void
  /** @param isEnd true if the room has ended, and with it all texts */
  failed(error: Error, isEnd?: boolean): void
}

/**
 * The texts that a client says in a room, in their order. They are sent without waiting for one another. When the connection is lost, all
 * without a reply are sent again on the next one, where the server recognises by their nonces those that are in the room.
 */
export interface RoomSpeech {
  say(spoken: Spoken): void
  /**
   * Called with a connection that has joined the room: sends all that have no reply.
   *
   * @param named called with the present name of the room where a reply tells it
   */
  begin(connection: LineConnection, named: (name: string) => void): void
  /** Called when the connection is lost. */
  pause(): void
  /** Resolves when the texts so far have their replies. */
  flushed(): Promise<unknown>
  /** Fails all texts without a reply, and those to come. */
  end(error: Error): void
}

/** Maximum lines without a reply: as many as the server handles at a time. */
export const WINDOW = 2_048

export function speech(): RoomSpeech {
  /** Texts without a reply, oldest first. */
  const texts = fifo<Spoken>()
  let ended: Error | undefined
  /** Sends on the present connection what may be sent. */
  let send = ignore

  const say = (spoken: Spoken) => {
    if (ended) return spoken.failed(ended, true)
    texts.push(spoken)
    send()
  }
  return {
    say,
    begin(connection, named) {
      /** Number of texts, from the first without a reply, that have been sent. */
      let sent = 0
      const asking: Asking = {
        reply(reply) {
          if (send !== sendHere) return
          if (reply.type === 'error' && (reply.code === 'unavailable' || reply.code === 'not-in-room')) {
            // A text behind one that was not taken must not come before it. The event that tells why comes before the next reply; a room
            // that has ended meanwhile leaves the connection to others.
            send = ignore
            return void connection.ask('/ping').then(() => ended ?? connection.close(), ignore)
          }
          sent--
          const spoken = texts.shift()
          try {
            const { id = '', room } = resultOf(reply)
            if (room) named(room)
            spoken?.said(id)
          } catch (error) {
            spoken?.failed(error as Error)
          }
          send()
        },
      }
      const sendHere = () => {
        for (let next = texts.at(sent); next && sent < WINDOW; next = texts.at(++sent))
          connection.send(next.line, asking)
      }
      send = sendHere
      send()
    },
    pause() {
      send = ignore
    },
    flushed: () =>
      new Promise<unknown>((done) =>
        texts.length ? say({ line: '/ping', said: done, failed: done }) : done(undefined),
      ),
    end(error) {
      ended ??= error
      send = ignore
      while (texts.length > 0) texts.shift()?.failed(error, true)
    },
  }
}
