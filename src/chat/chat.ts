/**
 * The core: rooms, sessions, names, what is said.
 *
 * It knows no protocol, no socket and no database: protocols call it and are handed events through {@link Wire}; what must
 * last goes through {@link Engine}. A test holds the imports to that.
 */
import { type Engine, Gone, type Range, type RoomRecord, Taken, Unavailable } from '../engine/engine.ts'
import type { Draft, Event, LogName } from '../engine/event.ts'
import { type AccountOptions, Accounts, Proof } from './accounts.ts'
import { Blocks } from './blocks.ts'
import { fold, isLineName, isName, isReserved, isTitle, lineNameOf } from './names.ts'
import { newest } from './newest.ts'
import { Refusal } from './refusal.ts'
import { Room } from './room.ts'
import type { Session } from './session.ts'
import { clean, isLonger } from './text.ts'

/** Names that one name may block. */
const MOST_BLOCKS = 1_000
/** How long to wait before a `left` that could not be committed is tried again, in ms. */
const RETRY_MS = 1_000

/** The room for protocols without rooms. */
export const LOBBY = 1

export interface ChatOptions extends AccountOptions {
  /** Characters of a message. */
  readonly maxText: number
}

/** A room as somebody outside sees it. */
export interface RoomInfo {
  readonly name: string
  readonly members: number
}

export class Chat {
  readonly #engine: Engine
  readonly #options: ChatOptions
  /** Rooms with somebody of this node in them. */
  readonly #rooms = new Map<number, { room: Room; unfollow(): void }>()
  readonly #blocks = new Blocks()
  readonly #accounts: Accounts
  /** Who is logged in on this node, by folded name. */
  readonly #present = new Map<string, Set<Session>>()
  /** What ends the following of a session's private messages. */
  readonly #inboxes = new Map<Session, () => void>()
  /** Moves that are not committed yet: a session that closes waits for its own. */
  readonly #moving = new Map<Session, Promise<void>>()
  readonly #leaving = new Map<Promise<void>, Session>()
  /** Rooms that a session is on its way out of. */
  readonly #departures = new Map<Session, Promise<void>>()
  #stopping = false

