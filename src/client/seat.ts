import type { PrivateEvent, UserKicked, UserLeft } from '../../commands/replies.ts'
import { ChatClient, type ClientListener } from './client.ts'
import type { ClientConnection } from './connection.ts'
import { DisconnectedError, type LastWord, type RefusedError } from './errors.ts'
import type { ClientOptions } from './reconnecting.ts'
import type { RoomFeed } from './room-feed.ts'
import type { ClientState } from './state.ts'
import type { StayOptions, Told } from './stay.ts'

export interface SeatOwner {
  changed(state: ClientState): void
  noticed(text: string): void
  told(event: PrivateEvent): void
  /** Called when a seat is logged in again. */
  back(seat: Seat): void
  /** Called when a seat is of no more use. */
  gone(seat: Seat): void
}

/** One of the connections of a client, which is in one room or in none. */
export class Seat implements ClientListener {
  readonly client: ChatClient
  /** The room that the seat is in, or taken for. */
  feed: RoomFeed | undefined
  /** True after the first login. */
  isReady = false
  readonly #owner: SeatOwner
  #ended = false

  constructor(options: ClientOptions, owner: SeatOwner, feed?: RoomFeed) {
    this.client = new ChatClient(options, this)
    this.#owner = owner
    this.feed = feed
  }

  /** True if a room can be entered. */
  get isFree(): boolean {
    return this.isReady && !this.feed
  }

  /** Connects and logs in. @throws DisconnectedError, RefusedError */
  async open(): Promise<void> {
    await this.client.connect()
    this.isReady = true
    if (!this.feed) this.#owner.changed({ state: 'online' })
  }

  /** Joins a room. @throws DisconnectedError, RefusedError */
  async enter(feed: RoomFeed, options: StayOptions): Promise<void> {
    this.feed = feed
    try {
      await this.client.join(feed.name, options)
    } catch (error) {
      this.#owner.changed({ state: 'closed', ...this.#room })
      this.feed = undefined
      throw error
    }
    await feed.entered
  }

  /** Leaves the room behind the texts that wait. @throws DisconnectedError, RefusedError */
  async leave(): Promise<void> {
    const { feed } = this
    await feed?.speech.below(1)
    await this.client.leave()
    this.#owner.changed({ state: 'closed', ...this.#room })
    this.feed = undefined
    feed?.end(new DisconnectedError('The room has been left'), true)
  }

  /** Ends connection and room for good. */
  close(error?: Error): void {
    if (this.#ended) return
    this.#ended = true
    const room = this.#room
    this.client.close()
    this.#owner.gone(this)
    this.feed?.end(error ?? new DisconnectedError('The client is closed'), !error)
    this.#owner.changed({ state: 'closed', ...room, ...(error && { error }) })
  }

  dialling(): void {
    this.#owner.changed({ state: 'connecting', ...this.#room })
  }

  back(): void {
    if (!this.feed) this.#owner.changed({ state: 'online' })
    this.#owner.back(this)
  }

  joined(name: string, connection: ClientConnection): void {
    this.#named(name)
    this.feed?.joined(name, connection)
    this.#owner.changed({ state: 'online', room: name })
  }

  happened(event: Told): void {
    if (event.type === 'private') this.#owner.told(event)
    else this.feed?.happened(event)
  }

  missed(): void {
    this.feed?.events.miss('Some events are no longer on the server')
  }

  renamed(name: string): void {
    this.#named(name)
    if (this.feed) this.feed.name = name
    this.#owner.changed({ state: 'online', room: name })
  }

  noticed(text: string): void {
    this.#owner.noticed(text)
  }

  waiting(): void {
    if (this.feed) this.#owner.changed({ state: 'waiting', room: this.feed.name })
  }

  lost(why: LastWord | undefined, retryMs: number | undefined): void {
    this.feed?.lost()
    if (retryMs === undefined) return void this.close(new DisconnectedError(why))
    const { text: reason, code } = why ?? {}
    this.#owner.changed({ state: 'offline', ...this.#room, ...(reason && { reason }), ...(code && { code }), retryMs })
  }

  ended(why: RefusedError | undefined, event?: UserLeft | UserKicked): void {
    this.close(why ?? new DisconnectedError(event ? departureText(event) : undefined))
  }

  /** Ends the state of the room under the name that it had, or was asked for by. */
  #named(name: string): void {
    const before = this.feed?.name
    if (before !== undefined && before !== name) this.#owner.changed({ state: 'closed', room: before })
  }

  get #room(): { room?: string } {
    return this.feed ? { room: this.feed.name } : {}
  }
}

function departureText(event: UserLeft | UserKicked): string {
  if (event.type === 'userLeft') return `Put out of ${event.room}`
  return `Kicked from ${event.room} by ${event.from}${event.body && `: ${event.body}`}`
}
