import { ignore } from './callback.ts'
import { EventsMissingError } from './errors.ts'
import { fifo } from './fifo.ts'

/** Receiver of events, each once and in their order. */
export interface EventSink<Event> {
  push(event: Event): void
  /** Some events are missing between those before and those to come. */
  miss(text?: string): void
  /** No more events come. */
  end(error?: Error): void
}

export interface EventQueue<Event> extends EventSink<Event> {
  /** @throws TypeError while another iteration is under way */
  read(): AsyncGenerator<Event, void>
}

const MAX_WAITING = 100_000
/** Waiting events at which no more are read from the server while a reader is at work. */
const MANY = 5_000

/**
 * Makes a queue of events that wait until they are read. Up to 100,000 wait in memory; reading ends behind these with an
 * {@link EventsMissingError}, and goes on with what comes afterwards.
 *
 * @param pause has the server wait, or go on; called with the same again and again
 */
export function eventQueue<Event extends { readonly id: string }>(
  pause: (on: boolean) => void = ignore,
): EventQueue<Event> {
  const waiting = fifo<Event | Error>()
  let last: string | undefined
  let isFull = false
  let isRead = false
  let isEnded = false
  let wake = ignore

  const pace = () => pause(isRead && waiting.length > MANY)
  const add = (next: Event | Error) => {
    if (isEnded) return
    waiting.push(next)
    wake()
  }
  const miss = (text?: string) => add(new EventsMissingError(text, last))

  return {
    miss,
    push(event) {
      if (isFull) return
      isFull = waiting.length >= MAX_WAITING
      if (isFull) return miss('Too many events')
      last = event.id
      add(event)
      pace()
    },
    end(error) {
      if (error) add(error)
      isEnded = true
      wake()
    },
    async *read() {
      // Two would share the events.
      if (isRead) throw new TypeError('In use')
      isRead = true
      try {
        for (;;) {
          const next = waiting.shift()
          pace()
          if (next instanceof Error) {
            isFull = false
            throw next
          }
          if (next) yield next
          else if (isEnded) return
          else await new Promise<void>((resolve) => (wake = resolve))
        }
      } finally {
        isRead = false
        pace()
      }
    },
  }
}
