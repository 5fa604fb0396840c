import { randomBytes } from 'node:crypto'
import type { Engine, Range } from '../engine/engine.ts'
import { Repeated } from '../engine/errors.ts'
import { type Draft, type Event, type LogName, NO_ROOM } from '../engine/event.ts'
import { atTickEnd } from '../tick.ts'
import type { OnDeliveryError } from './audience.ts'
import type { Author } from './authors.ts'
import type { Blocks } from './blocks.ts'
import type { Counts } from './counts.ts'
import { fold } from './names.ts'
import type { Reader, Search } from './reader.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'
import type { Speaker } from './speaker.ts'
import { checkScope, isInScope } from './token-scope.ts'

/** Returns an {@link EventDetails.msgid}. */
export function newMsgid(): string {
  return randomBytes(12).toString('base64url')
}

/** A private message that is not committed yet. */
type PrivateDraft = Draft & { readonly kind: 'private'; readonly to: string }

interface Listening {
  readonly log: LogName
  readonly end: () => void
  /** The first private message that the session was handed; a guest may read its inbox from there on. */
  first: Event | undefined
}

interface InboxesOptions {
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
   * that cannot be committed is left out, as the message has reached its addressee. `to` is the inbox of the addressee, `own` the room of
   * a sender without an inbox of its own. All of them have one {@link EventDetails.msgid}, as their ids differ: that of `message`, or a new one.
   *
   * @throws Refusal `unavailable`.
   */
  async append(speaker: Speaker, message: PrivateDraft, to: LogName, own?: number): Promise<void> {
    const { logs } = this.#engine
    const draft = { ...message, details: { ...message.details, msgid: message.details?.msgid ?? newMsgid() } }
    const told = logs.append(to, draft)
    const copied = to === inboxOf(speaker) ? undefined : this.#copy(speaker, draft, told, own).catch(() => {})
    await told.catch(refuseUnlessRepeated)
    if (to !== inboxOf({ key: fold(draft.to) })) await this.#passOn(draft)
    this.#options.counts.event(speaker.protocol, 'private')
    await copied
  }

  /**
   * Appends a message in the inbox of a guest's client to that of the account that the guest has made. Looked up behind the first commit:
   * what is committed before the account is made is handed to the guest, and everything else is found in the inbox of the account.
   */
  async #passOn(draft: PrivateDraft): Promise<void> {
    const { logs, records } = this.#engine
    const account = await records.get('account', draft.to).catch(refuse)
    if (account) await logs.append(inboxOf({ key: fold(account.name) }), draft).catch(refuseUnlessRepeated)
  }

  /** `own` is the room of a guest: another guest of the nickname may be in another room, and must not see the copy. */
  async #copy(speaker: Speaker, draft: PrivateDraft, told: Promise<Event>, own: number | undefined): Promise<void> {
    const { logs } = this.#engine
    const room = draft.room === NO_ROOM ? (own ?? NO_ROOM) : draft.room
    // The engine keeps the order of events of one room; the copy must not come before the reply.
    if (room !== draft.room) await told
    // A nonce is of messages to one addressee.
    const nonce = draft.nonce && `${draft.nonce} ${fold(draft.to)}`
    await logs.append(inboxOf(speaker), { ...draft, room, nonce })
  }

  /** Hands a session its private messages, until {@link dismiss}. One without an inbox of its own has to be in a room. */
  listen(session: Session): void {
    // Nothing would dismiss it.
    if (session.closed) return
    if (session.scope && !isInScope(session.scope, 'read')) return
    const listening = this.#listening.get(session)
    const log = inboxOf(session)
    if (listening?.log === log) {
      if (!hasOwnInbox(session) && !session.membership) listening.first = undefined
      return
    }
    const end = this.#engine.logs.follow(log, (event) => this.#hand(session, event))
    this.#listening.set(session, { log, end, first: undefined })
    // A guest with a client has become an account.
    listening?.end()
  }

  dismiss(session: Session): void {
    this.#listening.get(session)?.end()
    this.#listening.delete(session)
  }

  /** The newest private messages to a session's nickname, oldest first, of all rooms. @throws Refusal `token-scope`, `unavailable`. */
  async newest(session: Session, limit: number): Promise<readonly Event[]> {
    checkScope(session, 'read')
    const { blocks, reader } = this.#options
    const visible = ({ from, to }: Event) =>
      to !== undefined && fold(to) === session.key && !blocks.between(from, session.name)
    return reader.newest(inboxOf(session), limit, visible, session)
  }

  /**
   * Searches the private messages to and from a user: of an account since it was made, of a guest with a client all of that client, of
   * another guest those that its session was handed and that do not belong to a room that it has left; only those that are `wanted`.
   *
   * @throws Refusal `not-in-room` for a guest without a room or client, `token-scope`, `history-gone`, `unavailable`.
   */
  async read(session: Session, range: Range, wanted: (event: Event) => boolean = () => true): Promise<Search> {
    checkScope(session, 'read')
    const { blocks, reader } = this.#options
    const since = session.registered ? await this.#madeAt(session) : this.#guestSince(session)
    if (!since) return { pages: nothing() }
    const visible = (event: Event) => {
      const { id, from, room } = event
      if (blocks.between(from, session.name) || !wanted(event)) return false
      return id >= since.id && (hasOwnInbox(session) || room === NO_ROOM || session.memberships.has(room))
    }
    const from = Math.max(range.from ?? 0, since.at)
    return reader.search(inboxOf(session), { ...range, from }, visible, session)
  }

  /**
   * Searches the private messages to and from the owner of an account who has no session, as {@link read} does.
   *
   * @throws Refusal `account-required`, `token-scope`, `history-gone`, `unavailable`.
   */
  async readOwn(author: Author, range: Range, isBlocked?: (name: string) => boolean): Promise<Search> {
    checkScope(author, 'read')
    if (!author.registered) throw new Refusal('account-required')
    const since = await this.#madeAt(author)
    const from = Math.max(range.from ?? 0, since.at)
    const visible = (event: Event) => isBlocked?.(event.from) !== true
    return this.#options.reader.search(inboxOf(author), { ...range, from }, visible, author)
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
  async #madeAt({ name }: Pick<Speaker, 'name'>): Promise<Pick<Event, 'id' | 'at'>> {
    const account = await this.#engine.records.get('account', name).catch(refuse)
    return { id: 0, at: account?.createdAt ?? 0 }
  }

  #guestSince(session: Session): Pick<Event, 'id' | 'at'> | undefined {
    if (session.client !== undefined) return { id: 0, at: 0 }
    if (!session.isOnlyGuest) session.inRoom()
    return this.#listening.get(session)?.first
  }
}

/** Ignores that a message has been sent before. */
function refuseUnlessRepeated(error: unknown): void {
  if (!(error instanceof Repeated)) refuse(error)
}

/** Returns true if nobody else can be told something that is told to a session. */
export function hasOwnInbox({ registered, isOnlyGuest, client }: Session): boolean {
  return registered || isOnlyGuest || client !== undefined
}

/** Returns the log of the private messages to a user and from it; that of a guest's client is nobody else's. */
export function inboxOf({ key, client }: Pick<Speaker, 'key' | 'client'>): LogName {
  // No nickname has a slash.
  return client === undefined ? `inbox:${key}` : `inbox:${key}/${client}`
}

async function* nothing(): AsyncGenerator<Event[]> {}
