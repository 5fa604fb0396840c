/**
 * The core: rooms, sessions, names, what is said.
 *
 * It knows no protocol, no socket and no database: protocols call it and are handed events through {@link Wire}; what must
 * last goes through {@link Engine}. A test holds the imports to that.
 */
import { randomBytes } from 'node:crypto'
import type { Engine, Range, RoomRecord } from '../engine/engine.ts'
import type { Draft, Event, LogName } from '../engine/event.ts'
import { Accounts, Proof } from './accounts.ts'
import { Attempts } from './attempts.ts'
import { Blocks } from './blocks.ts'
import { Directory } from './directory.ts'
import { Membership } from './membership.ts'
import { fold, isName, isReserved } from './names.ts'
import { newest } from './newest.ts'
import { Passwords } from './passwords.ts'
import { Refusal, refuse } from './refusal.ts'
import { type Cost, Secrets } from './secrets.ts'
import type { Place, Session } from './session.ts'
import { clean, isLonger } from './text.ts'
import { Tickets } from './tickets.ts'

/** Names that one name may block. */
const MOST_BLOCKS = 1_000
/** Failed attempts a minute for a name or room and for an address. */
const LIMIT = { failures: 5, ms: 60_000 }
const HOUR_MS = 3_600_000

/** The room for protocols without rooms. */
export const LOBBY = 1

export interface ChatOptions {
  /** Characters of a message. */
  readonly maxText: number
  /** How long a ticket is good without use, in ms. */
  readonly ticketMs?: number
  /** ms on a clock that is never set back. */
  readonly now?: () => number
  readonly cost?: Cost
}

/** What a message carries beside its text, where a protocol has it. */
export type Extras = Pick<Draft, 'sent' | 'color'>

export class Chat {
  /** The rooms there are. */
  readonly directory: Directory
  readonly tickets: Tickets
  readonly #engine: Engine
  readonly #options: ChatOptions
  readonly #blocks = new Blocks()
  readonly #accounts: Accounts
  readonly #passwords: Passwords
  readonly #membership: Membership
  /** Who is logged in on this node, by folded name. */
  readonly #present = new Map<string, Set<Session>>()
  /** What ends the following of a session's private messages. */
  readonly #inboxes = new Map<Session, () => void>()

