import type { Feed } from '../../../chat/feeds.ts'
import { type MembershipEnd, type Room, Session, type Wire } from '../../../chat/session.ts'
import type { RoomRecord } from '../../../engine/engine.ts'
import type { Event } from '../../../engine/event.ts'
import type { ClientLink } from '../../../transport/conversation.ts'
import type { ByteSink } from '../../../transport/outbox.ts'
import type { Encoding } from './encoding.ts'

/** A log that a stream follows, and how far. */
export interface Place {
  /** The room, as it was when the caller was allowed to read it; undefined for the inbox. */
  readonly room: RoomRecord | undefined
  /** The room as it was when the caller has shown its password; undefined for a caller whose role stood for that, and for the inbox. */
  readonly unlocked: RoomRecord | undefined
  readonly feed: Feed
  /** Id of the last event that the client has been sent, or that it is not to see. */
  position: number
  /** True if there may be events behind the position that the client was not sent. */
  isBehind: boolean
}

/** A stream: a session that follows the logs of rooms, or of an inbox, and says nothing. */
export class StreamSession extends Session {
  readonly sink: ByteSink
  readonly encoding: Encoding
  /** By the id of the room; the inbox has {@link NO_ROOM}. */
  readonly places: ReadonlyMap<number, Place>
  /** The place of a stream of one log: to look it up would cost as much as all the rest of a delivery. */
  readonly #only: readonly [id: number, place: Place] | undefined
  /** False while the client is sent what it has missed: what happens then is read from the log later. */
  isLive = false
  /** Called when the stream of a room has ended. */
  readonly putOut: (room: Room, why: MembershipEnd) => void

  constructor(
    wire: Wire<StreamSession>,
    link: ClientLink,
    stream: Pick<StreamSession, 'encoding' | 'places' | 'putOut'>,
  ) {
    super(wire, link)
    this.sink = link.outbox
    this.encoding = stream.encoding
    this.places = stream.places
    this.putOut = stream.putOut
    if (stream.places.size === 1) [this.#only] = stream.places
  }

  placeOf(id: number): Place | undefined {
    const only = this.#only
    if (!only) return this.places.get(id)
    return only[0] === id ? only[1] : undefined
  }

  /** The id behind which the client resumes: an id, or one for each of several rooms. */
  get lastId(): string {
    const places = [...this.places.values()]
    const [{ position = 0 } = {}] = places
    return places.length === 1 ? String(position) : places.map(placeId).join(',')
  }

  /** Equal for sessions whose next events are the same bytes. */
  get variant(): string {
    return this.encoding.hasPositions ? `${this.encoding.key} ${this.lastId}` : this.encoding.key
  }

  encode(place: Place, events: readonly Event[], slug: string | undefined, isPast: boolean): Buffer {
    return this.encoding.events(events, slug, isPast, this.#idOf(place))
  }

  /** Returns a function that returns {@link lastId} behind an event of a place. */
  #idOf(place: Place): (event: Event) => string {
    if (!this.encoding.hasPositions) return ({ id }) => String(id)
    const ids = [...this.places.values()].map((each) => (each === place ? '' : placeId(each)))
    const index = ids.indexOf('')
    return ({ id }) => ids.with(index, placeId({ ...place, position: id })).join(',')
  }
}

function placeId({ room, position }: Place): string {
  return `${room?.slug}=${position}`
}
