import type { Engine, RoomRecord } from '../engine/engine.ts'
import { Closed, Unavailable } from '../engine/engine.ts'
import type { Draft } from '../engine/event.ts'
import { atTickEnd, tickEnd } from '../tick.ts'
import { settledWithin } from '../within.ts'
import { Availability } from './availability.ts'
import type { Blocks } from './blocks.ts'
import type { Counts } from './counts.ts'
import type { Activity } from './directory.ts'
import type { Handover } from './handover.ts'
import { Refusal, refuse } from './refusal.ts'
import { Room } from './room.ts'
import type { Place, PutOut, Session } from './session.ts'

/** How long to wait before a `left` that could not be committed is tried again, in ms. */
const RETRY_MS = 1_000
/** How long a session that closes waits for what stands in the log before its own `left`, in ms. */
const LAST_EVENTS_MS = 1_000

/** A session on its way out of a room. */
interface Departure {
  /** Its `left` is committed, or could not be at once. */
  readonly tried: Promise<void>
  /** Nothing of it is left in the room, nor in those it left before. */
  readonly done: Promise<void>
}

/** Who is in which room, and comes and goes: on this node. */
export class Membership {
  readonly #engine: Engine
  readonly #blocks: Blocks
  readonly #counts: Counts
  readonly #handover: Handover
  readonly #availability: Availability
  /** Sessions of this node by the name that they hold in a room, see {@link placeOf}: several only of an account. */
  readonly #holders = new Map<string, Set<Session>>()
  /** Rooms with somebody of this node in them. */
  readonly #rooms = new Map<number, { room: Room; unfollow(): void }>()
  /** Moves that are not committed yet: a session that closes waits for its own. */
  readonly #moving = new Map<Session, Promise<void>>()
  /** Sessions whose `left` is being committed: no other session may share their names. */
  readonly #leaving = new Set<Session>()
  readonly #departures = new Map<Session, Departure>()
  /** Rooms of which something else may be known since this turn. */
  readonly #changed = new Set<number>()
  #stopping = false

  constructor(engine: Engine, blocks: Blocks, counts: Counts, handover: Handover) {
    this.#engine = engine
    this.#blocks = blocks
    this.#counts = counts
    this.#handover = handover
    this.#availability = new Availability(engine)
    engine.watchRooms((room) => this.#noteChange(room))
    // Nobody signals this: it is called when claims may have been missed.
    engine.heedSignals('membership', () => void this.#check())
  }

  /**
   * Makes a session a member of a room and takes it out of the one it was in. `mayBe` is asked while the name is held: when it
   * rejects, nothing has changed. Refuses `name-in-room`, `room-unknown` and `unavailable`.
   */
  enter(session: Session, find: () => Promise<RoomRecord>, mayBe: () => Promise<void>): Promise<RoomRecord> {
    return this.#move(session, async () => {
      const record = await find()
      // It may come back to where it has just left.
      await this.#departures.get(session)?.tried
      const left = session.room
      const shared = await this.#claim(record.id, session)
      if (shared) {
        shared.attach(session)
        if (left) this.#moveFrom(left, session)
        return record
      }
      let room: Room | undefined
      try {
        await mayBe()
        // The other nodes may have released the claim meanwhile, and a `joined` without it would let a name be in a room twice.
        if (!this.#engine.holds(record.id, session.name)) throw new Unavailable('the claim is lost')
        room = this.#follow(record)
        const arrived = room.expect(session)
        await this.#engine.append(room.log, draft('joined', room, session))
        // What the session says next is said here.
        await arrived
        this.#counts.event(session.wire.protocol, 'joined')
      } catch (error) {
        room?.forget(session)
        if (room) this.#unfollowIfDeserted(room)
        await this.#release(record.id, session)
        throw error instanceof Closed ? new Refusal('room-unknown') : error
      }
      if (left) this.#moveFrom(left, session)
      return record
    })
  }

  /** Ends a membership; the session still sees its own `left`. Refuses `unavailable`, and then it is still a member. */
  leave(session: Session): Promise<void> {
    return this.#move(session, async () => {
      const here = session.room && this.#rooms.get(session.room.record.id)
      if (!here) return
      const { room } = here
      if (this.#leaveToOthers(room, session)) return
      const parted = room.parting(session)
      try {
        await this.#seeOff(room, session)
      } catch (error) {
        room.stay(session)
        throw error
      }
      await parted
      this.#unfollowIfDeserted(room)
    })
  }

