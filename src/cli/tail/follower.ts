import type { RoomEvent, UserKicked, UserLeft } from '../../../commands/replies.ts'
import { ChatClient } from '../../client/client.ts'
import { DisconnectedError, RefusedError } from '../../client/errors.ts'
import { isSameName } from '../../client/nickname.ts'
import { resultOf } from '../../client/requests.ts'
import { recordedEvent, type Told } from '../../client/stay.ts'
import type { Dial, LineTransport } from '../../client/transport.ts'
import type { ClientIdentity } from '../identity.ts'
import type { Reach } from '../reach.ts'

/** Events of the past that are told first: a parameter of HISTORY. */
export interface Past {
  readonly words: string
  /** Called when the server no longer has all events that `words` asks for; all that it has are told. */
  gone(text: string): void
}

export interface FollowerListener {
  /** Called with each event of the room once, oldest first. */
  happened(event: RoomEvent): void
  /** The connection is lost, and is opened again. */
  away(): void
  missed(): void
}

/**
 * A room that is followed: its past first, then what happens in it, over reconnections. The room is joined, as the line protocol has no other
 * way; the own coming and going is left out.
 */
export class Follower {
  /** Rejects when the room cannot be followed any longer. */
  readonly ended: Promise<never>
  readonly #client: ChatClient
  readonly #room: string
  readonly #listener: FollowerListener
  /** Events that happen while the past is read. */
  #held: RoomEvent[] | undefined = []
  /** Id of the last event that was told. */
  #last = 0
  #transport: LineTransport | undefined
  #isPaused = false
  /** Called when the client is back in the room. */
  #back = () => {}

  constructor(
    { dial }: Reach,
    { nickname, password, token }: ClientIdentity,
    room: string,
    listener: FollowerListener,
  ) {
    const { promise, reject } = Promise.withResolvers<never>()
    this.ended = promise
    promise.catch(() => {})
    this.#room = room
    this.#listener = listener
    const open: Dial = (listener) => {
      this.#transport = dial(listener)
      if (this.#isPaused) this.#transport.pause?.(true)
      return this.#transport
    }
    this.#client = new ChatClient(
      { dial: open, nickname, secret: token ?? password },
      {
        caughtUp: () => this.#back(),
        happened: (event) => this.#hear(event),
        missed: () => listener.missed(),
        lost: (why, retryMs) => {
          if (retryMs === undefined) reject(new DisconnectedError(why))
          else listener.away()
        },
        ended: (why, event) => reject(why ?? new DisconnectedError(departureOf(event))),
      },
    )
  }

  /** Connects and joins. @throws RefusedError, DisconnectedError */
  async enter(password: string | undefined): Promise<void> {
    try {
      await this.#client.connect()
      await this.#client.join(this.#room, { password })
    } catch (error) {
      this.#client.close()
      throw error
    }
  }

  /** Tells the past, over reconnections. @throws RefusedError */
  async tellPast(past: Past): Promise<void> {
    for (let { words } = past; ; ) {
      try {
        return await this.#read(words)
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
    this.#client.close()
  }

  /** Reads what HISTORY gives. */
  async #read(words: string): Promise<void> {
    const tell = (body: Parameters<typeof recordedEvent>[0]) => this.#tell(recordedEvent(body))
    resultOf(await this.#client.connection.askRecords(`HISTORY ${words}`.trimEnd(), tell))
  }

  #hear(event: Told): void {
    if (event.type === 'private') return
    if (this.#held) this.#held.push(event)
    else this.#tell(event)
  }

  #tell(event: Told): void {
    if (event.type === 'private' || Number(event.id) <= this.#last) return
    this.#last = Number(event.id)
    this.#listener.happened(event)
  }

  /** Returns true for the coming and going of the follower. */
  isOwn(event: RoomEvent): boolean {
    const isPresence = event.type === 'userJoined' || event.type === 'userLeft'
    return isPresence && isSameName(event.from, this.#client.nickname)
  }
}

function departureOf(event: UserLeft | UserKicked | undefined): string {
  if (event?.type !== 'userKicked') return `Put out of ${event?.room ?? 'the room'}`
  return `Kicked from ${event.room} by ${event.from}${event.body && `: ${event.body}`}`
}
