/**
 * The core: users, sessions, memberships, rooms, messages.
 *
 * It knows no protocol, no socket and no database: protocols call it and are handed events through {@link Wire}; what must last goes
 * through {@link Engine}. test/imports.test.ts holds the imports to that.
 */
import { randomBytes } from 'node:crypto'
import type { Engine, EngineBroadcast, RoomRecord } from '../engine/engine.ts'
import { LOBBY_ROOM } from '../engine/lobby.ts'
import type { AccountRecord } from '../engine/records.ts'
import { Access, checkUnlocked } from './access.ts'
import { AccountSettings } from './account-settings.ts'
import { Accounts } from './accounts.ts'
import { AddressDigests } from './address-digests.ts'
import { type Administered, Administration } from './administration.ts'
import { Admins } from './admins.ts'
import { Alone } from './alone.ts'
import { Attempts } from './attempts.ts'
import type { OnDeliveryError } from './audience.ts'
import { auditEntry, type OnAudit } from './audit.ts'
import { Away } from './away.ts'
import { Blocking } from './blocking.ts'
import { Blocks } from './blocks.ts'
import { Counts } from './counts.ts'
import { Credentials, Proof } from './credentials.ts'
import { Directory } from './directory.ts'
import { Guesses } from './guesses.ts'
import { Handover } from './handover.ts'
import { Inboxes } from './inboxes.ts'
import { RoomMakers } from './makers.ts'
import { Memberships } from './memberships.ts'
import { Messages } from './messages.ts'
import { Moderation } from './moderation.ts'
import { fold, isName, isReserved } from './names.ts'
import { Passwords } from './passwords.ts'
import { Presence } from './presence.ts'
import { Reader } from './reader.ts'
import { Refusal, refuse } from './refusal.ts'
import { RoomQuota } from './room-quota.ts'
import type { Rank } from './room-state.ts'
import type { Identity } from './sanctions.ts'
import { type Cost, Secrets } from './secrets.ts'
import type { Membership, Session } from './session.ts'
import { Sessions } from './sessions.ts'
import { Supervision } from './supervision.ts'
import { Tickets } from './tickets.ts'

/** Failed attempts a minute from an address. */
const FAILURES = 5
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Id of the lobby, the room of protocols without rooms. */
export const LOBBY = LOBBY_ROOM.id

export interface ChatOptions {
  /** Days for which the engine keeps events; 0, the default, for no limit. */
  readonly keepDays?: number
  /** Maximum characters of a message. */
  readonly maxText: number
  /** Maximum number of rooms; 0 or undefined for no limit. */
  readonly maxRooms?: number
  /** Maximum number of rooms made from one address; 0 or undefined for no limit. */
  readonly maxRoomsPerAddress?: number
  /** Called when a room was closed because its maker needed the space for another one. */
  readonly onDiscard?: (room: RoomRecord) => void
  /** Called with actions of the operator of the server, on whatever node. */
  readonly onAdministered?: (done: Administered) => void
  readonly onDeliveryError?: OnDeliveryError
  /** Called with actions of clients that are logged. */
  readonly onAudit?: OnAudit
  /** Nicknames of accounts that are admins; others are marked in the store. */
  readonly admins?: readonly string[]
  /** Maximum number of accounts made from one address within a minute; 0 or undefined for no limit. */
  readonly maxRegistrations?: number
  /** Maximum number of accounts made from one address within a day; 0 or undefined for no limit. */
  readonly maxAccountsPerAddress?: number
  /** Lifetime of an unused ticket, in ms. */
  readonly ticketMs?: number
  /** Monotonic clock, in ms. */
  readonly now?: () => number
  readonly cost?: Cost
  /** Maximum number of secrets checked at the same time; each keeps a processor busy. */
  readonly checksAtOnce?: number
}

export interface JoinRoomOptions {
  /** The room as it was when its password was shown, see {@link Chat.unlock}. */
  readonly unlocked?: RoomRecord | undefined
  /** True at protocols with one room at a time: the session's other membership ends where the new one begins. */
  readonly moves?: boolean
}

