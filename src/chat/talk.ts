import type { Engine, Member, Range } from '../engine/engine.ts'
import type { Draft, Event, LogName } from '../engine/event.ts'
import type { Blocks } from './blocks.ts'
import type { Counts } from './counts.ts'
import { fold } from './names.ts'
import type { Asker, Reader } from './reader.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Place, Session } from './session.ts'
import { clean, isLonger } from './text.ts'

/** What a message carries beside its text, where a protocol has it. */
export type Extras = Pick<Draft, 'sent' | 'color'>

const NOTHING: Extras = {}

/** What is said: in rooms and to single members, and what was. */
export class Talk {
  readonly #engine: Engine
  readonly #blocks: Blocks
  readonly #counts: Counts
  readonly #reader: Reader
  readonly #maxText: number
  /** What sessions have asked for, and for which somebody is looked up: what they ask for next comes behind it. */
  readonly #asking = new Map<Session, Promise<void>>()
  /** What ends the following of a session's private messages. */
  readonly #inboxes = new Map<Session, () => void>()

  /** `maxText` is how many characters a message has at most. */
  constructor(engine: Engine, blocks: Blocks, counts: Counts, reader: Reader, maxText: number) {
    this.#engine = engine
    this.#blocks = blocks
    this.#counts = counts
    this.#reader = reader
    this.#maxText = maxText
  }

  /** Resolves when the text is committed. Refuses `not-in-room`, `text-empty`, `text-too-long`, `unavailable`. */
  say(session: Session, text: string, { sent, color = session.color }: Extras = NOTHING): Promise<Event> {
    return this.#inOrder(session, () => {
      const { log, record } = roomOf(session)
      const body = this.#body(text)
      const verified = session.registered || undefined
      this.#counts.event(session.wire.protocol, 'message')
      return [this.#append(log, { kind: 'message', room: record.id, from: session.name, body, sent, color, verified })]
    })
  }

  /**
   * Tells a member of the same room something in private. Resolves when it is committed, with false where a block stands between
   * the two, so that it was dropped. Refuses what {@link say} does, `nobody-here` and `no-private-messages`.
   */
  async tell(session: Session, to: string, text: string, { sent }: Extras = NOTHING): Promise<boolean> {
    return this.#inOrder(session, () => {
      const room = roomOf(session)
      const body = this.#body(text)
      const tell = (addressee: Member | undefined): [Promise<boolean>] => {
        if (!addressee) throw new Refusal('nobody-here')
        if (!addressee.carriesPrivate) throw new Refusal('no-private-messages')
        const { name } = addressee
        if (this.isBlocked(session, name)) return [Promise.resolve(false)]
        return [
          this.#whisper(session, room, {
            kind: 'private',
            room: room.record.id,
            from: session.name,
            to: name,
            body,
            sent,
          }),
        ]
      }
      // Nobody has to be asked after who is in the room here.
      const here = room.member(to)
      return here ? tell(here) : this.#engine.member(room.record.id, to).then(tell, refuse)
    })
  }

  /** Whether a block stands between a session and a name, so that messages between them are dropped. */
  isBlocked(session: Session, name: string): boolean {
    return this.#blocks.between(session.name, name)
  }

  async #whisper(session: Session, room: Place, draft: Draft & { readonly to: string }): Promise<true> {
    const key = fold(draft.to)
    const event = await this.#append(`inbox:${key}`, draft)
    this.#counts.event(session.wire.protocol, 'private')
    if (key !== session.key) room.whisper(session, event)
    return true
  }

  /**
   * Does something behind whatever the session has asked for before: at once, unless somebody is being looked up for that.
   * `act` calls the engine, at once or when it has looked somebody up, and gives what that has promised in an array, so that
   * it is not waited for.
   */
  #inOrder<T>(session: Session, act: () => Promise<[Promise<T>]> | [Promise<T>]): Promise<T> {
    const before = this.#asking.get(session)
    const acted = before ? before.then(act) : act()
    if (!(acted instanceof Promise)) return acted[0]
    const asked = acted.then(
      () => {},
      () => {},
    )
    this.#asking.set(session, asked)
    void asked.then(() => {
      if (this.#asking.get(session) === asked) this.#asking.delete(session)
    })
    return acted.then(([done]) => done)
  }

  /**
   * The events of the session's room in pages, oldest first.
   *
   * @throws Refusal `not-in-room`, and `history-gone` before the first page.
   */
  async *history(session: Session, range: Range): AsyncGenerator<readonly Event[]> {
    for await (const page of this.#reader.pages(roomOf(session).log, range, session)) {
      yield this.#blocks.allowed(page, session.name)
    }
  }

  /** The newest messages of a room that a session may see, oldest first. Refuses `unavailable`. */
  recentMessages(room: number, session: Session, limit: number): Promise<readonly Event[]> {
    const visible = ({ kind, from }: Event) => kind === 'message' && !this.#blocks.between(from, session.name)
    return this.#reader.newest(`room:${room}`, limit, visible, session)
  }

  /** The newest events of a room, oldest first. Refuses `unavailable`. */
  recent(room: number, limit: number, asker: Asker): Promise<readonly Event[]> {
    return this.#reader.newest(`room:${room}`, limit, ({ kind }) => kind !== 'closed', asker)
  }

  /** The newest private messages to a session's name, oldest first, in whatever room they were told. Refuses `unavailable`. */
  inbox(session: Session, limit: number): Promise<readonly Event[]> {
    const visible = ({ from }: Event) => !this.#blocks.between(from, session.name)
    return this.#reader.newest(`inbox:${session.key}`, limit, visible, session)
  }

  /** From now on what members of its room say to it alone reaches a session, until {@link dismiss}. */
  listen(session: Session): void {
    if (this.#inboxes.has(session)) return
    const end = this.#engine.follow(`inbox:${session.key}`, (event) => {
      // The same name may be in another room through another connection.
      if (event.room !== session.room?.record.id) return
      // Whoever has said it on another node may not have known yet.
      if (!this.#blocks.between(event.from, session.name)) session.room.whisper(session, event)
    })
    this.#inboxes.set(session, end)
  }

  dismiss(session: Session): void {
    this.#inboxes.get(session)?.()
    this.#inboxes.delete(session)
  }

  #append(log: LogName, draft: Draft): Promise<Event> {
    return this.#engine.append(log, draft).catch(refuse)
  }

  #body(text: string): string {
    const body = clean(text)
    if (body === '') throw new Refusal('text-empty')
    if (isLonger(body, this.#maxText)) throw new Refusal('text-too-long', this.#maxText)
    return body
  }
}

function roomOf(session: Session): Place {
  // Protocols let nobody speak outside a room, but it may have been put out of it at this moment.
  if (!session.room) throw new Refusal('not-in-room')
  return session.room
}
