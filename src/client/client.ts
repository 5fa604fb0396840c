import type {
  CommandResult,
  History,
  PrivateEvent,
  Reply,
  RoomEvent,
  ServerLine,
  UserKicked,
  UserLeft,
} from '../../commands/replies.ts'
import { ClientConnection, DisconnectedError, type LastWord } from './connection.ts'
import { isSameName } from './nickname.ts'
import { historyLine, loginLine, messageLine, RefusedError, resultOf } from './requests.ts'
import type { Dial } from './transport.ts'

export interface ClientOptions {
  readonly dial: Dial
  readonly nickname: string
  /** Of the nickname's account. */
  readonly password?: string
  /** Past events of a room that are told on joining it; none by default. */
  readonly recent?: number
  /** Newest events told of those missed during a reconnection; all by default. */
  readonly maxMissed?: number
}

/** State of the room when a client has been told everything that happened before. */
export interface CaughtUp {
  /** The client was in this room before. */
  readonly again: boolean
  /** False when the server no longer has all the events that were missed. */
  readonly whole: boolean
  readonly members: readonly string[]
  /** Roles of the members that have one, and who is away. */
  readonly marks: Marks
}

export type Marks = NonNullable<CommandResult['marks']>

export interface ClientListener {
  /** The client has joined a room, or is back in it. Events follow, then {@link caughtUp}. */
  joined?(room: string): void
  /** Called for each event of the room once, in the order of their ids, and for private messages. */
  happened?(event: RoomEvent | PrivateEvent): void
  caughtUp?(state: CaughtUp): void
  renamed?(room: string): void
  noticed?(text: string): void
  /** The connection has ended. Unless `reconnects` is false the client opens another one after a while. */
  lost?(why: LastWord | undefined, reconnects: boolean): void
  /** The nickname is taken in the room, perhaps by the connection that was lost: JOIN is repeated. */
  waiting?(): void
  /** The client is out of the room for good: refused on the way back, or put out by the server or by an operator. */
  ended?(why: RefusedError | undefined, event?: UserLeft | UserKicked): void
}

/** Time for which a lost connection may hold a nickname: the server finds a dead peer within a minute. */
const GHOST_MS = 120_000
const REJOIN_MS = { first: 500, growth: 1.5, longest: 5_000 }
const RECONNECT_MS = { first: 400, growth: 2, longest: 10_000 }

/**
 * A user of the line protocol in one room at a time. It reconnects by itself, and tells its listener every event of the room
 * without a gap and without repetition.
 */
