import type { Engine, RoomRecord } from '../engine/engine.ts'
import type { Draft } from '../engine/event.ts'
import type { AccountRecord } from '../engine/records.ts'
import type { Accounts } from './accounts.ts'
import type { Admins } from './admins.ts'
import type { Blocking } from './blocking.ts'
import { type AccountMarks, accountId, type Credentials, Proof } from './credentials.ts'
import type { Directory } from './directory.ts'
import { fold } from './names.ts'
import type { Presence } from './presence.ts'
import { Refusal, refuse } from './refusal.ts'
import { handingOver } from './roles.ts'
import type { Session, SessionEnd } from './session.ts'
import type { Sessions } from './sessions.ts'
import type { Tickets } from './tickets.ts'
import type { AccessTokens } from './tokens.ts'

/** An action of the operator of the server, on this node or another one. */
export type Administered =
  | { readonly what: 'room-closed'; readonly room: number; readonly title: string }
  | {
      readonly what: 'account-removed' | 'password-changed'
      readonly name: string
      /** True if a user has done it, who is not the operator. */
      readonly byUser?: boolean
      /** Id of a session that goes on. */
      readonly except?: string
    }
  | { readonly what: 'account-added'; readonly name: string }
  | { readonly what: 'room-given'; readonly room: number; readonly title: string; readonly name: string }
  | { readonly what: 'account-marked'; readonly name: string; readonly admin: boolean; readonly bot: boolean }

/** The author of events that the operator of the server makes: a nickname that is reserved. */
const OPERATOR = 'roomd'

/** Subject of broadcasts between nodes. */
const SUBJECT = 'administration'

interface AdministrationParts {
  readonly accounts: Pick<Accounts, 'add'>
  readonly credentials: Credentials
  readonly tickets: Tickets
  readonly tokens: AccessTokens
  readonly blocking: Blocking
  readonly directory: Directory
  readonly presence: Presence
  readonly sessions: Sessions
  readonly admins: Admins
  /** Called on every node for each action of the operator. */
  readonly onAdministered: (done: Administered) => void
  /** Called for a session that has lost the rights of an admin. */
  readonly onDemoted: (session: Session) => void
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

  /** Makes an account, without the limits for users. @throws Refusal as {@link Accounts.add} does. */
  async addAccount(name: string, password: string): Promise<void> {
    await this.#parts.accounts.add(name, password)
    this.#tell({ what: 'account-added', name })
  }

