import type { Reply, RoomEvent } from '../../commands/replies.ts'
import type { ClientConnection } from './connection.ts'
import { EventQueue } from './event-queue.ts'
import { Speech } from './speech.ts'

/** A joined room as its connections see it: what goes into it, and what comes out of it. */
export class RoomFeed {
  /** The present name, before the joining the one that was asked for. */
  name: string
  topic = ''
  readonly speech = new Speech()
  readonly events = new EventQueue<RoomEvent>()
  /** Resolves when the room is joined and its topic known, or when it has ended. */
  readonly entered: Promise<void>
  #enter = () => {}
  #connection: ClientConnection | undefined
  #isPaused = false

  constructor(name: string) {
    this.name = name
    this.entered = new Promise((resolve) => (this.#enter = resolve))
  }

  /** Gives the events to their only reader. */
  read(): AsyncGenerator<RoomEvent, void> {
    return this.events.read(() => {
      if (!this.#isPaused) return
      this.#isPaused = false
      this.#connection?.pause(false)
    })
  }

  /** Called with each connection that has joined the room. */
  joined(name: string, connection: ClientConnection): void {
    this.name = name
    this.#connection = connection
    const takeTopic = (reply: Reply) => {
      if (reply.type === 'commandResult') this.topic = reply.topic ?? ''
      this.#enter()
    }
    connection.ask('/topic', takeTopic).catch(() => {})
    this.speech.begin(connection)
  }

  happened(event: RoomEvent): void {
    if (event.type === 'topic') this.topic = event.body
    this.events.push(event)
    if (!this.events.isBehind) return
    this.#isPaused = true
    this.#connection?.pause(true)
  }

  /** Called when the connection is lost. */
  lost(): void {
    this.#connection = undefined
    this.speech.pause()
  }

  /** Ends the reading of events, with an error if there is one, and fails texts that have no reply. */
  end(error: Error, isExpected = false): void {
    this.lost()
    this.speech.end(error)
    this.events.end(isExpected ? undefined : error)
    this.#enter()
  }
}
