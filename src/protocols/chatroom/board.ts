import { cooldownAfter } from '../../chat/snapshot.ts'
import { atTickEnd } from '../../tick.ts'
import type { SessionLink } from '../../transport/conversation.ts'
import { encodeFrame } from '../../transport/frames.ts'

/** Minimum time between two pushes of a list, in ms. */
const GAP_MS = 200
/** Maximum bytes of lists that are pushed in a millisecond, for all viewers. */
const BYTES_PER_MS = 16_384

/** A client that shows the page. */
export interface Viewer {
  readonly name: string
  /** The last list that was pushed to the client. */
  shown: Buffer | undefined
  readonly link: Pick<SessionLink, 'push' | 'drained'>
}

/**
 * The list of users on a page. It is pushed to the page's viewers after a change, and at once to a client that opens the page or
 * requests it. A list that changes often, is long or has many viewers is pushed less often (throttling); the last push always has
 * the current state.
 */
export class Board {
  /** Id of the room; undefined for the lobby. */
  readonly room: number | undefined
  readonly #make: () => Promise<string>
  readonly #viewers = new Set<Viewer>()
  /** Viewers that have not read the last push, and get no further one until then. */
  readonly #behind = new Set<Viewer>()
  #json = ''
  #frame: Buffer | undefined
  /** True if the list may have changed since the frame was made. */
  #stale = true
  #changes = 0
  #scheduled = false
  /** Earliest time of the next push to all viewers, by `performance.now()`. */
  #next = 0
  /** Earliest time at which the list is computed again. */
  #cooldownUntil = 0
  /** Resolved by the next push. */
  #pushed = Promise.withResolvers<void>()

  /** `make` resolves with the list as JSON. */
  constructor(room: number | undefined, make: () => Promise<string>) {
    this.room = room
    this.#make = make
  }

  get deserted(): boolean {
    return this.#viewers.size === 0
  }

  get viewers(): Iterable<Viewer> {
    return this.#viewers
  }

  add(viewer: Viewer): void {
    viewer.shown = undefined
    this.#viewers.add(viewer)
    this.changed()
    void this.show(viewer)
  }

  remove(viewer: Viewer): void {
    this.#viewers.delete(viewer)
    this.changed()
  }

  changed(): void {
    this.#stale = true
    this.#changes++
    this.#schedule()
  }

  /** Pushes the list to one viewer. Resolves also if the list cannot be read. */
  async show(viewer: Viewer): Promise<void> {
    viewer.shown = undefined
    if (this.#stale && performance.now() < this.#cooldownUntil) {
      this.#schedule()
      return this.#pushed.promise
    }
    try {
      const frame = await this.#current()
      if (this.#viewers.has(viewer) && viewer.shown !== frame) this.#hand(viewer, frame)
    } catch {
      // The engine is unavailable; the next push includes this viewer.
      this.#schedule()
    }
  }

  /** Called at the end of the tick. */
  deliver(): void {
    void this.#push()
  }

  #schedule(): void {
    if (this.#scheduled || this.deserted) return
    this.#scheduled = true
    const wait = this.#next - performance.now()
    if (wait > 0) setTimeout(() => this.deliver(), wait).unref()
    else atTickEnd('deliver', this)
  }

  async #push(): Promise<void> {
    let bytes = 0
    try {
      const frame = await this.#current()
      for (const viewer of this.#viewers) {
        if (viewer.shown === frame || this.#behind.has(viewer)) continue
        this.#hand(viewer, frame)
        bytes += frame.length
      }
    } catch {
      // The engine is unavailable; the list is still stale and is pushed after the gap.
    }
    this.#next = Math.max(performance.now() + Math.max(GAP_MS, bytes / BYTES_PER_MS), this.#cooldownUntil)
    this.#scheduled = false
    this.#pushed.resolve()
    this.#pushed = Promise.withResolvers()
    if (this.#stale) this.#schedule()
  }

  #hand(viewer: Viewer, frame: Buffer): void {
    viewer.shown = frame
    viewer.link.push(frame)
    if (this.#behind.has(viewer)) return
    this.#behind.add(viewer)
    void viewer.link.drained().then(() => {
      this.#behind.delete(viewer)
      if (this.#viewers.has(viewer) && viewer.shown !== this.#frame) this.#schedule()
    })
  }

  /** Returns the current list; the same frame as long as it is equal. */
  async #current(): Promise<Buffer> {
    if (this.#frame && !this.#stale) return this.#frame
    const started = performance.now()
    const changes = this.#changes
    const json = await this.#make()
    if (!this.#frame || json !== this.#json) {
      this.#json = json
      this.#frame = encodeFrame(json)
    }
    this.#stale = changes !== this.#changes
    const now = performance.now()
    this.#cooldownUntil = now + cooldownAfter(now - started)
    return this.#frame
  }
}
