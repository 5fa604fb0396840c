import type { Chat } from '../../../chat/chat.ts'
import { fold } from '../../../chat/names.ts'
import { Refusal } from '../../../chat/refusal.ts'
import { isLonger } from '../../../chat/text.ts'
import type { Conversation, SessionLink } from '../../../transport/conversation.ts'
import type { Handled } from '../../../transport/reply-queue.ts'
import { LinkedSession } from '../../linked-session.ts'
import type { GlobesPass } from '../passes.ts'
import { type ClientEvent, readEvent } from './event.ts'
import { answerTo, UNAUTHORIZED } from './refusals.ts'
import { type GlobesWire, noticeFrame } from './wire.ts'

export interface GlobesConversationOptions {
  readonly chat: Chat
  readonly wire: GlobesWire
}

/** The conversation with one client (docs/protocols/globes.md, section 2.10), which receives the room's events before its join, too. */
export class GlobesConversation implements Conversation<string> {
  readonly #shared: GlobesConversationOptions
  readonly #link: SessionLink
  readonly #ticket: GlobesPass
  readonly #session: LinkedSession
  readonly #unwatch: () => void

  constructor(shared: GlobesConversationOptions, link: SessionLink, ticket: GlobesPass) {
    const { chat, wire } = shared
    this.#shared = shared
    this.#link = link
    this.#ticket = ticket
    this.#session = new LinkedSession(wire, link)
    this.#unwatch = chat.subscribe(this.#session, ticket.room, ticket.client)
    void this.#checkRoom()
  }

  get session(): LinkedSession | undefined {
    return this.#session.name === '' ? undefined : this.#session
  }

  handle(message: string): Handled {
    const { maxText } = this.#shared.chat
    const event = readEvent(message)
    // The first join binds the connection to its name.
    if (!event || (this.session && fold(event.name) !== this.session.key)) return
    if (isLonger(event.text, maxText)) {
      return this.#link.push(noticeFrame(`Message too long, at most ${maxText} characters`))
    }
    // Later events need not wait for a message, as commits keep the order.
    const isMessage = event.type === 'send' && this.#session.membership !== undefined
    const done = this.#follow(event)
    return isMessage ? { pipelined: done } : done
  }

  async leave(): Promise<void> {
    this.#unwatch()
    await this.#shared.chat.close(this.#session)
  }

  async #follow({ type, name, text, color }: ClientEvent): Promise<void> {
    const session = this.#session
    if (type === (session.membership ? 'join' : 'leave')) return
    session.color = color
    try {
      if (type === 'leave') return void (await this.#shared.chat.leave(session.inRoom()))
      // A message without a join joins the room first.
      if (!session.membership) await this.#join(name)
      if (type === 'send' && session.membership) await this.#shared.chat.messages.say(session.membership, text)
    } catch (error) {
      this.#refuse(error)
    }
  }

  async #join(name: string): Promise<void> {
    const { chat } = this.#shared
    const { room, unlocked, username = name, proof } = this.#ticket
    if (fold(name) !== fold(username)) return this.#answer(...UNAUTHORIZED)
    // A logged-in client may also join as a guest, with a name that is not registered.
    const identity = proof && fold(proof.name) === fold(name) ? proof : name
    if (!this.session) await chat.login(this.#session, identity)
    if (this.#session.closed) return
    await chat.join(this.#session, room.id, { unlocked })
    // The join is valid although this may fail.
    await chat.makers.entered(room, name, this.#link.address).catch(() => {})
  }

  /** Answers a refusal. Throws other errors. */
  #refuse(error: unknown): void {
    if (!(error instanceof Refusal)) throw error
    const answer = answerTo(error)
    if (answer) this.#answer(...answer)
  }

  /** Sends the reason as an event, as the browser clients show nothing else, and closes the connection if there is a code. */
  #answer(code: number | undefined, text: string): void {
    if (text !== '') this.#link.push(noticeFrame(text))
    if (code !== undefined) this.#link.hangUp(code, text)
  }

  /** Closes the connection if the room has ended since the handshake, or the client may not read it any more. */
  async #checkRoom(): Promise<void> {
    const { chat } = this.#shared
    const { room, unlocked, client } = this.#ticket
    try {
      await chat.access.checkEntrant(client, await chat.rooms.existing(room.id), unlocked)
    } catch (error) {
      // The handshake is valid although this may fail.
      if (error instanceof Refusal && error.code !== 'unavailable') this.#refuse(error)
    }
  }
}
