import type { PrivateEvent } from '../../commands/replies.ts'
import type { ClientConnection, Told } from './connection.ts'
import { RefusedError } from './errors.ts'
import { EventQueue } from './event-queue.ts'
import { resultOf } from './requests.ts'

export interface InboxRange {
  /** Newest messages of the range, 100 if not given. */
  readonly limit?: number
  readonly before?: string | undefined
  readonly after?: string | undefined
}

/** Number of messages that are remembered as known: a message comes through every connection of a client. */
const KNOWN = 1_000

/** Private messages to and from a client's user. Iteration gives those that come while the client is open, each once. */
export class ClientInbox implements AsyncIterable<PrivateEvent> {
  readonly #events = new EventQueue<PrivateEvent>()
  readonly #connection: () => Promise<ClientConnection>
  readonly #known = new Set<string>()
  /** Newest id that is known. */
  #newest: string | undefined

  /** @param connection returns one that is logged in, in a room where there is one */
  constructor(connection: () => Promise<ClientConnection>) {
    this.#connection = connection
  }

  /** Returns past messages, oldest first. @throws RefusedError, DisconnectedError */
  async history(range: InboxRange = {}): Promise<readonly PrivateEvent[]> {
    return this.#read(await this.#connection(), { limit: 100, ...range })
  }

  [Symbol.asyncIterator](): AsyncGenerator<PrivateEvent, void> {
    return this.#events.read()
  }

  /** Adds a message, unless it is known. */
  push(event: PrivateEvent): void {
    if (this.#known.has(event.id)) return
    this.#known.add(event.id)
    const [oldest = ''] = this.#known
    if (this.#known.size > KNOWN) this.#known.delete(oldest)
    this.#newest = event.id
    this.#events.push(event)
  }

  /** Called when the client has logged in for the first time: what comes from now on is given. */
  async begin(connection: ClientConnection): Promise<void> {
    const [last] = await this.#read(connection, { limit: 1 })
    this.#newest = last?.id
  }

  /** Called when the client has logged in again: gives what was missed. */
  async catchUp(connection: ClientConnection): Promise<void> {
    try {
      const range = this.#newest === undefined ? { limit: KNOWN } : { after: this.#newest }
      for (const event of await this.#read(connection, range)) this.push(event)
    } catch (error) {
      // What a lost connection has missed the next one reads.
      if (error instanceof RefusedError) this.#events.miss(error.message)
    }
  }

  end(): void {
    this.#events.end()
  }

  async #read(connection: ClientConnection, range: InboxRange): Promise<PrivateEvent[]> {
    const events: PrivateEvent[] = []
    // There are no others in an inbox.
    const take = (event: Told) => void events.push(event as PrivateEvent)
    resultOf(await connection.askRecords('/inbox', range, take))
    return events
  }
}
