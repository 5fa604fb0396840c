import type { Engine } from '../engine/engine.ts'
import { Closed, Shared } from '../engine/errors.ts'
import type { Draft } from '../engine/event.ts'
import type { Counts } from './counts.ts'
import type { FollowedRoom } from './followed-room.ts'
import type { NameClaims } from './name-claims.ts'
import type { Session } from './session.ts'

/** How long to wait before a `left` that could not be committed is tried again, in ms. */
const RETRY_MS = 1_000

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

  /** Appends the `left` of a session, now or as soon as that works. Resolves with true when it is committed at once. */
  async begin(room: FollowedRoom, session: Session): Promise<boolean> {
    let committed = true
    let later: Promise<void> | undefined
    const tried = this.append(room, session).catch(() => {
      committed = false
      room.detach(session)
      later = this.#appendLater(room, session)
    })
    const before = this.#departures.get(session)?.done
    const done = tried.then(() => Promise.all([later, before])).then(() => {})
    const departure = { tried, done }
    this.#departures.set(session, departure)
    void done.then(() => {
      if (this.#departures.get(session) === departure) this.#departures.delete(session)
    })
    await tried
    return committed
  }

  /** Appends the `left` of a session and frees its nickname. Rejects with what the engine rejects with. */
  async append(room: FollowedRoom, session: Session): Promise<void> {
    // The other nodes, which took this one for dead, have appended it, and the nickname may be somebody else's by now.
    if (!room.awaits(session)) return this.#onGone(room)
    await this.#claims.whileLeaving(room.record.id, session, async () => {
      try {
        await this.#engine.logs.append(room.log, presenceOf('left', room, session))
        this.#counts.event(session.wire.protocol, 'left')
      } catch (error) {
        // Its user stays through another node, so no `left` will come.
        if (error instanceof Shared) room.detach(session)
        // The end of the room has put it out already.
        else if (!(error instanceof Closed)) throw error
      }
    })
    room.seenOff(session)
    await this.#claims.release(room.record.id, session)
    this.#onGone(room)
  }

  async #appendLater(room: FollowedRoom, session: Session): Promise<void> {
    while (!this.#stopping) {
      await new Promise((next) => setTimeout(next, RETRY_MS).unref())
      // The session is in the room again, so its `left` is in the log.
      if (session.memberships.has(room.record.id)) return
      try {
        return await this.append(room, session)
      } catch {
        // Still away.
      }
    }
  }
}

/** The draft of a `joined` or `left`. */
export function presenceOf(kind: 'joined' | 'left', room: FollowedRoom, session: Session): Draft {
  const { name, color, registered, closed, farewell, nextName } = session
  const verified = registered || undefined
  if (kind === 'joined') return { kind, room: room.record.id, from: name, body: '', color, verified }
  const details = nextName === undefined ? closed && ({ quit: true } as const) : { renamed: nextName }
  return { kind, room: room.record.id, from: name, body: farewell, color, verified, details: details || undefined }
}
