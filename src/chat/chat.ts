/**
 * The core: users, sessions, memberships, rooms, messages.
 *
 * It knows no protocol, no socket and no database: protocols call it and are handed events through {@link Wire}; what must last goes
 * through {@link Engine}. test/imports.test.ts holds the imports to that.
 */
import type { Engine, EngineBroadcast, RoomRecord } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import { LOBBY_ROOM } from '../engine/lobby.ts'
import { Access } from './access.ts'
import { AccountLogins } from './account-logins.ts'
import { AccountQuota } from './account-quota.ts'
import { AccountSettings } from './account-settings.ts'
import { Accounts } from './accounts.ts'
import { AddressBans } from './address-bans.ts'
import { AddressDigests } from './address-digests.ts'
import { Administration } from './administration.ts'
import { Admins } from './admins.ts'
import { Attempts } from './attempts.ts'
import { AuthorAddresses } from './author-addresses.ts'
import { Authors } from './authors.ts'
import { Away } from './away.ts'
import { Blocking } from './blocking.ts'
import { Blocks } from './blocks.ts'
import type { ChatOptions } from './chat-options.ts'
import { Counts } from './counts.ts'
import { Credentials, type Proof } from './credentials.ts'
import { Directory } from './directory.ts'
import { EndQueue } from './end-queue.ts'
import { Feeds } from './feeds.ts'
import { Guesses } from './guesses.ts'
import { GuestChecks } from './guests.ts'
import { Handover } from './handover.ts'
import { Inboxes } from './inboxes.ts'
import { type JoiningParts, type JoinRoomOptions, joinRoom } from './joining.ts'
import { KeyedRequests } from './keyed-requests.ts'
import { type ListeningParts, ListeningPlace } from './listening.ts'
import { SessionLogin } from './login.ts'
import { LoginNames } from './login-names.ts'
import { RoomMakers } from './makers.ts'
import { Memberships } from './memberships.ts'
import { Messages } from './messages.ts'
import { Moderation } from './moderation.ts'
import { NewsChannel } from './news.ts'
import { Passwords } from './passwords.ts'
import { Posting } from './posting.ts'
import { Presence } from './presence.ts'
import { Reader } from './reader.ts'
import { Refusal, refuse } from './refusal.ts'
import { RoomHooks } from './room-hooks.ts'
import { RoomPeople } from './room-people.ts'
import { RoomQuota } from './room-quota.ts'
import { RoomReading } from './room-reading.ts'
import type { Identity } from './sanctions.ts'
import { keptSecret, Secrets } from './secrets.ts'
import type { Membership, Session } from './session.ts'
import { Sessions } from './sessions.ts'
import { type SpeakingParts, SpeakingPlace } from './speaking.ts'
import { Speech } from './speech.ts'
import { Supervision } from './supervision.ts'
import { clean, shortened } from './text.ts'
import { Tickets } from './tickets.ts'
import { checkUnlimited } from './token-scope.ts'
import { AccessTokens } from './tokens.ts'
import { UserChange } from './user-change.ts'
import { Users } from './users.ts'
import { WorkTurns } from './work-turns.ts'

/** Failed attempts a minute from an address. */
const FAILURES = 5
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** Maximum characters of a user's reason for leaving; a longer one is cut. */
const MAX_FAREWELL = 300

/** Id of the lobby, the room of protocols without rooms. */
export const LOBBY = LOBBY_ROOM.id

