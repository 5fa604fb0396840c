/** The user's conversations at the server. */
import type { CommandResult, Limits, PrivateEvent } from '../../commands/replies.ts'
import { DisconnectedError, RefusedError } from '../../src/client/errors.ts'
import { EventsMissingError } from '../../src/client/event-queue.ts'
import type { JoinedRoom } from '../../src/client/joined-room.ts'
import { foldName, isSameName } from '../../src/client/nickname.ts'
import { resultOf } from '../../src/client/requests.ts'
import { RoomdClient, type RoomEntry } from '../../src/client/roomd-client.ts'
import type { ClientState } from '../../src/client/state.ts'
import { webSocket } from '../../src/client/websocket.ts'
import { Connections } from './connections.ts'
import type { Conversation } from './conversation.ts'
import type { Said } from './happening.ts'
import { pastOf } from './past.ts'
import { PrivateTalk, privateKey } from './private-talk.ts'
import { RoomTalk, roomKey } from './room-talk.ts'
import { serverUrl } from './server.ts'
import { Signal } from './signal.ts'
import { type Identity, keptBlocks, keptClosed, keptPasswords, keptReads, keptRooms } from './storage.ts'

/** Events of a gap that are read; of more, only the newest are shown, and the others are loaded when they are scrolled to. */
const MOST_MISSED = 500

/** Times before the server is tried again that has never been reached: the first, and the longest, in ms. */
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 10_000

/** How the server is called upon: an access token or a password, or neither for a guest. */
export interface Credentials extends Identity {
  readonly password?: string
}

export interface ChatListener {
  /** Called with each message of somebody else as it comes. */
  said(conversation: Conversation, event: Said): void
  /** Called with an announcement of the server. */
  noticed(text: string): void
  /** Called when the user is logged out. */
  loggedOut(why: string): void
}

export class Chat {
  /** Emits when conversations come, go, or change in what the lists show, and when the connection does. */
  readonly changed = new Signal()
  readonly client: RoomdClient
  readonly connections = new Connections()
  user: CommandResult['user']
  /** Folded nicknames of those between whom and the user no messages go. */
  blocked: ReadonlySet<string> = new Set()
  /** The text with which the user is away; undefined for one who is here. */
  away: string | undefined
  /** Limits and rules of the server, once it has told them. */
  limits: Limits | undefined
  /** The conversation that is shown. */
  current: Conversation | undefined
  readonly #listener: ChatListener
  readonly #conversations = new Map<string, Conversation>()
  readonly #entering = new Map<string, Promise<RoomTalk>>()
  /** Keys of rooms that have been closed while they were entered. */
  readonly #unwanted = new Set<string>()
  readonly #unwatch: () => void
  #isClosed = false
  /** Emits when the next attempt to reach the server is to be made at once. */
  readonly #woken = new Signal()

