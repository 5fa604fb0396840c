import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandResult, RoomEvent } from '../../../commands/replies.ts'
import { DisconnectedError, entryError, isRefusal, RefusedError } from '../../client/errors.ts'
import { commandLine } from '../../client/requests.ts'
import { newSeat, type Seat } from '../../client/seat.ts'
import type { Told } from '../../client/server-lines.ts'
import { newStay } from '../../client/stay.ts'
import type { Dial, LineTransport } from '../../client/transport.ts'
import { similarTo } from '../../similar.ts'
import type { ClientIdentity } from '../identity.ts'
import type { Reach } from '../reach.ts'
import { safeLine } from '../safe-text.ts'

/** Time between two looks for a room that does not exist yet. */
const LOOK_MS = 1_000

/** Events of the past that are told first: a parameter of HISTORY. */
export interface Past {
  readonly words: string
  /** Called when the server no longer has all events that `words` asks for; all that it has are told. */
  gone(text: string): void
  /** Called when the server has not looked at older events. */
  cut(): void
}

export interface FollowerListener {
  /** Called with each event of the room once, oldest first. */
  happened(event: RoomEvent): void
  /** The connection is lost, and is opened again. */
  away(): void
  missed(): void
}

/** A room that is followed: its past first, then what happens in it, over reconnections. The room is not joined. */
export class Follower {
  /** Rejects when the room cannot be followed any longer. */
  readonly ended: Promise<never>
  readonly #seat: Seat
  readonly #room: string
  readonly #listener: FollowerListener
  /** Events that happen while the past is read. */
  #held: RoomEvent[] | undefined = []
  /** Id of the last event that was told. */
  #last = 0
  #transport: LineTransport | undefined
  #isPaused = false
  /** Called when the client hears the room again. */
  #back = () => {}

  constructor(
    { dial }: Reach,
    { nickname, password, token }: ClientIdentity,
    room: string,
    listener: FollowerListener,
  ) {
    let fail: (error: unknown) => void
    this.ended = new Promise((_, reject) => (fail = reject))
    this.ended.catch(() => {})
    this.#room = room
    this.#listener = listener
    const open: Dial = (listener) => {
      this.#transport = dial(listener)
      if (this.#isPaused) this.#transport.pause?.(true)
      return this.#transport
    }
    this.#seat = newSeat(
      { dial: open, nickname, secret: token ?? password },
      {
        changed: (state) => {
          if (state.state === 'online') this.#back()
          if (state.state === 'offline') listener.away()
          if (state.state === 'closed' && state.error) fail(state.error)
        },
        moved() {},
        heard: (line, connection) => {
          if (line.type !== 'notice') return
          // The next connection is told why, or may read the room after all.
          if (line.barred !== undefined) connection.close()
          if (line.closed === undefined) return
          fail(new DisconnectedError(`Room ${line.closed} was closed`, 'room-unknown'))
          this.close()
        },
      },
    )
  }

  /** Connects and listens. @throws RefusedError `room-unknown` with a hint, …; DisconnectedError */
  async enter(password: string | undefined): Promise<void> {
    try {
      await this.#seat.open()
      await this.#listen(password)
    } catch (error) {
      const isUnknown = isUnknownRoom(error)
      const hint = isUnknown ? await this.#hint().catch(() => undefined) : undefined
      this.close()
      throw isUnknown ? new RefusedError(error.message, { code: error.code, hint }) : error
    }
  }

  /** Connects and listens. Resolves with false, and stays connected, if the room does not exist. @throws RefusedError, DisconnectedError */
  async tryToEnter(password: string | undefined): Promise<boolean> {
    try {
      await this.#seat.open()
      await this.#listen(password)
      return true
    } catch (error) {
      if (isUnknownRoom(error)) return false
      this.close()
      throw error
    }
  }

  /** Listens as soon as the room exists, over reconnections. @throws RefusedError */
  async waitAndEnter(password: string | undefined): Promise<void> {
    for (;;) {
      await sleep(LOOK_MS)
      await this.#seat.use(true)
      try {
        return await this.#listen(password)
      } catch (error) {
        if (!isUnknownRoom(error) && isRefusal(error)) throw error
      }
    }
  }

  /** Tells the past, over reconnections. @throws RefusedError */
  async tellPast(past: Past): Promise<void> {
    for (let { words } = past; ; ) {
      try {
        const { before } = await this.#read(words)
        if (before !== undefined) past.cut()
        return
      } catch (error) {
        if (error instanceof DisconnectedError) {
          await new Promise<void>((resolve) => (this.#back = resolve))
          if (this.#last > 0) words = `after=${this.#last}`
        } else if (error instanceof RefusedError && error.code === 'history-gone') {
          past.gone(error.message)
          words = ''
        } else {
          throw error
        }
      }
    }
  }

  /** Tells what has happened meanwhile, and from now on what happens. */
  follow(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const event of held) this.#tell(event)
  }

  /** Reads nothing more for now, or reads on. A connection that is paused for long is lost, and opened again. */
  pause(on: boolean): void {
    this.#isPaused = on
    this.#transport?.pause?.(on)
  }

  close(): void {
    this.#seat.close()
  }

  /** Listens on the present connection. @throws RefusedError, DisconnectedError */
  async #listen(password: string | undefined): Promise<void> {
    const events = { push: (event: RoomEvent) => this.#hear(event), miss: () => this.#listener.missed(), end: () => {} }
    try {
      await this.#seat.enter(newStay(this.#room, { password, command: '/listen', joins: false }, events))
    } catch (error) {
      if (isRefusal(error) && error.code === 'unknown-command')
        throw new RefusedError('The server is older than this roomd tail, and has no /listen', { code: error.code })
      throw entryError(error, this.#room, password)
    }
  }

  /** Returns what to do about a room that does not exist: the public one that may be meant. */
  async #hint(): Promise<string> {
    const connection = await this.#seat.use()
    const { rooms = [] } = await connection.run('/rooms all')
    const name = similarTo(
      this.#room,
      rooms.map(({ room }) => room),
    )
    return `${name === undefined ? '' : `perhaps ${safeLine(name)}; `}--wait waits for it`
  }

  /** Reads what HISTORY gives. */
  async #read(words: string): Promise<CommandResult> {
    const tell = (event: Told) => this.#tell(event)
    const connection = await this.#seat.use()
    return connection.read(commandLine('HISTORY', words), tell, {})
  }

  #hear(event: RoomEvent): void {
    if (this.#held) this.#held.push(event)
    else this.#tell(event)
  }

  #tell(event: Told): void {
    if (event.type === 'private' || Number(event.id) <= this.#last) return
    this.#last = Number(event.id)
    this.#listener.happened(event)
  }
}

function isUnknownRoom(error: unknown): error is RefusedError {
  return error instanceof RefusedError && error.code === 'room-unknown'
}