export class Chat {
  readonly accounts: Accounts
  readonly access: Access
  readonly names: LoginNames
  readonly userChange: UserChange
  readonly passwords: Passwords
  readonly authors: Authors
  readonly rooms: Directory
  readonly messages: Messages
  readonly posting: Posting
  readonly keyedRequests: KeyedRequests
  readonly reading: RoomReading
  readonly inboxes: Inboxes
  readonly feeds: Feeds
  readonly moderation: Moderation
  readonly tickets: Tickets
  readonly tokens: AccessTokens
  readonly hooks: RoomHooks
  readonly makers: RoomMakers
  readonly administration: Administration
  readonly admins: Admins
  readonly addressBans: AddressBans
  readonly settings: AccountSettings
  readonly supervision: Supervision
  readonly users: Users
  readonly people: RoomPeople
  readonly news: NewsChannel
  readonly workTurns = new WorkTurns()
  readonly away: Away
  /** Characters of the longest message. */
  readonly maxText: number
  /** See {@link ChatOptions.welcome}. */
  readonly welcome: string | undefined
  /** Signals between nodes. */
  readonly broadcast: EngineBroadcast
  readonly counts = new Counts()
  readonly #ends = new EndQueue()
  readonly #engine: Engine
  readonly #blocks = new Blocks()
  readonly #blocking: Blocking
  readonly #guests: GuestChecks
  readonly #joining: JoiningParts
  readonly #listening: ListeningParts
  readonly #login: SessionLogin
  readonly #memberships: Memberships
  readonly #presence = new Presence()
  readonly #speaking: SpeakingParts

