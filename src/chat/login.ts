import type { Engine } from '../engine/engine.ts'
import type { AccountRecord } from '../engine/records.ts'
import type { AddressDigests } from './address-digests.ts'
import type { Admins } from './admins.ts'
import { auditEntry, type OnAudit } from './audit.ts'
import type { Blocking } from './blocking.ts'
import { accountId, type Credentials, Proof } from './credentials.ts'
import { ExclusiveNames } from './exclusive-names.ts'
import type { GuestChecks } from './guests.ts'
import type { Handover } from './handover.ts'
import { hasOwnInbox, type Inboxes } from './inboxes.ts'
import { fold } from './names.ts'
import type { NewsChannel } from './news.ts'
import type { Presence } from './presence.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

export interface SessionLoginParts {
  readonly admins: Admins
  readonly blocking: Blocking
  readonly credentials: Credentials
  readonly digests: AddressDigests
  readonly guests: GuestChecks
  readonly handover: Handover
  readonly inboxes: Inboxes
  readonly news: NewsChannel
  readonly presence: Presence
  readonly sessions: Sessions
  readonly onAudit: OnAudit
}

/** Maximum time of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Logs sessions in under nicknames, and releases the nicknames when the sessions end. */
export class SessionLogin {
  readonly #engine: Engine
  readonly #parts: SessionLoginParts
  readonly #exclusiveNames: ExclusiveNames
  /** The timers of sessions whose access token expires. */
  readonly #ends = new Map<Session, NodeJS.Timeout>()

  constructor(engine: Engine, parts: SessionLoginParts) {
    this.#engine = engine
    this.#parts = parts
    this.#exclusiveNames = new ExclusiveNames(engine)
  }

  /** Implements {@link Chat.login}. */
  async login(session: Session, as: string | Proof, exclusive: boolean): Promise<void> {
    const { blocking, digests, guests, inboxes, presence, sessions, onAudit } = this.#parts
    const registered = as instanceof Proof
    const name = registered ? as.name : as
    // An account may have a nickname that earlier versions allowed.
    if (!registered) await guests.checkNew(name, exclusive)
    const key = fold(name)
    await this.#closed(key)
    // Set before the session is added, so that the token's revocation finds it.
    session.token = registered ? as.token : undefined
    presence.add(key, session)
    let account: AccountRecord | undefined
    try {
      // It may have changed since, and that has not found this session.
      account = registered ? await this.#accountOf(as) : undefined
      if (session.address !== '') session.addressDigest = await digests.of(session.address)
      if (exclusive) await this.#takeExclusively(session, name)
      await blocking.load(name)
    } catch (error) {
      await this.release(key, session)
      throw error
    }
    if (session.closed) return this.release(key, session)
    session.name = name
    session.isOnlyGuest = exclusive && !registered
    if (registered && account) this.#setAccount(session, as, account)
    if (hasOwnInbox(session)) inboxes.listen(session)
    sessions.begin(session)
    presence.begin(session)
    if (this.#isFirst(session)) this.#parts.news.tell({ kind: 'online', name, verified: registered })
    const { token } = session
    if (token?.until !== undefined) this.#endAt(token.until, session)
    onAudit(auditEntry({ what: 'login', address: session.address, name, protocol: session.wire.protocol }))
  }

  /** Finds the account of a proof. @throws Refusal `secret-wrong` if it, its secret or the token is gone; `unavailable`. */
  async #accountOf(proof: Proof): Promise<AccountRecord> {
    const account = await this.#parts.credentials.accountOf(proof).catch(refuse)
    const { token } = proof
    const isRevoked = token && !(await this.#engine.records.get('token', token.digest).catch(refuse))
    if (!account || isRevoked) throw new Refusal('secret-wrong')
    return account
  }

  /** Makes a session the account's. */
  #setAccount(session: Session, { hash, token }: Proof, account: AccountRecord): void {
    session.registered = true
    session.token = token
    session.byTicket = hash === undefined && !token
    session.accountId = accountId(account)
    session.isAdmin = this.#parts.admins.grants(session, account)
    session.isBot = account.bot === true
    session.client = undefined
    session.wordDigest = account.word
  }

  /**
   * Releases the folded nickname of a session that ends. A nickname's blocks go with its last session, from memory or, where they are not
   * kept, for good.
   */
  async release(key: string, session: Session): Promise<void> {
    const { presence, blocking, handover, news } = this.#parts
    if (presence.remove(key, session)) {
      blocking.forget(key)
      const { id, name, registered: verified } = session
      if (id !== '') news.tell({ kind: 'offline', name, verified })
    }
    clearTimeout(this.#ends.get(session))
    this.#ends.delete(session)
    await this.#exclusiveNames.giveUp(session)
    handover.freed(key)
  }

  /** Ends a session when its access token expires, at a time in ms since the epoch. */
  #endAt(until: number, session: Session): void {
    const end = () => {
      if (Date.now() < until) return this.#endAt(until, session)
      this.#parts.sessions.endHere({ key: session.key, why: 'token-ended', id: session.id })
    }
    this.#ends.set(session, setTimeout(end, Math.min(Math.max(0, until - Date.now()), MAX_TIMER_MS)).unref())
  }