  /**
   * Makes the owner of an account the owner of a room; the owner before stays operator. Resolves with the nickname as registered.
   *
   * @throws Refusal `name-unknown`, `unavailable`.
   */
  async giveRoom({ id, title }: RoomRecord, account: string): Promise<string> {
    const { logs } = this.#engine
    const owner = await this.accountOf(account)
    const { name } = owner
    const before = await logs.stateOfKey(id, 'owner').catch(refuse)
    const [newId, former] = [accountId(owner), before?.details?.account]
    if (former === newId) return name
    const actions = handingOver(name, newId, before?.to, former)
    const drafts = actions.map((action): Draft => ({ ...action, room: id, from: OPERATOR, verified: true }))
    await Promise.all(logs.appendAll(`room:${id}`, drafts)).catch(refuse)
    this.#tell({ what: 'room-given', room: id, title, name })
    return name
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
   * Removes an account with its logins, access tokens, blocks and private messages, and ends its sessions. Resolves with the nickname as registered,
   * which is free from then on. @throws Refusal `name-unknown`, `unavailable`.
   */
  async removeAccount(account: string): Promise<string> {
    if (!(await this.#parts.credentials.holds(account).catch(refuse))) throw new Refusal('name-unknown')
    return this.#remove(account)
  }

  /**
   * Removes the account of a session, which goes on, as {@link removeAccount} does, and keeps its nickname from everybody for 30 days. Resolves
   * with their end, in ms since the epoch. @throws Refusal `unavailable`.
   */
  async retireAccount(session: Session): Promise<number> {
    const freeAt = await this.#parts.credentials.retire(session.name).catch(refuse)
    await this.#remove(session.name, session)
    return freeAt
  }

  /** Finds an account. @throws Refusal `name-unknown`, `unavailable`. */
  async accountOf(account: string): Promise<AccountRecord> {
    const found = await this.#parts.credentials.find(account).catch(refuse)
    if (!found) throw new Refusal('name-unknown')
    return found
  }

  /** Proves an account for the operator of the server. @throws Refusal `name-unknown`, `unavailable`. */
  async ownerOf(account: string): Promise<Proof> {
    const { name, hash } = await this.accountOf(account)
    return new Proof(name, hash)
  }

  async #remove(account: string, by?: Session): Promise<string> {
    const { credentials, tickets, tokens, blocking } = this.#parts
    // The next owner of the nickname inherits nothing. First the credentials that allow a login.
    await tickets.end({ name: account })
    await tokens.removeAll(account).catch(refuse)
    await blocking.disown(account).catch(refuse)
    const { name } = await credentials.remove(account).catch(refuse)
    this.#tell({ what: 'account-removed', name, ...except(by) })
    await this.#engine.logs.clear(`inbox:${fold(name)}`).catch(refuse)
    return name
  }

  /**
   * Replaces the password of an account, and ends its logins and sessions, other than the one that asks and those of access tokens. Resolves with the nickname as
   * registered.
   *
   * @throws Refusal `name-unknown`, `secret-invalid`, `unavailable`.
   */
  async setPassword(account: string, password: string, by?: Session): Promise<string> {
    const { credentials, tickets } = this.#parts
    const { name } = await credentials.change(account, password, by?.address ?? '').catch(refuse)
    await tickets.end({ name })
    this.#tell({ what: 'password-changed', name, ...except(by) })
    return name
  }

  /**
   * Marks an account as an admin's or as a program's; undefined leaves a mark. Resolves with the nickname as registered.
   *
   * @throws Refusal `name-unknown`, `unavailable`.
   */
  async markAccount(account: string, marks: AccountMarks): Promise<string> {
    const before = await this.#parts.credentials.mark(account, marks).catch(refuse)
    const { name } = before
    const { admin = false, bot = false } = { ...before, ...marks }
    this.#tell({ what: 'account-marked', name, admin, bot })
    return name
  }

  #tell(done: Administered): void {
    this.#engine.broadcast.publish(SUBJECT, JSON.stringify(done))
    this.#heed(done)
  }

  #heed(done: Administered): void {
    if (!('byUser' in done && done.byUser)) this.#parts.onAdministered(done)
    switch (done.what) {
      case 'room-closed':
      case 'room-given':
      case 'account-added':
        return
      case 'account-marked':
        this.#demote(done)
        this.#mark(done)
        return
      case 'account-removed':
      case 'password-changed':
        this.#demote(done)
        this.#terminate(fold(done.name), done.what, done.except)
    }
  }

  /** Lets the marks of an account hold for its sessions, too. */
  #mark(marked: Extract<Administered, { what: 'account-marked' }>): void {
    const { presence, admins, onDemoted } = this.#parts
    for (const session of presence.of(marked.name)) {
      if (!session.registered) continue
      const wasAdmin = session.isAdmin
      presence.setAdmin(session, admins.grants(session, marked))
      if (wasAdmin && !session.isAdmin) onDemoted(session)
      session.isBot = marked.bot
    }
  }

  /** Takes the rights of an admin from the sessions of others that have proved an account, once it is an admin's no more or has another password. */
  #demote(done: Pick<AccountRecord, 'name' | 'admin'> & { readonly what: Administered['what'] }): void {
    const { presence, admins } = this.#parts
    if (done.what === 'account-marked' && admins.names(done)) return
    const key = fold(done.name)
    for (const session of presence.all()) {
      if (session.adminAccount === undefined || fold(session.adminAccount) !== key) continue
      session.adminAccount = undefined
      presence.setAdmin(session, false)
    }
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

  #terminate(key: string, why: SessionEnd, except?: string): void {
    this.#parts.sessions.endHere({ key, why, except, accountOnly: true, keepsTokens: why === 'password-changed' })
  }
}

/** Returns the fields of an action by a user, whose session goes on. */
function except(by: Session | undefined) {
  return by && { byUser: true, except: by.id }
}
