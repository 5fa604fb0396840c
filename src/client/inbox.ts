import type { History, PrivateEvent } from '../../commands/replies.ts'
import type { ChatClient } from './client.ts'
import { RefusedError } from './errors.ts'
import { EventQueue } from './event-queue.ts'
import { commandLine, optionWords, resultOf } from './requests.ts'

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
  readonly #client: () => Promise<ChatClient>
  #known = new Set<string>()
  /** Newest id that is known. */
  #newest: string | undefined

  /** @param client returns a client that is logged in, in a room where there is one */
  constructor(client: () => Promise<ChatClient>) {
    this.#client = client
  }

  /** Returns past messages, oldest first. @throws RefusedError, DisconnectedError */
  async history({ limit = 100, before, after }: InboxRange = {}): Promise<readonly PrivateEvent[]> {
    return this.#read(await this.#client(), { limit, before, after })
  }

  [Symbol.asyncIterator](): AsyncGenerator<PrivateEvent, void> {
    return this.#events.read()
  }

  /** Adds a message, unless it is known. */
  push(event: PrivateEvent): void {
    if (this.#known.has(event.id)) return
    this.#known.add(event.id)
    const [oldest] = this.#known
    if (oldest !== undefined && this.#known.size > KNOWN) this.#known.delete(oldest)
    this.#newest = event.id
    this.#events.push(event)
  }

  /** Called when the client has logged in for the first time: what comes from now on is given. */
  async begin(client: ChatClient): Promise<void> {
    const [last] = await this.#read(client, { limit: 1 })
    this.#newest = last?.id
  }

  /** Called when the client has logged in again: gives what was missed. */
  async catchUp(client: ChatClient): Promise<void> {
    try {
      const range = this.#newest === undefined ? { limit: KNOWN } : { after: this.#newest }
      for (const event of await this.#read(client, range)) this.push(event)
    } catch (error) {
      // What a lost connection has missed the next one reads.
      if (error instanceof RefusedError) this.#events.miss(error.message)
    }
  }

  end(): void {
    this.#events.end()
  }

  async #read(client: ChatClient, range: InboxRange): Promise<PrivateEvent[]> {
    const events: PrivateEvent[] = []
    const take = (body: History['body']) => {
      if (body.type === 'private') events.push(body)
    }
    resultOf(await client.connection.askRecords(commandLine('/inbox', ...optionWords(range)), take))
    return events
  }
}
