import type { MembershipEnd, Room } from '../../../chat/session.ts'
import type { ClientLink, Conversation } from '../../../transport/conversation.ts'
import { DISCONNECTS, type DisconnectReason, disconnectText } from '../../../transport/disconnect.ts'
import type { Caller } from '../caller.ts'
import type { RoomsApiContext } from '../context.ts'
import { apiProblemOf } from '../problems.ts'
import type { Encoding } from './encoding.ts'
import type { StreamEnd } from './formats.ts'
import type { BeatingStream, Heartbeats } from './heartbeats.ts'
import { type Place, StreamSession } from './session.ts'
import type { StreamWire } from './wire.ts'

export interface StreamParts {
  readonly context: RoomsApiContext
  readonly wire: StreamWire
  readonly heartbeats: Heartbeats
}

export interface Stream {
  readonly caller: Caller
  readonly encoding: Encoding
  readonly places: ReadonlyMap<number, Place>
}

/**
 * The conversation with the client of a stream: sends what it has missed, a page whenever it has read the last one, and switches to what
 * happens when there is nothing left. So there is neither hole nor repetition, and a client that reads slowly holds a page.
 */
export class StreamConversation implements Conversation<never>, BeatingStream {
  readonly #parts: StreamParts
  readonly #link: ClientLink
  readonly #caller: Caller
  readonly #session: StreamSession
  readonly #unsubscribe = new Map<Place, () => void>()
  #isCatchingUp = false
  /** Number of rooms whose readers are barred until it is known that the caller may read on. */
  #checks = 0

  constructor(parts: StreamParts, link: ClientLink, { caller, ...stream }: Stream) {
    this.#parts = parts
    this.#link = link
    this.#caller = caller
    const putOut = (room: Room, why: MembershipEnd) => this.#putOut(room, why)
    this.#session = new StreamSession(parts.wire, link, { ...stream, putOut })
    if (!caller.proof) parts.context.chat.attend(this.#session)
    parts.heartbeats.add(this)
    void this.#run(() => this.#begin())
  }

  get session(): StreamSession | undefined {
    return this.#session.name === '' ? undefined : this.#session
  }

  handle(): void {}

  beat(): void {
    this.#session.sink.push(this.#session.encoding.heartbeat)
  }

  async leave(): Promise<void> {
    this.#parts.heartbeats.delete(this)
    for (const unsubscribe of this.#unsubscribe.values()) unsubscribe()
    await this.#parts.context.chat.close(this.#session)
  }

  lastWord(reason: DisconnectReason, why?: string): Buffer {
    const { reconnect } = DISCONNECTS[reason]
    return this.#session.encoding.end({ code: reason, detail: disconnectText(reason, why), reconnect })
  }

  async #begin(): Promise<void> {
    const session = this.#session
    const { proof } = this.#caller
    if (proof) await this.#parts.context.chat.login(session, proof)
    session.sink.push(session.encoding.start(session.lastId))
    for (const place of session.places.values()) await this.#subscribe(place)
    await this.#follow()
  }

  /** @throws Refusal of a caller that may not read the room any more. */
  async #subscribe(place: Place): Promise<void> {
    const { room, unlocked } = place
    const session = this.#session
    if (!room || session.closed) return
    const { context } = this.#parts
    const { chat } = context
    // An account may have lost the rights of an admin since its request.
    const identity = session.name === '' ? this.#caller.identity : session
    this.#unsubscribe.set(place, chat.subscribe(session, room, identity, unlocked !== undefined))
    const found = await chat.rooms.existing(room.id)
    await context.authorization.checkReader({ ...this.#caller, identity }, found, unlocked)
  }

  /** Sends what the client has missed, until there is nothing left; then what happens is sent. */
  async #follow(): Promise<void> {
    const session = this.#session
    session.isLive = false
    if (this.#isCatchingUp || this.#checks > 0) return
    this.#isCatchingUp = true
    const behind = () => [...session.places.values()].find(({ isBehind }) => isBehind)
    for (let place = behind(); place && !session.closed && this.#checks === 0; place = behind()) {
      await this.#catchUp(place)
    }
    this.#isCatchingUp = false
    // Nothing has been delivered since the last look.
    session.isLive = this.#checks === 0
  }

  /** Sends what the client has missed in a place, as far as it has happened by now. */
  async #catchUp(place: Place): Promise<void> {
    const session = this.#session
    place.isBehind = false
    for await (const { events, last } of place.feed.missed(place.position, session)) {
      if (session.closed) return
      if (this.#checks > 0) {
        place.isBehind = true
        return
      }
      session.sink.push(session.encode(place, events.splice(0), place.room?.slug, true))
      place.position = last
      await this.#link.drained()
    }
  }

  #putOut({ record: { id, slug } }: Room, why: MembershipEnd): void {
    const place = this.#session.places.get(id)
    if (why === 'membership-lost' || why === 'kicked') this.#link.disconnect(why)
    else if (why === 'room-closed' || !place) {
      this.#end({ code: 'room-unknown', detail: 'The room has been closed', reconnect: false, room: slug })
    } else {
      // A caller that may read the room after all goes on where it was.
      void this.#run(async () => {
        this.#session.isLive = false
        this.#checks++
        try {
          await this.#subscribe(place)
        } finally {
          this.#checks--
        }
        place.isBehind = true
        await this.#follow()
      }, slug)
    }
  }

  /** Does a part of the work of the stream; a refusal ends it. */
  async #run(work: () => Promise<void>, room?: string): Promise<void> {
    try {
      await work()
    } catch (error) {
      const problem = apiProblemOf(error)
      if (!problem) this.#parts.context.log.error({ err: error }, 'stream failed')
      const { code, message: detail } = problem ?? { code: 'unavailable', message: 'The stream has failed' }
      this.#end({ code, detail, reconnect: code === 'unavailable', room })
    }
  }

  #end(end: StreamEnd): void {
    if (this.#session.closed) return
    this.#session.sink.push(this.#session.encoding.end(end))
    // Nothing follows the end of the stream.
    this.#session.isLive = false
    this.#link.hangUp()
  }
}
