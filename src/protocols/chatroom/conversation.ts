import type { Chat } from '../../chat/chat.ts'
import { fold } from '../../chat/names.ts'
import { Refusal } from '../../chat/refusal.ts'
import { turnEnd } from '../../turn.ts'
import { settledWithin } from '../../within.ts'
import { FREE_MS, type Link } from '../connection.ts'
import type { FrameConversation } from '../frames/connection.ts'
import { type Heard, Unanswered } from '../hearing.ts'
import { fields, type Reply, type Request, readRequest, reply } from './frames.ts'
import { LOBBY_KEY, type Pages } from './pages.ts'
import { ChatroomSession, type ChatroomWire } from './wire.ts'
import * as wording from './wording.ts'

/** The word for everybody in the room. */
const PUBLIC = 'public'

/** What all conversations of a listener share. */
export interface Shared {
  readonly chat: Chat
  readonly wire: ChatroomWire
  readonly pages: Pages
}

/** One client's talk (protocols/chatroom.md, 1 and 2): before the login, in the lobby, in a room. */
export class ChatroomConversation implements FrameConversation {
  readonly #shared: Shared
  readonly #link: Link
  /** From the login to the logout. */
  #session: ChatroomSession | undefined
  readonly #said = new Unanswered()
  #gone = false

  constructor(shared: Shared, link: Link) {
    this.#shared = shared
    this.#link = link
  }

  get name(): string | undefined {
    return this.#session?.name || undefined
  }

  hear(payload: Buffer): Heard {
    const request = readRequest(payload)
    if (!request) return this.#refuse('error', wording.INVALID_MESSAGE)
    const { type } = request
    const session = this.#session
    if (!session) {
      if (type === 'register') return this.#register(request)
      if (type === 'login') return this.#login(request)
      // At the wrong time any answer of this type would harm the client.
      return type === 'list' ? undefined : this.#refuse(type, wording.INVALID_COMMAND)
    }
    if (type === 'list') return session.page?.show(session)
    if (session.page === this.#shared.pages.lobby) {
      if (type === 'create') return this.#create(request)
      if (type === 'enter') return this.#enter(session, request)
      if (type === 'logout') return this.#logout(session)
    } else {
      if (type === 'msg') return this.#message(session, request)
      if (type === 'exit') return this.#exit(session)
    }
    return this.#refuse(type, wording.INVALID_COMMAND)
  }

  async leave(): Promise<void> {
    this.#gone = true
    if (this.#session) await this.#end(this.#session)
  }

  #register(request: Request): void | Promise<void> {
    const data = fields(request, 'username', 'password')
    if (!data) return this.#refuse(request.type, wording.INVALID_MESSAGE)
    const { username, password } = data
    return this.#try(request.type, wording.REGISTER, async () => {
      await this.#shared.chat.register(username, password, this.#link.address)
      const message = 'Register successfully! You can now login'
      this.#say({ type: 'register', status: 'ok', data: { username, chatroom: LOBBY_KEY }, message })
    })
  }

  #login(request: Request): void | Promise<void> {
    const data = fields(request, 'username', 'password')
    if (!data) return this.#refuse(request.type, wording.INVALID_MESSAGE)
    const { chat, pages } = this.#shared
    return this.#try(request.type, wording.LOGIN, async () => {
      const proof = await chat.authenticate(data.username, data.password, this.#link.address)
      if (this.#gone) return
      const session = new ChatroomSession(this.#shared.wire, this.#link)
      await chat.login(session, proof, true)
      if (this.#gone) return chat.close(session)
      session.onPutOut = () => this.#returnToLobby(session)
      this.#session = session
      const where = { username: session.name, chatroom: LOBBY_KEY }
      this.#say({ type: 'login', status: 'ok', data: where, message: 'Login successful' })
      pages.turn(session, pages.lobby)
    })
  }

  /** The reply follows the end of the session: the account may log in again anywhere from then on. */
  async #logout(session: ChatroomSession): Promise<void> {
    this.#session = undefined
    await settledWithin(this.#end(session), FREE_MS)
    this.#say({ type: 'logout', status: 'ok', message: `${session.name} logout successfully` })
  }

  #create(request: Request): void | Promise<void> {
    const data = fields(request, 'room')
    if (!data) return this.#refuse(request.type, wording.INVALID_MESSAGE)
    const { room } = data
    return this.#try(request.type, wording.create(room), async () => {
      if (fold(room) === LOBBY_KEY) throw new Refusal('room-taken')
      await this.#shared.chat.directory.create({ title: room, visibility: 'public' })
      this.#say({ type: 'create', status: 'ok', message: `${room} created successfully` })
    })
  }

  #enter(session: ChatroomSession, request: Request): void | Promise<void> {
    const data = fields(request, 'room')
    if (!data) return this.#refuse(request.type, wording.INVALID_MESSAGE)
    if (fold(data.room) === LOBBY_KEY) return this.#refuse(request.type, 'You are already in lobby')
    const { chat, pages } = this.#shared
    return this.#try(request.type, wording.enter(data.room), async () => {
      const room = await chat.directory.find(data.room)
      // Line names are not shown here.
      if (!room || fold(room.title) !== fold(data.room)) throw new Refusal('room-unknown')
      await chat.enter(session, room.id)
      if (session.closed) return
      const where = { username: session.name, room: room.title }
      this.#say({ type: 'enter', status: 'ok', data: where, message: 'Welcome to the chatroom' })
      pages.turn(session, pages.room(room))
    })
  }

  /** What follows need not wait for it, unless it turns the page: an answer would freeze the window there. */
  #message(session: ChatroomSession, request: Request): Heard {
    // Who says it is who has logged in, whatever `from` says.
    const data = fields(request, 'to', 'text')
    if (!data) return this.#refuse(request.type, wording.INVALID_MESSAGE)
    const { chat } = this.#shared
    const { to, text } = data
    const before = this.#said.settled
    const said = this.#try(request.type, wording.say(to, session.room?.record.title ?? ''), async () => {
      try {
        if (to === PUBLIC) await chat.talk.say(session, text)
        else await chat.talk.tell(session, to, text)
      } catch (error) {
        if (error instanceof Refusal && error.reason === 'text-empty') return
        // Behind what was said before it.
        await before.then(turnEnd)
        throw error
      }
    })
    return this.#said.add(said)
  }

  #exit(session: ChatroomSession): Promise<void> {
    const { chat } = this.#shared
    return this.#try('exit', {}, async () => {
      await this.#said.settled
      await chat.leave(session)
      if (!session.closed) this.#returnToLobby(session)
    })
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
  async #try(type: string, words: wording.Words, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#refuse(type, wording.wordFor(error, words))
      if (!(error instanceof Refusal)) throw error
    }
  }

  #refuse(type: string, message: string): void {
    this.#say({ type, status: 'error', message })
  }

  #say(frame: Reply): void {
    this.#link.push(reply(frame))
  }
}
