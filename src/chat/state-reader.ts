import type { EngineLogs, RoomRecord, StateUser } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import { RoomState } from './room-state.ts'

/** Time after which the rest of a state follows the part for the first user, whose entry it would hold up, in ms. */
export const REST_AFTER_MS = 100

/** Reads the state of a room from the store, and keeps it up with the events that come in, which a followed room hands to it. */
export class StateReader {
  readonly #room: { readonly record: RoomRecord; readonly deserted: boolean }
  readonly #logs: EngineLogs
  /** Undefined until {@link load} or {@link loadFor} has resolved. */
  #state: RoomState | undefined
  /** The read that is under way, and the events since it began. */
  #reading: Promise<RoomState> | undefined
  #early: Event[] = []

  /** The rest of a part is read a little later, unless the room is `deserted`. */
  constructor(room: { readonly record: RoomRecord; readonly deserted: boolean }, logs: EngineLogs) {
    this.#room = room
    this.#logs = logs
  }

  /** The state, as far as it concerns the users for whom it was loaded; undefined before. */
  get state(): RoomState | undefined {
    return this.#state
  }

  /** Loads the whole state, once. A room must follow its log. @throws Unavailable */
  async load(): Promise<RoomState> {
    let state = this.#state
    // The read that is under way may be that of a part.
    while (!state?.isWhole) state = await (this.#reading ??= this.#read())
    return state
  }

  /** Loads the state as far as it concerns a user: the first one need not wait for bans of others, which follow. @throws Unavailable */
  async loadFor(user: StateUser): Promise<RoomState> {
    if (this.#state || this.#reading) return this.load()
    this.#reading = this.#read(user)
    const state = await this.#reading
    if (!state.isWhole) setTimeout(() => this.#loadRest(), REST_AFTER_MS).unref()
    return state
  }

  /** Takes the next event of the log. */
  apply(event: Event): void {
    this.#state?.apply(event)
    if (this.#reading) this.#early.push(event)
  }

  #loadRest(): void {
    // Should this fail, whoever needs the rest loads it.
    if (!this.#room.deserted) this.load().catch(() => {})
  }

  async #read(user?: StateUser): Promise<RoomState> {
    try {
      const state = await RoomState.read(this.#room.record, this.#logs, user)
      // Events that the state contains already change nothing again.
      for (const event of this.#early) state.apply(event)
      return (this.#state = this.#state ? state.replace(this.#state) : state)
    } finally {
      this.#reading = undefined
      this.#early = []
    }
  }
}
