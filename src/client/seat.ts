import type { PrivateEvent, Reply, RoomEvent } from '../../commands/replies.ts'
import { ClientConnection, type Unasked } from './connection.ts'
import { DisconnectedError, RefusedError } from './errors.ts'
import { isSameName } from './nickname.ts'
import { commandLine, resultOf } from './requests.ts'
import type { ClientState } from './state.ts'
import type { Stay } from './stay.ts'
import type { Dial } from './transport.ts'

/** User of a connection. */
export interface SeatUser {
  readonly dial: Dial
  readonly nickname: string
  /** Password or access token of the nickname's account, which may change. */
  secret?: string | undefined
  /** Word that makes all connections of a guest one user (docs/protocols/line.md, section 2.3). */
  readonly session?: string | undefined
}

export interface SeatOwner {
  readonly changed?: ((state: ClientState) => void) | undefined
  readonly noticed?: ((text: string, seat: Seat) => void) | undefined
  readonly told?: ((event: PrivateEvent) => void) | undefined
  /** Called when a seat is logged in again. */
  readonly back?: ((seat: Seat) => void) | undefined
  /** Called when the room of a seat has ended: by an operator, the server, or a refusal on the way back. */
  readonly emptied?: ((seat: Seat) => void) | undefined
  /** Called when a seat is of no more use. */
  readonly gone?: ((seat: Seat) => void) | undefined
}

/** Times before the first attempt to connect again and, doubled each time, at most before a later one. */
const FIRST_RETRY_MS = 400
const LAST_RETRY_MS = 10_000
/** Time for which a lost connection may hold a nickname: the server finds a dead peer within a minute. */
const GHOST_MS = 120_000
const FIRST_REJOIN_MS = 500
const LAST_REJOIN_MS = 5_000