  /** Implements {@link Chat.rename}; `move` takes the session out of its rooms and in again. */
  async rename(session: Session, name: string, move: (change: () => void) => Promise<void>): Promise<void> {
    const { guests, inboxes } = this.#parts
    if (fold(name) !== session.key) await guests.checkNew(name, true)
    const change = () => {
      inboxes.dismiss(session)
      session.name = name
      inboxes.listen(session)
    }
    const take = () => this.#takeExclusively(session, name)
    await this.#rename(session, name, take, () => move(change))
  }

  /** Implements {@link Chat.identify}; `move` is as for {@link rename}. */
  async identify(
    session: Session,
    proof: Proof,
    move: (account: AccountRecord, change: () => void) => Promise<void>,
  ): Promise<void> {
    const { inboxes, presence, onAudit } = this.#parts
    const { name, token } = proof
    const account = await this.#accountOf(proof)
    const change = () => {
      inboxes.dismiss(session)
      session.name = name
      session.isOnlyGuest = false
      this.#setAccount(session, proof, account)
      presence.setAdmin(session, session.isAdmin)
      inboxes.listen(session)
    }
    if (session.registered && session.accountId === accountId(account)) change()
    else await this.#rename(session, name, undefined, () => move(account, change))
    // Other sessions of the account may have its nickname.
    await this.#exclusiveNames.giveUp(session)
    clearTimeout(this.#ends.get(session))
    if (token?.until !== undefined) this.#endAt(token.until, session)
    onAudit(auditEntry({ what: 'login', address: session.address, name, protocol: session.wire.protocol }))
    // What has ended the sessions of the account meanwhile has not found this one.
    await this.#accountOf(proof).catch(() => session.terminate('logged-out'))
  }

  /** Gives a session another nickname by `move`. `take` makes sure that nobody else has it; undefined for an account's. */
  async #rename(
    session: Session,
    name: string,
    take: (() => Promise<void>) | undefined,
    move: () => Promise<void>,
  ): Promise<void> {
    const { blocking, handover, news, presence } = this.#parts
    const { name: former, registered: verified } = session
    const [before, key] = [session.key, fold(name)]
    if (key !== before) {
      await this.#closed(key)
      presence.add(key, session)
      try {
        await take?.()
        await blocking.load(name)
        // The end of the session has released its former nickname only.
        if (session.closed) throw new Refusal('not-in-room')
      } catch (error) {
        await this.#exclusiveNames.release(session, key)
        if (presence.remove(key, session)) blocking.forget(key)
        handover.freed(key)
        throw error
      }
    }
    let isLast = false
    try {
      await move()
    } finally {
      const left = session.key === before ? key : before
      if (left !== session.key) {
        isLast = presence.remove(left, session)
        if (isLast) blocking.forget(left)
        await this.#exclusiveNames.release(session, left)
      }
      handover.freed(left)
    }
    if (key === before) return
    if (isLast) news.tell({ kind: 'offline', name: former, verified })
    if (this.#isFirst(session)) news.tell({ kind: 'online', name, verified: session.registered })
  }

  /** Returns true if no other session on this node is logged in under the nickname of a session. */
  #isFirst(session: Session): boolean {
    return this.#parts.presence.of(session.key).every((other) => other === session || other.id === '')
  }

  /** Lets further sessions use the nickname of a guest, which has become its account's. */
  async share(session: Session): Promise<void> {
    if (!session.isOnlyGuest) return
    session.isOnlyGuest = false
    await this.#exclusiveNames.giveUp(session)
  }

  /** Implements {@link Chat.isFree}. */
  isFree(name: string): Promise<boolean> {
    const { handover } = this.#parts
    const holders = () => this.#holders(name)
    const free = async () =>
      holders().length === 0 && (await this.#engine.memberships.heldIn(name).catch(refuse)).length === 0
    return handover.take({ key: fold(name), closed: false }, free, holders)
  }

  /** Implements {@link Chat.isExclusive}. */
  isExclusive(session: Session): boolean {
    return this.#exclusiveNames.holds(session)
  }

  /** Resolves when closed sessions of a nickname are gone: what a guest has blocked goes with it. */
  async #closed(key: string): Promise<void> {
    const closed = () => this.#parts.presence.of(key).filter((session) => session.closed)
    if (closed().length === 0) return
    await this.#parts.handover.take({ key, closed: false }, async () => closed().length === 0, closed)
  }

  /** The sessions that have a nickname, in order of login. */
  #holders(name: string): Session[] {
    return this.#parts.presence.of(name).filter(({ wire }) => wire.onlyReads !== true)
  }

  /** @throws Refusal `name-in-use` unless all other sessions of the nickname are ending. */
  async #takeExclusively(session: Session, name: string): Promise<void> {
    const key = fold(name)
    // Of several that log in at once the first one counts.
    const others = () => {
      const present = this.#holders(key)
      return present.slice(0, present.indexOf(session))
    }
    const take = async () => others().length === 0 && (await this.#exclusiveNames.take(session, name))
    const self = {
      key,
      get closed() {
        return session.closed
      },
    }
    if (!(await this.#parts.handover.take(self, take, others).catch(refuse))) throw new Refusal('name-in-use')
  }
}
