/** The user's conversations at the server. */
import type { CommandResult, Limits, PrivateEvent } from '../../commands/replies.ts'
import { newClient } from '../../src/client/client.ts'
import { DisconnectedError, EventsMissingError, RefusedError } from '../../src/client/errors.ts'
import type { JoinedRoom } from '../../src/client/joined-room.ts'
import { isSameName } from '../../src/client/nickname.ts'
import { resultOf } from '../../src/client/requests.ts'
import type { RoomdClient, RoomEntry } from '../../src/client/roomd-client.ts'
import type { ClientState } from '../../src/client/state.ts'
import { webSocket } from '../../src/client/websocket.ts'
import { Away } from './away.ts'
import { Blocks } from './blocks.ts'
import { Connections } from './connections.ts'
import type { Conversation } from './conversation.ts'
import { Conversations } from './conversations.ts'
import { joinRoom } from './entry.ts'
import type { Said } from './happening.ts'
import { endsSession, Patience } from './patience.ts'
import { PrivateTalk, privateKey } from './private-talk.ts'
import { RoomTalk, roomKey } from './room-talk.ts'
import { serverUrl } from './server.ts'
import { Signal } from './signal.ts'
import { type Identity, keptBlocks, keptClosed, keptPasswords, keptReads } from './storage.ts'
import { whyOf } from './why.ts'

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
  readonly conversations = new Conversations()
  readonly connections = new Connections()
  user: CommandResult['user']
  readonly blocks = new Blocks(
    (line) => this.command(line),
    () => this.changed.emit(),
  )
  readonly away = new Away(
    () => this.conversations.rooms,
    (line) => this.command(line),
    () => this.changed.emit(),
  )
  /** Limits and rules of the server, once it has told them. */
  limits: Limits | undefined
  /** The conversation that is shown. */
  current: Conversation | undefined
  readonly #listener: ChatListener
  readonly #entering = new Map<string, Promise<RoomTalk>>()
  /** Keys of rooms that have been closed while they were entered. */
  readonly #unwanted = new Set<string>()
  readonly #unwatch: () => void
  readonly #patience = new Patience()

  /** Nothing is sent before {@link start}. */
  constructor({ nickname, token, password, session }: Credentials, listener: ChatListener) {
    this.client = newClient(webSocket(serverUrl()), {
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
    this.conversations.changed.on(() => this.changed.emit())
    this.#unwatch = keptReads.watch(() => {
      for (const conversation of this.conversations.all) conversation.readElsewhere()
    })
  }

  get nickname() {
    return this.client.nickname
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
    return this.#patience.repeat(
      () => {
        const isWanted = isFirst || this.conversations.get(roomKey(room))
        isFirst = false
        return this.start(isWanted ? room : undefined)
      },
      ({ message }, retryMs) =>
        this.connections.take({ state: 'offline', ...(message && { reason: message }), retryMs }),
    )
  }

  /** Finds out at once whether the server can be reached. */
  wake() {
    this.#patience.hurry()
    this.client.wake()
  }

  /** Lists a room that is to be entered, with what the browser has of it. */
  expect(name: string): RoomTalk {
    const known = this.conversations.get(roomKey(name))
    if (known instanceof RoomTalk) return known
    const talk = new RoomTalk(name, this.nickname)
    this.conversations.add(talk)
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
    const known = this.conversations.get(key)
    if (known instanceof RoomTalk && known.joined) return known
    this.#unwanted.delete(key)
    const entering = this.#entering.get(key) ?? this.#enter(name, password).finally(() => this.#entering.delete(key))
    this.#entering.set(key, entering)
    return entering
  }

  /** Enters the rooms that are expected; one that cannot be entered says why. */
  async enterExpected() {
    const expected = this.conversations.rooms.filter(({ joined, ended }) => !joined && ended === undefined)
    await Promise.all(expected.map((talk) => this.#enterPatiently(talk)))
  }

  /** Leaves a room, or closes a private conversation. */
  async close(conversation: Conversation) {
    const before = this.conversations.delete(conversation)
    if (this.current === conversation) this.current = before
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

  /** Asks who the user is to the server, as after `/register`. */
  async identify() {
    this.user = (await this.command('/whoami')).user
    this.changed.emit()
  }

  /** Disconnects. */
  end() {
    this.#patience.end()
    this.#unwatch()
    this.client.close()
  }

  async #enter(name: string, password: string | undefined) {
    const joined = await joinRoom(this.client, name, password)
    if (this.#unwanted.delete(roomKey(name))) {
      await joined.leave()
      throw new DisconnectedError('The room has been left')
    }
    const known = this.conversations.get(roomKey(name))
    const talk = known instanceof RoomTalk ? known : new RoomTalk(joined.name, this.nickname)
    talk.entered(joined)
    this.conversations.add(talk)
    void this.#follow(talk, joined)
    await this.away.renew(joined)
    talk.askMembers()
    // What could not be loaded is, when the connection is there again.
    await talk.loadNewest().catch(() => {})
    // What was said before the first visit is not new to anybody.
    if (talk.readId === 0) talk.markRead()
    this.conversations.keepRooms()
    return talk
  }

  /** Enters a room that is listed, unless it is closed meanwhile. */
  async #enterPatiently(talk: RoomTalk) {
    const isWanted = () => !this.#patience.isOver && this.conversations.all.includes(talk)
    try {
      await this.#patience.repeat(async () => isWanted() && this.enter(talk.name))
    } catch (error) {
      if (isWanted()) talk.end(whyOf(error as Error))
    }
  }

  async #begin() {
    void this.#followInbox()
    const [, limits, inbox] = await Promise.all([
      this.identify().then(() => this.blocks.renew(this.user)),
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
    const talk = room === undefined ? undefined : this.conversations.get(roomKey(room))
    if (state !== 'online' || !(talk instanceof RoomTalk)) return
    // The mark has ended with the connection before.
    if (talk.joined) void this.away.renew(talk.joined)
    if (keptBlocks.value.length > 0) void this.blocks.renew(this.user).catch(() => {})
    // Who came and went in the meantime is not told.
    talk.askMembers()
    if (talk.joined) this.#refresh(talk)
    if (this.current?.isPrivate) this.#refresh(this.current)
  }

  #privateTalk(nickname: string): PrivateTalk {
    const known = this.conversations.get(privateKey(nickname))
    if (known instanceof PrivateTalk) return known
    const talk = new PrivateTalk(nickname, this.client)
    this.conversations.add(talk)
    return talk
  }

  /** Loads a conversation that the server has not given yet. */
  #refresh(conversation: Conversation | undefined) {
    if (conversation && !conversation.isFresh) void conversation.loadNewest().catch(() => {})
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
    if (this.#patience.isOver) return
    if (!(error instanceof RefusedError || error instanceof DisconnectedError)) throw error
    talk.end(whyOf(error))
    if (!endsSession(error)) return
    this.end()
    this.#listener.loggedOut(`${error.message}.`)
  }

  #rename(talk: RoomTalk, name: string) {
    keptReads.set(roomKey(name), talk.newestId)
    keptPasswords.set(roomKey(name), keptPasswords.get(roomKey(talk.name)))
    talk.name = name
    this.conversations.keepRooms()
  }

  async #followInbox() {
    for (;;) {
      try {
        for await (const event of this.client.inbox) {
          const talk = this.privateWith(this.#partnerOf(event))
          if (talk.add(event) && !isSameName(event.from, this.nickname)) this.#listener.said(talk, event)
        }
        return
      } catch (error) {
        if (!(error instanceof EventsMissingError)) throw error
        for (const talk of this.conversations.privates) await talk.loadNewest().catch(() => {})
      }
    }
  }

  #partnerOf({ from, to }: PrivateEvent) {
    return isSameName(from, this.nickname) ? to : from
  }
}