/** One of the connections of a client: logged in, opened again when it is lost, and in one room or in none. */
export class Seat {
  /** The room that the seat is in, on the way to, or taken for. */
  stay: Stay | undefined
  readonly #user: SeatUser
  readonly #owner: SeatOwner
  readonly #told = (event: PrivateEvent) => this.#owner.told?.(event)
  #connection: ClientConnection | undefined
  /** True from the first login until {@link close}. */
  #isReady = false
  #isEnded = false
  #isLoggedIn = false
  /** The first login. */
  #opening: Promise<void> | undefined
  /** True while a caller joins the room. */
  #isEntering = false
  /** True if the server leaves messages out on the present connection. */
  #isDeaf = false
  /** Attempts since the connection was last of use. */
  #attempts = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(user: SeatUser, owner: SeatOwner, stay?: Stay) {
    this.#user = user
    this.#owner = owner
    this.stay = stay
  }

  /** True after the first login. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** True while the connection is logged in. */
  get isLoggedIn(): boolean {
    return this.#isLoggedIn
  }

  /** The present connection. @throws DisconnectedError */
  get connection(): ClientConnection {
    if (!this.#connection) throw new DisconnectedError()
    return this.#connection
  }

  /** Connects and logs in for the first time, once however often it is called. @throws DisconnectedError, RefusedError */
  open(): Promise<void> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  /** Joins a room; while the connection is being opened, without waiting for the reply to the login. @throws DisconnectedError, RefusedError */
  async enter(stay: Stay): Promise<void> {
    this.stay = stay
    this.#isEntering = true
    try {
      const joining = this.#join(this.connection, stay)
      joining.catch(() => {})
      // A login that is refused gives the reason.
      await this.#opening
      await joining
    } catch (error) {
      if (!this.#isEnded) this.#vacate()
      throw error
    } finally {
      this.#isEntering = false
    }
  }

  /** Leaves the room behind the texts that wait. @throws DisconnectedError, RefusedError */
  async leave(): Promise<void> {
    const { stay } = this
    await stay?.speech.below(1)
    const left = () => {
      stay?.lost()
      this.#vacate()
    }
    try {
      resultOf(await this.connection.ask('LEAVE', ({ type }) => void (type === 'commandResult' && left())))
    } catch (error) {
      // A membership has ended with the connection, and the next one does not join again.
      if (error instanceof RefusedError && error.code !== 'not-in-room') throw error
      left()
    }
    stay?.end(new DisconnectedError('The room has been left'), true)
  }

  /** Reconnects at once if the connection is lost, and makes sure that it is not otherwise. */
  wake(): void {
    if (this.#connection) this.#connection.check()
    else void this.#return()
  }

  /** Ends connection and room for good. */
  close(error?: Error): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#isReady = false
    clearTimeout(this.#timer)
    this.#connection?.close()
    this.#connection = undefined
    this.#isLoggedIn = false
    this.#owner.gone?.(this)
    this.stay?.end(error ?? new DisconnectedError('The client is closed'), !error)
    this.#changed('closed', error && { error })
  }

  async #open(): Promise<void> {
    await this.#login(this.#dial())
    if (!this.stay) this.#changed('online')
  }

  #dial(): ClientConnection {
    this.#changed('connecting')
    this.#isDeaf = false
    const connection = new ClientConnection(this.#user.dial, {
      heard: (line) => this.#heard(line),
      lost: (why, isFinal) => this.#lost(why, isFinal),
    })
    this.#connection = connection
    return connection
  }

  async #login(connection: ClientConnection): Promise<void> {
    const { nickname, secret, session } = this.#user
    const line = commandLine('LOGIN', nickname, secret ?? (session && `session=${session}`))
    await connection.opened
    const loggedIn = ({ type }: Reply) => {
      if (type === 'commandResult') this.#isReady = this.#isLoggedIn = true
    }
    resultOf(await connection.ask(line, loggedIn))
  }

  #lost(why: DisconnectedError | undefined, isFinal: boolean): void {
    this.#connection = undefined
    this.#isLoggedIn = false
    if (!this.#isReady) return
    this.stay?.lost()
    if (isFinal) return void this.close(why)
    // Clients that were lost together do not come back together.
    const retryMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempts++) * (0.5 + Math.random() / 2)
    this.#timer = setTimeout(() => void this.#return(), retryMs)
    const { message: reason, code } = why ?? {}
    this.#changed('offline', { ...(reason && { reason }), ...(code && { code }), retryMs })
  }

  /** Opens a lost connection again. */
  async #return(): Promise<void> {
    clearTimeout(this.#timer)
    if (!this.#isReady || this.#connection) return
    const connection = this.#dial()
    const isCurrent = () => this.#connection === connection
    try {
      await this.#login(connection)
      if (!isCurrent()) return
      this.#owner.back?.(this)
      const { stay } = this
      if (stay) {
        await this.#joinAgain(connection, stay)
      } else {
        this.#attempts = 0
        this.#changed('online')
      }
    } catch (error) {
      // A connection that is lost has its successor already.
      if (!(error instanceof RefusedError) || !isCurrent()) return
      if (error.code === 'unavailable') connection.drop()
      else this.close(error)
    }
  }

  async #joinAgain(connection: ClientConnection, stay: Stay): Promise<void> {
    const end = Date.now() + GHOST_MS
    for (let delayMs = FIRST_REJOIN_MS; ; delayMs = Math.min(LAST_REJOIN_MS, delayMs * 1.5)) {
      // The caller has left the room, or is joining it.
      if (this.stay !== stay || this.#isEntering) return
      try {
        return await this.#join(connection, stay)
      } catch (error) {
        if (!(error instanceof RefusedError) || error.code === 'unavailable') throw error
        if (error.code !== 'name-in-room' || Date.now() > end) return this.#endRoom(error)
        this.#changed('waiting')
      }
      await new Promise((resolve) => setTimeout(resolve, delayMs))
    }
  }

  async #join(connection: ClientConnection, stay: Stay): Promise<void> {
    await connection.opened
    const joined = (reply: Reply) => {
      if (reply.type !== 'commandResult') return
      this.#named(stay, String(reply.result).slice('Joined room '.length))
      stay.begin(connection, this.#told).then(
        (isTold) => {
          if (isTold) this.#attempts = 0
        },
        (error: unknown) => {
          // Lost again, it catches up again.
          if (!(error instanceof DisconnectedError)) throw error
        },
      )
    }
    if (stay.isDeaf !== this.#isDeaf) {
      this.#isDeaf = stay.isDeaf
      // A server that does not know it sends them all the same.
      connection.ask(`/messages ${stay.isDeaf ? 'off' : 'on'}`).catch(() => {})
    }
    const joining = connection.ask(commandLine('JOIN', stay.name, stay.options.password), joined)
    const takeTopic = (reply: Reply) => {
      if (reply.type === 'commandResult') stay.topic = reply.topic ?? ''
    }
    // What the connection is lost before, the next one asks for.
    const topic = connection.ask('/topic', takeTopic).catch(() => {})
    resultOf(await joining)
    await topic
  }

  #heard(line: Unasked): void {
    const { stay } = this
    if (line.type === 'notice') return void this.#owner.noticed?.(line.notice, this)
    if (stay) stay.hear(line, this.#told)
    else if (line.type === 'private') this.#told(line)
    if (!stay || line.type === 'private') return
    if (line.room !== stay.name) this.#named(stay, line.room)
    const reason = departure(line, this.#user.nickname)
    if (reason) this.#endRoom(new DisconnectedError(reason))
  }

  /** Notes the present name of the room; the state under the one before ends. */
  #named(stay: Stay, name: string): void {
    if (stay.name !== name) this.#changed('closed')
    stay.name = name
    this.#changed('online')
  }

  /** Ends the room for good; the connection stays. */
  #endRoom(error: Error): void {
    const { stay } = this
    this.#attempts = 0
    this.#changed('closed', { error })
    this.stay = undefined
    stay?.end(error, false)
    this.#owner.emptied?.(this)
  }

  #vacate(): void {
    this.#changed('closed')
    this.stay = undefined
  }

  #changed(state: ClientState['state'], more?: object): void {
    const room = this.stay && { room: this.stay.name }
    // What belongs to a state is given with it.
    this.#owner.changed?.({ state, ...room, ...more } as ClientState)
  }
}

/** Returns how a user was put out of a room by an event, undefined for other events. */
function departure(event: RoomEvent, nickname: string): string | undefined {
  if (event.type === 'userLeft' && isSameName(event.from, nickname)) return `Removed from ${event.room}`
  if (event.type === 'userKicked' && isSameName(event.to, nickname))
    return `Kicked from ${event.room} by ${event.from}${event.body && `: ${event.body}`}`
}
