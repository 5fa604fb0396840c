import type { RoomRecord } from '../engine/engine.ts'
import type { Access } from './access.ts'
import type { Directory } from './directory.ts'
import type { Memberships } from './memberships.ts'
import type { Session } from './session.ts'
import { checkScope } from './token-scope.ts'

export interface ListeningParts {
  readonly access: Access
  readonly directory: Directory
  readonly memberships: Memberships
}

/** A room whose events a session is handed without being a member of it: nobody sees it come and go. */
export class ListeningPlace {
  readonly #parts: ListeningParts
  readonly #session: Session
  readonly #room: RoomRecord
  /** The room as it was when its password was shown. */
  #unlocked: RoomRecord | undefined
  #unsubscribe = () => {}

  constructor(parts: ListeningParts, session: Session, room: RoomRecord) {
    this.#parts = parts
    this.#session = session
    this.#room = room
  }

  /** True for the place of a room. */
  isOf({ id }: RoomRecord): boolean {
    return id === this.#room.id
  }

  /**
   * Hands the session what happens from now on; one that hears the room already loses nothing. `unlocked` is the room as it was when its
   * password was shown.
   *
   * @throws Refusal as {@link readable} does, also of a room that was locked meanwhile: the caller then ends a new place
   */
  async begin(unlocked: RoomRecord | undefined): Promise<void> {
    const { memberships } = this.#parts
    this.#unlocked = unlocked ?? this.#unlocked
    const { hash } = await this.readable()
    if (this.#session.closed) return
    const hasShownPassword = hash === undefined || hash === this.#unlocked?.hash
    this.#unsubscribe = memberships.subscribe(this.#session, this.#room, this.#session, hasShownPassword)
    await this.readable()
  }

  /** Resolves with the room as it is. @throws Refusal `room-unknown`, `token-scope`, `room-private`, `banned`, `invite-only`, `unavailable` */
  async readable(): Promise<RoomRecord> {
    const { access, directory } = this.#parts
    const room = await directory.existing(this.#room.id)
    checkScope(this.#session, 'read', room.slug)
    await access.check(this.#session, room, this.#unlocked)
    return room
  }

  end(): void {
    this.#unsubscribe()
  }
}