export class Chat {
  readonly accounts: Accounts
  readonly access: Access
  readonly rooms: Directory
  readonly messages: Messages
  readonly inboxes: Inboxes
  readonly moderation: Moderation
  readonly tickets: Tickets
  readonly makers: RoomMakers
  readonly administration: Administration
  readonly admins: Admins
  readonly settings: AccountSettings
  readonly supervision: Supervision
  /** Characters of the longest message. */
  readonly maxText: number
  /** Signals between nodes. */
  readonly broadcast: EngineBroadcast
  readonly counts = new Counts()
  readonly #engine: Engine
  readonly #blocks = new Blocks()
  readonly #blocking: Blocking
  readonly #credentials: Credentials
  readonly #passwords: Passwords
  readonly #handover = new Handover()
  readonly #memberships: Memberships
  readonly #presence = new Presence()
  readonly #sessions: Sessions
  readonly #onAudit: OnAudit
  readonly away = new Away(this.#presence)
  readonly #alone: Alone
  readonly #digests: AddressDigests

  constructor(engine: Engine, options: ChatOptions) {
    const { maxText, now = () => performance.now(), ticketMs = HOUR_MS, maxAccountsPerAddress } = options
    const { onDiscard = () => {}, onAdministered = () => {}, onDeliveryError = rethrow } = options
    const { onAudit = () => {}, admins = [] } = options
    this.maxText = maxText
    const secrets = new Secrets(options.cost, options.checksAtOnce)
    const guesses = new Guesses(secrets, new Attempts({ failures: FAILURES, ms: MINUTE_MS }, now))
    const within = (failures: number | undefined, ms: number) =>
      new Attempts({ failures: failures || Number.POSITIVE_INFINITY, ms }, now)
    const registrations = within(options.maxRegistrations, MINUTE_MS)
    const reader = new Reader(engine)
    this.#engine = engine
    this.broadcast = engine.broadcast
    this.#credentials = new Credentials(engine, secrets, guesses)
    this.#passwords = new Passwords(secrets, guesses, registrations)
    this.#blocking = new Blocking(engine, this.#blocks, this.#presence)
    const { counts } = this
    const handover = this.#handover
    this.#memberships = new Memberships(engine, { blocks: this.#blocks, counts, handover, onDeliveryError })
    this.#digests = new AddressDigests(engine.records)
    this.makers = new RoomMakers(engine.records, this.#digests, reader)
    const quota = new RoomQuota(engine, this.makers, {
      maxRooms: options.maxRooms || Number.POSITIVE_INFINITY,
      maxPerAddress: options.maxRoomsPerAddress || Number.POSITIVE_INFINITY,
    })
    this.rooms = new Directory(engine, reader, this.#passwords, {
      makers: this.makers,
      quota,
      onDiscard,
      activityIn: (room) => this.#memberships.activityIn(room),
    })
    this.tickets = new Tickets(engine.records, ticketMs)
    this.inboxes = new Inboxes(engine, { blocks: this.#blocks, counts, reader, onDeliveryError })
    this.messages = new Messages(engine, { blocks: this.#blocks, counts, reader, inboxes: this.inboxes, maxText })
    this.#alone = new Alone(engine)
    this.#sessions = new Sessions(engine.broadcast, this.#presence, (session) => this.close(session))
    this.#onAudit = onAudit
    this.admins = new Admins(engine.records, admins)
    this.access = new Access({
      memberships: this.#memberships,
      credentials: this.#credentials,
      admins: this.admins,
      digests: this.#digests,
    })
    this.moderation = new Moderation(engine, {
      directory: this.rooms,
      passwords: this.#passwords,
      reader,
      counts,
      maxKeepDays: options.keepDays || Number.POSITIVE_INFINITY,
      accounts: {
        isAccount: (name) => this.#credentials.holds(name).catch(refuse),
        isAdmin: (name) => this.admins.has(name),
      },
    })
    this.accounts = new Accounts({
      credentials: this.#credentials,
      presence: this.#presence,
      blocking: this.#blocking,
      handover,
      departed: (session) => this.#memberships.departed(session),
      share: (session) => {
        this.inboxes.listen(session)
        return this.#memberships.share(session)
      },
      onRefused: ({ code }) => counts.refusedLogin(code),
      onAudit,
      registrations,
      daily: maxAccountsPerAddress
        ? { limit: maxAccountsPerAddress, made: within(maxAccountsPerAddress, DAY_MS) }
        : undefined,
    })
    this.administration = new Administration(engine, {
      credentials: this.#credentials,
      tickets: this.tickets,
      blocking: this.#blocking,
      directory: this.rooms,
      presence: this.#presence,
      sessions: this.#sessions,
      admins: this.admins,
      onAdministered,
    })
    const { accounts, administration, tickets } = this
    const sessions = this.#sessions
    this.settings = new AccountSettings({ accounts, administration, admins: this.admins, sessions, tickets, onAudit })
    this.supervision = new Supervision({ admins: this.admins, sessions, maxText, onAudit })
  }

  /**
   * Logs a session in as a guest under a nickname, or as the owner of an account with the {@link Proof} of it. Two guests may have one
   * nickname as long as they are in different rooms; with `alone`, no other session may have it, logged in or in a room.
   *
   * @throws Refusal `name-invalid`; `name-reserved`, also for a guest under an account's nickname or one that looks like it; `secret-wrong`
   * for a proof that is out of date; `name-in-use` with `alone`, and for a guest whose nickname looks like that of somebody in a room;
   * `unavailable`.
   */
  async login(session: Session, as: string | Proof, alone = false): Promise<void> {
    try {
      await this.#login(session, as, alone)
    } catch (error) {
      if (error instanceof Refusal) this.counts.refusedLogin(error.code)
      throw error
    }
  }

  async #login(session: Session, as: string | Proof, alone: boolean): Promise<void> {
    const registered = as instanceof Proof
    const name = registered ? as.name : as
    // An account may have a nickname that earlier versions allowed.
    if (!registered) {
      if (!isName(name)) throw new Refusal('name-invalid')
      if (isReserved(name)) throw new Refusal('name-reserved')
      await this.#checkGuest(name)
    }
    const key = fold(name)
    await this.#closed(key)
    this.#presence.add(key, session)
    let account: AccountRecord | undefined
    try {
      // The operator may have removed the account since, and has not found this session.
      account = registered ? await this.#credentials.accountOf(as).catch(refuse) : undefined
      if (registered && !account) throw new Refusal('secret-wrong')
      if (alone) await this.#takeAlone(session, name)
      await this.#blocking.load(name)
    } catch (error) {
      await this.#absent(key, session)
      throw error
    }
    if (session.closed) return this.#absent(key, session)
    session.name = name
    session.registered = registered
    session.byTicket = registered && as.hash === undefined
    session.accountSince = account?.createdAt ?? 0
    session.isAdmin = account !== undefined && this.admins.names(account)
    if (registered) this.inboxes.listen(session)
    session.isBot = account?.bot === true
    this.#sessions.begin(session)
    this.#onAudit(auditEntry({ what: 'login', address: session.address, name, protocol: session.wire.protocol }))
  }

  /** The ranks of members of a room, by nickname. A nickname with a role that only accounts have is an account's. @throws Refusal `unavailable`. */
  async ranks(room: number, members: readonly string[]): Promise<ReadonlyMap<string, Rank>> {
    const record = await this.rooms.find(room)
    if (!record) return new Map()
    const state = await this.access.stateOf(record)
    const rankOf = (name: string) => state.rankOf({ key: fold(name), registered: true, isAdmin: false })
    return new Map(members.map((name) => [name, rankOf(name)]))
  }

  /** Number of sessions on this node, by protocol. */
  sessions(): Map<string, number> {
    return this.#presence.counts()
  }

  /**
   * Resolves with true if nobody is logged in under a nickname on this node, nor in a room under it on any node. Waits for sessions
   * that are ending. @throws Refusal `unavailable`.
   */
  isFree(name: string): Promise<boolean> {
    const holders = () => this.#presence.of(name)
    const free = async () =>
      holders().length === 0 && (await this.#engine.memberships.heldIn(name).catch(refuse)).length === 0
    return this.#handover.take({ key: fold(name), closed: false }, free, holders)
  }

  /** The spelling of a nickname that was ever seen; undefined for others. @throws Refusal `unavailable`. */
  seen(name: string): Promise<string | undefined> {
    return this.#engine.records.get('name', name).catch(refuse)
  }

  /**
   * The nicknames that have ever joined a room or registered, in order of appearance: at most `limit`, without the first `skip`.
   * @throws Refusal `unavailable`.
   */
  async everybody(limit: number, skip = 0): Promise<readonly string[]> {
    const pages = Array.fromAsync(this.#engine.records.list('name', { skip, limit }))
    return (await pages.catch(refuse)).flat()
  }

  /**
   * Makes a session a member of a room, given by its id or its slug, under which it is made if need be. When it refuses, nothing has
   * changed.
   *
   * @throws Refusal `room-name-invalid`, `room-unknown` for an id, `room-private` unless `unlocked` has its password, `too-many-rooms`,
   * `banned`, `invite-only`, `name-in-room`, `name-reserved`, `name-in-use` for a nickname that looks like that of somebody in a room,
   * `unavailable`.
   */
  async join(session: Session, which: number | string, options: JoinRoomOptions = {}): Promise<Membership> {
    const { unlocked, moves = false } = options
    const find = async () => {
      const { address, name, registered } = session
      session.addressDigest ??= address === '' ? undefined : await this.#digests.of(address)
      const { record, founds } =
        typeof which === 'number'
          ? { record: await this.rooms.find(which), founds: false }
          : await this.rooms.open(which, { address, name, registered })
      if (!record) throw new Refusal('room-unknown')
      checkUnlocked(record, unlocked)
      return { record, founds }
    }
    // From before its joining, as whoever sees that may tell it something at once.
    this.inboxes.listen(session)
    try {
      // The nickname may have been registered since the login, or be about to be.
      const check = async () => {
        if (!session.registered) await this.#checkGuest(session.name)
      }
      return await this.#memberships.join(session, { moves, find, check })
    } finally {
      if (!session.membership && !session.registered) this.inboxes.dismiss(session)
    }
  }

  /** Checks a room's password. @throws Refusal `room-unknown`, `password-wrong`, `too-many-attempts`, `unavailable`. */
  async unlock(room: RoomRecord, password: string, address: string): Promise<void> {
    await this.#passwords.check(room, password, address)
  }

  /** Ends a membership; the session still sees its own `left`. @throws Refusal `unavailable`; then it is still a member. */
  leave(membership: Membership): Promise<void> {
    return this.#memberships.leave(membership)
  }

  /**
   * Hands a session the events of a room, member or not. Once the client may not read the room any more, and is no member, that ends
   * with {@link Wire.putOut}. The caller has checked its {@link Access}. Returns the end of it.
   */
  subscribe(session: Session, room: RoomRecord, client: Identity): () => void {
    return this.#memberships.subscribe(session, room, client)
  }

  /**
   * Keeps messages between two nicknames from both of them: for as long as the owner of an account, or a guest of a protocol that keeps
   * blocks, does not take it back; for other guests until their last session ends.
   *
   * @throws Refusal `name-reserved`, `name-invalid`, also for the session's own nickname, `too-many-blocks`, `unavailable`.
   */
  async block(session: Session, name: string): Promise<void> {
    await this.#checkOwn(session)
    await this.#blocking.block(session, name)
  }

  /** Resolves with false when the nickname was not blocked. @throws Refusal `name-reserved`, `unavailable`. */
  async unblock(session: Session, name: string): Promise<boolean> {
    await this.#checkOwn(session)
    return this.#blocking.unblock(session, name)
  }

  blocked(session: Session): string[] {
    return this.#blocks.list(session.name)
  }

  /** Ends a session whose connection is gone. Resolves when its memberships have ended and its nickname is free. */
  async close(session: Session): Promise<void> {
    if (session.closed) return
    session.closed = true
    // A request that waits for a lookup comes before its `left`.
    await this.messages.idle(session)
    const lastEvents = await this.#memberships.close(session)
    this.inboxes.dismiss(session)
    this.away.set(session, undefined)
    await this.#absent(session.key, session)
    await lastEvents()
  }

  /** True if a session that logged in `alone` has its nickname alone, as far as this node knows. */
  isAlone(session: Session): boolean {
    return this.#alone.holds(session)
  }

  /** Resolves when all sessions that have left have been seen off, or cannot be. */
  stop(): Promise<void> {
    return this.#memberships.stop()
  }

  /** A random secret for a purpose such as signing, drawn once and kept. @throws Refusal `unavailable`. */
  secret(purpose: string): Promise<string> {
    return this.#engine.records.insertOrGet('secret', purpose, randomBytes(32).toString('hex')).catch(refuse)
  }

  /** Resolves when closed sessions of a nickname are gone: what a guest has blocked goes with it. */
  async #closed(key: string): Promise<void> {
    const closed = () => this.#presence.of(key).filter((session) => session.closed)
    if (closed().length === 0) return
    await this.#handover.take({ key, closed: false }, async () => closed().length === 0, closed)
  }

  /** @throws Refusal `name-in-use` unless all other sessions of the nickname are ending. */
  async #takeAlone(session: Session, name: string): Promise<void> {
    const key = fold(name)
    // Of several that log in at once the first one counts.
    const others = () => {
      const present = this.#presence.of(key)
      return present.slice(0, present.indexOf(session))
    }
    const take = async () => others().length === 0 && (await this.#alone.take(session, name))
    const self = {
      key,
      get closed() {
        return session.closed
      },
    }
    if (!(await this.#handover.take(self, take, others).catch(refuse))) throw new Refusal('name-in-use')
  }

  /** @throws Refusal `name-reserved` for a nickname that is or looks like an account's, `name-in-use` for one that looks like a guest's. */
  async #checkGuest(name: string): Promise<void> {
    const [isFree, isAlike] = await Promise.all([
      this.accounts.isGuestName(name),
      this.#engine.memberships.resembles(name).catch(refuse),
    ])
    if (!isFree) throw new Refusal('name-reserved')
    if (isAlike) throw new Refusal('name-in-use')
  }

  /** A guest whose nickname was registered by somebody else since may do nothing in that name. */
  async #checkOwn(session: Session): Promise<void> {
    if (!session.registered && !(await this.accounts.isGuestName(session.name))) throw new Refusal('name-reserved')
  }

  /** A nickname's blocks go with its last session, from memory or, where they are not kept, for good. */
  async #absent(key: string, session: Session): Promise<void> {
    if (this.#presence.remove(key, session)) this.#blocking.forget(key)
    await this.#alone.giveUp(session)
    this.#handover.freed(key)
  }
}

function rethrow(error: unknown): never {
  throw error
}