export class ChatClient {
  readonly nickname: string
  readonly #options: ClientOptions
  readonly #listener: ClientListener
  #password: string | undefined
  #connection: ClientConnection | undefined
  /** Logged in once: a lost connection is replaced. */
  #established = false
  #room: string | undefined
  /** Id of the newest event told of the room. */
  #newest = 0
  /** Events that come while the past of the room is read, or how far the client is otherwise. */
  #presence: 'away' | 'caughtUp' | (RoomEvent | PrivateEvent)[] = 'away'
  /** Settled when the caller's newest {@link join} is. */
  #joining: Promise<void> | undefined
  /** Called with true when the client is back in its room, with false when it will not be. */
  #awaitingReturn: ((back: boolean) => void)[] = []
  #attempts = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: ClientOptions, listener: ClientListener = {}) {
    this.nickname = options.nickname
    this.#password = options.password
    this.#options = options
    this.#listener = listener
  }

  /** The name of the room the client is in, or on its way back to. */
  get room(): string | undefined {
    return this.#room
  }

  /** True if the client is in a room and has been told its past. */
  get isCaughtUp(): boolean {
    return this.#presence === 'caughtUp'
  }

  /** Connects and logs in. @throws DisconnectedError, RefusedError */
  async connect(): Promise<void> {
    try {
      await this.#login(this.#dial())
    } catch (error) {
      this.close()
      throw error
    }
  }

  /**
   * Joins a room and leaves the one before; resolves when the client is a member.
   *
   * @param after id of the last event known: the events after it are told first
   * @throws DisconnectedError, RefusedError
   */
  async join(room: string, after = 0): Promise<void> {
    const joined = this.#join(this.#current(), room, after)
    this.#joining = joined.catch(() => {})
    await joined
  }

  /** @throws DisconnectedError, RefusedError */
  async leave(): Promise<void> {
    const forget = (reply: Reply) => {
      if (reply.type !== 'commandResult') return
      this.#room = undefined
      this.#presence = 'away'
      this.#returned(false)
    }
    resultOf(await this.#current().ask('LEAVE', forget))
  }

  /**
   * Says a text to the room; resolves when it is committed, with a nonce with the id of the message. With a nonce the line waits until the client is caught up and is
   * sent again after a reconnection, and the server appends it once (docs/protocols/line.md, section 2.6); without one it may have been
   * appended when this rejects with a {@link DisconnectedError}.
   *
   * @param nonce 1 to 64 letters, digits, `_`, `-`, `.` and `:`; another one for each text
   * @throws DisconnectedError, RefusedError
   */
  async say(text: string, nonce?: string): Promise<number | undefined> {
    for (;;) {
      if (nonce !== undefined) await this.#isBack()
      try {
        const { id } = resultOf(await this.ask(messageLine(text, nonce)))
        return id === undefined ? undefined : Number(id)
      } catch (error) {
        if (nonce === undefined || !(error instanceof DisconnectedError) || !(await this.#isBack())) throw error
      }
    }
  }

  /** Says a text of one line to one user, in any room. @throws DisconnectedError, RefusedError */
  async tell(nickname: string, text: string): Promise<void> {
    resultOf(await this.ask(`/tell ${nickname} ${text}`))
  }

  /** Makes the nickname an account. @throws DisconnectedError, RefusedError */
  async register(password: string): Promise<void> {
    resultOf(await this.ask(`/register ${password}`))
    this.#password = password
  }

  /** Sends any line that changes neither nickname nor room. Rejects with {@link DisconnectedError}. */
  async ask(line: string): Promise<Reply> {
    return this.#current().ask(line)
  }

  /** Reconnects at once if the connection is lost, and makes sure that it is not otherwise. */
  wake(): void {
    if (this.#connection) this.#connection.check()
    else if (this.#established) void this.#reconnect()
  }

  /** Disconnects for good. */
  close(): void {
    clearTimeout(this.#timer)
    this.#connection?.close()
    this.#connection = undefined
    this.#established = false
    this.#room = undefined
    this.#presence = 'away'
    this.#newest = 0
    this.#attempts = 0
    this.#returned(false)
  }

  /** Resolves with true when a lost connection has been replaced and the client is in its room. */
  async #isBack(): Promise<boolean> {
    if (!this.#established || this.#room === undefined) return false
    return this.isCaughtUp || new Promise((resolve) => this.#awaitingReturn.push(resolve))
  }

  #returned(back: boolean): void {
    for (const resolve of this.#awaitingReturn.splice(0)) resolve(back)
  }

  #current(): ClientConnection {
    if (!this.#connection) throw new DisconnectedError()
    return this.#connection
  }

  #isCurrent(connection: ClientConnection): boolean {
    return this.#connection === connection
  }

  #dial(): ClientConnection {
    const connection: ClientConnection = new ClientConnection(this.#options.dial, {
      heard: (line) => {
        if (this.#isCurrent(connection)) this.#heard(line)
      },
      lost: (why) => {
        if (this.#isCurrent(connection)) this.#lost(why)
      },
    })
    this.#connection = connection
    return connection
  }

  async #login(connection: ClientConnection): Promise<void> {
    await connection.opened
    resultOf(await connection.ask(loginLine(this.nickname, this.#password)))
    this.#established = true
  }

  async #join(connection: ClientConnection, room: string, after?: number): Promise<void> {
    const arrive = (reply: Reply) => {
      if (reply.type === 'commandResult') this.#arrive(String(reply.result).slice('Joined room '.length), after)
    }
    resultOf(await connection.ask(`JOIN ${room}`, arrive))
    this.#catchUp(connection).catch((error: unknown) => {
      // Lost again, it catches up again.
      if (!(error instanceof DisconnectedError)) throw error
    })
  }

  #arrive(room: string, after = room === this.#room ? this.#newest : 0): void {
    this.#newest = after
    this.#room = room
    this.#presence = []
    this.#listener.joined?.(room)
  }

  /** Reads the past of the room and then tells what happened in the meantime. */
  async #catchUp(connection: ClientConnection): Promise<void> {
    const held = this.#presence
    // Left already.
    if (typeof held === 'string') return
    const { recent = 0, maxMissed } = this.#options
    const again = this.#newest > 0
    let whole = true
    if (again) {
      const missed = await connection.ask(historyLine({ after: this.#newest, limit: maxMissed }))
      if (missed.type === 'error' && missed.code === 'unavailable') return connection.drop()
      whole = missed.type !== 'error'
    }
    if (recent > 0 && !(again && whole)) {
      const past = await connection.ask(historyLine({ limit: recent }))
      whole &&= past.type !== 'error'
    }
    // Its reply is behind all of the history.
    await connection.ask('/who', (reply) => {
      // Out of the room, or in it anew.
      if (this.#presence !== held) return
      this.#attempts = 0
      this.#presence = 'caughtUp'
      for (const event of held) {
        this.#tell(event)
        // Closed by the listener.
        if (!this.isCaughtUp) return
      }
      const { members = [], marks = [] } = reply.type === 'commandResult' ? reply : {}
      this.#listener.caughtUp?.({ again, whole, members, marks })
      this.#returned(true)
    })
  }

  #heard(line: Exclude<ServerLine, Reply>): void {
    if (line.type === 'notice') this.#listener.noticed?.(line.notice)
    else if (line.type === 'history') this.#tell(eventOf(line))
    else this.#live(line)
  }

  #live(line: RoomEvent | PrivateEvent): void {
    if (typeof this.#presence === 'string') this.#tell(line)
    else this.#presence.push(line)
    if (line.type === 'private' || this.#room === undefined) return
    if (line.room !== this.#room) {
      this.#room = line.room
      this.#listener.renamed?.(line.room)
    }
    if (!isDeparture(line) || !isSameName(line.type === 'userLeft' ? line.from : line.to, this.nickname)) return
    this.close()
    this.#listener.ended?.(undefined, line)
  }

  #tell(event: RoomEvent | PrivateEvent): void {
    if (event.type !== 'private') {
      const id = Number(event.id)
      if (id <= this.#newest) return
      this.#newest = id
    }
    this.#listener.happened?.(event)
  }

  #lost(why: LastWord | undefined): void {
    this.#connection = undefined
    this.#presence = 'away'
    if (!this.#established) return
    const reconnects = why?.reconnect !== false
    if (reconnects) {
      const { first, growth, longest } = RECONNECT_MS
      const delayMs = Math.min(longest, first * growth ** this.#attempts++)
      // Clients that were lost together do not come back together.
      this.#timer = setTimeout(() => void this.#reconnect(), delayMs * (0.5 + Math.random() / 2))
    }
    this.#listener.lost?.(why, reconnects)
  }

  async #reconnect(): Promise<void> {
    clearTimeout(this.#timer)
    if (!this.#established || this.#connection) return
    const connection = this.#dial()
    try {
      await this.#login(connection)
      if (this.#room !== undefined) await this.#rejoin(connection, this.#room)
      else this.#attempts = 0
    } catch (error) {
      // A connection that is lost has its successor already.
      if (!(error instanceof RefusedError) || !this.#isCurrent(connection)) return
      if (error.code === 'unavailable') return connection.drop()
      this.close()
      this.#listener.ended?.(error)
    }
  }

  async #rejoin(connection: ClientConnection, room: string): Promise<void> {
    const begun = Date.now()
    const { first, growth, longest } = REJOIN_MS
    for (let delayMs = first; ; delayMs = Math.min(longest, delayMs * growth)) {
      await this.#joining
      // The caller has joined a room meanwhile.
      if (this.#room !== room || this.#presence !== 'away') return
      try {
        return await this.#join(connection, room)
      } catch (error) {
        const isTaken = error instanceof RefusedError && error.code === 'name-in-room'
        if (!isTaken || Date.now() - begun > GHOST_MS) throw error
        this.#listener.waiting?.()
      }
      await new Promise((resolve) => setTimeout(resolve, delayMs))
    }
  }
}

/** Returns the event in a record of HISTORY, which tells the addressee as `user`. */
function eventOf({ body }: History): RoomEvent | PrivateEvent {
  if (body.type === 'private') return body
  const { user, to, ...event } = body
  // The members of an event depend on its type.
  return (user === undefined ? event : { ...event, to: user }) as RoomEvent
}

/** Returns true for an event with which a user is out of the room. */
function isDeparture(event: RoomEvent): event is UserLeft | UserKicked {
  return event.type === 'userLeft' || event.type === 'userKicked'
}
