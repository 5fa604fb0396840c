import type { RoomEvent } from '../../commands/replies.ts'
import type { ClientConnection, Told } from './connection.ts'
import { DisconnectedError } from './errors.ts'
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
  readonly queue = new EventQueue<RoomEvent>((on) => this.connection?.pause(on))
  readonly #events: EventSink
  /** The connection that is in the room. */
  connection: ClientConnection | undefined
  /** Id of the newest event told. */
  #newest: number
  /** Id of an event before which nothing is missed, while none is told: the newest one at the joining. */
  #start = 0
  /** Events that come while the past of the room is read. */
  #held: RoomEvent[] | undefined
  /** Ends the reading of events, once the room has ended. */
  #finish: (() => void) | undefined

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

  /** True once it is known which events a new connection has to ask for. */
  get isPlaced(): boolean {
    return this.#after > 0
  }

  /** Called when the connection is lost, or the room is left. */
  lost(): void {
    this.connection = this.#held = undefined
    this.speech.pause()
    this.#finish?.()
  }

  /** Ends the reading of events, with an error if it is not expected, and fails texts that have no reply. */
  end(error: Error, isExpected: boolean): void {
    this.#finish = () => this.#events.end(isExpected ? undefined : error)
    this.speech.end(error)
    // What is held has happened before.
    if (isExpected || !this.#held) this.lost()
  }

  /** Called with an event from the server, in the room or on the way into it. */
  hear(event: RoomEvent): void {
    if (this.#held) this.#held.push(event)
    else if (this.connection && !(this.isDeaf && event.type === 'message')) this.#tell(event)
  }

  /** Called when the connection has joined the room, before anything else is heard. */
  enter(connection: ClientConnection): void {
    this.connection = connection
    this.#held = []
  }

  /**
   * Says what waits, and tells the past of the room, and then what happens meanwhile. Resolves with true when all is told, with false when the
   * room has been left, or the connection lost, before.
   */
  async begin(): Promise<boolean> {
    const { connection } = this
    const held = this.#held
    if (!connection || !held) return false
    this.speech.begin(connection)
    try {
      if (!this.isDeaf) await this.#readPast(connection)
    } catch (error) {
      if (!(error instanceof DisconnectedError)) throw error
      // Lost again, it catches up again, unless it has ended meanwhile.
      if (this.#finish && this.#after) this.#events.miss()
    }
    // Out of the room, or in it anew.
    if (this.#held !== held) return false
    this.#held = undefined
    for (const event of held) this.hear(event)
    if (this.#finish) this.lost()
    return true
  }

  /** Id behind which events may be missed, 0 if none may be. */
  get #after(): number {
    return Math.max(this.#newest, this.#start)
  }

  async #readPast(connection: ClientConnection): Promise<void> {
    const { recent, maxMissed } = this.options
    // There are no private messages in a room.
    const tell = (event: Told) => this.#tell(event as RoomEvent)
    const after = this.#after
    let isWhole = after > 0
    if (isWhole) {
      const found: Told[] = []
      const limit = maxMissed === undefined ? maxMissed : maxMissed + 1
      const take = limit ? (event: Told) => void found.push(event) : tell
      const reply = await connection.ask('HISTORY', undefined, take, { after, limit })
      if (reply.type === 'error' && reply.code === 'unavailable') return connection.drop()
      isWhole = reply.type !== 'error' && found.length !== limit
      if (!isWhole) this.#events.miss()
      found.slice(isWhole ? 0 : 1).forEach(tell)
    }
    // Another room may be the connection's by now.
    if (isWhole || this.#finish) return
    const start = ({ id }: Told) => (this.#start = Number(id))
    await connection.ask('HISTORY', undefined, recent ? tell : start, { limit: recent || 1 })
  }

  #tell(event: RoomEvent): void {
    if (Number(event.id) <= this.#newest) return
    this.#newest = Number(event.id)
    if (event.type === 'topic') this.topic = event.body
    this.#events.push(event)
  }
}
