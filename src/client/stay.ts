import type { CommandResult, History, PrivateEvent, RoomEvent } from '../../commands/replies.ts'
import type { ClientConnection } from './connection.ts'
import { optionWords } from './requests.ts'

/** An event of a room, or a private message. */
export type Told = RoomEvent | PrivateEvent

export type Marks = NonNullable<CommandResult['marks']>

/** State of the room when a client has been told everything that happened before. */
export interface CaughtUp {
  /** The client was in this room before. */
  readonly again: boolean
  /** False when the server no longer has all the events that were missed. */
  readonly whole: boolean
  readonly members: readonly string[]
  /** Roles of the members that have one, and who is away. */
  readonly marks: Marks
}

export interface StayOptions {
  /** Password of a locked room. */
  readonly password?: string | undefined
  /** Id of the last event known: the events after it are told first. */
  readonly after?: number | undefined
  /** Past events that are told on joining the room for the first time; none by default. */
  readonly recent?: number | undefined
  /** Newest events told of those missed; all by default. */
  readonly maxMissed?: number | undefined
  /** False to be told neither messages nor the past. */
  readonly follows?: boolean | undefined
}

export interface StayListener {
  /** The client has joined a room, or is back in it. Events follow, then {@link caughtUp}. */
  joined?(room: string, connection: ClientConnection): void
  /** Called for each event of the room once, in the order of their ids, and for private messages. */
  happened?(event: Told): void
  /** The server no longer has all the events between those told before and those told next. */
  missed?(): void
  caughtUp?(state: CaughtUp): void
}

/** The presence of a client in one room, over reconnections. */
export class Stay {
  /** Present name of the room. */
  room: string
  readonly options: StayOptions
  readonly #listener: StayListener
  /** Id of the newest event told. */
  #newest: number
  /** Events that come while the past of the room is read, or how far the client is otherwise. */
  #presence: 'away' | 'caughtUp' | Told[] = 'away'

  constructor(room: string, options: StayOptions, listener: StayListener) {
    this.room = room
    this.options = options
    this.#newest = options.after ?? 0
    this.#listener = listener
  }

  get isAway(): boolean {
    return this.#presence === 'away'
  }

  get isCaughtUp(): boolean {
    return this.#presence === 'caughtUp'
  }

  /** Called with the connection that has joined the room. */
  arrive(connection: ClientConnection): void {
    this.#presence = []
    this.#listener.joined?.(this.room, connection)
  }

  /** Called when the connection is lost, or the room is left. */
  leave(): void {
    this.#presence = 'away'
  }

  /** Called with an event from the server. */
  hear(event: Told): void {
    if (typeof this.#presence === 'string') this.#tell(event)
    else this.#presence.push(event)
  }

  /** Reads the past of the room and then tells what happened in the meantime. Rejects with {@link DisconnectedError}. */
  async catchUp(connection: ClientConnection): Promise<void> {
    const held = this.#presence
    // Left already.
    if (typeof held === 'string') return
    const { recent = 0, maxMissed, follows = true } = this.options
    const again = this.#newest > 0
    const tell = (body: History['body']) => this.#tell(recordedEvent(body))
    const past = (range: object, record = tell) =>
      connection.askRecords(['HISTORY', ...optionWords(range)].join(' '), record)
    let whole = true
    if (again && follows) {
      const found: History['body'][] = []
      const missed = await past(
        { after: this.#newest, limit: maxMissed },
        maxMissed ? (body) => void found.push(body) : tell,
      )
      if (missed.type === 'error' && missed.code === 'unavailable') return connection.drop()
      whole = missed.type !== 'error' && found.length < (maxMissed ?? Number.POSITIVE_INFINITY)
      if (!whole) this.#listener.missed?.()
      found.forEach(tell)
    }
    if (recent > 0 && !(again && whole) && follows) {
      whole &&= (await past({ limit: recent })).type !== 'error'
    }
    // Its reply is behind all that happened before.
    await connection.ask(follows ? '/who' : '/ping', (reply) => {
      // Out of the room, or in it anew.
      if (this.#presence !== held) return
      this.#presence = 'caughtUp'
      for (const event of held) {
        this.#tell(event)
        // Closed by the listener.
        if (!this.isCaughtUp) return
      }
      const { members = [], marks = [] } = reply.type === 'commandResult' ? reply : {}
      this.#listener.caughtUp?.({ again, whole, members, marks })
    })
  }

  #tell(event: Told): void {
    if (event.type !== 'private') {
      const id = Number(event.id)
      if (id <= this.#newest) return
      this.#newest = id
    }
    this.#listener.happened?.(event)
  }
}

/** Returns the event in a record of HISTORY, which tells the addressee as `user`, or of /inbox. */
export function recordedEvent(body: History['body']): Told {
  if (body.type === 'private') return body
  const { user, to, ...event } = body
  // The members of an event depend on its type.
  return (user === undefined ? event : { ...event, to: user }) as RoomEvent
}
