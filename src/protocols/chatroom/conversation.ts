import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Chat } from '../../chat/chat.ts'
import { fold } from '../../chat/names.ts'
import { Refusal } from '../../chat/refusal.ts'
import { clean } from '../../chat/text.ts'
import { tickEnd } from '../../tick.ts'
import { NAME_RELEASE_MS } from '../../transport/connection-end.ts'
import type { ClientLink, Conversation } from '../../transport/conversation.ts'
import type { Handled } from '../../transport/reply-queue.ts'
import { settledWithin } from '../../within.ts'
import { type ChatroomReply, type ChatroomRequest, fields, readChatroomRequest, reply } from './frames.ts'
import { LOBBY_KEY, type Pages } from './pages.ts'
import { ChatroomSession, type ChatroomWire, messageFrame } from './wire.ts'
import { INVALID_COMMAND, INVALID_MESSAGE, type RefusedRequest, textFor } from './wording.ts'

/** First and maximum delay between attempts to restore a membership. */
const FIRST_DELAY_MS = 20
const MAX_DELAY_MS = 1_000

/** Addressee of a message to all members of the room. */
const PUBLIC = 'public'

/** Requests without a reply in a state that does not allow them; a double click sends one twice. */
const UNANSWERED = new Set(['login', 'logout', 'enter', 'exit', 'list'])

export interface ChatroomShared {
  readonly chat: Chat
  readonly log: Logger
  readonly wire: ChatroomWire
  readonly pages: Pages
}

/** The conversation with one client (docs/protocols/chatroom.md, sections 1 and 2): before the login, in the lobby, in a room. */
export class ChatroomConversation implements Conversation<Buffer> {
  readonly #shared: ChatroomShared
  readonly #link: ClientLink
  /** The session from login to logout. */
  session: ChatroomSession | undefined
  #wasInRoom = false
  #gone = false

  constructor(shared: ChatroomShared, link: ClientLink) {
    this.#shared = shared
    this.#link = link
  }

