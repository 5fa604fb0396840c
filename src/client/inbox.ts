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

/** Returns a connection of use. Rejects when there is none; where it is patient, only when there will be none. */
type Use = (isPatient?: boolean) => Promise<ClientConnection>

/** Number of messages that are remembered as known: a message comes through every connection of a client. */
const KNOWN = 1_000

/** Maximum messages that are read when none was known. */
const MOST = 100_000

/** Private messages to and from a client's user. Iteration gives those that come while the client is open, each once. */
export class ClientInbox implements AsyncIterable<PrivateEvent> {
  readonly #events = new EventQueue<PrivateEvent>()
  readonly #use: Use
  readonly #known = new Set<string>()
  /** Id of the newest message that is known, empty if there is none; undefined before the beginning. */
  #newest: string | undefined
  /** Messages that come while missed ones are read. */
  #held: PrivateEvent[] | undefined

  constructor(use: Use) {
    this.#use = use
  }

  /** Returns past messages, oldest first. @throws RefusedError, DisconnectedError */
  async history(range: InboxRange = {}): Promise<readonly PrivateEvent[]> {
    return this.#read(await this.#use(), { limit: 100, ...range })
  }

  [Symbol.asyncIterator](): AsyncGenerator<PrivateEvent, void> {
    return this.#events.read()
  }

  /** Adds a message, unless it is known. */
  push(event: PrivateEvent): void {
    if (this.#held) return void this.#held.push(event)
    if (this.#known.has(event.id)) return
    this.#known.add(event.id)
    const [oldest = ''] = this.#known
    if (this.#known.size > KNOWN) this.#known.delete(oldest)
    this.#newest = event.id
    this.#events.push(event)
  }

  /**
   * Called when the client has logged in for the first time: what comes from now on is given.
   *
   * @param isNew true for a user without messages
   */
  async begin(isNew: boolean): Promise<void> {
    const [last] = isNew ? [] : await this.#read(await this.#use(), { limit: 1 })
    this.#newest ??= last?.id ?? ''
  }

  /** Called when a connection has logged in: gives what was missed, before anything that comes meanwhile. */
  async catchUp(): Promise<void> {
    if (this.#held || this.#newest === undefined) return
    this.#held = []
    for (;;) {
      const connection = await this.#use(true).catch(() => undefined)
      // None is left.
      if (!connection) break
      try {
        const missed = await this.#read(connection, this.#newest ? { after: this.#newest } : { limit: MOST })
        // Most of what came meanwhile is read as well.
        this.#held = [...new Map([...missed, ...this.#held].map((event) => [event.id, event])).values()]
        break
      } catch (error) {
        if (error instanceof RefusedError && error.code !== 'unavailable') {
          this.#events.miss(error.message)
          break
        }
        // What a lost connection has not read the next one does.
        connection.drop()
      }
    }
    const held = this.#held
    this.#held = undefined
    for (const event of held) this.push(event)
  }

  end(): void {
    this.#events.end()
  }

  async #read(connection: ClientConnection, range: InboxRange): Promise<PrivateEvent[]> {
    const events: PrivateEvent[] = []
    // There are no others in an inbox.
    const take = (event: Told) => void events.push(event as PrivateEvent)
    resultOf(await connection.ask('/inbox', undefined, take, range))
    return events
  }
}
