import type { Reply, UserKicked, UserLeft } from '../../commands/replies.ts'
import type { ClientConnection, Unasked } from './connection.ts'
import { DisconnectedError, type LastWord, RefusedError } from './errors.ts'
import { isSameName } from './nickname.ts'
import { type ClientOptions, Reconnecting } from './reconnecting.ts'
import { commandLine, resultOf } from './requests.ts'
import { Stay, type StayListener, type StayOptions, type Told } from './stay.ts'

export interface ClientListener extends StayListener {
  /** An attempt to connect begins. */
  dialling?(): void
  /** The client is logged in again. Without a room nothing follows, otherwise {@link joined}. */
  back?(): void
  renamed?(room: string): void
  noticed?(text: string): void
  /** The connection has ended. The client opens another one after `retryMs`, where that is given. */
  lost?(why: LastWord | undefined, retryMs: number | undefined): void
  /** The nickname is taken in the room, perhaps by the connection that was lost: JOIN is repeated. */
  waiting?(): void
  /** The client is out of the room for good: refused on the way back, or put out by the server or by an operator. */
  ended?(why: RefusedError | undefined, event?: UserLeft | UserKicked): void
}

/** Time for which a lost connection may hold a nickname: the server finds a dead peer within a minute. */
const GHOST_MS = 120_000
const FIRST_REJOIN_MS = 500
const LAST_REJOIN_MS = 5_000
/** Beginning of the lines that a client does not follow. */
const MESSAGE = '{"type":"message",'

/**
 * A user of the line protocol in one room at a time. It reconnects by itself, and tells its listener every event of the room
 * without a gap and without repetition.
 */
export class ChatClient {
  readonly nickname: string
  readonly #listener: ClientListener
  readonly #link: Reconnecting
  /** The room the client is in, or on its way back to. */
  #stay: Stay | undefined
  /** The connection on which the server leaves messages out. */
  #deaf: ClientConnection | undefined
  /** Settled when the caller's newest {@link join} is. */
  #joining: Promise<void> | undefined

