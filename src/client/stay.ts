import type { PrivateEvent, RoomEvent } from '../../commands/replies.ts'
import type { ClientConnection, Told } from './connection.ts'
import { EventQueue } from './event-queue.ts'
import type { EnterOptions } from './room-options.ts'
import { SayQueue } from './say-queue.ts'

/** Receiver of the events of a room, each once and in the order of their ids. */
export type EventSink = Pick<EventQueue<RoomEvent>, 'push' | 'miss' | 'end'>

/** The presence of a client in one room, over reconnections: what goes into the room, and what comes out of it. */
export class Stay {
  /** The present name, before the joining the one that was asked for. */
  name: string
  topic = ''
  readonly options: EnterOptions
  readonly speech = new SayQueue()
  readonly queue = new EventQueue<RoomEvent>((on) => this.#connection?.pause(on))
  readonly #events: EventSink
  #connection: ClientConnection | undefined
  /** Id of the newest event told. */
  #newest: number
  /** Id of an event before which nothing is missed, while none is told: the newest one at the joining. */
  #start = 0
  /** Events that come while the past of the room is read. */
  #held: Told[] | undefined

  /** @param events gets the events in place of {@link queue} */
  constructor(name: string, options: EnterOptions = {}, events?: EventSink) {
    this.name = name
    this.options = options
    this.#newest = Number(options.after ?? 0)
    this.#events = events ?? this.queue
  }

  /** True if the room is only spoken in. */
  get isDeaf(): boolean {
    return this.options.events === false
  }

  /** Called when the connection is lost, or the room is left. */
  lost(): void {
    this.#connection = undefined
    this.#held = undefined
    this.speech.pause()
  }

  /** Ends the reading of events, with an error if there is one, and fails texts that have no reply. */
  end(error: Error, isExpected: boolean): void {
    this.lost()
    this.speech.end(error)
    this.#events.end(isExpected ? undefined : error)
  }

  /** Called with an event from the server, in the room or on the way into it. Private messages are handed on in their turn. */
  hear(event: Told, told: (event: PrivateEvent) => void): void {
    if (this.#held) this.#held.push(event)
    else if (event.type === 'private') told(event)
    else if (this.#connection && !(this.isDeaf && event.type === 'message')) this.#tell(event)
  }

  /**
   * Called when the connection has joined the room. Tells its past, and then what happens meanwhile. Resolves with true when all is told,
   * with false when the room has been left before. Rejects with {@link DisconnectedError}.
   */
  async begin(connection: ClientConnection, told: (event: PrivateEvent) => void): Promise<boolean> {
    this.#connection = connection
    const held: Told[] = []
    this.#held = held
    this.speech.begin(connection)
    if (!this.isDeaf) await this.#readPast(connection)
    // Out of the room, or in it anew.
    if (this.#held !== held) return false
    this.#held = undefined
    for (const event of held) this.hear(event, told)
    return true
  }

  async #readPast(connection: ClientConnection): Promise<void> {
    const { recent = 0, maxMissed } = this.options
    const tell = (event: Told) => this.#tell(event)
    const after = this.#newest || this.#start
    let isWhole = after > 0
    if (isWhole) {
      const found: Told[] = []
      const take = maxMissed ? (event: Told) => void found.push(event) : tell
      const reply = await connection.askRecords('HISTORY', { after, limit: maxMissed }, take)
      if (reply.type === 'error' && reply.code === 'unavailable') return connection.drop()
      isWhole = reply.type !== 'error' && found.length !== maxMissed
      if (!isWhole) this.#events.miss('Some events are no longer on the server')
      found.forEach(tell)
    }
    if (isWhole) return
    if (recent > 0) return void (await connection.askRecords('HISTORY', { limit: recent }, tell))
    await connection.askRecords('HISTORY', { limit: 1 }, ({ id }) => (this.#start = Number(id)))
  }

  #tell(event: Told): void {
    if (event.type === 'private' || Number(event.id) <= this.#newest) return
    this.#newest = Number(event.id)
    if (event.type === 'topic') this.topic = event.body
    this.#events.push(event)
  }
}