  constructor(engine: Engine, options: ChatOptions) {
    const { now = () => performance.now(), ticketMs = HOUR_MS, cost } = options
    const secrets = new Secrets(cost)
    const attempts = new Attempts(LIMIT, now)
    this.#engine = engine
    this.#options = options
    this.#accounts = new Accounts(engine, secrets, attempts)
    this.#passwords = new Passwords(secrets, attempts)
    this.#membership = new Membership(engine, this.#blocks)
    this.directory = new Directory(engine, this.#passwords)
    this.tickets = new Tickets(engine, ticketMs)
  }

  /**
   * Lets a guest in under a name, or the owner of an account with the {@link Proof} of it. Refuses `name-invalid`,
   * `name-reserved`, which an account's name is for a guest, and `unavailable`. Whether a name is free is asked on entering a room.
   */
  async login(session: Session, as: string | Proof): Promise<void> {
    const registered = as instanceof Proof
    const name = registered ? as.name : as
    if (!isName(name)) throw new Refusal('name-invalid')
    if (isReserved(name)) throw new Refusal('name-reserved')
    if (!registered && (await this.isRegistered(name))) throw new Refusal('name-reserved')
    for (const block of await this.#engine.blocksWith(name).catch(refuse)) {
      this.#blocks.keep(block.owner)
      this.#blocks.block(block.owner, block.name)
    }
    if (session.closed) return
    session.name = name
    session.registered = registered
    let present = this.#present.get(session.key)
    if (!present) this.#present.set(session.key, (present = new Set()))
    present.add(session)
  }

  /**
   * Makes a name an account. A guest who asks it for its own name gives its session, which then is the owner's. Refuses
   * `name-invalid`, `name-reserved`, `name-taken`, `secret-invalid` and `unavailable`.
   */
  async register(name: string, secret: string, self?: Session): Promise<void> {
    const own = self?.key === fold(name) ? self : undefined
    // A room that it has just left holds its name until that is committed.
    if (own) await this.#membership.departed(own)
    await this.#accounts.create(name, secret, own?.room?.record.id).catch(refuse)
    if (!own) return
    own.registered = true
    this.#blocks.keep(name)
    const blocked = this.#blocks.list(name)
    // The account is made, whatever becomes of these.
    await Promise.allSettled(blocked.map((other) => this.#engine.keepBlock(name, other)))
  }

  /** Checks the secret of an account. Refuses `name-unknown`, `secret-wrong`, `too-many-attempts` and `unavailable`. */
  authenticate(name: string, secret: string, address: string): Promise<Proof> {
    return this.#accounts.prove(name, secret, address).catch(refuse)
  }

  /** Makes an account and the key to it. Refuses what {@link register} does. */
  registerWithKey(name: string): Promise<string> {
    return this.#accounts.createWithKey(name).catch(refuse)
  }

  /** The account that a key opens. Refuses `secret-wrong` and `unavailable`. */
  authenticateByKey(key: string): Promise<Proof> {
    return this.#accounts.open(key).catch(refuse)
  }

  /** Whether a name needs a secret. Refuses `unavailable`. */
  isRegistered(name: string): Promise<boolean> {
    return this.#accounts.holds(name).catch(refuse)
  }

  /** Whether anybody is logged in under a name here, or in a room under it anywhere. */
  async live(name: string): Promise<boolean> {
    return this.#present.has(fold(name)) || (await this.#engine.heldIn(name).catch(refuse)).length > 0
  }

  /** How a name that was ever seen is written; undefined when it never was. Refuses `unavailable`. */
  seen(name: string): Promise<string | undefined> {
    return this.#engine.findName(name).catch(refuse)
  }

  /** Every name that has ever joined a room or registered, in order of appearance. Refuses `unavailable`. */
  everybody(limit: number): Promise<readonly string[]> {
    return this.#engine.names(limit).catch(refuse)
  }

  /**
   * Makes a session a member of a room, by its number or its line name, under which it is made if need be, and takes it out of
   * the one it was in. A room that is not public is entered by whoever has been {@link unlock unlocked} it. Resolves with the
   * room. Refuses `room-name-invalid`, `room-private`, `name-in-room`, `name-reserved` and `unavailable`, and for a number
   * `room-unknown`; then nothing has changed.
   */
  async enter(session: Session, which: number | string, unlocked = false): Promise<RoomRecord> {
    const find = async () => {
      const record = typeof which === 'number' ? await this.directory.find(which) : await this.directory.open(which)
      if (!record) throw new Refusal('room-unknown')
      if (record.visibility !== 'public' && !unlocked) throw new Refusal('room-private')
      return record
    }
    // The name may have been registered since the login, or be about to be.
    const room = await this.#membership.enter(session, find, () => this.#checkOwn(session))
    if (!this.#inboxes.has(session)) this.#inboxes.set(session, this.#followInbox(session))
    return room
  }

  /** Checks a room's password. Refuses `room-unknown`, `password-wrong`, `too-many-attempts` and `unavailable`. */
  async unlock(room: RoomRecord, password: string, address: string): Promise<void> {
    await this.#passwords.check(room, password, address)
  }

  /** Ends a membership; the session still sees its own `left`. Refuses `unavailable`, and then it is still a member. */
  leave(session: Session): Promise<void> {
    return this.#membership.leave(session)
  }

  /** Tells a session what happens in a room, whether or not it is a member. Returns the end of that. */
  watch(session: Session, room: RoomRecord): () => void {
    return this.#membership.watch(session, room)
  }

  /** Resolves when the text is committed. Refuses `not-in-room`, `text-empty`, `text-too-long`, `unavailable`. */
  say(session: Session, text: string, { sent, color = session.color }: Extras = NOTHING): Promise<Event> {
    const { log, record } = roomOf(session)
    return this.#append(log, {
      kind: 'message',
      room: record.id,
      from: session.name,
      body: this.#body(text),
      sent,
      color,
    })
  }

  /** A private message to a member of the same room. Refuses what {@link say} does, and `nobody-here`. */
  async tell(session: Session, to: string, text: string, { sent }: Extras = NOTHING): Promise<void> {
    const room = roomOf(session)
    const body = this.#body(text)
    const addressee = room.member(to)
    if (!addressee?.wire.carriesPrivate) throw new Refusal('nobody-here')
    // Between two of whom one has blocked the other it is dropped without an error.
    if (this.#blocks.between(session.name, addressee.name)) return
    const draft: Draft = { kind: 'private', room: room.record.id, from: session.name, to: addressee.name, body, sent }
    const event = await this.#append(`inbox:${addressee.key}`, draft)
    if (addressee.key !== session.key) session.whisper(event)
  }

  /** The events of the session's room, in pages, oldest first. Refuses `history-gone` before the first page. */
  async *history(session: Session, range: Range): AsyncGenerator<readonly Event[]> {
    const { log } = roomOf(session)
    try {
      for await (const page of this.#engine.read(log, range)) {
        yield this.#blocks.allowed(page, session.name)
      }
    } catch (error) {
      refuse(error)
    }
  }

  /** The newest messages of a room that a name may see, oldest first. Refuses `unavailable`. */
  recentMessages(room: number, reader: string, limit: number): Promise<readonly Event[]> {
    const visible = ({ kind, from }: Event) => kind === 'message' && !this.#blocks.between(from, reader)
    return newest(this.#engine, `room:${room}`, limit, visible).catch(refuse)
  }

  /** The newest private messages to a name, oldest first, in whatever room they were told. Refuses `unavailable`. */
  inbox(name: string, limit: number): Promise<readonly Event[]> {
    const visible = ({ from }: Event) => !this.#blocks.between(from, name)
    return newest(this.#engine, `inbox:${fold(name)}`, limit, visible).catch(refuse)
  }

  /**
   * Keeps messages between two names from either of them: for a registered name, and for one that has blocked somebody at
   * a protocol that keeps blocks, until it says otherwise; for another guest's until its last session ends. Refuses `name-invalid`, which one's own is here, `name-reserved` and `unavailable`.
   */
  async block(session: Session, name: string): Promise<void> {
    if (!isName(name) || fold(name) === session.key) throw new Refusal('name-invalid')
    await this.#checkOwn(session)
    if (this.#blocks.count(session.name) >= MOST_BLOCKS) throw new Refusal('too-many-blocks')
    if (session.registered || session.wire.keepsBlocks) this.#blocks.keep(session.name)
    const kept = this.#blocks.keeps(session.name)
    if (kept) await this.#engine.keepBlock(session.name, name).catch(refuse)
    // What has ended while this was committed has nothing left to be forgotten by.
    if (kept || !session.closed) this.#blocks.block(session.name, name)
  }

  /** False when the name was not blocked. Refuses `name-reserved` and `unavailable`. */
  async unblock(session: Session, name: string): Promise<boolean> {
    await this.#checkOwn(session)
    const kept = session.registered || this.#blocks.keeps(session.name)
    if (kept) await this.#engine.dropBlock(session.name, name).catch(refuse)
    return this.#blocks.unblock(session.name, name)
  }

  blocked(session: Session): string[] {
    return this.#blocks.list(session.name)
  }

  /** The connection is gone: its room is told, its name becomes free. Resolves when nothing of it is left. */
  async close(session: Session): Promise<void> {
    if (session.closed) return
    session.closed = true
    this.#absent(session)
    await this.#membership.close(session)
    this.#inboxes.get(session)?.()
    this.#inboxes.delete(session)
  }

  /** Resolves when everybody who has left has been seen off, or cannot be. */
  stop(): Promise<void> {
    return this.#membership.stop()
  }

  /** For what a protocol signs: drawn at random once, and kept. Refuses `unavailable`. */
  secret(purpose: string): Promise<string> {
    return this.#engine.rememberFirst(`secret:${purpose}`, randomBytes(32).toString('hex')).catch(refuse)
  }

  #followInbox(session: Session): () => void {
    return this.#engine.follow(`inbox:${session.key}`, (event) => {
      // The same name may be in another room through another connection.
      if (event.room === session.room?.record.id) session.whisper(event)
    })
  }

  #append(log: LogName, draft: Draft): Promise<Event> {
    return this.#engine.append(log, draft).catch(refuse)
  }

  #body(text: string): string {
    const body = clean(text)
    if (body === '') throw new Refusal('text-empty')
    if (isLonger(body, this.#options.maxText)) throw new Refusal('text-too-long')
    return body
  }

  /** A guest whose name was registered by somebody else since may do nothing in that name. */
  async #checkOwn(session: Session): Promise<void> {
    if (!session.registered && (await this.isRegistered(session.name))) throw new Refusal('name-reserved')
  }

  /** A guest's blocks end with its last session, unless they are kept. */
  #absent(session: Session): void {
    const present = this.#present.get(session.key)
    if (!present?.delete(session) || present.size > 0) return
    this.#present.delete(session.key)
    this.#blocks.forget(session.name)
  }
}

const NOTHING: Extras = {}

function roomOf(session: Session): Place {
  // Protocols let nobody speak outside a room, but it may have been put out of it at this moment.
  if (!session.room) throw new Refusal('not-in-room')
  return session.room
}
