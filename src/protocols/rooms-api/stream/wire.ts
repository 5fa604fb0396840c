import type { MembershipEnd, Room, Wire } from '../../../chat/session.ts'
import { type Event, NO_ROOM } from '../../../engine/event.ts'
import type { Encoding } from './encoding.ts'
import type { StreamSession } from './session.ts'

const NOTHING = Buffer.alloc(0)

/** Hands events to streams, encoded once for all with the same encoding. */
export class StreamWire implements Wire<StreamSession> {
  readonly protocol = 'rooms-api'
  readonly carriesPrivate = true
  readonly onlyReads = true

  deliver({ record: { id, slug } }: Room, events: readonly Event[], sessions: Iterable<StreamSession>): void {
    this.#deliver(id, slug, events, sessions)
  }

  deliverPrivate(session: StreamSession, events: readonly Event[]): void {
    this.#deliver(NO_ROOM, undefined, events, [session])
  }

  announce(text: string, sessions: Iterable<StreamSession>): void {
    const encoded = new Map<Encoding, Buffer>()
    for (const { encoding, sink } of sessions) {
      const bytes = encoded.get(encoding) ?? encoding.notice(text)
      encoded.set(encoding, bytes)
      sink.push(bytes)
    }
  }

  putOut(room: Room, session: StreamSession, why: MembershipEnd): void {
    session.putOut(room, why)
  }

  #deliver(id: number, slug: string | undefined, events: readonly Event[], sessions: Iterable<StreamSession>): void {
    const [first = 0, last = 0] = [events[0]?.id, events.at(-1)?.id]
    const encoded = new Map<string, Buffer>()
    let [lastVariant, lastBytes]: [string | undefined, Buffer] = [undefined, NOTHING]
    for (const session of sessions) {
      const place = session.placeOf(id)
      if (!place) continue
      if (!session.isLive) {
        place.isBehind = true
      } else if (first <= place.position) {
        // The end of what it had missed was read before it was delivered.
        const rest = events.filter((event) => event.id > place.position)
        session.sink.push(session.encode(place, rest, slug, false))
        place.position = Math.max(place.position, last)
      } else {
        const { variant } = session
        if (variant !== lastVariant) {
          lastBytes = encoded.get(variant) ?? session.encode(place, events, slug, false)
          encoded.set(variant, lastBytes)
          lastVariant = variant
        }
        session.sink.push(lastBytes)
        place.position = last
      }
    }
  }
}
