import type { Engine, Range } from '../engine/engine.ts'
import { type Draft, type Event, NO_ROOM } from '../engine/event.ts'
import { atTickEnd } from '../tick.ts'
import type { OnDeliveryError } from './audience.ts'
import type { Blocks } from './blocks.ts'
import type { Counts } from './counts.ts'
import { fold } from './names.ts'
import type { Reader, Search } from './reader.ts'
import { refuse } from './refusal.ts'
import type { Session } from './session.ts'

/** A private message that is not committed yet. */
export type PrivateDraft = Draft & { readonly kind: 'private'; readonly to: string }

interface Listening {
  readonly end: () => void
  /** The first private message that the session was handed; a guest may read its inbox from there on. */
  first: Event | undefined
}

export interface InboxesOptions {
  readonly blocks: Blocks
  readonly counts: Counts
  readonly reader: Reader
  readonly onDeliveryError: OnDeliveryError
}

/** The logs of private messages: appends to them, hands their events to sessions, and reads them. */
export class Inboxes {
  readonly #engine: Engine
  readonly #options: InboxesOptions
  readonly #listening = new Map<Session, Listening>()
  /** Messages of this tick for sessions that are in no room with the other user. */
  #waiting = new Map<Session, Event[]>()

  constructor(engine: Engine, options: InboxesOptions) {
    this.#engine = engine
    this.#options = options
  }

  /**
   * Appends a private message to the inbox of its addressee and a copy to that of its sender. Resolves when both are committed; a copy
   * that cannot be committed is left out, as the message has reached its addressee.
   *
   * @throws Refusal `unavailable`.
   */
  async append(session: Session, draft: PrivateDraft): Promise<void> {
    const { logs } = this.#engine
    const key = fold(draft.to)
    const told = logs.append(`inbox:${key}`, draft)
    const copied = key === session.key ? undefined : this.#copy(session, draft, told).catch(() => {})
    await told.catch(refuse)
    this.#options.counts.event(session.wire.protocol, 'private')
    await copied
  }

  async #copy(session: Session, draft: PrivateDraft, told: Promise<Event>): Promise<void> {
    const { logs } = this.#engine
    // Another guest of the nickname may be in another room, and must not see the copy.
    const own = hasOwnInbox(session) ? undefined : session.membership?.room.record.id
    const room = draft.room === NO_ROOM ? (own ?? NO_ROOM) : draft.room
    // The engine keeps the order of events of one room; the copy must not come before the reply.
    if (room !== draft.room) await told
    await logs.append(`inbox:${session.key}`, { ...draft, room })
  }

  /** Hands a session its private messages, until {@link dismiss}. A guest has to be in a room, or to have its nickname alone. */
  listen(session: Session): void {
    const listening = this.#listening.get(session)
    if (listening) {
      if (!hasOwnInbox(session) && !session.membership) listening.first = undefined
      return
    }
    const end = this.#engine.logs.follow(`inbox:${session.key}`, (event) => this.#hand(session, event))
    this.#listening.set(session, { end, first: undefined })
  }

  dismiss(session: Session): void {
    this.#listening.get(session)?.end()
    this.#listening.delete(session)
  }

  /** The newest private messages to a session's nickname, oldest first, of all rooms. @throws Refusal `unavailable`. */
  newest(session: Session, limit: number): Promise<readonly Event[]> {
    const { blocks, reader } = this.#options
    const visible = ({ from, to }: Event) =>
      to !== undefined && fold(to) === session.key && !blocks.between(from, session.name)
    return reader.newest(`inbox:${session.key}`, limit, visible, session)
  }

  /**
   * Searches the private messages to and from a user: of an account since it was made, of a guest those that its session was handed and
   * that do not belong to a room that it has left; only those that are `wanted`.
   *
   * @throws Refusal `not-in-room` for a guest without a room, `history-gone`, `unavailable`.
   */
  async read(session: Session, range: Range, wanted: (event: Event) => boolean = () => true): Promise<Search> {
    const { blocks, reader } = this.#options
    const since = session.registered ? await this.#madeAt(session) : this.#guestSince(session)
    if (!since) return { pages: nothing() }
    const visible = (event: Event) => {
      const { id, from, room } = event
      if (blocks.between(from, session.name) || !wanted(event)) return false
      return id >= since.id && (hasOwnInbox(session) || room === NO_ROOM || session.memberships.has(room))
    }
    const from = Math.max(range.from ?? 0, since.at)
    return reader.search(`inbox:${session.key}`, { ...range, from }, visible, session)
  }

  /** Hands out the messages of the tick. Called at its end. */
  deliver(): void {
    const waiting = this.#waiting
    this.#waiting = new Map()
    const { counts, onDeliveryError } = this.#options
    for (const [session, events] of waiting) {
      if (session.closed) continue
      counts.deliveries += events.length
      try {
        session.wire.deliverPrivate?.(session, events)
      } catch (error) {
        onDeliveryError(error, session.wire.protocol, events[0])
      }
    }
  }

  #hand(session: Session, event: Event): void {
    // The sender's node may not have known of the block.
    if (this.#options.blocks.between(event.from, session.name)) return
    const room = session.memberships.get(event.room)?.room
    const isReached = hasOwnInbox(session) || (event.room === NO_ROOM && session.membership !== undefined)
    if (!room && !(isReached && session.wire.deliverPrivate)) return
    const listening = this.#listening.get(session)
    if (listening) listening.first ??= event
    if (room) return void room.whisper(session, event)
    if (this.#waiting.size === 0) atTickEnd('deliver', this)
    const events = this.#waiting.get(session)
    if (events) events.push(event)
    else this.#waiting.set(session, [event])
  }

  /** Messages to an account's nickname from before it was made were for guests. */
  async #madeAt({ name }: Session): Promise<Pick<Event, 'id' | 'at'>> {
    const account = await this.#engine.records.get('account', name).catch(refuse)
    return { id: 0, at: account?.createdAt ?? 0 }
  }

  #guestSince(session: Session): Event | undefined {
    if (!session.isOnlyGuest) session.inRoom()
    return this.#listening.get(session)?.first
  }
}

/** Returns true if nobody else can be told something under the nickname of a session. */
function hasOwnInbox({ registered, isOnlyGuest }: Session): boolean {
  return registered || isOnlyGuest
}

async function* nothing(): AsyncGenerator<readonly Event[]> {}