  constructor(options: ClientOptions, listener: ClientListener = {}) {
    this.nickname = options.nickname
    this.#listener = listener
    this.#link = new Reconnecting(options, {
      dialling: () => listener.dialling?.(),
      back: (connection) => this.#back(connection),
      heard: (line) => this.#heard(line),
      skips: (line) => this.#stay?.options.follows === false && line.startsWith(MESSAGE),
      lost: (why, retryMs) => {
        this.#stay?.leave()
        listener.lost?.(why, retryMs)
      },
      refused: (error) => this.#end(error),
    })
  }

  /** The name of the room the client is in, or on its way back to. */
  get room(): string | undefined {
    return this.#stay?.room
  }

  /** True if the client is in a room and has been told its past. */
  get isCaughtUp(): boolean {
    return this.#stay?.isCaughtUp ?? false
  }

  /** The present connection. @throws DisconnectedError */
  get connection(): ClientConnection {
    return this.#link.connection
  }

  /** Connects and logs in. @throws DisconnectedError, RefusedError */
  connect(): Promise<void> {
    return this.#link.connect()
  }

  /** Joins a room and leaves the one before; resolves when the client is a member. @throws DisconnectedError, RefusedError */
  async join(room: string, options: StayOptions = {}): Promise<void> {
    const joined = this.#join(this.connection, new Stay(room, options, this.#listener))
    this.#joining = joined.catch(() => {})
    await joined
  }

  /** @throws DisconnectedError, RefusedError */
  async leave(): Promise<void> {
    const forget = () => {
      this.#stay?.leave()
      this.#stay = undefined
    }
    try {
      resultOf(await this.connection.ask('LEAVE', ({ type }) => void (type === 'commandResult' && forget())))
    } catch (error) {
      // The membership ends with the connection, and the next one does not join again.
      if (error instanceof DisconnectedError) forget()
      else throw error
    }
  }

  /** Password or access token for later connections. */
  set secret(secret: string) {
    this.#link.secret = secret
  }

  /** Makes the nickname an account. @throws DisconnectedError, RefusedError */
  async register(secret: string): Promise<void> {
    resultOf(await this.ask(`/register ${secret}`))
    this.secret = secret
  }

  /** Sends any line that changes neither nickname nor room. Rejects with {@link DisconnectedError}. */
  async ask(line: string): Promise<Reply> {
    return this.connection.ask(line)
  }

  /** Reconnects at once if the connection is lost, and makes sure that it is not otherwise. */
  wake(): void {
    this.#link.wake()
  }

  /** Disconnects for good. */
  close(): void {
    this.#link.close()
    this.#stay?.leave()
    this.#stay = undefined
  }

  #heard(line: Unasked): void {
    const stay = this.#stay
    if (line.type === 'notice') return void this.#listener.noticed?.(line.notice)
    if (stay) stay.hear(line)
    else if (line.type === 'private') this.#listener.happened?.(line)
    // Closed by the listener.
    if (line.type === 'private' || !stay || this.#stay !== stay) return
    if (line.room !== stay.room) {
      stay.room = line.room
      this.#listener.renamed?.(line.room)
    }
    if (isDepartureOf(this.nickname, line)) this.#end(undefined, line)
  }

  #end(why: RefusedError | undefined, event?: UserLeft | UserKicked): void {
    this.close()
    this.#listener.ended?.(why, event)
  }

  async #join(connection: ClientConnection, stay: Stay): Promise<void> {
    const arrive = (reply: Reply) => {
      if (reply.type !== 'commandResult') return
      stay.room = String(reply.result).slice('Joined room '.length)
      if (this.#stay !== stay) this.#stay?.leave()
      this.#stay = stay
      stay.arrive(connection)
      // It has nothing to catch up with, but may have much to say, all of which would have to be answered first.
      if (stay.options.follows === false) this.#link.settled()
      stay.catchUp(connection).then(
        () => {
          if (stay.isCaughtUp) this.#link.settled()
        },
        (error: unknown) => {
          // Lost again, it catches up again.
          if (!(error instanceof DisconnectedError)) throw error
        },
      )
    }
    this.#hear(connection, stay.options.follows !== false)
    resultOf(await connection.ask(commandLine('JOIN', stay.room, stay.options.password), arrive))
  }

  /** Has the server send messages, or leave them out; one that cannot sends them, and {@link ConnectionListener.skips} drops them. */
  #hear(connection: ClientConnection, on: boolean): void {
    if (on === (this.#deaf !== connection)) return
    this.#deaf = on ? undefined : connection
    connection.ask(`/messages ${on ? 'on' : 'off'}`).catch(() => {})
  }

  async #back(connection: ClientConnection): Promise<void> {
    this.#listener.back?.()
    const begun = Date.now()
    const stay = this.#stay
    if (!stay) return this.#link.settled()
    for (let delayMs = FIRST_REJOIN_MS; ; delayMs = Math.min(LAST_REJOIN_MS, delayMs * 1.5)) {
      await this.#joining
      // The caller has joined a room meanwhile, or left this one.
      if (this.#stay !== stay || !stay.isAway) return
      try {
        return await this.#join(connection, stay)
      } catch (error) {
        const isTaken = error instanceof RefusedError && error.code === 'name-in-room'
        if (!isTaken || Date.now() - begun > GHOST_MS) throw error
        this.#listener.waiting?.()
      }
      await new Promise((resolve) => setTimeout(resolve, delayMs))
    }
  }
}

/** Returns true for an event with which a user is out of the room. */
function isDepartureOf(nickname: string, event: Told): event is UserLeft | UserKicked {
  if (event.type === 'userLeft') return isSameName(event.from, nickname)
  return event.type === 'userKicked' && isSameName(event.to, nickname)
}
