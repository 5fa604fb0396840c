import { randomBytes } from 'node:crypto'
import type { EngineBroadcast } from '../engine/engine.ts'
import { nextRound } from '../tick.ts'
import { fold } from './names.ts'
import { NodeQuestion } from './node-question.ts'
import type { Presence } from './presence.ts'
import { refuse } from './refusal.ts'
import type { Session, SessionEnd } from './session.ts'

/** A session on any node. */
export interface SessionInfo {
  readonly id: string
  readonly name: string
  readonly protocol: string
  /** The address or network by which limits count the client. */
  readonly address: string
  /** Time of the login in ms since the epoch. */
  readonly since: number
  /** True if the session belongs to the owner of the nickname's account. */
  readonly account: boolean
  /** True if a ticket has proved that, see `Tickets`. */
  readonly byTicket: boolean
  /** The name of the access token that has proved it. */
  readonly token?: string | undefined
  /** See {@link Session.client}. */
  readonly client?: string | undefined
}

/** The sessions of a nickname, oldest first. */
export interface SessionList {
  readonly sessions: readonly SessionInfo[]
  /** Number of nodes that have not answered. */
  readonly silent: number
}

interface EndedSessions {
  /** Folded nickname. */
  readonly key: string
  readonly why: SessionEnd
  /** The only session to end; all of the nickname without it. */
  readonly id?: string | undefined
  /** A session to keep. */
  readonly except?: string | undefined
  /** The name of the access token whose sessions are the only ones to end. */
  readonly token?: string | undefined
  /** True to keep the sessions that an access token has opened. */
  readonly keepsTokens?: boolean
  /** True to keep the sessions of guests. */
  readonly accountOnly?: boolean
  /** Text for the client. */
  readonly reason?: string
}

const SUBJECT = 'sessions'
/** Maximum number of sessions in an answer. */
const MOST = 1_000

/** Signals between nodes; others with this subject are questions and answers. */
type Told = { readonly end: EndedSessions } | { readonly announce: string }

/** Lists, ends and addresses sessions on all nodes. */
export class Sessions {
  readonly #broadcast: EngineBroadcast
  readonly #presence: Presence
  readonly #close: (session: Session) => Promise<void>
  /** Prefix of the ids of this node's sessions. */
  readonly #prefix = randomBytes(3).toString('hex')
  #begun = 0
  readonly #question: NodeQuestion<{ readonly key: string }, { readonly sessions: SessionInfo[] }>

  constructor(broadcast: EngineBroadcast, presence: Presence, close: (session: Session) => Promise<void>) {
    this.#broadcast = broadcast
    this.#presence = presence
    this.#close = close
    this.#question = new NodeQuestion(broadcast, SUBJECT, ({ key }) => ({ sessions: this.#listHere(key) }))
    // Only this class writes what is received.
    broadcast.onBroadcast(SUBJECT, (text) => text !== undefined && this.#heed(JSON.parse(text)))
  }

  /** Gives a session that logs in its id and time. */
  begin(session: Session): void {
    session.id = `${this.#prefix}-${++this.#begun}`
    session.since = Date.now()
  }

  /** The sessions of a nickname on all nodes that answer. @throws Refusal `unavailable`. */
  async list(name: string): Promise<SessionList> {
    const key = fold(name)
    const { answers, silent } = await this.#question.ask({ key }).catch(refuse)
    const sessions = [...this.#listHere(key), ...answers.flatMap((answer) => answer.sessions)]
    return { sessions: sessions.sort((a, b) => a.since - b.since), silent }
  }

  /** Ends sessions on all nodes. */
  end(ended: EndedSessions): void {
    this.#publish({ end: ended })
    this.endHere(ended)
  }

  endHere(ended: EndedSessions): void {
    const { key, why, id, except, accountOnly = false, reason } = ended
    for (const session of this.#presence.of(key)) {
      if (session.id === except || (id !== undefined && session.id !== id)) continue
      if (accountOnly && !session.registered) continue
      if (!isMeantByToken(session, ended)) continue
      if (why === 'disconnected') session.farewell = disconnectedBy(reason)
      if (!session.terminate(why, reason)) void this.#close(session)
    }
  }

  /** Shows a text to all sessions on all nodes; on this one behind the replies of this tick. */
  announce(text: string): void {
    this.#publish({ announce: text })
    void nextRound().then(() => this.#announceHere(text))
  }

  #publish(told: Told): void {
    this.#broadcast.publish(SUBJECT, JSON.stringify(told))
  }

  #heed(told: Told): void {
    if ('end' in told) this.endHere(told.end)
    else if ('announce' in told) this.#announceHere(told.announce)
  }

  #listHere(key: string): SessionInfo[] {
    const sessions = this.#presence.of(key).filter(({ closed, name }) => !closed && name !== '')
    return sessions.slice(0, MOST).map(({ id, name, wire, address, since, registered, byTicket, token, client }) => {
      const account = registered
      return { id, name, protocol: wire.protocol, address, since, account, byTicket, token: token?.name, client }
    })
  }

  #announceHere(text: string): void {
    const open = [...this.#presence.all()].filter(({ closed }) => !closed)
    for (const [wire, sessions] of Map.groupBy(open, ({ wire }) => wire)) wire.announce(text, sessions)
  }
}

/** Returns the reason that others are shown for the end of a user whom an admin has disconnected. */
function disconnectedBy(reason = ''): string {
  return reason === '' ? 'Disconnected by an admin' : `Disconnected by an admin: ${reason}`
}

/** Returns false for a session that is to be kept for its access token, or for lack of the one that is named. */
function isMeantByToken({ token }: Session, { token: only, keepsTokens = false }: EndedSessions): boolean {
  return token ? !keepsTokens && (only ?? token.name) === token.name : only === undefined
}
