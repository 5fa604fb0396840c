import type { Engine } from '../engine/engine.ts'

/** Maximum wait for the engine, and the pause between attempts, in ms. */
const PATIENCE_MS = 5_000
const PAUSE_MS = 20

/** Waits for the engine: a client that is told to come back needs one to come back to. */
export class Availability {
  readonly #engine: Pick<Engine, 'ping'>
  /** Shared by all concurrent callers. */
  #waiting: Promise<void> | undefined

  constructor(engine: Pick<Engine, 'ping'>) {
    this.#engine = engine
  }

  /** Resolves when the engine can be used, at the latest after {@link PATIENCE_MS}. */
  wait(): Promise<void> {
    this.#waiting ??= this.#wait().finally(() => {
      this.#waiting = undefined
    })
    return this.#waiting
  }

  async #wait(): Promise<void> {
    const started = performance.now()
    const isAway = () =>
      this.#engine.ping().then(
        () => false,
        () => true,
      )
    while ((await isAway()) && performance.now() - started < PATIENCE_MS)
      await new Promise((next) => setTimeout(next, PAUSE_MS).unref())
  }
}
