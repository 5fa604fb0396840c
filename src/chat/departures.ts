import type { Engine } from '../engine/engine.ts'
import { Closed, Shared } from '../engine/errors.ts'
import type { Draft, EventDetails } from '../engine/event.ts'
import type { Counts } from './counts.ts'
import type { FollowedRoom } from './followed-room.ts'
import type { NameClaims, Nickname } from './name-claims.ts'
import type { Session } from './session.ts'

/** How long to wait before a `left` that could not be committed is tried again, in ms. */
const RETRY_MS = 1_000

/** A user as the events of its presence show it: of a session, or what the session was before. */
export type Appearance = Nickname & Pick<Session, 'color' | 'registered'>

interface Departure {
  /** Settled when the `left` is committed, or could not be at once. */
  readonly tried: Promise<void>
  /** Settled when nothing of the session is left in this room, nor in those it left before. */
  readonly done: Promise<void>
}

/** Sessions on their way out of rooms. A `joined` is always followed by a `left`, so a store that is away is waited for. */
export class Departures {
  readonly #engine: Engine
  readonly #claims: NameClaims
  readonly #counts: Counts
  readonly #onGone: (room: FollowedRoom) => void
  readonly #departures = new Map<Session, Departure>()
  #stopping = false

  /** `onGone` is called when a room has lost a session. */
  constructor(engine: Engine, claims: NameClaims, counts: Counts, onGone: (room: FollowedRoom) => void) {
    this.#engine = engine
    this.#claims = claims
    this.#counts = counts
    this.#onGone = onGone
  }

  /** Resolves when the last `left` of a session is committed, or could not be at once. */
  async tried(session: Session): Promise<void> {
    await this.#departures.get(session)?.tried
  }

  /** Resolves when no room that a session has left holds its nickname any more. */
  async done(session: Session): Promise<void> {
    await this.#departures.get(session)?.done
  }

  /** Resolves when all departures are done, or cannot be. The engine appends what is owed when it starts again. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(Array.from(this.#departures.values(), ({ done }) => done))
  }

  /** Appends the `left` of a session, or of what it was before, now or as soon as that works. Resolves with true when it is committed at once. */
  async begin(room: FollowedRoom, session: Session, as: Appearance = session): Promise<boolean> {
    let committed = true
    let later: Promise<void> | undefined
    const tried = this.append(room, session, as).catch(() => {
      committed = false
      if (as === session) room.detach(session)
      later = this.#appendLater(room, session, as)
    })
    const before = this.#departures.get(session)?.done
    const done = tried.then(() => Promise.all([later, before])).then(() => {})
    const departure = { tried: tried.then(() => {}), done }
    this.#departures.set(session, departure)
    void done.then(() => {
      if (this.#departures.get(session) === departure) this.#departures.delete(session)
    })
    await tried
    return committed
  }

  /**
   * Appends the `left` of a session and frees its nickname. Resolves with false if the presence had ended before. Rejects with what the engine
   * rejects with.
   */
  async append(room: FollowedRoom, session: Session, as: Appearance = session): Promise<boolean> {
    let hasLeft = true
    // The other nodes, which took this one for dead, have appended it, and the nickname may be somebody else's by now.
    if (!room.awaits(session, as.key)) {
      this.#onGone(room)
      return false
    }
    await this.#claims.whileLeaving(room.record.id, as, async () => {
      try {
        await this.#engine.logs.append(room.log, leftOf(room, session, as))
        this.#counts.event(session.wire.protocol, 'left')
      } catch (error) {
        // Its user stays through another node, so no `left` will come.
        if (error instanceof Shared) room.detach(session)
        // A moderator, or the end of the room, has put it out already.
        else if (error instanceof Closed) hasLeft = false
        else throw error
      }
    })
    room.seenOff(session, as.key)
    await this.#claims.release(room.record.id, session, as)
    this.#onGone(room)
    return hasLeft
  }

  async #appendLater(room: FollowedRoom, session: Session, as: Appearance): Promise<void> {
    while (!this.#stopping) {
      await new Promise((next) => setTimeout(next, RETRY_MS).unref())
      // The session is in the room again, so its `left` is in the log.
      if (as === session && session.memberships.has(room.record.id)) return
      try {
        await this.append(room, session, as)
        return
      } catch {
        // Still away.
      }
    }
  }
}

export function joinedOf(room: FollowedRoom, session: Session, details?: EventDetails): Draft {
  return { ...presenceOf(room, session), kind: 'joined', body: '', ...(details && { details }) }
}

/** The draft of a `left` of a session, or of what it was before. */
export function leftOf(room: FollowedRoom, session: Session, as: Appearance, details?: EventDetails): Draft {
  const { closed, farewell } = session
  return {
    ...presenceOf(room, as),
    kind: 'left',
    body: farewell,
    details: details ?? (closed ? { quit: true } : undefined),
  }
}

function presenceOf(
  room: FollowedRoom,
  { name, color, registered }: Appearance,
): Pick<Draft, 'room' | 'from' | 'color' | 'verified'> {
  return { room: room.record.id, from: name, color, verified: registered || undefined }
}
