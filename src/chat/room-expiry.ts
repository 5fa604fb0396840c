import { DoubtfulClock } from '../engine/clock.ts'
import type { Engine, RoomRecord } from '../engine/engine.ts'
import { LOBBY_ROOM } from '../engine/lobby.ts'
import { nextRound } from '../tick.ts'
import type { Directory } from './directory.ts'

/** Time between two searches for rooms to close, by whichever node. */
const INTERVAL_MS = 60_000
/** Time from the start to the first search. */
const DELAY_MS = 1_000

interface RoomExpiryOptions {
  /** Age of its newest message at which an empty room is closed, in ms; 0 for none. */
  readonly ttlMs: number
  /** Called when a room was closed. */
  readonly onExpire: (room: RoomRecord) => void
  /** Returns ms since the epoch. */
  readonly now?: () => number
}

/**
 * Closes rooms that are empty, whose maker and owners have no account, and that have had no message for a time; never the lobby. Of several
 * nodes one searches at a time. Rooms are closed one after the other, so that commits do not wait.
 */
export class RoomExpiry {
  readonly #engine: Engine
  readonly #directory: Directory
  readonly #options: RoomExpiryOptions
  readonly #now: () => number
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(engine: Engine, directory: Directory, options: RoomExpiryOptions) {
    this.#engine = engine
    this.#directory = directory
    this.#options = options
    const clock = new DoubtfulClock()
    this.#now = options.now ?? (() => clock.now())
  }

  start(): void {
    if (this.#options.ttlMs === 0) return
    this.#timer = setTimeout(() => void this.#run(), DELAY_MS).unref()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** Closes the rooms whose time is over, unless another node has done so within a minute. @throws Refusal, Unavailable */
  async sweep(): Promise<void> {
    const expiresAt = Date.now() + INTERVAL_MS / 2
    if (!(await this.#engine.records.insert('duty', 'room-expiry', '', { expiresAt }))) return
    const since = this.#now() - this.#options.ttlMs
    for await (const rooms of this.#engine.rooms.silentSince(since)) {
      for (const room of rooms) {
        if (this.#stopped) return
        if (!(await this.#isOver(room, since))) continue
        if (await this.#directory.discard(room)) this.#options.onExpire(room)
        await nextRound()
      }
    }
  }

  async #run(): Promise<void> {
    // A store that is away is reported elsewhere.
    await this.sweep().catch(() => {})
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#run(), INTERVAL_MS).unref()
  }

  /** Resolves with true if a room is empty, nobody's, and silent since a time, in ms since the epoch. */
  async #isOver({ id, maker }: RoomRecord, since: number): Promise<boolean> {
    if (id === LOBBY_ROOM.id) return false
    const { logs, memberships, records } = this.#engine
    const owner = await logs.stateOfKey(id, 'owner')
    for (const name of [maker?.name, owner?.to]) {
      if (name !== undefined && (await records.get('account', name))) return false
    }
    // The engine may not know of the newest message.
    for await (const events of logs.read(`room:${id}`, { from: since })) {
      if (events.some(({ kind }) => kind === 'message')) return false
      await nextRound()
    }
    return (await memberships.members(id)).length === 0
  }
}
