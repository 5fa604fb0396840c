import type { Engine } from '../engine/engine.ts'
import { ALONE } from './directory.ts'
import type { Session } from './session.ts'

/** Sessions that hold their nicknames exclusively, on all nodes: nobody else may log in so, nor be in a room, under one of them. */
export class Alone {
  readonly #engine: Engine
  readonly #names = new Map<Session, string>()

  constructor(engine: Engine) {
    this.#engine = engine
    // Nothing is published here: the listener is called when claims may have been missed.
    engine.broadcast.onBroadcast('alone', () => this.#check())
  }

  /** Resolves with false when the nickname is in use on any node. */
  async take(session: Session, name: string): Promise<boolean> {
    if ((await this.#engine.memberships.heldIn(name)).length > 0) return false
    const { carriesPrivate } = session
    if (!(await this.#engine.memberships.claim(ALONE, name, { carriesPrivate }))) return false
    // A session that changes its nickname has held another one.
    await this.giveUp(session)
    this.#names.set(session, name)
    return true
  }

  async giveUp(session: Session): Promise<void> {
    const name = this.#names.get(session)
    if (name === undefined) return
    this.#names.delete(session)
    await this.#engine.memberships.release(ALONE, name)
  }

  /** Returns true if a session holds its nickname exclusively, as far as this node knows. */
  holds(session: Session): boolean {
    const name = this.#names.get(session)
    return name !== undefined && this.#engine.memberships.holds(ALONE, name)
  }

  /** Claims again what the other nodes may have released, having taken this one for dead. */
  #check(): void {
    for (const [session, name] of this.#names) {
      if (this.#engine.memberships.holds(ALONE, name)) continue
      const claimed = this.#engine.memberships.claim(ALONE, name).catch(() => true)
      void claimed.then((claimed) => {
        if (!this.#names.has(session)) return claimed ? this.#engine.memberships.release(ALONE, name) : undefined
        if (!claimed && this.#names.delete(session)) session.wire.replaced?.(session)
      })
    }
  }
}
