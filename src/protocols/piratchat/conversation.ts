import type { Logger } from 'pino'
import type { Chat } from '../../chat/chat.ts'
import { Refusal, type RefusalCode } from '../../chat/refusal.ts'
import { isLonger } from '../../chat/text.ts'
import type { Ticket } from '../../chat/tickets.ts'
import type { ClientLink, Conversation } from '../../transport/conversation.ts'
import { type Handled, Pipelined } from '../../transport/reply-queue.ts'
import { textFrame } from '../../transport/websocket.ts'
import { onlyText } from './json.ts'
import type { Lobby } from './lobby.ts'
import type { PiratchatSession } from './wire.ts'

/** Characters of a message (docs/protocols/piratchat.md, section 2.7); those of other protocols go out whole. */
const LONGEST = 300
/** RFC 6455, 7.4.1. */
const POLICY = 1008
/** A session that cannot be prolonged now is tried again no sooner, in ms. */
const LEAST_WAIT_MS = 100

const ACCEPTED = answer({ status: true })

const UNAVAILABLE = refused('unavailable')

/**
 * The answer to each refusal of a message. Only the code for a long one is documented (docs/protocols/piratchat.md, section 2.7); the other
 * codes say why nobody was told.
 */
const REFUSED: Readonly<Record<RefusalCode, Buffer>> = {
  'text-too-long': refused('message_too_long'),
  'text-empty': refused('message_empty'),
  'not-in-room': refused('not_in_room'),
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
}

export interface PiratchatConversationOptions {
  readonly chat: Chat
  readonly lobby: Lobby
  readonly log: Logger
}

/** A user who has come in: a member of the lobby, and the login that he has shown. */
export interface Guest {
  readonly session: PiratchatSession
  readonly ticket: Ticket
}

/** One user's talk. */
export class PiratchatConversation implements Conversation<string> {
  readonly #options: PiratchatConversationOptions
  readonly #link: ClientLink
  readonly #session: PiratchatSession
  readonly #ticket: string
  #timer: NodeJS.Timeout | undefined
  #left = false

  constructor(options: PiratchatConversationOptions, link: ClientLink, { session, ticket }: Guest) {
    this.#options = options
    this.#link = link
    this.#session = session
    this.#ticket = ticket.value
    session.attach(link)
    this.#keepAlive(ticket.until)
  }

  get name(): string {
    return this.#session.name
  }

  /** One answer for each message, in their order. */
  handle(text: string): Handled {
    const message = onlyText(text, 'message')
    if (message === undefined) return this.#link.replies.answered.then(() => this.#link.hangUp(POLICY))
    return new Pipelined(this.#answerTo(message))
  }

  async #answerTo(message: string): Promise<Buffer> {
    try {
      if (isLonger(message, LONGEST)) throw new Refusal('text-too-long')
      await this.#options.chat.messages.say(this.#session.inRoom(), message)
      return ACCEPTED
    } catch (error) {
      if (error instanceof Refusal) return REFUSED[error.code]
      throw error
    }
  }

  leave(): Promise<void> {
    this.#left = true
    clearTimeout(this.#timer)
    // The time without activity begins now. Whether the session can be prolonged or has ended, nobody is there to be told.
    this.#options.chat.tickets.use(this.#ticket).catch(() => {})
    return this.#options.lobby.end(this.#session)
  }

  /** An open WebSocket is activity (docs/protocols/piratchat.md, section 3). */
  #keepAlive(until: number): void {
    if (this.#left) return
    const wait = Math.max(LEAST_WAIT_MS, (until - Date.now()) / 2)
    this.#timer = setTimeout(() => void this.#prolong(until), wait).unref()
  }

  async #prolong(until: number): Promise<void> {
    try {
      const used = await this.#options.chat.tickets.use(this.#ticket)
      if (used) this.#keepAlive(used.ticket.until)
      // Ended by somebody who did not know of this connection.
      else this.#link.hangUp()
    } catch (error) {
      this.#options.log.debug({ err: error, name: this.name }, 'a session cannot be prolonged now')
      this.#keepAlive(until)
    }
  }
}

function refused(code: string): Buffer {
  return answer({ status: false, code })
}

function answer(object: object): Buffer {
  return textFrame(JSON.stringify(object))
}
