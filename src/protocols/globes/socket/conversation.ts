import type { Chat } from '../../../chat/chat.ts'
import { fold } from '../../../chat/names.ts'
import { Refusal, type RefusalCode } from '../../../chat/refusal.ts'
import { isLonger } from '../../../chat/text.ts'
import type { Conversation, SessionLink } from '../../../transport/conversation.ts'
import { type Handled, Pipelined } from '../../../transport/reply-queue.ts'
import { GLOBES_ERRORS } from '../errors.ts'
import type { GlobesPass } from '../passes.ts'
import { type ClientEvent, readEvent } from './event.ts'
import { noticeFrame } from './notice.ts'
import { GlobesSession, type GlobesWire } from './wire.ts'

/** Close codes of RFC 6455, 7.4.1, and of the registry of 7.4.2. */
const NORMAL = 1000
const POLICY = 1008
const TRY_LATER = 1013

type Close = readonly [code: number, text: string]

const IN_USE: Close = [POLICY, GLOBES_ERRORS[202].text]
const AWAY: Close = [TRY_LATER, GLOBES_ERRORS[503].text]
/** A refusal that no request of this protocol causes. */
const NONE = undefined

/** Close code and text for each refusal of a join or message; undefined for those that keep the connection open. */
const CLOSES: Readonly<Record<RefusalCode, Close | undefined>> = {
  'name-in-room': IN_USE,
  'name-reserved': IN_USE,
  'name-invalid': [POLICY, 'Client error: Invalid username'],
  'room-unknown': [NORMAL, ''],
  unavailable: AWAY,
  // The room has ended in the meantime, which closes the connection.
  'not-in-room': undefined,
  banned: [POLICY, 'You are banned from this room'],
  'invite-only': [POLICY, 'Only invited users may enter this room'],
  // The message is dropped: the protocol has no answer to one.
  muted: undefined,
  moderated: undefined,
  'slow-mode': undefined,
  // Both are checked before.
  'text-empty': undefined,
  'text-too-long': undefined,
  // The login was valid at the handshake; the client has to log in again.
  'secret-wrong': [POLICY, GLOBES_ERRORS[204].text],
  'name-in-use': IN_USE,
  // The password of the room has been changed since the handshake.
  'room-private': [POLICY, GLOBES_ERRORS[204].text],
  'name-taken': NONE,
  'name-unknown': NONE,
  'secret-invalid': NONE,
  'too-many-attempts': NONE,
  'too-many-accounts': NONE,
  'room-name-invalid': NONE,
  'room-taken': NONE,
  'too-many-rooms': NONE,
  'password-wrong': NONE,
  'password-invalid': NONE,
  'nobody-here': NONE,
  'no-private-messages': NONE,
  'history-gone': NONE,
  'too-many-blocks': NONE,
  'account-required': NONE,
  'admin-required': NONE,
  'session-unknown': NONE,
  'user-unknown': NONE,
  'not-permitted': NONE,
  'message-unknown': NONE,
  'too-many-roles': NONE,
}

export interface GlobesConversationOptions {
  readonly chat: Chat
  readonly wire: GlobesWire
  readonly maxText: number
}

/** The conversation with one client (docs/protocols/globes.md, section 2.10), which receives the room's events before its join, too. */
export class GlobesConversation implements Conversation<string> {
  readonly #shared: GlobesConversationOptions
  readonly #link: SessionLink
  readonly #ticket: GlobesPass
  readonly #session: GlobesSession
  readonly #unwatch: () => void

  constructor(shared: GlobesConversationOptions, link: SessionLink, ticket: GlobesPass) {
    const { chat, wire } = shared
    this.#shared = shared
    this.#link = link
    this.#ticket = ticket
    this.#session = new GlobesSession(wire, link)
    this.#unwatch = chat.subscribe(this.#session, ticket.room, ticket.client)
    void this.#checkRoom()
  }

  get name(): string | undefined {
    return this.#session.name || undefined
  }

  get isBot(): boolean {
    return this.#session.isBot
  }

  handle(message: string): Handled {
    const { maxText } = this.#shared
    const event = readEvent(message)
    // The first join binds the connection to its name.
    if (!event || (this.name !== undefined && fold(event.name) !== this.#session.key)) return
    if (isLonger(event.text, maxText)) {
      return this.#link.push(noticeFrame(`Message too long, at most ${maxText} characters`))
    }
    // Later events need not wait for a message, as commits keep the order.
    const isMessage = event.type === 'send' && this.#session.membership !== undefined
    const done = this.#follow(event)
    return isMessage ? new Pipelined(done) : done
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
      if (type === 'leave') return await this.#shared.chat.leave(session.inRoom())
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
    if (fold(name) !== fold(username)) return this.#close(POLICY, GLOBES_ERRORS[204].text)
    // A logged-in client may also join as a guest, with a name that is not registered.
    const identity = proof && fold(proof.name) === fold(name) ? proof : name
    if (this.name === undefined) await chat.login(this.#session, identity)
    if (this.#session.closed) return
    await chat.join(this.#session, room.id, { unlocked })
    // The join is valid although this may fail.
    await chat.makers.entered(room, name, this.#link.address).catch(() => {})
  }

  /** Closes the connection because of a refusal, unless that is one that keeps it open. Throws other errors. */
  #refuse(error: unknown): void {
    if (!(error instanceof Refusal)) throw error
    const close = CLOSES[error.code]
    if (close) this.#close(...close)
  }

  /** Closes the connection. The reason is also sent as an event, as the browser clients show nothing else. */
  #close(code: number, text: string): void {
    if (text !== '') this.#link.push(noticeFrame(text))
    this.#link.hangUp(code, text)
  }

  /** Closes the connection if the room has ended since the handshake, or the client may not read it any more. */
  async #checkRoom(): Promise<void> {
    const { chat } = this.#shared
    const { room, unlocked, client } = this.#ticket
    try {
      const found = await chat.rooms.find(room.id)
      if (!found) throw new Refusal('room-unknown')
      await chat.access.check(client, found, unlocked)
    } catch (error) {
      // The handshake is valid although this may fail.
      if (!(error instanceof Refusal && error.code === 'unavailable')) this.#refuse(error)
    }
  }
}
