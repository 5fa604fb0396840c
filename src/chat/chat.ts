/**
 * The core: rooms, sessions, names, what is said.
 *
 * It knows no protocol, no socket and no database: protocols call it and are handed events through {@link Wire}; what must
 * last goes through {@link Engine}. A test holds the imports to that.
 */
import { randomBytes } from 'node:crypto'
import type { Engine, RoomRecord } from '../engine/engine.ts'
import { Accounts, Proof } from './accounts.ts'
import { type Administered, Administration } from './administration.ts'
import { Alone } from './alone.ts'
import { Attempts } from './attempts.ts'
import { Blocking } from './blocking.ts'
import { Blocks } from './blocks.ts'
import { Counts } from './counts.ts'
import { Directory } from './directory.ts'
import { Guesses } from './guesses.ts'
import { Handover } from './handover.ts'
import { RoomMakers } from './makers.ts'
import { Membership } from './membership.ts'
import { fold, isName, isReserved } from './names.ts'
import { Passwords } from './passwords.ts'
import { Reader } from './reader.ts'
import { Refusal, refuse } from './refusal.ts'
import { RoomQuota } from './room-quota.ts'
import { type Cost, Secrets } from './secrets.ts'
import type { Session } from './session.ts'
import { Talk } from './talk.ts'
import { Tickets } from './tickets.ts'

/** Failed attempts a minute from an address. */
const FAILURES = 5
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The room for protocols without rooms. */
export const LOBBY = 1

export interface ChatOptions {
  /** Characters of a message. */
  readonly maxText: number
  /** Rooms that there may be; 0, or nothing, for no bound. */
  readonly maxRooms?: number
  /** Rooms made from one address that there may be; 0, or nothing, for no bound. */
  readonly maxRoomsPerAddress?: number
  /** Called when a room was closed because its maker needed the space for another one. */
  readonly onDiscard?: (room: RoomRecord) => void
  /** Called with what the operator of the server has done, on whatever node. */
  readonly onAdministered?: (done: Administered) => void
  /** Accounts that may be made from one address within a minute; 0, or nothing, for no bound. */
  readonly maxRegistrations?: number
  /** Accounts that may be made from one address within a day; 0, or nothing, for no bound. */
  readonly maxAccountsPerAddress?: number
  /** How long a ticket is good without use, in ms. */
  readonly ticketMs?: number
  /** ms on a clock that is never set back. */
  readonly now?: () => number
  readonly cost?: Cost
  /** Secrets that are checked at the same time, at most; each keeps a processor busy. */
  readonly checksAtOnce?: number
}

export class Chat {
  /** The rooms there are. */
  readonly directory: Directory
  readonly tickets: Tickets
  readonly makers: RoomMakers
  readonly administration: Administration
  /** What is said. */
  readonly talk: Talk
  /** Characters of the longest message. */
  readonly maxText: number
  /** What the nodes tell one another. */
  readonly signals: Pick<Engine, 'signal' | 'heedSignals'>
  /** What has happened here. */
  readonly counts = new Counts()
  readonly #engine: Engine
  readonly #blocks = new Blocks()
  readonly #blocking: Blocking
  /** Accounts made, by address. */
  readonly #registrations: Attempts
  /** Accounts made within a day, by address; undefined for no bound. */
  readonly #accountQuota: { readonly limit: number; readonly made: Attempts } | undefined
  readonly #accounts: Accounts
  readonly #passwords: Passwords
  readonly #handover = new Handover()
  readonly #membership: Membership
  /** Who is logged in on this node, by folded name. */
  readonly #here = new Map<string, Set<Session>>()
  readonly #alone: Alone

