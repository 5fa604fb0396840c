import type { Engine } from '../engine/engine.ts'
import type { AccountRecord } from '../engine/records.ts'
import type { Admins } from './admins.ts'
import { accountId, type Credentials, type Proof } from './credentials.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

export interface AccountLoginsParts {
  readonly admins: Admins
  readonly credentials: Credentials
  readonly sessions: Sessions
}

const MAX_TIMER_MS = 2 ** 31 - 1

/** Makes sessions those of accounts, until their access tokens expire. */
export class AccountLogins {
  readonly #engine: Engine
  readonly #parts: AccountLoginsParts
  /** The timers of sessions whose access token expires. */
  readonly #ends = new Map<Session, NodeJS.Timeout>()

  constructor(engine: Engine, parts: AccountLoginsParts) {
    this.#engine = engine
    this.#parts = parts
  }

  /** Finds the account of a proof. @throws Refusal `secret-wrong` if it, its secret or the token is gone; `unavailable`. */
  async accountOf(proof: Proof): Promise<AccountRecord> {
    const account = await this.#parts.credentials.accountOf(proof).catch(refuse)
    const { token } = proof
    const isRevoked = token && !(await this.#engine.records.get('token', token.digest).catch(refuse))
    if (!account || isRevoked) throw new Refusal('secret-wrong')
    return account
  }

  /** Makes a session the account's. */
  give(session: Session, { hash, token }: Proof, account: AccountRecord): void {
    session.registered = true
    session.token = token
    session.byTicket = hash === undefined && !token
    session.accountId = accountId(account)
    session.isAdmin = this.#parts.admins.grants(session, account)
    session.isBot = account.bot === true
    session.client = undefined
    session.wordDigest = account.word
  }

  /** Ends a session when its access token expires, if it does. */
  expire(session: Session): void {
    clearTimeout(this.#ends.get(session))
    const until = session.closed ? undefined : session.token?.until
    if (until !== undefined) this.#endAt(until, session)
  }

  /** The session has ended. */
  forget(session: Session): void {
    clearTimeout(this.#ends.get(session))
    this.#ends.delete(session)
  }

  /** `until` is in ms since the epoch. */
  #endAt(until: number, session: Session): void {
    const end = () => {
      if (Date.now() < until) return this.#endAt(until, session)
      this.#parts.sessions.endHere({ key: session.key, why: 'token-ended', id: session.id })
    }
    this.#ends.set(session, setTimeout(end, Math.min(Math.max(0, until - Date.now()), MAX_TIMER_MS)).unref())
  }
}
