import type { Engine, Range } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import type { Member } from '../engine/memberships.ts'
import { type Addressee, addresseeOf, findAddressee } from './addressees.ts'
import type { Author } from './authors.ts'
import type { Blocking } from './blocking.ts'
import type { Blocks } from './blocks.ts'
import { hasOwnInbox, type Inboxes } from './inboxes.ts'
import type { NewsChannel, Signal } from './news.ts'
import type { Reader, Search } from './reader.ts'
import { Refusal, refuse } from './refusal.ts'
import { isCurrent, type Membership, type Room, type Session } from './session.ts'
import { storedNonce } from './speaker.ts'
import type { SpeakingPlace } from './speaking.ts'
import type { MessageExtras, Saying, Speech } from './speech.ts'
import { checkScope } from './token-scope.ts'
import { Turns } from './turns.ts'

const NOTHING: MessageExtras = {}

interface MessagesParts {
  readonly blocks: Blocks
  readonly reader: Reader
  readonly inboxes: Inboxes
  readonly news: NewsChannel
  readonly speech: Speech
  readonly blocking: Blocking
}

/** Messages to rooms and to single users, and the history of rooms. */
export class Messages {
  readonly #engine: Engine
  readonly #parts: MessagesParts
  /** Requests for which an addressee is being looked up: the session's next requests come behind them. */
  readonly #lookups = new Turns<Session>()

  constructor(engine: Engine, parts: MessagesParts) {
    this.#engine = engine
    this.#parts = parts
  }

