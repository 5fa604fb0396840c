/**
 * The core: rooms, sessions, names, what is said.
 *
 * It knows no protocol, no socket and no database: protocols call it and are handed events through {@link Wire}; what must
 * last goes through {@link Engine}. A test holds the imports to that.
 */
import { randomBytes } from 'node:crypto'
import type { Engine, Member, Range, RoomRecord } from '../engine/engine.ts'
import type { Draft, Event, LogName } from '../engine/event.ts'
import { Accounts, Proof } from './accounts.ts'
import { Attempts } from './attempts.ts'
import { Blocking } from './blocking.ts'
import { Blocks } from './blocks.ts'
import { Counts } from './counts.ts'
import { ALONE, Directory } from './directory.ts'
import { Membership } from './membership.ts'
import { fold, isName, isReserved } from './names.ts'
import { newest } from './newest.ts'
import { Passwords } from './passwords.ts'
import { Refusal, refuse } from './refusal.ts'
import { type Cost, Secrets } from './secrets.ts'
import type { Place, Session } from './session.ts'
import { clean, isLonger } from './text.ts'
import { Tickets } from './tickets.ts'

/** Failed attempts a minute for a name or room and for an address. */
const FAILURES = 5
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** The room for protocols without rooms. */
export const LOBBY = 1

export interface ChatOptions {
  /** Characters of a message. */
  readonly maxText: number
  /** Rooms that there may be; 0, or nothing, for no bound. */
  readonly maxRooms?: number
  /** Accounts that may be made from one address within a minute; 0, or nothing, for no bound. */
  readonly maxRegistrations?: number
  /** How long a ticket is good without use, in ms. */
  readonly ticketMs?: number
  /** ms on a clock that is never set back. */
  readonly now?: () => number
  readonly cost?: Cost
  /** Secrets that are checked at the same time, at most; each keeps a processor busy. */
  readonly checksAtOnce?: number
}

/** What a message carries beside its text, where a protocol has it. */
export type Extras = Pick<Draft, 'sent' | 'color'>

export class Chat {
  /** The rooms there are. */
  readonly directory: Directory
  readonly tickets: Tickets
  /** What the nodes tell one another. */
  readonly signals: Pick<Engine, 'signal' | 'heedSignals'>
  /** What has happened here. */
  readonly counts = new Counts()
  readonly #engine: Engine
  readonly #options: ChatOptions
  readonly #blocks = new Blocks()
  readonly #blocking: Blocking
  /** Accounts made, by address. */
  readonly #registrations: Attempts
  readonly #accounts: Accounts
  readonly #passwords: Passwords
  readonly #membership: Membership
  /** Who is logged in on this node, by folded name. */
  readonly #here = new Map<string, Set<Session>>()
  /** Those who have their names alone. */
  readonly #alone = new Map<Session, string>()
  /** What sessions have asked for, and for which somebody is looked up: what they ask for next comes behind it. */
  readonly #asking = new Map<Session, Promise<void>>()
  /** What ends the following of a session's private messages. */
  readonly #inboxes = new Map<Session, () => void>()

