import type { Engine, RoomRecord } from '../engine/engine.ts'
import type { AccountRecord } from '../engine/records.ts'
import type { Blocking } from './blocking.ts'
import type { Credentials } from './credentials.ts'
import type { Directory } from './directory.ts'
import { fold } from './names.ts'
import type { Presence } from './presence.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session, SessionEnd } from './session.ts'
import type { Tickets } from './tickets.ts'

/** An action of the operator of the server, on this node or another one. */
export type Administered =
  | { readonly what: 'room-closed'; readonly room: number; readonly title: string }
  | { readonly what: SessionEnd; readonly name: string }

/** Subject of broadcasts between nodes. */
const SUBJECT = 'administration'

export interface AdministrationParts {
  readonly credentials: Credentials
  readonly tickets: Tickets
  readonly blocking: Blocking
  readonly directory: Directory
  readonly presence: Presence
  readonly close: (session: Session) => Promise<void>
  /** Called on every node for each action. */
  readonly onAdministered: (done: Administered) => void
}

/** The actions of the operator of the server. */
export class Administration {
  readonly #engine: Engine
  readonly #parts: AdministrationParts

  constructor(engine: Engine, parts: AdministrationParts) {
    this.#engine = engine
    this.#parts = parts
    // Only this class writes what is received.
    engine.broadcast.onBroadcast(SUBJECT, (text) =>
      text === undefined ? this.#catchUp() : this.#heed(JSON.parse(text)),
    )
  }

  /** Puts out the members of a room and removes it with its log. @throws Refusal `room-unknown`, `unavailable`. */
  async closeRoom({ id, title }: RoomRecord): Promise<void> {
    await this.#parts.directory.close(id)
    this.#tell({ what: 'room-closed', room: id, title })
  }

  /** All accounts, in pages, in no order. @throws Refusal `unavailable`. */
  async *accounts(): AsyncGenerator<readonly AccountRecord[]> {
    try {
      yield* this.#engine.records.list('account')
    } catch (error) {
      refuse(error)
    }
  }

  /**
   * Removes an account with its logins, blocks and private messages, and ends its sessions. Resolves with the nickname as registered,
   * which is free from then on. @throws Refusal `name-unknown`, `unavailable`.
   */
  async removeAccount(account: string): Promise<string> {
    const { credentials, tickets, blocking } = this.#parts
    if (!(await credentials.holds(account).catch(refuse))) throw new Refusal('name-unknown')
    // The next owner of the nickname inherits nothing. First the credentials that allow a login.
    await tickets.end({ name: account })
    await blocking.disown(account).catch(refuse)
    const { name } = await credentials.remove(account).catch(refuse)
    this.#tell({ what: 'account-removed', name })
    await this.#engine.logs.clear(`inbox:${fold(name)}`).catch(refuse)
    return name
  }

  /**
   * Replaces the password of an account, and ends its logins and sessions. Resolves with the nickname as registered.
   *
   * @throws Refusal `name-unknown`, `secret-invalid`, `unavailable`.
   */
  async setPassword(account: string, password: string): Promise<string> {
    const { credentials, tickets } = this.#parts
    const { name } = await credentials.change(account, password).catch(refuse)
    await tickets.end({ name })
    this.#tell({ what: 'password-changed', name })
    return name
  }

  #tell(done: Administered): void {
    this.#engine.broadcast.publish(SUBJECT, JSON.stringify(done))
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