  constructor(engine: Engine, options: ChatOptions) {
    this.#engine = engine
    this.#options = options
    this.#accounts = new Accounts(engine, options)
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
    if (own) await this.#departures.get(own)
    await Promise.all([...this.#leaving].filter(([, session]) => session === own).map(([left]) => left))
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
   * Makes a session a member of a room, made if need be, and takes it out of the one it was in. Resolves with the room's
   * name as its maker wrote it. Refuses `room-name-invalid`, `room-private`, `name-in-room`, `name-reserved` and
   * `unavailable`, and for a number `room-unknown`; then nothing has changed.
   */
  enter(session: Session, which: number | string): Promise<string> {
    return this.#move(session, async () => {
      const record = await this.#openRoom(which)
      if (record.visibility !== 'public') throw new Refusal('room-private')
      // It may come back to where it has just left.
      await this.#departures.get(session)
      if (!(await this.#engine.claim(record.id, session.name))) throw new Refusal('name-in-room')
      // Asked while the name is held: it may have been registered since the login, or be about to be.
      if (!session.registered && (await this.isRegistered(session.name))) {
        await this.#engine.release(record.id, session.name)
        throw new Refusal('name-reserved')
      }
      const left = session.room
      const room = this.#follow(record)
      room.expect(session)
      try {
        await this.#append(room.log, { kind: 'joined', room: record.id, from: session.name, body: '' })
      } catch (error) {
        room.forget(session)
        this.#unfollowIfDeserted(room)
        await this.#engine.release(record.id, session.name)
        throw error
      }
      if (!this.#inboxes.has(session)) this.#inboxes.set(session, this.#followInbox(session))
      if (left) this.#depart(left, session)
      return record.lineName
    })
  }

  /** Ends a membership; the session still sees its own `left`. Refuses `unavailable`, and then it is still a member. */
  leave(session: Session): Promise<void> {
    return this.#move(session, async () => {
      const room = session.room
      if (!room) return
      await this.#append(room.log, leftBy(room, session))
      await this.#gone(room, session)
    })
  }

  /**
   * Resolves when the text is committed. `sent` is the second of the sender's clock. Refuses `text-empty`, `text-too-long`,
   * `unavailable`.
   */
  say(session: Session, text: string, sent?: number): Promise<Event> {
    const { log, record } = roomOf(session)
    return this.#append(log, { kind: 'message', room: record.id, from: session.name, body: this.#body(text), sent })
  }

  /** A private message to a member of the same room. Refuses what {@link say} does, and `nobody-here`. */
  async tell(session: Session, to: string, text: string, sent?: number): Promise<void> {
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

  /** Makes a public room. Refuses `room-name-invalid`, `room-taken` and `unavailable`. */
  async createRoom(title: string): Promise<RoomRecord> {
    if (!isTitle(title)) throw new Refusal('room-name-invalid')
    try {
      return await this.#engine.createRoom({ title, ...lineNameOf(title), visibility: 'public' })
    } catch (error) {
      if (error instanceof Taken) throw new Refusal('room-taken')
      return refuse(error)
    }
  }

  /** By number, or by title or line name without regard to case. Refuses `unavailable`. */
  findRoom(which: number | string): Promise<RoomRecord | undefined> {
    return this.#engine.findRoom(which).catch(refuse)
  }

  /** The public rooms and who is in them, in the order in which they were made. Refuses `unavailable`. */
  async presence(): Promise<{ title: string; members: readonly string[] }[]> {
    return Promise.all(
      (await this.#publicRooms()).map(async ({ id, title }) => ({
        title,
        members: await this.#engine.members(id).catch(refuse),
      })),
    )
  }

  /**
   * Calls the listener with a room's number when it was made or its members have changed, through whatever protocol or node.
   * It may be called often: whoever shows the members asks for them when it does. Returns the end of it.
   */
  onPresence(listener: (room: number) => void): () => void {
    return this.#engine.watchRooms(listener)
  }

  /** Who is in a room, in order of joining. Refuses `room-unknown`, `room-private`. */
  async members(which: number | string): Promise<{ room: string; members: readonly string[] }> {
    const record = await this.#engine.findRoom(which)
    if (!record) throw new Refusal('room-unknown')
    if (record.visibility !== 'public') throw new Refusal('room-private')
    return { room: record.lineName, members: await this.#engine.members(record.id) }
  }

  /** The public rooms, busiest first. */
  async rooms(): Promise<RoomInfo[]> {
    const counted = (await this.#publicRooms()).map(async ({ id, lineName }): Promise<RoomInfo> => {
      return { name: lineName, members: await this.#engine.memberCount(id) }
    })
    return (await Promise.all(counted)).sort((a, b) => b.members - a.members)
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
    await this.#moving.get(session)
    this.#inboxes.get(session)?.()
    this.#inboxes.delete(session)
    this.#absent(session)
    const room = session.room
    if (room) await this.#depart(room, session)
  }

  /** Resolves when everybody who has left has been seen off, or cannot be. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#departures.values())
    await Promise.all(this.#leaving.keys())
  }

  async #move<T>(session: Session, work: () => Promise<T>): Promise<T> {
    const move = work().catch(refuse)
    const done = move.then(
      () => {},
      () => {},
    )
    this.#moving.set(session, done)
    void done.then(() => this.#moving.delete(session))
    return move
  }

  async #publicRooms(): Promise<readonly RoomRecord[]> {
    const records = await this.#engine.rooms().catch(refuse)
    return records.filter(({ visibility }) => visibility === 'public')
  }

  async #openRoom(name: number | string): Promise<RoomRecord> {
    if (typeof name === 'number') {
      const known = await this.#engine.findRoom(name)
      if (!known) throw new Refusal('room-unknown')
      return known
    }
    if (!isLineName(name)) throw new Refusal('room-name-invalid')
    const found = await this.#engine.findRoom(name)
    if (found) return found
    try {
      return await this.#engine.createRoom({ title: name, lineName: name, visibility: 'public' })
    } catch (error) {
      // Somebody made it in the meantime.
      const made = error instanceof Taken ? await this.#engine.findRoom(name) : undefined
      if (made) return made
      throw error
    }
  }

  #follow(record: RoomRecord): Room {
    const known = this.#rooms.get(record.id)
    if (known) return known.room
    const room = new Room(record, this.#blocks)
    const unfollow = this.#engine.follow(room.log, (event) => room.append(event))
    this.#rooms.set(record.id, { room, unfollow })
    return room
  }

  #unfollowIfDeserted(room: Room): void {
    // Somebody who came after the last one had gone has a room of his own by that number.
    const current = this.#rooms.get(room.record.id)
    if (current?.room !== room || !room.deserted) return
    current.unfollow()
    this.#rooms.delete(room.record.id)
  }

  #followInbox(session: Session): () => void {
    return this.#engine.follow(`inbox:${session.key}`, (event) => {
      // The same name may be in another room through another connection.
      if (event.room === session.room?.record.id) session.whisper(event)
    })
  }

  /**
   * Takes a session out of a room without its seeing its own `left`. Resolves when that is committed, or could not be at
   * once.
   */
  #depart(room: Room, session: Session): Promise<void> {
    room.detach(session)
    const departure = this.#seeOff(room, session).catch(() => {
      const leaving = this.#seeOffLater(room, session)
      this.#leaving.set(leaving, session)
      void leaving.then(() => this.#leaving.delete(leaving))
    })
    this.#departures.set(session, departure)
    void departure.then(() => {
      if (this.#departures.get(session) === departure) this.#departures.delete(session)
    })
    return departure
  }

  async #seeOff(room: Room, session: Session): Promise<void> {
    await this.#append(room.log, leftBy(room, session))
    await this.#gone(room, session)
  }

  /** A `joined` is always followed by a `left`, so a store that is away is waited for; the name is held until then. */
  async #seeOffLater(room: Room, session: Session): Promise<void> {
    // The engine pays what is owed when it starts again.
    while (!this.#stopping) {
      await new Promise((next) => setTimeout(next, RETRY_MS).unref())
      try {
        return await this.#seeOff(room, session)
      } catch {
        // Still away.
      }
    }
  }

  async #gone(room: Room, session: Session): Promise<void> {
    await this.#engine.release(room.record.id, session.name)
    this.#unfollowIfDeserted(room)
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

function roomOf(session: Session): Room {
  // Protocols let nobody speak outside a room.
  if (!session.room) throw new Error('not in a room')
  return session.room
}

function leftBy(room: Room, session: Session): Draft {
  return { kind: 'left', room: room.record.id, from: session.name, body: '' }
}

/** Throws what the engine refused as the core refuses it. */
function refuse(error: unknown): never {
  if (error instanceof Unavailable) throw new Refusal('unavailable')
  if (error instanceof Gone) throw new Refusal('history-gone')
  throw error
}