  constructor(engine: Engine, options: ChatOptions) {
    const {
      maxText,
      now = () => performance.now(),
      ticketMs = HOUR_MS,
      maxRegistrations,
      maxAccountsPerAddress,
      maxRooms,
      maxRoomsPerAddress,
      onDiscard = () => {},
      onAdministered = () => {},
      cost,
      checksAtOnce,
    } = options
    this.maxText = maxText
    const secrets = new Secrets(cost, checksAtOnce)
    const attempts = new Attempts({ failures: FAILURES, ms: MINUTE_MS }, now)
    this.#registrations = new Attempts({ failures: maxRegistrations || Number.POSITIVE_INFINITY, ms: MINUTE_MS }, now)
    this.#accountQuota = maxAccountsPerAddress
      ? { limit: maxAccountsPerAddress, made: new Attempts({ failures: maxAccountsPerAddress, ms: DAY_MS }, now) }
      : undefined
    const reader = new Reader(engine)
    this.#engine = engine
    this.signals = engine
    const guesses = new Guesses(secrets, attempts)
    this.#accounts = new Accounts(engine, secrets, guesses)
    this.#passwords = new Passwords(secrets, guesses, this.#registrations)
    this.#blocking = new Blocking(engine, this.#blocks, this.#here)
    this.#membership = new Membership(engine, this.#blocks, this.counts, this.#handover)
    this.makers = new RoomMakers(engine, reader)
    const quota = new RoomQuota(engine, this.makers, {
      maxRooms: maxRooms || Number.POSITIVE_INFINITY,
      maxPerAddress: maxRoomsPerAddress || Number.POSITIVE_INFINITY,
    })
    this.directory = new Directory(engine, reader, this.#passwords, {
      makers: this.makers,
      quota,
      onDiscard,
      activityIn: (room) => this.#membership.activityIn(room),
    })
    this.tickets = new Tickets(engine, ticketMs)
    this.talk = new Talk(engine, this.#blocks, this.counts, reader, maxText)
    this.#alone = new Alone(engine)
    this.administration = new Administration(engine, {
      accounts: this.#accounts,
      tickets: this.tickets,
      blocking: this.#blocking,
      directory: this.directory,
      here: this.#here,
      close: (session) => this.close(session),
      onAdministered,
    })
  }

