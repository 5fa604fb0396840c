import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Chat } from '../../chat/chat.ts'
import { fold } from '../../chat/names.ts'
import { Refusal } from '../../chat/refusal.ts'
import { clean } from '../../chat/text.ts'
import { tickEnd } from '../../tick.ts'
import { NAME_RELEASE_MS } from '../../transport/connection-end.ts'
import type { ClientLink, Conversation } from '../../transport/conversation.ts'
import { type Handled, Pipelined } from '../../transport/reply-queue.ts'
import { settledWithin } from '../../within.ts'
import { type ChatroomReply, type ChatroomRequest, fields, readChatroomRequest, reply } from './frames.ts'
import { LOBBY_KEY, type Pages } from './pages.ts'
import { ChatroomSession, type ChatroomWire, messageFrame } from './wire.ts'
import { INVALID_COMMAND, INVALID_MESSAGE, type RefusedRequest, textFor } from './wording.ts'

/** First and longest pause between attempts to be a member again, in ms. */
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 1_000

/** The word for everybody in the room. */
const PUBLIC = 'public'

/** Requests that have no answer in a state that does not know them; a double click sends one twice. */
const UNANSWERED = new Set(['login', 'logout', 'enter', 'exit', 'list'])

/** Context of all conversations of a listener. */
export interface ChatroomShared {
  readonly chat: Chat
  readonly log: Logger
  /** The most characters of a message. */
  readonly maxText: number
  readonly wire: ChatroomWire
  readonly pages: Pages
}

/** One client's talk (docs/protocols/chatroom.md, sections 1 and 2): before the login, in the lobby, in a room. */
export class ChatroomConversation implements Conversation<Buffer> {
  readonly #shared: ChatroomShared
  readonly #link: ClientLink
  /** From the login to the logout. */
  #session: ChatroomSession | undefined
  /** True if the client's window has shown a room. */
  #wasInRoom = false
  #gone = false

  constructor(shared: ChatroomShared, link: ClientLink) {
    this.#shared = shared
    this.#link = link
  }

  get name(): string | undefined {
    return this.#session?.name || undefined
  }

