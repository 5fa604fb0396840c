import type { EngineLogs, RoomRecord } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import { RoomState } from './room-state.ts'
import type { Identity } from './sanctions.ts'

/** Time after which the rest of a state follows the part for the first user, whose entry it would hold up, in ms. */
const REST_AFTER_MS = 100

/** Reads the state of a room from the store, and keeps it up with the events that come in, which the room hands to it. */
export class StateReader {
  readonly #room: { readonly record: RoomRecord; readonly deserted: boolean }
  readonly #logs: EngineLogs
  /** Undefined until {@link load} or {@link loadFor} has resolved. */
  #state: RoomState | undefined
  /** Reads that are under way, and the events since the first of them began. */
  #reading = 0
  #early: Event[] = []
  #loading: Promise<void> | undefined

  constructor(room: { readonly record: RoomRecord; readonly deserted: boolean }, logs: EngineLogs) {
    this.#room = room
    this.#logs = logs
  }

  /** The state, as far as it concerns the users for whom it was loaded; undefined before. */
  get state(): RoomState | undefined {
    return this.#state
  }

  /** Loads the whole state, once. The room must follow its log. @throws Unavailable */
  async load(): Promise<void> {
    if (this.#state?.isWhole) return
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined
    })
    await this.#loading
  }

  /** Loads the state as far as it concerns a user: the first one need not wait for bans of others, which follow. @throws Unavailable */
  async loadFor(user: Identity): Promise<void> {
    if (this.#state || this.#reading > 0) return this.load()
    await this.#read(user)
    setTimeout(() => this.#loadRest(), REST_AFTER_MS).unref()
  }

  /** Takes the next event of the log. */
  apply(event: Event): void {
    this.#state?.apply(event)
    if (this.#reading > 0) this.#early.push(event)
  }

  #loadRest(): void {
    // Should this fail, whoever needs the rest loads it.
    if (!this.#room.deserted) this.load().catch(() => {})
  }

  async #read(user?: Identity): Promise<void> {
    this.#reading++
    try {
      const state = await RoomState.read(this.#room.record, this.#logs, user)
      // A part that was read for longer than the whole.
      if (this.#state?.isWhole) return
      // Events that the state contains already change nothing again.
      for (const event of this.#early) state.apply(event)
      this.#state = this.#state ? state.replace(this.#state) : state
    } finally {
      if (--this.#reading === 0) this.#early = []
    }
  }
}
