import { type Chat, LOBBY } from '../../chat/chat.ts'
import type { Proof } from '../../chat/credentials.ts'
import { fold } from '../../chat/names.ts'
import { PiratchatSession, type PiratchatWire } from './wire.ts'

/** Subject of the signals between nodes after a logout. */
const PUT_OUT = 'piratchat logout'

/** The users in the lobby through a WebSocket, one session for each account. */
export class Lobby {
  readonly #chat: Chat
  readonly #wire: PiratchatWire
  /** Sessions by folded name. */
  readonly #here = new Map<string, PiratchatSession>()
  /** Users whose `left` is not committed yet. */
  readonly #leaving = new Map<string, Promise<void>>()

  constructor(chat: Chat, wire: PiratchatWire) {
    this.#chat = chat
    this.#wire = wire
    chat.broadcast.onBroadcast(PUT_OUT, (key = '') => void this.#putOut(key))
  }

  /**
   * Makes a user a member, whose events are buffered until the WebSocket is open. Call {@link end} afterwards; it may be called
   * before this has resolved.
   *
   * @throws {Refusal} `name-in-room`, `unavailable`
   */
  async enter(session: PiratchatSession, proof: Proof): Promise<void> {
    await this.#chat.login(session, proof)
    if (session.closed) return
    await this.#chat.join(session, LOBBY)
    if (!session.closed) this.#here.set(session.key, session)
  }

  makeSession(): PiratchatSession {
    return new PiratchatSession(this.#wire)
  }

  /** Ends a session; idempotent. Resolves when its `left` is committed. */
  end(session: PiratchatSession): Promise<void> {
    const { key } = session
    if (this.#here.get(key) === session) this.#here.delete(key)
    if (session.closed) return this.#leaving.get(key) ?? Promise.resolve()
    const left = Promise.all([this.#leaving.get(key), this.#chat.close(session)]).then(() => {})
    this.#leaving.set(key, left)
    void left.then(() => {
      if (this.#leaving.get(key) === left) this.#leaving.delete(key)
    })
    return left
  }

  /** Ends the session of a user, on all nodes, and closes its WebSocket. Resolves when its `left` is committed on this node. */
  putOut({ name }: Proof): Promise<void> {
    const key = fold(name)
    this.#chat.broadcast.publish(PUT_OUT, key)
    return this.#putOut(key)
  }

  async #putOut(key: string): Promise<void> {
    const session = this.#here.get(key)
    if (!session) return
    session.hangUp()
    await this.end(session)
  }
}
