import { inSlices } from '../../../slices.ts'

/** Streams that are written to in one round of the event loop. */
const AT_ONCE = 256

export interface BeatingStream {
  beat(): void
}

/** Calls all streams at an interval: those behind a proxy would be cut in silence, and a client that is gone is noticed by writing. */
export class Heartbeats {
  readonly #everyMs: number
  readonly #streams = new Set<BeatingStream>()
  #timer: NodeJS.Timeout | undefined

  constructor(everyMs: number) {
    this.#everyMs = everyMs
  }

  add(stream: BeatingStream): void {
    this.#streams.add(stream)
    const beat = () => inSlices([...this.#streams], AT_ONCE, (each) => this.#streams.has(each) && each.beat())
    this.#timer ??= setInterval(() => void beat(), this.#everyMs).unref()
  }

  delete(stream: BeatingStream): void {
    this.#streams.delete(stream)
    if (this.#streams.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