  handle(payload: Buffer): Handled {
    const request = readChatroomRequest(payload)
    if (!request) return this.#refuse('error', INVALID_MESSAGE)
    const { type } = request
    const session = this.session
    if (!session) {
      if (type === 'register') return this.#register(request)
      if (type === 'login') return this.#login(request)
    } else if (type === 'list') {
      return session.page?.show(session)
    } else if (session.page === this.#shared.pages.lobby) {
      if (type === 'create') return this.#create(session, request)
      if (type === 'enter') return this.#enter(session, request)
      if (type === 'logout') return this.#logout(session)
    } else {
      if (type === 'msg') return this.#message(session, request)
      if (type === 'exit') return this.#exit(session)
    }
    // Outside a room, a reply to `msg` freezes a client that has shown one (docs/protocols/chatroom.md, section 5.1).
    if (!UNANSWERED.has(type) && !(type === 'msg' && this.#wasInRoom)) this.#refuse(type, INVALID_COMMAND)
  }

  async leave(): Promise<void> {
    this.#gone = true
    if (this.session) await this.#end(this.session)
  }

  #register(request: ChatroomRequest): void | Promise<void> {
    const data = fields(request, 'username', 'password')
    if (!data) return this.#refuse(request.type, INVALID_MESSAGE)
    const { username, password } = data
    return this.#try({ type: request.type }, async () => {
      await this.#shared.chat.accounts.register(username, password, this.#link.address)
      const message = 'Register successfully! You can now login'
      this.#reply({ type: 'register', status: 'ok', data: { username, chatroom: LOBBY_KEY }, message })
    })
  }

  #login(request: ChatroomRequest): void | Promise<void> {
    const data = fields(request, 'username', 'password')
    if (!data) return this.#refuse(request.type, INVALID_MESSAGE)
    const { chat, pages } = this.#shared
    return this.#try({ type: request.type }, async () => {
      const proof = await chat.accounts.authenticate(data.username, data.password, this.#link.address)
      if (this.#gone) return
      const session = new ChatroomSession(this.#shared.wire, this.#link)
      await chat.login(session, proof, true)
      if (this.#gone) return chat.close(session)
      session.onPutOut = (room, why) => {
        if (why === 'membership-lost') void this.#rejoin(session, room.record.id)
        else this.#returnToLobby(session)
      }
      this.session = session
      const where = { username: session.name, chatroom: LOBBY_KEY }
      this.#reply({ type: 'login', status: 'ok', data: where, message: 'Login successful' })
      pages.turn(session, pages.lobby)
    })
  }

  /** Ends the session before the reply, so that the account can log in again, on any node. */
  async #logout(session: ChatroomSession): Promise<void> {
    this.session = undefined
    await settledWithin(this.#end(session), NAME_RELEASE_MS)
    this.#reply({ type: 'logout', status: 'ok', message: `${session.name} logout successfully` })
  }

  #create({ name, address }: ChatroomSession, request: ChatroomRequest): void | Promise<void> {
    const data = fields(request, 'room')
    if (!data) return this.#refuse(request.type, INVALID_MESSAGE)
    const { room } = data
    return this.#try({ type: request.type, room }, async () => {
      if (fold(room) === LOBBY_KEY) throw new Refusal('room-taken')
      await this.#shared.chat.rooms.create({ title: room, visibility: 'public' }, { password: '', address, name })
      this.#reply({ type: 'create', status: 'ok', message: `${room} created successfully` })
    })
  }

  #enter(session: ChatroomSession, request: ChatroomRequest): void | Promise<void> {
    const data = fields(request, 'room')
    if (!data) return this.#refuse(request.type, INVALID_MESSAGE)
    if (fold(data.room) === LOBBY_KEY) return this.#refuse(request.type, 'You are already in lobby')
    const { chat, pages } = this.#shared
    return this.#try({ type: request.type, room: data.room }, async () => {
      const room = await chat.rooms.find(data.room)
      // A room is not found by its slug, which this protocol does not show.
      if (!room || fold(room.title) !== fold(data.room)) throw new Refusal('room-unknown')
      await chat.join(session, room.id)
      if (session.closed) return
      this.#wasInRoom = true
      const where = { username: session.name, room: room.title }
      this.#reply({ type: 'enter', status: 'ok', data: where, message: 'Welcome to the chatroom' })
      pages.turn(session, pages.room(room))
    })
  }

  /** Sends a message. An error is sent only if the page is still the same, as it freezes the client on other pages. */
  #message(session: ChatroomSession, request: ChatroomRequest): Handled {
    // The sender is the session, whatever `from` says.
    const data = fields(request, 'to', 'text')
    if (!data) return this.#refuse(request.type, INVALID_MESSAGE)
    const { messages } = this.#shared.chat
    const { to, text } = data
    const { page, membership } = session
    const before = this.#link.replies.answered
    const said = this.#try({ type: request.type, to, room: membership?.room.record.title }, async () => {
      try {
        if (to === PUBLIC) return void (await messages.say(session.inRoom(), text))
        if (await messages.tell(session.inRoom(), to, text)) return
        // The message is blocked, which the sender must not notice: it gets its copy.
        await before.then(tickEnd)
        if (session.page === page) session.link.push(messageFrame(session.name, session.name, clean(text)))
      } catch (error) {
        await before.then(tickEnd)
        if (session.page === page || !(error instanceof Refusal)) throw error
      }
    })
    // The copy is not an event, so later requests wait for it to keep the order.
    return messages.isBlocked(session, to) ? said : { pipelined: said }
  }

  #exit(session: ChatroomSession): Promise<void> {
    const { chat } = this.#shared
    return this.#try({ type: 'exit' }, async () => {
      await this.#link.replies.answered
      if (session.membership) await chat.leave(session.membership)
      if (!session.closed) this.#returnToLobby(session)
    })
  }

  /**
   * Restores a lost membership, without a notice to the client, whose window closes with the connection
   * (docs/protocols/chatroom.md, section 5). If that is refused, returns the client to the lobby.
   */
  async #rejoin(session: ChatroomSession, room: number): Promise<void> {
    const { chat, log } = this.#shared
    const waits = () => !session.closed && !session.membership && session.page?.room === room
    for (let delayMs = FIRST_DELAY_MS; waits(); delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
      try {
        // A session that has also lost the login of its account is disconnected instead.
        if (chat.names.exclusive.holds(session)) await chat.join(session, room)
      } catch (error) {
        const again = error instanceof Refusal && error.code === 'unavailable'
        if (!again && waits()) this.#returnToLobby(session)
        if (!(error instanceof Refusal)) log.error({ err: error, name: session.name }, 'cannot restore a membership')
      }
      if (waits()) await delay(delayMs, undefined, { ref: false })
    }
  }

  #returnToLobby(session: ChatroomSession): void {
    const { pages } = this.#shared
    this.#reply({ type: 'exit', status: 'ok', message: 'Exited chatroom, returned to lobby' })
    pages.turn(session, pages.lobby)
  }

  #end(session: ChatroomSession): Promise<void> {
    const { chat, pages } = this.#shared
    const ended = chat.close(session)
    pages.turn(session, undefined)
    return ended
  }

  /** Sends the error for a refusal or a failure of `work`. Rejects if it is a failure. */
  async #try(request: Omit<RefusedRequest, 'bound'>, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const text = textFor(error, request)
      if (text !== undefined) this.#refuse(request.type, text)
      if (!(error instanceof Refusal)) throw error
    }
  }

  #refuse(type: string, message: string): void {
    this.#reply({ type, status: 'error', message })
  }

  #reply(frame: ChatroomReply): void {
    this.#link.push(reply(frame))
  }
}
