import type { Engine } from '../engine/engine.ts'
import { ALONE } from './directory.ts'
import type { Session } from './session.ts'

/** Sessions that have their names alone: nobody else is logged in that way under one, nor in a room, on whatever node. */
export class Alone {
  readonly #engine: Engine
  readonly #names = new Map<Session, string>()

  constructor(engine: Engine) {
    this.#engine = engine
    // Nobody signals this: it is what may have been missed that counts.
    engine.heedSignals('alone', () => this.#check())
  }

  /** Resolves with false when the name is in use anywhere. Refuses `unavailable`. */
  async take(session: Session, name: string): Promise<boolean> {
    if ((await this.#engine.heldIn(name)).length > 0) return false
    if (!(await this.#engine.claim(ALONE, name))) return false
    this.#names.set(session, name)
    return true
  }

  async giveUp(session: Session): Promise<void> {
    const name = this.#names.get(session)
    if (name === undefined) return
    this.#names.delete(session)
    await this.#engine.release(ALONE, name)
  }

  /** Whether a session has its name alone, as far as this node knows. */
  holds(session: Session): boolean {
    const name = this.#names.get(session)
    return name !== undefined && this.#engine.holds(ALONE, name)
  }

  /** The others may have taken this node for dead, and what it held for free. */
  #check(): void {
    for (const [session, name] of this.#names) {
      if (this.#engine.holds(ALONE, name)) continue
      const claimed = this.#engine.claim(ALONE, name).catch(() => true)
      void claimed.then((claimed) => {
        if (!claimed && this.#names.delete(session)) session.wire.replaced?.(session)
      })
    }
  }
}