  /**
   * Lets a guest in under a name, or the owner of an account with the {@link Proof} of it. Refuses `name-invalid`,
   * `name-reserved`, which an account's name is for a guest, `secret-wrong` for a proof that is out of date, and `unavailable`. Whether a name is free is asked on entering a
   * room, but where it is to be `alone`: then nobody may be logged in or in a room under it, which is refused with `name-in-use`.
   */
  async login(session: Session, as: string | Proof, alone = false): Promise<void> {
    const registered = as instanceof Proof
    const name = registered ? as.name : as
    await this.#checkName(name, registered).catch((error) => this.#refuseLogin(error))
    const key = fold(name)
    await this.#closed(key)
    this.#present(key).add(session)
    try {
      // The operator may have taken the account away since, and has not found this session.
      if (registered && !(await this.#accounts.isGood(as).catch(refuse))) this.#refuseLogin(new Refusal('secret-wrong'))
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

  /**
   * Makes a name an account. A guest who asks it for its own name gives its session, which then is the owner's. Refuses
   * `name-invalid`, `name-reserved`, `name-taken`, `name-in-use`, `secret-invalid`, `too-many-attempts`, `too-many-accounts` and
   * `unavailable`.
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
    const others = () => this.#sessionsUnder(fold(name)).filter((session) => session !== own)
    const free = async () => others().length === 0
    if (!(await this.#handover.take(own ?? successorOf(name), free, others))) throw new Refusal('name-in-use')
    const made = await this.#withinQuota(address, make)
    // The account is made, whatever becomes of these.
    if (!own) await this.#blocking.disown(name).catch(() => {})
    else {
      own.registered = true
      await this.#blocking.adopt(own)
    }
    return made
  }

  /** Makes an account where the bounds for its address allow it; only one that is made counts for the day. */
  async #withinQuota<T>(address: string, make: () => Promise<T>): Promise<T> {
    const end = await this.#accountQuota?.made.begin([address])
    if (this.#accountQuota && !end) throw new Refusal('too-many-accounts', this.#accountQuota.limit, 'address')
    let counts = false
    try {
      if (!this.#registrations.count([address])) throw new Refusal('too-many-attempts')
      const made = await make().catch(refuse)
      counts = true
      return made
    } finally {
      end?.(counts)
    }
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

  /** Whether a name neither is an account's nor looks like one. Refuses `unavailable`. */
  async isGuestName(name: string): Promise<boolean> {
    const [held, alike] = await Promise.all([this.isRegistered(name), this.#accounts.resembles(name).catch(refuse)])
    return !held && !alike
  }

  /** How many sessions there are here, by protocol. */
  sessions(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const sessions of this.#here.values()) {
      for (const { wire } of sessions) counts.set(wire.protocol, (counts.get(wire.protocol) ?? 0) + 1)
    }
    return counts
  }

  /**
   * Whether nobody is logged in under a name here, nor in a room under it anywhere. Waits for sessions that are ending. Refuses
   * `unavailable`.
   */
  isFree(name: string): Promise<boolean> {
    const here = () => this.#sessionsUnder(fold(name))
    const free = async () => here().length === 0 && (await this.#engine.heldIn(name).catch(refuse)).length === 0
    return this.#handover.take(successorOf(name), free, here)
  }

  /** How a name that was ever seen is written; undefined when it never was. Refuses `unavailable`. */
  seen(name: string): Promise<string | undefined> {
    return this.#engine.findName(name).catch(refuse)
  }

  /**
   * The names that have ever joined a room or registered, in order of appearance, at most `limit`, without the first `skip`. Refuses
   * `unavailable`.
   */
  everybody(limit: number, skip = 0): Promise<readonly string[]> {
    return this.#engine.names(limit, skip).catch(refuse)
  }

  /**
   * Makes a session a member of a room, by its number or its line name, under which it is made if need be, and takes it out of
   * the one it was in. A room that is not public is entered when `unlocked`: its password has been shown. Resolves with the
   * room. Refuses `room-name-invalid`, `room-private`, `name-in-room`, `name-reserved` and `unavailable`, and for a number
   * `room-unknown`; then nothing has changed.
   */
  async enter(session: Session, which: number | string, unlocked = false): Promise<RoomRecord> {
    const find = async () => {
      const record =
        typeof which === 'number'
          ? await this.directory.find(which)
          : await this.directory.open(which, { address: session.address, name: session.name })
      if (!record) throw new Refusal('room-unknown')
      if (record.visibility !== 'public' && !unlocked) throw new Refusal('room-private')
      return record
    }
    // From before its joining, as whoever sees that may tell it something at once.
    this.talk.listen(session)
    try {
      // The name may have been registered since the login, or be about to be.
      return await this.#membership.enter(session, find, () => this.#checkOwn(session))
    } finally {
      if (!session.room) this.talk.dismiss(session)
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
    const lastEvents = await this.#membership.close(session)
    this.talk.dismiss(session)
    await this.#absent(session.key, session)
    await lastEvents()
  }

  /** Whether a session that logged in `alone` has its name alone; not while another node may have taken the name from it. */
  isAlone(session: Session): boolean {
    return this.#alone.holds(session)
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
    // Whatever names may be now: the account was made.
    if (registered) return
    if (!isName(name)) throw new Refusal('name-invalid')
    if (isReserved(name) || !(await this.isGuestName(name))) throw new Refusal('name-reserved')
  }

  #refuseLogin(error: unknown): never {
    try {
      return refuse(error)
    } catch (refused) {
      if (refused instanceof Refusal) this.counts.refusedLogin(refused.reason)
      throw refused
    }
  }

  /** The sessions of this node under a folded name, in order of login. */
  #sessionsUnder(key: string): Session[] {
    return [...(this.#here.get(key) ?? [])]
  }

  /** Resolves when sessions under a name that are closed are gone: what a guest has blocked goes with it. */
  async #closed(key: string): Promise<void> {
    const closed = () => this.#sessionsUnder(key).filter((session) => session.closed)
    if (closed().length === 0) return
    await this.#handover.take(successorOf(key), async () => closed().length === 0, closed)
  }

  /** Refuses `name-in-use` unless all other sessions under the name are ending. */
  async #takeAlone(session: Session, name: string): Promise<void> {
    const key = fold(name)
    // Of several that log in at once the first one counts.
    const others = () => {
      const present = this.#sessionsUnder(key)
      return present.slice(0, present.indexOf(session))
    }
    const take = async () => others().length === 0 && (await this.#alone.take(session, name))
    const self = {
      key,
      get closed() {
        return session.closed
      },
    }
    if (!(await this.#handover.take(self, take, others))) throw new Refusal('name-in-use')
  }

  /** A guest whose name was registered by somebody else since may do nothing in that name. */
  async #checkOwn(session: Session): Promise<void> {
    if (!session.registered && !(await this.isGuestName(session.name))) throw new Refusal('name-reserved')
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
    await this.#alone.giveUp(session)
    this.#handover.freed(key)
  }
}

/** A request for a name that no session makes. */
function successorOf(name: string) {
  return { key: fold(name), closed: false }
}
