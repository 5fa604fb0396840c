import { ignore } from './callback.ts'
import type { LineConnection } from './connection.ts'
import { isRefusal } from './errors.ts'
import type { EventSink } from './event-queue.ts'
import type { EnterOptions } from './room-options.ts'
import type { Told } from './server-lines.ts'

/** Maximum events that are read when there were none before. */
const MOST = 100_000

/** Events of a log of the server, each once and in the order of their ids, over lost connections. */
export interface EventLog<Event> {
  /**
   * Reads on a connection what was missed; what is heard meanwhile is told behind it. Resolves when it is known which events a later
   * connection has to ask for.
   *
   * @param caughtUp called when all is told
   * @throws DisconnectedError; RefusedError `unavailable`, with the connection closed
   */
  follow(connection: LineConnection, caughtUp?: () => void): Promise<void> | undefined
  /** Called with an event that has just happened. */
  hear(event: Event): void
  /** Ends the events behind what is being read, with an error unless it is expected. */
  end(error?: Error): void
}

/**
 * @param command HISTORY or /inbox, whose records are the events
 * @param isPlaced true for a log without events so far
 */
export function eventLog<Event extends Told>(
  command: string,
  { after, recent, maxMissed }: Pick<EnterOptions, 'after' | 'recent' | 'maxMissed'>,
  sink: EventSink<Event>,
  isPlaced = after !== undefined,
): EventLog<Event> {
  /** Id of the newest event told, or of one before which nothing is missed; 0 while there is none. */
  let newest = Number(after ?? 0)
  /** Id up to which all is told. */
  let read = newest
  /** Events that come while others are read. */
  let held: Event[] | undefined
  let reading = Promise.resolve()
  let isEnded = false
  let failure: Error | undefined

  const tell = (event: Event) => {
    const id = Number(event.id)
    if (id <= read) return
    newest = Math.max(newest, id)
    sink.push(event)
  }
  const tellRead = (event: Event) => {
    tell(event)
    read = newest
  }
  /** @param mine what is held meanwhile; when it no longer is, another reading has overtaken this one */
  const readPast = async (connection: LineConnection, mine: Event[]) => {
    /** Resolves with false when that is refused. */
    const ask = async (range: object, record: (event: Event) => void) => {
      try {
        // The records of a log are its events.
        await connection.read(command, (event: Told) => held === mine && record(event as Event), range)
        return true
      } catch (error) {
        if (isRefusal(error) || held !== mine) return false
        connection.close()
        throw error
      }
    }
    read = newest
    if (newest) {
      const limit = maxMissed === undefined ? undefined : maxMissed + 1
      const found: Event[] = []
      const isRead = await ask({ after: newest, limit }, limit ? (event) => found.push(event) : tellRead)
      if (held !== mine) return
      const isWhole = isRead && found.length !== limit
      if (!isWhole) sink.miss()
      found.slice(isWhole ? 0 : 1).forEach(tellRead)
      if (isWhole) return
    }
    // Another room may be the connection's by now.
    if (isEnded) return
    const count = recent || (isPlaced && !newest && MOST)
    let last = 0
    await ask({ limit: count || 1 }, count ? tellRead : ({ id }) => (last = Number(id)))
    if (held !== mine) return
    // Not before: what is held is lost with the connection.
    newest = Math.max(newest, last)
    isPlaced = true
  }

  return {
    follow(connection, caughtUp) {
      const mine: Event[] = []
      held = mine
      reading = readPast(connection, mine)
        .catch((error) => {
          // No later connection tells it.
          if (!failure) throw error
          sink.miss()
        })
        .then(() => {
          if (held !== mine) return reading
          held = undefined
          mine.forEach(tell)
          caughtUp?.()
        })
      reading.catch(ignore)
      if (!isPlaced) return reading
    },
    hear: (event) => (held ? held.push(event) : tell(event)),
    end(error) {
      isEnded = true
      failure = error
      const end = () => sink.end(error)
      reading.then(end, end)
    },
  }
}