  constructor(engine: Engine, options: ChatOptions) {
    const {
      now = () => performance.now(),
      ticketMs = HOUR_MS,
      maxRegistrations,
      maxRooms,
      cost,
      checksAtOnce,
    } = options
    const secrets = new Secrets(cost, checksAtOnce)
    const attempts = new Attempts({ failures: FAILURES, ms: MINUTE_MS }, now)
    this.#registrations = new Attempts({ failures: maxRegistrations || Number.POSITIVE_INFINITY, ms: MINUTE_MS }, now)
    this.#engine = engine
    this.signals = engine
    this.#options = options
    this.#accounts = new Accounts(engine, secrets, attempts)
    this.#passwords = new Passwords(secrets, attempts, this.#registrations)
    this.#blocking = new Blocking(engine, this.#blocks, this.#here)
    this.#membership = new Membership(engine, this.#blocks, this.counts)
    this.directory = new Directory(engine, this.#passwords, maxRooms || Number.POSITIVE_INFINITY)
    this.tickets = new Tickets(engine, ticketMs)
    engine.heedSignals('alone', () => this.#checkAlone())
  }

  /**
   * Lets a guest in under a name, or the owner of an account with the {@link Proof} of it. Refuses `name-invalid`,
   * `name-reserved`, which an account's name is for a guest, and `unavailable`. Whether a name is free is asked on entering a
   * room, but where it is to be `alone`: then nobody may be logged in or in a room under it, which is refused with `name-in-use`.
   */
  async login(session: Session, as: string | Proof, alone = false): Promise<void> {
    const registered = as instanceof Proof
    const name = registered ? as.name : as
    await this.#checkName(name, registered).catch((error) => this.#refuseLogin(error))
    const key = fold(name)
    const present = this.#present(key)
    present.add(session)
    try {
      if (alone) await this.#takeAlone(session, name).catch((error) => this.#refuseLogin(error))
      await this.#blocking.load(name)
    } catch (error) {
      await this.#absent(key, session)
      throw error
    }
    if (session.closed) return this.#absent(key, session)
    session.name = name
    session.registered = registered
  }

  async #takeAlone(session: Session, name: string): Promise<void> {
    // Who is logged in here may be in no room.
    if (this.#present(fold(name)).size > 1) throw new Refusal('name-in-use')
    if ((await this.#engine.heldIn(name)).length > 0) throw new Refusal('name-in-use')
    if (!(await this.#engine.claim(ALONE, name))) throw new Refusal('name-in-use')
    this.#alone.set(session, name)
  }

  /** The others may have taken this node for dead, and what it held for free. */
  #checkAlone(): void {
    for (const [session, name] of this.#alone) {
      if (this.#engine.holds(ALONE, name)) continue
      const claimed = this.#engine.claim(ALONE, name).catch(() => true)
      void claimed.then((claimed) => {
        if (!claimed && this.#alone.delete(session)) session.wire.replaced?.(session)
      })
    }
  }

  /**
   * Makes a name an account. A guest who asks it for its own name gives its session, which then is the owner's. Refuses
   * `name-invalid`, `name-reserved`, `name-taken`, `name-in-use`, `secret-invalid`, `too-many-attempts` and `unavailable`.
   */
  async register(name: string, secret: string, address: string, self?: Session): Promise<void> {
    const own = self?.key === fold(name) ? self : undefined
    // A room that it has just left holds its name until that is committed.
    if (own) await this.#membership.departed(own)
    await this.#register(name, address, own, () => this.#accounts.create(name, secret, address, own?.room?.record.id))
  }

  /** Makes an account and the key to it. Refuses what {@link register} does. */
  registerWithKey(name: string, address: string): Promise<string> {
    return this.#register(name, address, undefined, () => this.#accounts.createWithKey(name))
  }

  async #register<T>(name: string, address: string, own: Session | undefined, make: () => Promise<T>): Promise<T> {
    if (await this.isRegistered(name)) throw new Refusal('name-taken')
    for (const session of this.#here.get(fold(name)) ?? []) if (session !== own) throw new Refusal('name-in-use')
    if (!this.#registrations.count([address])) throw new Refusal('too-many-attempts')
    const made = await make().catch(refuse)
    // The account is made, whatever becomes of these.
    if (!own) await this.#blocking.disown(name).catch(() => {})
    else {
      own.registered = true
      await this.#blocking.adopt(own)
    }
    return made
  }

  /** Checks the secret of an account. Refuses `name-unknown`, `secret-wrong`, `too-many-attempts` and `unavailable`. */
  authenticate(name: string, secret: string, address: string): Promise<Proof> {
    return this.#accounts.prove(name, secret, address).catch((error) => this.#refuseLogin(error))
  }

  /** The account that a key opens. Refuses `secret-wrong` and `unavailable`. */
  authenticateByKey(key: string): Promise<Proof> {
    return this.#accounts.open(key).catch((error) => this.#refuseLogin(error))
  }

  /** Whether a name needs a secret. Refuses `unavailable`. */
  isRegistered(name: string): Promise<boolean> {
    return this.#accounts.holds(name).catch(refuse)
  }

  /** How many sessions there are here, by protocol. */
  sessions(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const sessions of this.#here.values()) {
      for (const { wire } of sessions) counts.set(wire.protocol, (counts.get(wire.protocol) ?? 0) + 1)
    }
    return counts
  }

  /** Whether anybody is logged in under a name here, or in a room under it anywhere. */
  async live(name: string): Promise<boolean> {
    return this.#here.has(fold(name)) || (await this.#engine.heldIn(name).catch(refuse)).length > 0
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
   * the one it was in. A room that is not public is entered when `unlocked`: its password has been shown. Resolves with the
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
    // From before its joining, as whoever sees that may tell it something at once.
    if (!this.#inboxes.has(session)) this.#inboxes.set(session, this.#followInbox(session))
    try {
      // The name may have been registered since the login, or be about to be.
      return await this.#membership.enter(session, find, () => this.#checkOwn(session))
    } finally {
      if (!session.room) this.#leaveInbox(session)
    }
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
    return this.#inOrder(session, () => {
      const { log, record } = roomOf(session)
      const body = this.#body(text)
      this.counts.event(session.wire.protocol, 'message')
      return [this.#append(log, { kind: 'message', room: record.id, from: session.name, body, sent, color })]
    })
  }

  /** A private message to a member of the same room. Refuses what {@link say} does, and `nobody-here`. */
  async tell(session: Session, to: string, text: string, { sent }: Extras = NOTHING): Promise<void> {
    return this.#inOrder(session, () => {
      const room = roomOf(session)
      const body = this.#body(text)
      const tell = (addressee: Member | undefined): [Promise<void>] => {
        if (!addressee?.carriesPrivate) throw new Refusal('nobody-here')
        const { name } = addressee
        // Between two of whom one has blocked the other it is dropped without an error.
        if (this.#blocks.between(session.name, name)) return [Promise.resolve()]
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

  async #whisper(session: Session, room: Place, draft: Draft & { readonly to: string }): Promise<void> {
    const key = fold(draft.to)
    const event = await this.#append(`inbox:${key}`, draft)
    this.counts.event(session.wire.protocol, 'private')
    if (key !== session.key) room.whisper(session, event)
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
   * Keeps messages between two names from either of them: by a registered name, and by one at a protocol that keeps blocks,
   * until it says otherwise; by another guest until its last session ends. Refuses `name-invalid`, which one's own is here,
   * `name-reserved`, `too-many-blocks` and `unavailable`.
   */
  async block(session: Session, name: string): Promise<void> {
    await this.#checkOwn(session)
    // Nobody would take it back.
    if (!session.closed) await this.#blocking.block(session, name)
  }

  /** False when the name was not blocked. Refuses `name-reserved` and `unavailable`. */
  async unblock(session: Session, name: string): Promise<boolean> {
    await this.#checkOwn(session)
    return this.#blocking.unblock(session, name)
  }

  blocked(session: Session): string[] {
    return this.#blocks.list(session.name)
  }

  /** The connection is gone: its room is told, its name becomes free. Resolves when nothing of it is left. */
  async close(session: Session): Promise<void> {
    if (session.closed) return
    session.closed = true
    await this.#membership.close(session)
    this.#leaveInbox(session)
    await this.#absent(session.key, session)
  }

  /** Resolves when everybody who has left has been seen off, or cannot be. */
  stop(): Promise<void> {
    return this.#membership.stop()
  }

  /** For what a protocol signs: drawn at random once, and kept. Refuses `unavailable`. */
  secret(purpose: string): Promise<string> {
    return this.#engine.rememberFirst(`secret:${purpose}`, randomBytes(32).toString('hex')).catch(refuse)
  }

  async #checkName(name: string, registered: boolean): Promise<void> {
    if (!isName(name)) throw new Refusal('name-invalid')
    if (isReserved(name)) throw new Refusal('name-reserved')
    if (!registered && (await this.isRegistered(name))) throw new Refusal('name-reserved')
  }

  #refuseLogin(error: unknown): never {
    try {
      return refuse(error)
    } catch (refused) {
      if (refused instanceof Refusal) this.counts.refusedLogin(refused.reason)
      throw refused
    }
  }

  #followInbox(session: Session): () => void {
    return this.#engine.follow(`inbox:${session.key}`, (event) => {
      // The same name may be in another room through another connection.
      if (event.room !== session.room?.record.id) return
      // Whoever has said it on another node may not have known yet.
      if (!this.#blocks.between(event.from, session.name)) session.room.whisper(session, event)
    })
  }

  #leaveInbox(session: Session): void {
    this.#inboxes.get(session)?.()
    this.#inboxes.delete(session)
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

  /** The sessions under a name. */
  #present(key: string): Set<Session> {
    let present = this.#here.get(key)
    if (!present) this.#here.set(key, (present = new Set()))
    return present
  }

  /** A name's blocks go with its last session, from memory or, where they are not kept, for good. */
  async #absent(key: string, session: Session): Promise<void> {
    const present = this.#here.get(key)
    if (present?.delete(session) && present.size === 0) {
      this.#here.delete(key)
      this.#blocking.forget(key)
    }
    if (this.#alone.delete(session)) await this.#engine.release(ALONE, key)
  }
}

const NOTHING: Extras = {}

function roomOf(session: Session): Place {
  // Protocols let nobody speak outside a room, but it may have been put out of it at this moment.
  if (!session.room) throw new Refusal('not-in-room')
  return session.room
}