  /** Tells a session what happens in a room, member or not. Returns the end of that. */
  watch(session: Session, record: RoomRecord): () => void {
    const room = this.#follow(record)
    room.watch(session)
    return () => {
      room.unwatch(session)
      this.#unfollowIfDeserted(room)
    }
  }

  /**
   * Ends the membership of a session whose connection ends. The session is handed everything up to its own `left`, which is not
   * shown. Resolves when the name is free, or when the engine cannot commit now, with what waits for the last events.
   */
  async close(session: Session): Promise<() => Promise<void>> {
    await this.#moving.get(session)
    const here = session.room && this.#rooms.get(session.room.record.id)
    if (!here) return async () => {}
    const { room } = here
    if (this.#leaveToOthers(room, session)) return async () => {}
    const parted = room.parting(session)
    let committed = true
    await this.#depart(room, session, () => {
      committed = false
      room.detach(session)
    })
    if (!committed) return async () => {}
    return async () => {
      await settledWithin(parted, LAST_EVENTS_MS)
      // A node that has lost touch with the log hears of the `left` later, or never.
      room.detach(session)
      room.seenOff(session)
      await tickEnd()
      this.#unfollowIfDeserted(room)
    }
  }

  /** Resolves when no room that a session has left holds its name any more. */
  async departed(session: Session): Promise<void> {
    await this.#departures.get(session)?.done
  }

  /** Resolves when everybody who has left has been seen off, or cannot be. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(Array.from(this.#departures.values(), ({ done }) => done))
  }

  /** Called at the end of a turn in which rooms have changed. */
  resume(): void {
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const id of changed) void this.#refresh(id)
  }

  /** The last activity of a room's members, by name, since somebody of this node is in the room. */
  activityIn(id: number): ReadonlyMap<string, Activity> | undefined {
    return this.#rooms.get(id)?.room.activity
  }

  #noteChange(id: number): void {
    if (!this.#rooms.has(id)) return
    if (this.#changed.size === 0) atTickEnd('resume', this)
    this.#changed.add(id)
  }

  async #refresh(id: number): Promise<void> {
    const record = await this.#engine.findRoom(id).catch(() => undefined)
    const here = this.#rooms.get(id)
    if (record && here) here.room.record = record
  }

  /** Moves a session once its earlier moves are done. */
  #move<T>(session: Session, work: () => Promise<T>): Promise<T> {
    const before = this.#moving.get(session)
    const move = (before ? before.then(work) : work()).catch(refuse)
    const done = settled(move)
    this.#moving.set(session, done)
    void done.then(() => {
      if (this.#moving.get(session) === done) this.#moving.delete(session)
    })
    return move
  }

  /** Puts out the members whose claims the other nodes have released and whose `left` cannot be read any more. */
  async #check(): Promise<void> {
    for (const { room } of [...this.#rooms.values()]) {
      const { id } = room.record
      const record = await this.#engine.findRoom(id).catch(() => room.record)
      if (!record) room.close()
      else room.drop((session) => !this.#engine.holds(id, session.name))
    }
  }

  /**
   * Forgets what a session held in a room, and tells its protocol. A client that is to come back is told so when there is an
   * engine to come back to.
   */
  async #putOut(room: Place, session: Session, why: PutOut): Promise<void> {
    this.#unhold(room.record.id, session)
    this.#unfollowIfDeserted(room)
    if (why === 'membership-lost') {
      await this.#availability.wait()
      // It has noticed, and is a member somewhere.
      if (session.room) return
    }
    if (!session.closed) session.wire.putOut(room, session, why)
  }

  #follow(record: RoomRecord): Room {
    const known = this.#rooms.get(record.id)
    if (known) return known.room
    const room: Room = new Room(record, this.#blocks, this.#counts, (session, why) => {
      void this.#putOut(room, session, why)
    })
    const unfollow = this.#engine.follow(room.log, (event) => room.append(event))
    this.#rooms.set(record.id, { room, unfollow })
    return room
  }

  #unfollowIfDeserted(room: Place): void {
    // Somebody who came after the last one had gone has a room of his own by that number.
    const current = this.#rooms.get(room.record.id)
    if (current?.room !== room || !current.room.deserted) return
    current.unfollow()
    this.#rooms.delete(room.record.id)
  }

  /** Appends the `left` of a session. Resolves when that is committed, or could not be at once: then `failed` is called. */
  #depart(room: Place, session: Session, failed?: () => void): Promise<void> {
    let later: Promise<void> | undefined
    const tried = this.#seeOff(room, session).catch(() => {
      failed?.()
      later = this.#seeOffLater(room, session)
    })
    const before = this.#departures.get(session)?.done
    const done = tried.then(() => Promise.all([later, before])).then(() => {})
    const departure = { tried, done }
    this.#departures.set(session, departure)
    void done.then(() => {
      if (this.#departures.get(session) === departure) this.#departures.delete(session)
    })
    return tried
  }

  /**
   * Takes the session's name in a room, waiting for a holder that is leaving. Resolves with the room when the session shares the
   * name with other sessions of its account that are members there. Refuses `name-in-room`.
   */
  async #claim(id: number, session: Session): Promise<Room | undefined> {
    const place = placeOf(id, session)
    let shared: Room | undefined
    const attempt = async () => {
      shared = this.#share(id, session)
      return shared !== undefined || this.#engine.claim(id, session.name, session.carriesPrivate)
    }
    const holders = () => [...(this.#holders.get(place) ?? [])]
    const stays = (holder: Session) => {
      // In a moment a session that is leaving is gone, and one of the same account that is entering shares its name.
      const entering = holder.registered && session.registered && holder.room?.record.id !== id
      // A client that asks for the room it is in may have said more, which is not read yet.
      const staying = holder === session ? session.room?.record.id === id : holder.staying
      return staying && !this.#leaving.has(holder) && !entering
    }
    if (!(await this.#handover.take(session, attempt, holders, stays))) throw new Refusal('name-in-room')
    if (!shared) this.#holders.set(place, new Set([session]))
    return shared
  }

  /** Adds a session to those of its account that hold the name in a room and go on. Returns the room if there are any. */
  #share(id: number, session: Session): Room | undefined {
    const holders = this.#holders.get(placeOf(id, session))
    const { room } = this.#rooms.get(id) ?? {}
    if (!holders || !room || !session.registered || holders.has(session)) return undefined
    for (const holder of holders)
      if (!holder.registered || holder.closed || holder.room !== room || this.#leaving.has(holder)) return undefined
    holders.add(session)
    return room
  }

  /** Takes a session out of a room in which other sessions of its account stay. Returns false when there are none. */
  #leaveToOthers(room: Place, session: Session): boolean {
    const holders = this.#holders.get(placeOf(room.record.id, session))
    if (!holders?.has(session) || holders.size === 1) return false
    holders.delete(session)
    room.detach(session)
    return true
  }

  #moveFrom(room: Place, session: Session): void {
    if (this.#leaveToOthers(room, session)) return
    room.detach(session)
    void this.#depart(room, session)
  }

  async #release(room: number, session: Session): Promise<void> {
    this.#unhold(room, session)
    await this.#engine.release(room, session.name)
    this.#handover.freed(session.key)
  }

  #unhold(room: number, session: Session): void {
    const place = placeOf(room, session)
    const holders = this.#holders.get(place)
    if (holders?.delete(session) && holders.size === 0) this.#holders.delete(place)
  }

  async #seeOff(room: Place, session: Session): Promise<void> {
    // Others have done it, who took this node for dead, and the name may be somebody else's by now.
    if (!room.awaits(session)) return this.#unfollowIfDeserted(room)
    this.#leaving.add(session)
    try {
      await this.#engine.append(room.log, draft('left', room, session))
      this.#counts.event(session.wire.protocol, 'left')
    } catch (error) {
      // The end of the room has taken it out already.
      if (!(error instanceof Closed)) throw error
    } finally {
      this.#leaving.delete(session)
    }
    room.seenOff(session)
    await this.#release(room.record.id, session)
    this.#unfollowIfDeserted(room)
  }

  /** A `joined` is always followed by a `left`, so a store that is away is waited for; the name is held until then. */
  async #seeOffLater(room: Place, session: Session): Promise<void> {
    // The engine pays what is owed when it starts again.
    while (!this.#stopping) {
      await new Promise((next) => setTimeout(next, RETRY_MS).unref())
      // It is back, so others have seen it off.
      if (session.room === room) return
      try {
        return await this.#seeOff(room, session)
      } catch {
        // Still away.
      }
    }
  }
}

function placeOf(room: number, { key }: Session): string {
  return `${room} ${key}`
}

function draft(kind: 'joined' | 'left', room: Place, { name, color, registered }: Session): Draft {
  return { kind, room: room.record.id, from: name, body: '', color, verified: registered || undefined }
}

function settled(promise: Promise<unknown>): Promise<void> {
  return promise.then(
    () => {},
    () => {},
  )
}
