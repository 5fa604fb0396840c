import type { Logger } from 'pino'
import { type Chat, LOBBY } from '../../chat/chat.ts'
import { isReserved } from '../../chat/names.ts'
import { Refusal } from '../../chat/refusal.ts'
import { isLonger } from '../../chat/text.ts'
import { tickEnd } from '../../tick.ts'
import type { ClientLink, Conversation } from '../../transport/conversation.ts'
import type { Handled } from '../../transport/reply-queue.ts'
import { readObject } from '../json.ts'
import { runCommand } from './commands.ts'
import { type ChatterboxEntry, frame } from './frame.ts'
import { NOT_ALLOWED, refusalText, UNAVAILABLE } from './refusals.ts'
import { isEntry } from './request.ts'
import type { Roster } from './roster.ts'
import { type WelcomeOptions, welcome } from './welcome.ts'
import { ChatterboxSession, type ChatterboxWire } from './wire.ts'

/** Maximum entries of a frame that are handled in one tick. */
const SLICE = 64

const INVALID_REQUEST = 'Invalid message'

export interface ChatterboxConversationOptions extends WelcomeOptions {
  readonly chat: Chat
  readonly wire: ChatterboxWire
  readonly roster: Roster
  readonly log: Logger
}

/** The text of an error; undefined if there is none. */
type Outcome = string | undefined

/** The conversation with one client (docs/protocols/chatterbox.md, section 2). */
export class ChatterboxConversation implements Conversation<Buffer> {
  readonly #options: ChatterboxConversationOptions
  readonly #link: ClientLink
  /** The session of the nickname that is accepted or being checked. */
  #session: ChatterboxSession | undefined
  #accepted = false

  constructor(options: ChatterboxConversationOptions, link: ClientLink) {
    this.#options = options
    this.#link = link
  }

  get session(): ChatterboxSession | undefined {
    return this.#accepted ? this.#session : undefined
  }

  handle(payload: Buffer): Handled {
    const request = readObject(payload)
    if (!request) return this.#object('Invalid JSON')
    const { USERNAME: username, MESSAGES: messages } = request
    if (username === undefined && messages === undefined) return this.#object(INVALID_REQUEST)
    const done = this.#carryOut(username, messages, this.#link.replies.answered)
    return username === undefined && isPlain(messages) ? { pipelined: done } : done
  }

  async leave(): Promise<void> {
    if (this.#session) await this.#options.chat.close(this.#session)
  }

  /** Handles a frame, and replies with the first error only. */
  async #carryOut(username: unknown, messages: unknown, before: Promise<void>): Promise<void> {
    const name = username === undefined ? undefined : await this.#choose(username)
    const text = messages === undefined ? undefined : await this.#take(messages, before)
    const objection = name ?? text
    if (objection === undefined) return
    // The error follows the replies to earlier frames.
    await before.then(tickEnd)
    this.#object(objection)
  }

  #object(text: string): void {
    this.#link.push(frame({ ERROR: text }))
  }

  async #choose(username: unknown): Promise<Outcome> {
    if (typeof username !== 'string') return INVALID_REQUEST
    if (this.#accepted) return `Already logged in as ${this.session?.name}`
    if (isReserved(username)) {
      // The core refuses it with the same code as an account's name.
      this.#reject(NOT_ALLOWED)
      return
    }
    const { chat, wire } = this.#options
    const session = new ChatterboxSession(wire, this.#link)
    this.#session = session
    try {
      await chat.login(session, username)
      if (session.closed) return
      const { room } = await chat.join(session, LOBBY)
      if (session.closed) return
      await welcome(chat, this.#options.roster, session, room.record.slug, this.#options)
      this.#accepted = true
    } catch (error) {
      await chat.close(session)
      this.#reject(this.#textFor(error) ?? UNAVAILABLE)
    }
  }

  #reject(info: string): void {
    this.#link.push(frame({ USERNAME_ACCEPTED: false, INFO: info }))
  }

  /** Handles the entries of a frame: messages are committed together, in slices; a command waits for the messages before it. */
  async #take(messages: unknown, before: Promise<void>): Promise<Outcome> {
    const { session } = this
    if (!session) return 'Choose a username first'
    if (!Array.isArray(messages)) return INVALID_REQUEST
    let first: Outcome
    let outcomes: (Outcome | Promise<Outcome>)[] = []
    const settle = async () => {
      const settled = await Promise.all(outcomes)
      outcomes = []
      first ??= settled.find((outcome) => outcome !== undefined)
    }
    for (const [place, message] of messages.entries()) {
      if (place % SLICE === 0) {
        // Before each further slice of a long frame the rate is waited for.
        if (place > 0) await this.#link.paced()
        // The frame itself counts as its first entry.
        this.#link.countExtra(Math.min(SLICE, messages.length - place) - (place === 0 ? 1 : 0))
      }
      if (outcomes.length === SLICE) {
        await settle()
        await tickEnd()
      }
      if (session.closed) return
      const entry = this.#check(session, message)
      if (typeof entry === 'string') {
        outcomes.push(entry)
      } else if (entry[3].startsWith('/')) {
        await before
        await settle()
        // Its reply follows theirs, and waits until the client has read its output.
        await this.#link.drained()
        outcomes.push(await this.#command(session, entry))
      } else {
        outcomes.push(this.#say(session, entry))
      }
    }
    await settle()
    return first
  }

  /** Checks an entry in the order of docs/protocols/chatterbox.md, section 2.2. Returns the entry, or an error as a string. */
  #check(session: ChatterboxSession, message: unknown): ChatterboxEntry | string {
    if (!isEntry(message)) return INVALID_REQUEST
    const [src, , , content] = message
    const { maxText } = this.#options.chat
    if (src !== session.name) return 'SRC does not match the username of this connection'
    if (isLonger(content, maxText)) return `Message too long, at most ${maxText} characters`
    return message
  }

  async #say(session: ChatterboxSession, [, dest, timestamp, content]: ChatterboxEntry): Promise<Outcome> {
    const { chat } = this.#options
    try {
      const membership = session.inRoom()
      if (dest === 'ALL') await chat.messages.say(membership, content, { sent: timestamp })
      else await chat.messages.tell(membership, dest, content, { sent: timestamp })
    } catch (error) {
      return this.#textFor(error)
    }
  }

  async #command(session: ChatterboxSession, [, , timestamp, content]: ChatterboxEntry): Promise<Outcome> {
    const { chat, roster } = this.#options
    if (!session.membership) return
    try {
      const { text, objection } = await runCommand(content, { chat, session, roster })
      if (text !== undefined) this.#link.push(frame({ MESSAGES: [[session.name, session.name, timestamp, text]] }))
      return objection
    } catch (error) {
      return this.#textFor(error)
    }
  }

  #textFor(error: unknown): Outcome {
    if (error instanceof Refusal) return refusalText(error)
    this.#options.log.error({ err: error }, 'request failed')
    return 'Internal error'
  }
}

/** Returns true if later frames need not wait: no entry is a command, and all are committed together. */
function isPlain(messages: unknown): boolean {
  if (!Array.isArray(messages)) return true
  return messages.length <= SLICE && !messages.some((entry) => isEntry(entry) && entry[3].startsWith('/'))
}