  handle(payload: Buffer): Handled {
    const request = readChatroomRequest(payload)
    if (!request) return this.#refuse('error', INVALID_MESSAGE)
    const { type } = request
    const session = this.#session
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
    // Outside the room, `msg` would freeze a window that has shown one (docs/protocols/chatroom.md, section 5.1).
    if (!UNANSWERED.has(type) && !(type === 'msg' && this.#wasInRoom)) this.#refuse(type, INVALID_COMMAND)
  }

  async leave(): Promise<void> {
    this.#gone = true
    if (this.#session) await this.#end(this.#session)
  }

  #register(request: ChatroomRequest): void | Promise<void> {
    const data = fields(request, 'username', 'password')
    if (!data) return this.#refuse(request.type, INVALID_MESSAGE)
    const { username, password } = data
    return this.#try({ type: request.type }, async () => {
      await this.#shared.chat.accounts.register(username, password, this.#link.address)
      const message = 'Register successfully! You can now login'
      this.#say({ type: 'register', status: 'ok', data: { username, chatroom: LOBBY_KEY }, message })
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
        if (why === 'room-closed') this.#returnToLobby(session)
        else void this.#rejoin(session, room.record.id)
      }
      this.#session = session
      const where = { username: session.name, chatroom: LOBBY_KEY }
      this.#say({ type: 'login', status: 'ok', data: where, message: 'Login successful' })
      pages.turn(session, pages.lobby)
    })
  }

  /** The reply follows the end of the session: the account may log in again anywhere from then on. */
  async #logout(session: ChatroomSession): Promise<void> {
    this.#session = undefined
    await settledWithin(this.#end(session), NAME_RELEASE_MS)
    this.#say({ type: 'logout', status: 'ok', message: `${session.name} logout successfully` })
  }

  #create({ name, address }: ChatroomSession, request: ChatroomRequest): void | Promise<void> {
    const data = fields(request, 'room')
    if (!data) return this.#refuse(request.type, INVALID_MESSAGE)
    const { room } = data
    return this.#try({ type: request.type, room }, async () => {
      if (fold(room) === LOBBY_KEY) throw new Refusal('room-taken')
      await this.#shared.chat.rooms.create({ title: room, visibility: 'public' }, { password: '', address, name })
      this.#say({ type: 'create', status: 'ok', message: `${room} created successfully` })
    })
  }

  #enter(session: ChatroomSession, request: ChatroomRequest): void | Promise<void> {
    const data = fields(request, 'room')
    if (!data) return this.#refuse(request.type, INVALID_MESSAGE)
    if (fold(data.room) === LOBBY_KEY) return this.#refuse(request.type, 'You are already in lobby')
    const { chat, pages } = this.#shared
    return this.#try({ type: request.type, room: data.room }, async () => {
      const room = await chat.rooms.find(data.room)
      // Line names are not shown here.
      if (!room || fold(room.title) !== fold(data.room)) throw new Refusal('room-unknown')
      await chat.join(session, room.id)
      if (session.closed) return
      this.#wasInRoom = true
      const where = { username: session.name, room: room.title }
      this.#say({ type: 'enter', status: 'ok', data: where, message: 'Welcome to the chatroom' })
      pages.turn(session, pages.room(room))
    })
  }

  /** Later requests need not wait for it, unless they change the page: there an answer would freeze the window. */
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
        // A block stands between the two, which the sender is not told: it gets its copy.
        await before.then(tickEnd)
        if (session.page === page) session.push(messageFrame(session.name, session.name, clean(text)))
      } catch (error) {
        await before.then(tickEnd)
        if (session.page === page || !(error instanceof Refusal)) throw error
      }
    })
    // The copy has no place among the events, so what follows waits for it.
    return messages.isBlocked(session, to) ? said : new Pipelined(said)
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
   * Makes the session a member again after its membership was lost. Its window shows nothing of that, and would end with the
   * connection (docs/protocols/chatroom.md, section 5). It gets back to the lobby when it cannot be a member any more.
   */
  async #rejoin(session: ChatroomSession, room: number): Promise<void> {
    const { chat, log } = this.#shared
    const waits = () => !session.closed && !session.membership && session.page?.room === room
    for (let pause = FIRST_PAUSE_MS; waits(); pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        // A session that has lost the account's login too is told so, and does not come in before that.
        if (chat.isAlone(session)) await chat.join(session, room)
      } catch (error) {
        const again = error instanceof Refusal && error.code === 'unavailable'
        if (!again && waits()) this.#returnToLobby(session)
        if (!(error instanceof Refusal))
          log.error({ err: error, name: session.name }, 'a membership cannot be restored')
      }
      if (waits()) await delay(pause, undefined, { ref: false })
    }
  }

  #returnToLobby(session: ChatroomSession): void {
    const { pages } = this.#shared
    this.#say({ type: 'exit', status: 'ok', message: 'Exited chatroom, returned to lobby' })
    pages.turn(session, pages.lobby)
  }

  #end(session: ChatroomSession): Promise<void> {
    const { chat, pages } = this.#shared
    const ended = chat.close(session)
    pages.turn(session, undefined)
    return ended
  }

  /** Answers what the core refuses; nothing has changed then. */
  async #try(request: Omit<RefusedRequest, 'maxText' | 'bound'>, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const text = textFor(error, { ...request, maxText: this.#shared.maxText })
      if (text !== undefined) this.#refuse(request.type, text)
      if (!(error instanceof Refusal)) throw error
    }
  }

  #refuse(type: string, message: string): void {
    this.#say({ type, status: 'error', message })
  }

  #say(frame: ChatroomReply): void {
    this.#link.push(reply(frame))
  }
}