  constructor(engine: Engine, options: ChatOptions) {
    const { maxText, now = () => performance.now(), guests: isOpen = true, ticketMs = HOUR_MS } = options
    const { onAdministered = ignore, onAudit = ignore, onDiscard = ignore, onDeliveryError = rethrow } = options
    const blocks = this.#blocks
    const presence = this.#presence
    const { counts } = this
    const news = (this.news = new NewsChannel(engine.broadcast))
    const secrets = new Secrets(options.cost, options.checksAtOnce)
    const guesses = new Guesses(secrets, new Attempts({ failures: FAILURES, ms: MINUTE_MS }, now))
    const registrations = new Attempts({ failures: options.maxRegistrations || Infinity, ms: MINUTE_MS }, now)
    const credentials = new Credentials(engine, secrets, guesses)
    const passwords = (this.passwords = new Passwords(secrets, guesses, registrations))
    const reader = new Reader(engine)
    const blocking = (this.#blocking = new Blocking(engine, blocks, presence))
    const ends = this.#ends
    const handover = new Handover(ends)
    const membership = { blocks, counts, ends, handover, onDeliveryError }
    const memberships = (this.#memberships = new Memberships(engine, membership))
    const { followed } = memberships
    const digests = new AddressDigests(engine.records)
    const addresses = new AuthorAddresses(engine.broadcast)
    const makers = (this.makers = new RoomMakers(engine.records, digests, reader))
    const maxRooms = options.maxRooms || Infinity
    const quota = new RoomQuota(engine, makers, { maxRooms, maxPerAddress: options.maxRoomsPerAddress || Infinity })
    const directory = (this.rooms = new Directory(engine, passwords, { makers, quota, onDiscard }))
    const tickets = (this.tickets = new Tickets(engine.records, ticketMs))
    const inboxes = (this.inboxes = new Inboxes(engine, { blocks, counts, reader, onDeliveryError }))
    const sessions = new Sessions(engine.broadcast, presence, (session) => this.close(session))
    const admins = (this.admins = new Admins(engine.records, options.admins ?? []))
    const names = (this.names = new LoginNames(engine, presence, handover))
    const keepRole = (membership: Membership) => this.moderation.roles.keep(membership)
    const accounts = (this.accounts = new Accounts({
      credentials,
      presence,
      blocking,
      handover,
      memberships: engine.memberships,
      departed: (session) => memberships.departed(session),
      share: async (session) => {
        presence.setAdmin(session, admins.grants(session, session))
        inboxes.listen(session)
        await names.share(session)
      },
      onRefused: ({ code }) => counts.refusedLogin(code),
      onAudit,
      keepRole,
      onRegistered: ({ name }, client, rooms) => news.tell({ kind: 'registered', name, client, rooms: [...rooms] }),
      quota: new AccountQuota(registrations, options.maxAccountsPerAddress ?? 0, now),
      isOpen,
    }))
    news.watch((told) => {
      if (told.kind === 'registered' && told.client !== undefined) void accounts.adopt(told.name, told.client)
    })
    const guests = (this.#guests = new GuestChecks(accounts, engine.memberships, isOpen))
    const logins = new AccountLogins(engine, { admins, credentials, sessions })
    const login = { accounts: logins, blocking, guests, handover, inboxes, names, news, onAudit, presence }
    const tokens = (this.tokens = new AccessTokens(engine, { credentials, sessions, onAudit }))
    const parts = { accounts, admins, blocking, credentials, directory, presence, sessions, tickets, tokens }
    const administration = (this.administration = new Administration(engine, {
      ...parts,
      onAdministered,
      onDemoted: (session) => memberships.demote(session),
    }))
    const access = (this.access = new Access(engine, { directory, followed, credentials, admins, digests }))
    const speech = new Speech(engine, { counts, reader, maxText })
    this.#engine = engine
    this.#joining = { directory, guests, inboxes, memberships }
    this.#listening = { access, directory, memberships }
    this.#login = new SessionLogin({ ...login, digests, sessions })
    this.userChange = new UserChange({ ...login, admins, keepRole, memberships })
    this.maxText = maxText
    this.welcome = options.welcome
    this.broadcast = engine.broadcast
    this.addressBans = new AddressBans(engine, admins, onAudit)
    this.authors = new Authors({ access, credentials, guests })
    this.away = new Away(presence, news)
    this.feeds = new Feeds(engine, blocks, reader)
    this.hooks = new RoomHooks(engine, reader)
    this.messages = new Messages(engine, { blocks, reader, inboxes, news, speech, blocking })
    const maxKeepDays = options.keepDays || Infinity
    const moderating = { addresses, admins, counts, credentials, directory, maxKeepDays, news, onAudit }
    this.moderation = new Moderation(engine, { ...moderating, passwords, reader })
    this.people = new RoomPeople(engine, reader, followed)
    this.keyedRequests = new KeyedRequests(engine.records)
    this.posting = new Posting(engine, { addresses, directory, followed, speech })
    this.#speaking = { guests, posting: this.posting }
    this.reading = new RoomReading(reader, blocking, inboxes)
    this.settings = new AccountSettings({ accounts, administration, admins, sessions, tickets, onAudit })
    this.supervision = new Supervision({ accounts, admins, presence, sessions, speech, onAudit })
    this.users = new Users(engine, { access, rooms: directory, sessions, presence, news })
  }

  /**
   * Logs a session in as a guest under a nickname, or as the owner of an account with the {@link Proof} of it. Two guests may have one
   * nickname as long as they are in different rooms; with `exclusive`, no other session may have it, logged in or in a room.
   *
   * @throws Refusal `account-required` for a guest where there are none; `name-invalid`; `name-reserved`, also for a guest under an account's nickname or one that looks like it; `secret-wrong`
   * for a proof that is out of date; `name-in-use` with `exclusive`, and for a guest whose nickname looks like that of somebody in a room;
   * `unavailable`.
   */
  async login(session: Session, as: string | Proof, exclusive = false): Promise<void> {
    try {
      await this.#login.login(session, as, exclusive)
    } catch (error) {
      if (error instanceof Refusal) this.counts.refusedLogin(error.code)
      throw error
    }
  }

  /**
   * Makes a session a member of a room, given by its id or its slug, under which it is made if need be. When it refuses, nothing has
   * changed.
   *
   * @throws Refusal `room-name-invalid`, `room-unknown` for an id, `room-private` unless `unlocked` has its password, `too-many-rooms`,
   * `banned`, `invite-only`, `room-full`, `token-scope`, `name-in-room`, `name-reserved`, `name-in-use` for a nickname that looks like that of somebody in a room,
   * `unavailable`.
   */
  join(session: Session, which: number | string, options: JoinRoomOptions = {}): Promise<Membership> {
    return joinRoom(this.#joining, session, which, options)
  }

  /**
   * Lets a session speak in a room without being a member, see {@link SpeakingPlace}. `unlocked` is the room as it was when its password was shown.
   *
   * @throws Refusal as {@link SpeakingPlace.open} does
   */
  speakIn(session: Session, which: RoomRecord | string, unlocked?: RoomRecord): Promise<SpeakingPlace> {
    return SpeakingPlace.open(this.#speaking, session, which, unlocked)
  }

  /** Returns a room in which a session may listen without being a member. */
  listeningIn(session: Session, room: RoomRecord): ListeningPlace {
    return new ListeningPlace(this.#listening, session, room)
  }

  /** See {@link Memberships.leave}. */
  async leave(membership: Membership, reason = ''): Promise<Event | undefined> {
    const { session } = membership
    session.farewell = farewellOf(reason)
    try {
      return await this.#memberships.leave(membership)
    } finally {
      session.farewell = ''
    }
  }

  /**
   * Hands a session the events of a room, member or not. Once the client may not read the room any more, and is no member, that ends
   * with {@link Wire.putOut}. The caller has checked its {@link Access}; `hasShownPassword` is false if its role has stood for the
   * password of the room. Returns the end of it.
   */
  subscribe(session: Session, room: RoomRecord, client: Identity, hasShownPassword = true): () => void {
    return this.#memberships.subscribe(session, room, client, hasShownPassword)
  }

  /**
   * Keeps messages between two nicknames from both of them: for as long as the owner of an account, or a guest of a protocol that keeps
   * blocks, does not take it back; for other guests until their last session ends.
   *
   * @throws Refusal `name-reserved`, `name-invalid`, also for the session's own nickname, `token-scope`, `too-many-blocks`, `unavailable`.
   */
  async block(session: Session, name: string): Promise<void> {
    checkUnlimited(session)
    await this.#guests.checkOwn(session)
    await this.#blocking.block(session, name)
  }

  /** Resolves with false when the nickname was not blocked. @throws Refusal `name-reserved`, `token-scope`, `unavailable`. */
  async unblock(session: Session, name: string): Promise<boolean> {
    checkUnlimited(session)
    await this.#guests.checkOwn(session)
    return this.#blocking.unblock(session, name)
  }

  blocked(session: Session): string[] {
    return this.#blocks.list(session.name)
  }

  /** Counts a session that only reads and has no nickname, and shows it announcements, until {@link close}. */
  attend(session: Session): void {
    this.#presence.add(session.key, session)
  }

  /** Ends a session whose connection is gone. Resolves when its memberships have ended and its nickname is free. */
  async close(session: Session): Promise<void> {
    if (session.closed) return
    session.closed = true
    this.#presence.end(session)
    session.farewell = farewellOf(session.farewell)
    // A request that waits for a lookup comes before its `left`.
    await this.messages.idle(session)
    const lastEvents = await this.#memberships.close(session)
    this.inboxes.dismiss(session)
    this.away.set(session, undefined)
    await this.#login.release(session.key, session)
    await lastEvents()
  }

  /** Lets all sessions end at once from now on. Called before their connections are ended, by a stop. */
  drain(): void {
    this.#ends.open()
  }

  /** Resolves when all sessions that have left have been seen off, or cannot be. */
  stop(): Promise<void> {
    return this.#memberships.stop()
  }

  /** See {@link keptSecret}. @throws Refusal `unavailable`. */
  secret(purpose: string): Promise<string> {
    return keptSecret(this.#engine.records, purpose).catch(refuse)
  }
}

/** Returns the reason of a user for leaving, as it is stored. */
function farewellOf(reason: string): string {
  return shortened(clean(reason).replaceAll('\n', ' '), MAX_FAREWELL)
}

function ignore(): void {}

function rethrow(error: unknown): never {
  throw error
}
