import type { Engine } from '../engine/engine.ts'
import { fold } from './names.ts'
import type { Session } from './session.ts'

/** Id under which exclusive logins claim nicknames, as if it were a room. */
export const EXCLUSIVE = 0

/** Sessions that hold their nicknames exclusively, on all nodes: nobody else may log in so, nor be in a room, under one of them. */
export class ExclusiveNames {
  readonly #engine: Engine
  /** The nicknames of each session, in order: it has two while it changes from one to the other. */
  readonly #names = new Map<Session, readonly string[]>()

  constructor(engine: Engine) {
    this.#engine = engine
    // Nothing is published here: the listener is called when claims may have been missed.
    engine.broadcast.onBroadcast('exclusive-names', () => this.#check())
  }

  /** Takes a nickname besides those that the session holds. Resolves with false when it is in use on any node. */
  async take(session: Session, name: string): Promise<boolean> {
    if ((await this.#engine.memberships.heldIn(name)).length > 0) return false
    if (!(await this.#claim(session, name))) return false
    this.#names.set(session, [...this.#of(session), name])
    return true
  }

  /** Gives up one nickname of a session; does nothing if the session does not hold it. */
  async release(session: Session, key: string): Promise<void> {
    if (this.#forget(session, key)) await this.#engine.memberships.release(EXCLUSIVE, key)
  }

  /** Gives up all nicknames of a session. */
  async giveUp(session: Session): Promise<void> {
    for (const name of this.#of(session)) await this.release(session, fold(name))
  }

  /** Returns true if a session holds its nickname exclusively, as far as this node knows. */
  holds(session: Session): boolean {
    return this.#has(session, session.key) && this.#engine.memberships.holds(EXCLUSIVE, session.key)
  }

  #claim({ carriesPrivate }: Session, name: string): Promise<boolean> {
    return this.#engine.memberships.claim(EXCLUSIVE, name, { carriesPrivate })
  }

  #of(session: Session): readonly string[] {
    return this.#names.get(session) ?? []
  }

  #has(session: Session, key: string): boolean {
    return this.#of(session).some((name) => fold(name) === key)
  }

  /** Returns false if the session does not have the nickname. */
  #forget(session: Session, key: string): boolean {
    if (!this.#has(session, key)) return false
    const left = this.#of(session).filter((name) => fold(name) !== key)
    if (left.length > 0) this.#names.set(session, left)
    else this.#names.delete(session)
    return true
  }

  /** Claims again what the other nodes may have released, having taken this one for dead. */
  #check(): void {
    for (const [session, names] of this.#names) {
      for (const name of names) this.#claimAgain(session, name)
    }
  }

  #claimAgain(session: Session, name: string): void {
    if (this.#engine.memberships.holds(EXCLUSIVE, name)) return
    const claimed = this.#claim(session, name).catch(() => true)
    void claimed.then((claimed) => {
      const key = fold(name)
      if (!this.#has(session, key)) return claimed ? this.#engine.memberships.release(EXCLUSIVE, name) : undefined
      if (!claimed && this.#forget(session, key)) session.wire.replaced?.(session)
    })
  }
}
