import { BoundedMap } from '../bounded-map.ts'

/** Maximum number of users whose last message is remembered; those beyond it may speak earlier. */
const MAX_USERS = 16_384

interface Said {
  /** In ms since the epoch. */
  at: number
  /** Digest of the address, of guests who have spoken through this node. */
  readonly address: string | undefined
}

/** The slow mode of a room: the last message of each user, for as long as the next one has to wait. */
export class SlowMode {
  /** Time between two messages of a user, in ms; 0 for no limit. */
  #everyMs = 0
  /** By folded nickname, oldest first. */
  readonly #lastSaid = new BoundedMap<string, Said>(MAX_USERS)
  /** The guest who has left last, by the digest of its address. */
  readonly #gone = new BoundedMap<string, string>(MAX_USERS)
  /** The guest that waits in the place of one that has left, by the nickname of that one. */
  readonly #heirs = new BoundedMap<string, string>(MAX_USERS)

  get isOn(): boolean {
    return this.#everyMs > 0
  }

  /** Sets the time between two messages of a user, 0 for no limit. Earlier messages do not count. */
  set(seconds: number): void {
    this.#everyMs = 1_000 * seconds
    this.#lastSaid.clear()
    this.#gone.clear()
    this.#heirs.clear()
  }

  /** Notes a message at `at`, in ms since the epoch; `address` is the digest of the address of a guest. */
  note(key: string, at: number, address = this.#lastSaid.get(key)?.address): void {
    this.#lastSaid.set(key, { at, address })
    for (const [oldest, said] of this.#lastSaid) {
      if (said.at + this.#everyMs > at) return
      this.#lastSaid.delete(oldest)
    }
  }

  /** Notes that a user has another nickname, under which it waits on. */
  rename(from: string, to: string): void {
    const said = this.#lastSaid.get(from)
    if (said === undefined || from === to) return
    this.#lastSaid.delete(from)
    this.#lastSaid.set(to, said)
  }

  /** Notes that a user has left the room, or is back: then another guest has joined meanwhile, and waits no more. */
  setGone(key: string, isGone: boolean): void {
    const said = this.#lastSaid.get(key)
    if (said?.address === undefined) return
    if (isGone) {
      this.#gone.set(said.address, key)
      return
    }
    if (this.#gone.get(said.address) === key) this.#gone.delete(said.address)
    const heir = this.#heirs.get(key)
    this.#heirs.delete(key)
    if (heir !== undefined && this.#lastSaid.get(heir) === said) this.#lastSaid.delete(heir)
  }

  /** Notes that a guest has joined, who may be one who has left: it waits on for that one. */
  inherit(key: string, address: string): void {
    const from = this.#gone.get(address)
    const said = from === undefined ? undefined : this.#lastSaid.get(from)
    if (from === undefined || said === undefined) return
    this.#gone.delete(address)
    if (this.#lastSaid.has(key)) return
    this.#lastSaid.set(key, said)
    this.#heirs.set(from, key)
  }

  /** Forgets the last message of a user, which was not said after all. */
  forget(key: string): void {
    this.#lastSaid.delete(key)
  }

  /** Returns the time until a user may speak again, in ms; 0 or less if it may. */
  waitOf(key: string, now: number): number {
    const said = this.#lastSaid.get(key)
    if (!said) return Number.NEGATIVE_INFINITY
    // The clock went back; without this the user would wait for as long as that.
    said.at = Math.min(said.at, now)
    return said.at + this.#everyMs - now
  }
}
