import type { AccountRecord, Engine, RoomRecord } from '../engine/engine.ts'
import type { Blocking } from './blocking.ts'
import type { Credentials } from './credentials.ts'
import type { Directory } from './directory.ts'
import { fold } from './names.ts'
import type { Presence } from './presence.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session, SessionEnd } from './session.ts'
import type { Tickets } from './tickets.ts'

/** Something that the operator of the server has done, on this node or another one. */
export type Administered =
  | { readonly what: 'room-closed'; readonly room: number; readonly title: string }
  | { readonly what: SessionEnd; readonly name: string }

/** Nodes tell one another what was done. */
const SUBJECT = 'administration'

export interface AdministrationParts {
  readonly credentials: Credentials
  readonly tickets: Tickets
  readonly blocking: Blocking
  readonly directory: Directory
  readonly presence: Presence
  readonly close: (session: Session) => Promise<void>
  /** Called on every node with what was done. */
  readonly onAdministered: (done: Administered) => void
}

/** The actions of the operator of the server. */
export class Administration {
  readonly #engine: Engine
  readonly #parts: AdministrationParts

  constructor(engine: Engine, parts: AdministrationParts) {
    this.#engine = engine
    this.#parts = parts
    // Only this class writes what is heard.
    engine.heedSignals(SUBJECT, (text) => (text === undefined ? this.#catchUp() : this.#heed(JSON.parse(text))))
  }

  /** Puts everybody out of a room and removes it with all that was said in it. Refuses `room-unknown` and `unavailable`. */
  async closeRoom({ id, title }: RoomRecord): Promise<void> {
    await this.#parts.directory.close(id)
    this.#tell({ what: 'room-closed', room: id, title })
  }

  /** All accounts, in pages, in no order. Refuses `unavailable`. */
  async *accounts(): AsyncGenerator<readonly AccountRecord[]> {
    try {
      yield* this.#engine.accounts()
    } catch (error) {
      refuse(error)
    }
  }

  /**
   * Removes an account and what was kept for it: logins, blocks, private messages. Its sessions end. Resolves with the name as
   * registered, which is anybody's from then on. Refuses `name-unknown` and `unavailable`.
   */
  async removeAccount(account: string): Promise<string> {
    const { credentials, tickets, blocking } = this.#parts
    if (!(await credentials.holds(account).catch(refuse))) throw new Refusal('name-unknown')
    // Whoever gets the name next inherits nothing. First what somebody could still log in with.
    await tickets.end({ name: account })
    await blocking.disown(account).catch(refuse)
    const { name } = await credentials.remove(account).catch(refuse)
    this.#tell({ what: 'account-removed', name })
    await this.#engine.clear(`inbox:${fold(name)}`).catch(refuse)
    return name
  }

  /**
   * Gives an account another password. Logins and sessions of the account end. Resolves with the name as registered. Refuses
   * `name-unknown`, `secret-invalid` and `unavailable`.
   */
  async setPassword(account: string, password: string): Promise<string> {
    const { credentials, tickets } = this.#parts
    const { name } = await credentials.change(account, password).catch(refuse)
    await tickets.end({ name })
    this.#tell({ what: 'password-changed', name })
    return name
  }

  #tell(done: Administered): void {
    this.#engine.signal(SUBJECT, JSON.stringify(done))
    this.#heed(done)
  }

  #heed(done: Administered): void {
    this.#parts.onAdministered(done)
    if (done.what !== 'room-closed') this.#terminate(fold(done.name), done.what)
  }

  /** Another node may have removed an account meanwhile. */
  #catchUp(): void {
    const { presence, credentials } = this.#parts
    for (const key of presence.keys()) {
      if (!presence.of(key).some(({ registered }) => registered)) continue
      credentials.holds(key).then(
        (there) => there || this.#terminate(key, 'account-removed'),
        () => {},
      )
    }
  }

  #terminate(key: string, why: SessionEnd): void {
    for (const session of this.#parts.presence.of(key)) {
      if (session.registered && !session.terminate(why)) void this.#parts.close(session)
    }
  }
}