  /**
   * Says something in a room. Resolves when it is committed; for a nonce that the user has used there within a day, with the id of
   * the first event.
   *
   * @throws Refusal `not-in-room`, `token-scope`, `muted`, `moderated`, `slow-mode`, `text-empty`, `text-too-long`, `unavailable`.
   */
  say(membership: Membership, text: string, extras: MessageExtras = NOTHING): Promise<Event> {
    const { session } = membership
    return this.#lookups.inOrder(session, () => {
      const [said] = this.#parts.speech.say(session, roomOf(membership), [{ text, ...extras }])
      if (!said) throw new Error('unreachable: one message has one promise')
      session.spokeAt = Date.now()
      return [said]
    })
  }

  /**
   * Says something in a room that the session has not joined. Resolves as {@link say} does.
   *
   * @throws Refusal as {@link say} does, and `room-unknown`, `banned`, `invite-only`, `room-private`, `name-in-room`, `name-reserved`, `name-in-use`
   */
  sayIn(room: SpeakingPlace, text: string, extras: MessageExtras = NOTHING): Promise<Event> {
    const say = (): [Promise<Event>] => [room.say({ text, ...extras })]
    return this.#lookups.inOrder(room.session, () => (room.isStale ? room.renew().then(say) : say()))
  }

  /**
   * Sends a private message to a member of the same room. Resolves when it is committed, with false where it was dropped for a block.
   *
   * @throws Refusal as {@link say} does, `token-scope`, and `nobody-here`, `no-private-messages`.
   */
  tell(membership: Membership, to: string, text: string, extras: MessageExtras = NOTHING): Promise<boolean> {
    const { session } = membership
    return this.#lookups.inOrder(session, () => {
      const room = roomOf(membership)
      const body = this.#parts.speech.body(text)
      const { id } = room.record
      const tell = (member: Member | undefined): [Promise<boolean>] => {
        if (!member) throw new Refusal('nobody-here')
        return [this.#whisper(session, addresseeOf(member, id), body, extras)]
      }
      // A member on this node needs no question to the engine.
      const here = room.member(to)
      return here ? tell(here) : this.#engine.memberships.member(id, to).then(tell, refuse)
    })
  }

  /**
   * Sends a private message to a member of the same room, to an account, which may be away, or to a guest in another room on any node.
   * Resolves as {@link tell} does.
   *
   * @throws Refusal `not-in-room` for a guest without a room; `nobody-here`, also for a nickname of guests that is held in several
   * rooms unless one client holds it in all of them, as it may be several users; `token-scope`, `no-private-messages`, `text-empty`, `text-too-long`, `unavailable`.
   */
  send(session: Session, to: string, text: string, { details, nonce }: MessageExtras = NOTHING): Promise<boolean> {
    return this.#lookups.inOrder(session, () => {
      const body = this.#parts.speech.body(text)
      // Nobody else may speak in the name of a guest who is in a room. A guest's client without one must not either.
      if (!session.registered && !session.isOnlyGuest) roomOf(session.inRoom())
      return findAddressee(this.#engine, to, session).then(
        (addressee) => [this.#whisper(session, addressee, body, { details, nonce })],
        refuse,
      )
    })
  }

  /** Returns true if messages between a session and a nickname are dropped. */
  isBlocked(session: Session, name: string): boolean {
    return this.#parts.blocks.between(session.name, name)
  }

  async #whisper(
    session: Session,
    { name: to, room, inbox }: Addressee,
    body: string,
    { sent, details, nonce: own }: MessageExtras,
  ): Promise<boolean> {
    checkScope(session, 'write')
    if (this.isBlocked(session, to)) return false
    const place = hasOwnInbox(session) ? undefined : session.membership?.room.record.id
    const nonce = own === undefined ? undefined : storedNonce(session, own)
    const verified = session.registered || undefined
    const draft = { kind: 'private', room, from: session.name, to, body, sent, verified, nonce, details } as const
    await this.#parts.inboxes.append(session, draft, inbox, place)
    return true
  }

  /**
   * Sends a private message of an author without a session as {@link send} does; once for a nonce.
   *
   * @throws Refusal `account-required` for a guest, whose nickname no room holds, and as {@link send} does.
   */
  async sendFrom(author: Author, to: string, { text, nonce }: Pick<Saying, 'text' | 'nonce'>): Promise<boolean> {
    checkScope(author, 'write')
    if (!author.registered) throw new Refusal('account-required')
    const body = this.#parts.speech.body(text)
    const { name, room, inbox } = await findAddressee(this.#engine, to).catch(refuse)
    const isBlocked = await this.#parts.blocking.blockedFrom(author.name)
    if (isBlocked?.(name)) return false
    const draft = { kind: 'private', room, from: author.name, to: name, body, nonce, verified: true } as const
    await this.#parts.inboxes.append(author, draft, inbox)
    return true
  }

  /**
   * Passes a signal on to a room or user, which is not stored. It is dropped for a block.
   *
   * @throws Refusal `not-in-room`, `muted`, `moderated`; for a user as {@link send} does.
   */
  async pass(
    session: Session,
    target: Membership | string,
    signal: Pick<Signal, 'text' | 'isNotice' | 'msgid' | 'tags'>,
  ): Promise<void> {
    const { id, name: from, registered: verified } = session
    const whole = { kind: 'signal', session: id, from, verified, ...signal } as const
    if (typeof target !== 'string') {
      const { record, state } = roomOf(target)
      checkScope(session, 'write', record.slug)
      state.checkVoice(session)
      return this.#parts.news.tell({ ...whole, room: record.id })
    }
    checkScope(session, 'write')
    const { name: to } = await findAddressee(this.#engine, target, session).catch(refuse)
    if (!this.isBlocked(session, to)) this.#parts.news.tell({ ...whole, to })
  }

  /** Resolves when no request of the session waits for a lookup. */
  idle(session: Session): Promise<void> {
    return this.#lookups.idle(session)
  }

  /**
   * The events of a room in pages, oldest first, see {@link EngineLogs.read}.
   *
   * @throws Refusal `not-in-room`, and `history-gone` before the first page.
   */
  async *history(membership: Membership, range: Range): AsyncGenerator<Event[]> {
    const { session } = membership
    const visible = (event: Event) => !this.#parts.blocks.hides(event, session.name)
    yield* this.#parts.reader.visible(roomOf(membership).log, range, visible, session)
  }

  /**
   * The wanted events of a room, see {@link Reader.search}.
   *
   * @throws Refusal as {@link history} does.
   */
  search(membership: Membership, range: Range, wanted: (event: Event) => boolean): Promise<Search> {
    const { session } = membership
    const visible = (event: Event) => wanted(event) && !this.#parts.blocks.hides(event, session.name)
    return this.#parts.reader.search(roomOf(membership).log, range, visible, session)
  }

  /** The newest messages of a room that a session may see, oldest first. @throws Refusal `unavailable`. */
  recentMessages(room: number, session: Session, limit: number): Promise<readonly Event[]> {
    const visible = (event: Event) => event.kind === 'message' && !this.#parts.blocks.hides(event, session.name)
    return this.#parts.reader.newest(`room:${room}`, limit, visible, session)
  }
}

/** @throws Refusal `not-in-room` when the membership has ended, which the protocol may not know yet. */
function roomOf(membership: Membership): Room {
  if (!isCurrent(membership)) throw new Refusal('not-in-room')
  return membership.room
}