  /** Nothing is sent before {@link start}. */
  constructor({ nickname, token, password, session }: Credentials, listener: ChatListener) {
    this.client = new RoomdClient(webSocket(serverUrl()), {
      nickname,
      token,
      password,
      session,
      onState: (state) => {
        this.connections.take(state)
        this.#took(state)
      },
      onNotice: (text) => listener.noticed(text),
    })
    this.#listener = listener
    this.connections.changed.on(() => this.changed.emit())
    this.#unwatch = keptReads.watch(() => {
      for (const conversation of this.conversations) conversation.readElsewhere()
    })
  }

  get nickname() {
    return this.client.nickname
  }

  /** In the order in which they were begun. */
  get conversations(): readonly Conversation[] {
    return [...this.#conversations.values()]
  }

  get rooms(): readonly RoomTalk[] {
    return this.conversations.filter((conversation) => conversation instanceof RoomTalk)
  }

  get privates(): readonly PrivateTalk[] {
    return this.conversations.filter((conversation) => conversation instanceof PrivateTalk)
  }

  /** Numbers of unread messages, and of those that mention the user or are private. */
  get unread() {
    let [all, mentioned] = [0, 0]
    for (const conversation of this.conversations) {
      all += conversation.unread
      mentioned += conversation.mentioned
    }
    return { all, mentioned }
  }

  /** Returns the conversation whose present name has a key. */
  get(key: string) {
    return this.conversations.find(({ isPrivate, name }) => (isPrivate ? privateKey(name) : roomKey(name)) === key)
  }

  /** Connects and logs in. A room is entered at once, without waiting for that. @throws RefusedError, DisconnectedError */
  async start(room?: string) {
    const started = this.client.start()
    // Whoever enters it next is told why that is refused.
    if (room !== undefined) void this.enter(room).catch(() => {})
    await started
    void this.#begin().catch(() => {})
  }

  /**
   * Does so as soon as the server can be reached, without a room that is not listed by then.
   *
   * @throws RefusedError; DisconnectedError if that will not be
   */
  startPatiently(room: string) {
    let isFirst = true
    return this.#patiently(
      () => {
        const isWanted = isFirst || this.get(roomKey(room))
        isFirst = false
        return this.start(isWanted ? room : undefined)
      },
      ({ message }, retryMs) =>
        this.connections.take({ state: 'offline', ...(message && { reason: message }), retryMs }),
    )
  }

  /** Finds out at once whether the server can be reached. */
  wake() {
    this.#woken.emit()
    this.client.wake()
  }

  /** Lists a room that is to be entered, with what the browser has of it. */
  expect(name: string): RoomTalk {
    const known = this.get(roomKey(name))
    if (known instanceof RoomTalk) return known
    const talk = new RoomTalk(name, this.nickname)
    this.#add(talk)
    return talk
  }

  show(conversation: Conversation | undefined) {
    this.current = conversation
    if (conversation?.isPrivate) this.#refresh(conversation)
    this.changed.emit()
  }

  /** Enters a room, or returns to it. @throws RefusedError, DisconnectedError */
  async enter(name: string, password?: string): Promise<RoomTalk> {
    const key = roomKey(name)
    const known = this.get(key)
    if (known instanceof RoomTalk && known.joined) return known
    this.#unwanted.delete(key)
    const entering = this.#entering.get(key) ?? this.#enter(name, password).finally(() => this.#entering.delete(key))
    this.#entering.set(key, entering)
    return entering
  }

  /** Enters the rooms that are expected; one that cannot be entered says why. */
  async enterExpected() {
    const expected = this.rooms.filter(({ joined, ended }) => !joined && ended === undefined)
    await Promise.all(expected.map((talk) => this.#enterPatiently(talk)))
  }

  /** Leaves a room, or closes a private conversation. */
  async close(conversation: Conversation) {
    const index = this.conversations.indexOf(conversation)
    this.#conversations.delete(conversation.key)
    this.#keepRooms()
    if (this.current === conversation) this.current = this.conversations[Math.max(0, index - 1)]
    this.changed.emit()
    if (conversation instanceof RoomTalk) {
      if (this.#entering.has(roomKey(conversation.name))) this.#unwanted.add(roomKey(conversation.name))
      await conversation.joined?.leave().catch(() => {})
    } else keptClosed.set(conversation.key, conversation.newestId)
  }

  /** Returns the private conversation with a user, which is begun if need be. */
  privateWith(nickname: string): PrivateTalk {
    const talk = this.#privateTalk(nickname)
    this.#refresh(talk)
    return talk
  }

  /** Returns the public rooms that a text fits, busiest first; none when the server cannot be reached. */
  async publicRooms(text?: string): Promise<readonly RoomEntry[]> {
    // Replies keep the order of the requests, and this one may take long.
    await Promise.allSettled(this.#entering.values())
    return this.client.rooms(text).catch(() => [])
  }

  /** Carries out a command that needs no room. Resolves with its reply. @throws RefusedError, DisconnectedError */
  async command(line: string): Promise<CommandResult> {
    return resultOf(await this.client.ask(line))
  }

  /** Blocks a user, or lifts the block. @throws RefusedError, DisconnectedError */
  async block(nickname: string, on: boolean) {
    await this.command(`${on ? '/block' : '/unblock'} ${nickname}`)
    keptBlocks.value = await this.askBlocked()
  }

  /** Resolves with the nicknames of the users that are blocked. @throws RefusedError, DisconnectedError */
  async askBlocked(): Promise<readonly string[]> {
    const { blocked = [] } = await this.command('/blocked')
    this.blocked = new Set(blocked.map(foldName))
    this.changed.emit()
    return blocked
  }

  /** Marks the user as away with a text, or as here again. @throws RefusedError, DisconnectedError */
  async setAway(text: string | undefined) {
    // Without a text, the command is a switch.
    if (text !== undefined) await this.#everywhere(`/away ${text}`)
    else if (this.away !== undefined) await this.#everywhere('/away')
    this.away = text
    this.changed.emit()
  }

  /** Asks who the user is to the server, as after `/register`. */
  async identify() {
    this.user = (await this.command('/whoami')).user
    this.changed.emit()
  }

  /** Disconnects. */
  end() {
    this.#isClosed = true
    this.#unwatch()
    this.client.close()
  }

  async #enter(name: string, password: string | undefined) {
    const joined = await this.#join(name, password)
    if (this.#unwanted.delete(roomKey(name))) {
      await joined.leave()
      throw new DisconnectedError('The room has been left')
    }
    const known = this.get(roomKey(name))
    const talk = known instanceof RoomTalk ? known : new RoomTalk(joined.name, this.nickname)
    talk.entered(joined)
    this.#add(talk)
    void this.#follow(talk, joined)
    if (this.away !== undefined) await joined.ask(`/away ${this.away}`).catch(() => {})
    talk.askMembers()
    // What could not be loaded is, when the connection is there again.
    await talk.loadNewest().catch(() => {})
    // What was said before the first visit is not new to anybody.
    if (talk.readId === 0) talk.markRead()
    this.#keepRooms()
    return talk
  }

  /** Enters a room that is listed, unless it is closed meanwhile. */
  async #enterPatiently(talk: RoomTalk) {
    const isWanted = () => !this.#isClosed && this.conversations.includes(talk)
    try {
      await this.#patiently(async () => isWanted() && this.enter(talk.name))
    } catch (error) {
      if (isWanted()) talk.end(error instanceof Error ? `${error.message}.` : '')
    }
  }

  /**
   * Repeats an attempt, less and less often, until it succeeds.
   *
   * @param failed called before each wait
   * @throws whatever another attempt would meet again
   */
  async #patiently<T>(attempt: () => Promise<T>, failed?: (error: Error, retryMs: number) => void): Promise<T> {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)) {
      try {
        return await attempt()
      } catch (error) {
        if (this.#isClosed || !passes(error)) throw error
        failed?.(error, retryMs)
      }
      await new Promise<void>((resolve) => {
        const goOn = () => {
          clearTimeout(timer)
          this.#woken.off(goOn)
          resolve()
        }
        const timer = setTimeout(goOn, retryMs)
        this.#woken.on(goOn)
      })
    }
  }

  /** Joins a room, with the password that it was entered with before. */
  async #join(name: string, password: string | undefined): Promise<JoinedRoom> {
    const key = roomKey(name)
    const kept = keptPasswords.get(key)
    if (password === undefined && kept !== undefined) {
      try {
        return await this.client.join(name, { password: kept, maxMissed: MOST_MISSED })
      } catch (error) {
        if (!(error instanceof RefusedError && NOT_THE_PASSWORD.has(error.code))) throw error
        keptPasswords.set(key, undefined)
      }
    }
    const joined = await this.client.join(name, { password, maxMissed: MOST_MISSED })
    if (password !== undefined) keptPasswords.set(key, password)
    return joined
  }

  async #begin() {
    void this.#followInbox()
    const [, limits, inbox] = await Promise.all([
      this.identify().then(() => this.#blockAgain()),
      this.client.limits(),
      this.client.inbox.history({ limit: 500 }).catch(() => []),
    ])
    this.limits = limits
    for (const [key, events] of Map.groupBy(inbox, (event) => privateKey(this.#partnerOf(event)))) {
      const last = events.at(-1)
      if (last && Number(last.id) > (keptClosed.get(key) ?? 0)) this.#privateTalk(this.#partnerOf(last)).restore(events)
    }
    this.#refresh(this.current)
    this.changed.emit()
  }

  #took({ state, room }: ClientState) {
    const talk = room === undefined ? undefined : this.get(roomKey(room))
    if (state !== 'online' || !(talk instanceof RoomTalk)) return
    // The mark has ended with the connection before.
    if (this.away !== undefined) void talk.joined?.ask(`/away ${this.away}`).catch(() => {})
    if (keptBlocks.value.length > 0) void this.#blockAgain().catch(() => {})
    // Who came and went in the meantime is not told.
    talk.askMembers()
    if (talk.joined) this.#refresh(talk)
    if (this.current?.isPrivate) this.#refresh(this.current)
  }

  #privateTalk(nickname: string): PrivateTalk {
    const known = this.get(privateKey(nickname))
    if (known instanceof PrivateTalk) return known
    const talk = new PrivateTalk(nickname, this.client)
    this.#add(talk)
    return talk
  }

  /** Loads a conversation that the server has not given yet. */
  #refresh(conversation: Conversation | undefined) {
    if (conversation && !conversation.isFresh) void conversation.loadNewest().catch(() => {})
  }

  /** Blocks again whom a guest has blocked: the server forgets it with the guest's last connection. */
  async #blockAgain() {
    const names = keptBlocks.value
    if (!this.user?.account) for (const name of names) await this.command(`/block ${name}`)
    await this.askBlocked()
  }

  /** Carries out a command on the connection of every room, as the mark of who is away belongs to a connection. */
  async #everywhere(line: string) {
    const rooms = this.rooms.filter(({ joined }) => joined)
    if (rooms.length === 0) return void (await this.command(line))
    const replies = await Promise.all(rooms.map(({ joined }) => joined?.ask(line)))
    const [first] = replies
    if (first) resultOf(first)
    for (const room of rooms) room.askMembers()
  }

  #add(conversation: Conversation) {
    if (this.#conversations.has(conversation.key)) return
    this.#conversations.set(conversation.key, conversation)
    conversation.changed.on(() => this.changed.emit())
    conversation.restore(pastOf(conversation))
    conversation.outbox.resume()
    this.changed.emit()
  }

  #keepRooms() {
    keptRooms.value = this.rooms.map(({ name }) => name)
  }

  /** Takes the events of a room until it is left, or ends. */
  async #follow(talk: RoomTalk, joined: JoinedRoom) {
    for (;;) {
      try {
        for await (const event of joined) {
          const isNew = Number(event.id) > talk.newestId
          talk.happened(event)
          if (talk.name !== joined.name) this.#rename(talk, joined.name)
          if (isNew && event.type === 'message' && !isSameName(event.from, this.nickname)) {
            this.#listener.said(talk, event)
          }
        }
        talk.joined = undefined
        return
      } catch (error) {
        if (error instanceof EventsMissingError) {
          if (talk === this.current && !talk.isFollowed) talk.miss()
          else {
            talk.forget()
            await talk.loadNewest().catch(() => {})
          }
        } else return this.#roomEnded(talk, error)
      }
    }
  }

  #roomEnded(talk: RoomTalk, error: unknown) {
    talk.joined = undefined
    if (this.#isClosed) return
    if (!(error instanceof RefusedError || error instanceof DisconnectedError)) throw error
    talk.end(`${error.message}.`)
    if (!ENDS_SESSION.has(error.code ?? '')) return
    this.end()
    this.#listener.loggedOut(`${error.message}.`)
  }

  #rename(talk: RoomTalk, name: string) {
    keptReads.set(roomKey(name), talk.newestId)
    keptPasswords.set(roomKey(name), keptPasswords.get(roomKey(talk.name)))
    talk.name = name
    this.#keepRooms()
  }

  async #followInbox() {
    for (;;) {
      try {
        for await (const event of this.client.inbox) {
          const talk = this.privateWith(this.#partnerOf(event))
          if (talk.add(event)) {
            if (!isSameName(event.from, this.nickname)) this.#listener.said(talk, event)
          } else if (talk.isLive && !talk.events.some(({ id }) => id === event.id)) {
            // It was sent before one that has come first over another connection.
            void talk.loadNewest().catch(() => {})
          }
        }
        return
      } catch (error) {
        if (!(error instanceof EventsMissingError)) throw error
        for (const talk of this.privates) await talk.loadNewest().catch(() => {})
      }
    }
  }

  #partnerOf({ from, to }: PrivateEvent) {
    return isSameName(from, this.nickname) ? to : from
  }
}

/** Returns true for an error that another attempt may not meet. */
function passes(error: unknown): error is Error {
  if (error instanceof DisconnectedError) return !ENDS_SESSION.has(error.code ?? '')
  return error instanceof RefusedError && (error.code === 'unavailable' || error.code === 'too-many-attempts')
}

/** Codes with which a room refuses a password: it has another one, or none. */
const NOT_THE_PASSWORD: ReadonlySet<string> = new Set(['room-private', 'room-name-invalid'])

/** Codes with which the server ends all sessions of the user. */
const ENDS_SESSION: ReadonlySet<string> = new Set([
  'account-removed',
  'password-changed',
  'logged-out',
  'token-ended',
  'disconnected',
  'address-banned',
  'secret-wrong',
  'name-reserved',
  'name-unknown',
])
