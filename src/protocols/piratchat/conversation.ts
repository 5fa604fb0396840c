import type { Logger } from 'pino'
import type { Chat } from '../../chat/chat.ts'
import { Refusal, type RefusalCode } from '../../chat/refusal.ts'
import { isLonger } from '../../chat/text.ts'
import type { Ticket } from '../../chat/tickets.ts'
import { CLOSE_CODES } from '../../transport/close-codes.ts'
import type { ClientLink, Conversation } from '../../transport/conversation.ts'
import type { Handled } from '../../transport/reply-queue.ts'
import { textFrame } from '../../transport/websocket.ts'
import { onlyText } from './json.ts'
import type { Lobby } from './lobby.ts'
import type { PiratchatSession } from './wire.ts'

/** Maximum characters of a message (docs/protocols/piratchat.md, section 2.7); messages of other protocols may be longer. */
const MAX_TEXT = 300
/** Minimum delay between attempts to renew a login. */
const MIN_DELAY_MS = 100

const ACCEPTED = answer({ status: true })

const UNAVAILABLE = 'unavailable'

/**
 * The code in the reply to each refusal of a message. Only the code for a long message is part of the original protocol
 * (docs/protocols/piratchat.md, section 2.7).
 */
export const MESSAGE_CODES: Readonly<Record<RefusalCode, string>> = {
  'text-too-long': 'message_too_long',
  'text-empty': 'message_empty',
  'not-in-room': 'not_in_room',
  muted: 'muted',
  moderated: 'moderated',
  'slow-mode': 'slow_mode',
  unavailable: UNAVAILABLE,
  // No message is refused for these reasons: it goes to the lobby and to everybody there.
  'name-invalid': UNAVAILABLE,
  'name-reserved': UNAVAILABLE,
  'name-taken': UNAVAILABLE,
  'name-in-use': UNAVAILABLE,
  'name-unknown': UNAVAILABLE,
  'name-in-room': UNAVAILABLE,
  'secret-invalid': UNAVAILABLE,
  'secret-wrong': UNAVAILABLE,
  'too-many-attempts': UNAVAILABLE,
  'too-many-accounts': UNAVAILABLE,
  'room-name-invalid': UNAVAILABLE,
  'room-private': UNAVAILABLE,
  'room-unknown': UNAVAILABLE,
  'room-taken': UNAVAILABLE,
  'too-many-rooms': UNAVAILABLE,
  'password-wrong': UNAVAILABLE,
  'password-invalid': UNAVAILABLE,
  'nobody-here': UNAVAILABLE,
  'no-private-messages': UNAVAILABLE,
  'history-gone': UNAVAILABLE,
  'too-many-blocks': UNAVAILABLE,
  'account-required': UNAVAILABLE,
  'admin-required': UNAVAILABLE,
  'invalid-network': UNAVAILABLE,
  'too-many-address-bans': UNAVAILABLE,
  'token-scope': UNAVAILABLE,
  'token-invalid': UNAVAILABLE,
  'token-taken': UNAVAILABLE,
  'token-unknown': UNAVAILABLE,
  'too-many-tokens': UNAVAILABLE,
  'session-unknown': UNAVAILABLE,
  'user-unknown': UNAVAILABLE,
  banned: UNAVAILABLE,
  'invite-only': UNAVAILABLE,
  'room-full': UNAVAILABLE,
  'not-permitted': UNAVAILABLE,
  'message-unknown': UNAVAILABLE,
  'too-many-roles': UNAVAILABLE,
}

export interface PiratchatConversationOptions {
  readonly chat: Chat
  readonly lobby: Lobby
  readonly log: Logger
}

/** A user who is a member of the lobby, and the login that the handshake has checked. */
export interface AdmittedUser {
  readonly session: PiratchatSession
  readonly ticket: Ticket
}

export class PiratchatConversation implements Conversation<string> {
  readonly #options: PiratchatConversationOptions
  readonly #link: ClientLink
  readonly session: PiratchatSession
  readonly #ticket: string
  #timer: NodeJS.Timeout | undefined
  #left = false

  constructor(options: PiratchatConversationOptions, link: ClientLink, { session, ticket }: AdmittedUser) {
    this.#options = options
    this.#link = link
    this.session = session
    this.#ticket = ticket.value
    session.attach(link)
    this.#keepAlive(ticket.until)
  }

  handle(text: string): Handled {
    const message = onlyText(text, 'message')
    if (message === undefined) return this.#link.replies.answered.then(() => this.#link.hangUp(CLOSE_CODES.policy))
    return { pipelined: this.#answerTo(message) }
  }

  async #answerTo(message: string): Promise<Buffer> {
    try {
      if (isLonger(message, MAX_TEXT)) throw new Refusal('text-too-long')
      await this.#options.chat.messages.say(this.session.inRoom(), message)
      return ACCEPTED
    } catch (error) {
      if (error instanceof Refusal) return answer({ status: false, code: MESSAGE_CODES[error.code] })
      throw error
    }
  }

  leave(): Promise<void> {
    this.#left = true
    clearTimeout(this.#timer)
    // Starts the login's idle time now; an error is ignored, as the client is disconnected.
    this.#options.chat.tickets.use(this.#ticket).catch(() => {})
    return this.#options.lobby.end(this.session)
  }

  /** Renews the login while the WebSocket is open (docs/protocols/piratchat.md, section 3). */
  #keepAlive(until: number): void {
    if (this.#left) return
    const wait = Math.max(MIN_DELAY_MS, (until - Date.now()) / 2)
    this.#timer = setTimeout(() => void this.#renew(until), wait).unref()
  }

  async #renew(until: number): Promise<void> {
    try {
      const used = await this.#options.chat.tickets.use(this.#ticket)
      if (used) this.#keepAlive(used.ticket.until)
      // Another node has ended the login.
      else this.#link.hangUp()
    } catch (error) {
      this.#options.log.debug({ err: error, name: this.session.name }, 'cannot renew a login')
      this.#keepAlive(until)
    }
  }
}

function answer(object: object): Buffer {
  return textFrame(JSON.stringify(object))
}
