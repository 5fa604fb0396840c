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
  /** Called when a seat is logged in, before anything else is told. */
  readonly back?: (() => void) | undefined
  /** Called when a seat has no room any more. */
  readonly emptied?: ((seat: Seat) => void) | undefined
  /** Called when a seat is of no more use. */
  readonly gone?: ((seat: Seat) => void) | undefined
}

/** State in which a connection is asked for. */
export type Use = 'usable' | 'loggedIn'

/** Times before the first attempt to connect again and, doubled each time, at most before a later one. */
const FIRST_RETRY_MS = 400
const LAST_RETRY_MS = 10_000
/** Time for which a lost connection may hold a nickname: the server finds a dead peer within a minute. */
const GHOST_MS = 120_000
const REJOIN_MS = 1_000

/** One of the connections of a client: logged in, opened again when it is lost, and in one room or in none. */
export class Seat {
  /** The room that the seat is in, on the way to, or taken for. */
  stay: Stay | undefined
  readonly #user: SeatUser
  readonly #owner: SeatOwner
  #connection: ClientConnection | undefined
  /** True from the first login until {@link close}. */
  isReady = false
  /** The present connection, if it is logged in. */
  loggedIn: ClientConnection | undefined
  #isEnded = false
  /** Why it has been closed. */
  #error: Error | undefined
  /** The login on the present connection, or on the last one. */
  #opening: Promise<void> | undefined
  /** True once JOIN has been sent on the present connection, unless it has been refused; of no meaning without a room. */
  #isAsked = false
  /** True if the server leaves messages out on the present connection. */
  #isDeaf = false
  /** Attempts since the connection was last of use. */
  #attempts = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Called when the state has changed. */
  #waiting: (() => void)[] = []

  constructor(user: SeatUser, owner: SeatOwner, stay?: Stay) {
    this.#user = user
    this.#owner = owner
    this.stay = stay
  }

  /** The present connection, if it is logged in, and in the room where there is one. */
  get usable(): ClientConnection | undefined {
    return this.stay && !this.stay.connection ? undefined : this.loggedIn
  }

  /**
   * Resolves with the connection as soon as it is so. Rejects when it is lost; where that is patient, only when the seat is closed.
   *
   * @throws DisconnectedError, RefusedError
   */
  async use(isPatient = false, so: Use = 'usable'): Promise<ClientConnection> {
    for (;;) {
      const connection = this[so]
      if (connection) return connection
      if (this.#isEnded || !(isPatient || this.#connection)) throw this.#error ?? new DisconnectedError()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Connects and logs in for the first time; whoever waits for it is told why it fails. */
  async open(): Promise<void> {
    try {
      this.#dial()
      await this.#opening
    } catch (error) {
      this.#error = error as Error
      this.close()
    }
  }

  /** Joins a room; while the connection is being opened, without waiting for the reply to the login. @throws DisconnectedError, RefusedError */
  async enter(stay: Stay): Promise<void> {
    this.stay = stay
    try {
      if (!this.#connection) throw new DisconnectedError()
      // A login that is refused gives the reason: its reply is the first.
      await Promise.all([this.#opening, this.#join(this.#connection, stay)])
    } catch (error) {
      this.#empty(error as Error, true)
      throw error
    }
  }

  /** Leaves a room, if it is there, behind the texts that wait. @throws RefusedError */
  async leave(stay: Stay): Promise<void> {
    await stay.speech.until(stay.speech.count)
    const left = () => {
      if (this.stay === stay) this.#empty(new DisconnectedError('The room has been left'), true)
    }
    const connection = this.#connection
    if (!connection || !this.#isAsked || this.stay !== stay) return left()
    try {
      resultOf(await connection.ask('LEAVE', ({ type }) => void (type !== 'error' && left())))
    } catch (error) {
      // A membership has ended with the connection, and the next one does not join again.
      if (error instanceof RefusedError && error.code !== 'not-in-room') throw error
      left()
    }
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
    this.#error ??= error ?? closedError()
    this.isReady = false
    clearTimeout(this.#timer)
    this.#connection?.close()
    this.#connection = this.loggedIn = undefined
    this.#owner.gone?.(this)
    this.stay?.end(this.#error, !error)
    this.#changed('closed', { error })
  }

  #dial(): ClientConnection {
    this.#isDeaf = this.#isAsked = false
    const connection = new ClientConnection(this.#user.dial, {
      heard: (line) => this.#heard(line),
      lost: (why) => this.#lost(why),
    })
    this.#connection = connection
    this.#opening = this.#login(connection)
    this.#changed('connecting')
    return connection
  }

  async #login(connection: ClientConnection): Promise<void> {
    const { nickname, secret, session } = this.#user
    const line = commandLine('LOGIN', nickname, secret ?? (session && `session=${session}`))
    const loggedIn = ({ type }: Reply) => {
      if (type === 'error') return
      this.isReady = true
      this.loggedIn = connection
      this.#owner.back?.()
      if (this.stay) this.#wake()
      else this.#changed('online')
    }
    resultOf(await connection.ask(line, loggedIn))
  }

  #lost(why: DisconnectedError | undefined): void {
    this.#connection = this.loggedIn = undefined
    if (!this.isReady) return
    this.stay?.lost()
    if (why?.isFinal) return void this.close(why)
    // Clients that were lost together do not come back together.
    const retryMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempts++) * (0.5 + Math.random() / 2)
    this.#timer = setTimeout(() => void this.#return(), retryMs)
    this.#changed('offline', { reason: why?.message, code: why?.code, retryMs })
  }

  /** Opens a lost connection again. */
  async #return(): Promise<void> {
    clearTimeout(this.#timer)
    if (!this.isReady || this.#connection) return
    const connection = this.#dial()
    try {
      await this.#opening
      if (this.stay) await this.#joinAgain(connection, this.stay)
      else this.#attempts = 0
    } catch (error) {
      if (error instanceof RefusedError && error.code !== 'unavailable') this.close(error)
      else connection.drop()
    }
  }

  async #joinAgain(connection: ClientConnection, stay: Stay): Promise<void> {
    const end = Date.now() + GHOST_MS
    // Unless the caller has left the room, or is joining it, or the next connection has to.
    while (this.stay === stay && this.#connection === connection && !this.#isAsked) {
      try {
        return await this.#join(connection, stay)
      } catch (error) {
        if (!(error instanceof RefusedError) || error.code === 'unavailable') throw error
        if (error.code !== 'name-in-room' || Date.now() > end) return this.#empty(error, false)
        this.#changed('waiting')
      }
      await new Promise((resolve) => setTimeout(resolve, REJOIN_MS))
    }
  }

  async #join(connection: ClientConnection, stay: Stay): Promise<void> {
    let placed: Promise<void> | undefined
    const joined = (reply: Reply) => {
      if (reply.type === 'error') return void (this.#isAsked = false)
      stay.enter(connection)
      this.#named(stay, String(reply.result).slice('Joined room '.length))
      const { isPlaced } = stay
      const begun = stay.begin().then((isTold) => {
        if (isTold) this.#attempts = 0
      })
      if (!isPlaced) placed = begun
    }
    if (stay.isDeaf !== this.#isDeaf) {
      this.#isDeaf = stay.isDeaf
      // A server that does not know it sends them all the same.
      connection.ask(`/messages ${stay.isDeaf ? 'off' : 'on'}`).catch(() => {})
    }
    this.#isAsked = true
    const joining = connection.ask(commandLine('JOIN', stay.name, stay.options.password), joined)
    const takeTopic = (reply: Reply) => {
      if (reply.type !== 'error') stay.topic = reply.topic ?? ''
    }
    // What the connection is lost before, the next one asks for.
    const topic = connection.ask('/topic', takeTopic).catch(() => {})
    resultOf(await joining)
    await topic
    await placed
    // The next connection would not know from where on events are missed.
    if (placed && this.#connection !== connection && !stay.isPlaced) throw new DisconnectedError()
  }

  #heard(line: Unasked): void {
    const { stay } = this
    if (line.type === 'notice') this.#owner.noticed?.(line.notice, this)
    else if (line.type === 'private') this.#owner.told?.(line)
    else if (stay) {
      stay.hear(line)
      if (line.room !== stay.name) this.#named(stay, line.room)
      const reason = departure(line, this.#user.nickname)
      if (reason) this.#empty(new DisconnectedError(reason), false)
    }
  }

  /** Notes the present name of the room; the state under the one before ends. */
  #named(stay: Stay, name: string): void {
    if (stay.name !== name) this.#changed('closed')
    stay.name = name
    this.#changed('online')
  }

  /** Ends the room for good; the connection stays. */
  #empty(error: Error, isExpected: boolean): void {
    if (this.#isEnded) return
    const { stay } = this
    this.#attempts = 0
    this.#changed('closed', { error: isExpected ? undefined : error })
    this.stay = undefined
    stay?.end(error, isExpected)
    this.#owner.emptied?.(this)
  }

  #changed(state: ClientState['state'], more?: object): void {
    // What belongs to a state is given with it.
    this.#owner.changed?.({ state, room: this.stay?.name, ...more } as ClientState)
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

export function closedError(): DisconnectedError {
  return new DisconnectedError('The client is closed')
}

/** Returns how a user was put out of a room by an event, undefined for other events. */
function departure(event: RoomEvent, nickname: string): string | undefined {
  if (event.type === 'userLeft' && isSameName(event.from, nickname)) return `Removed from ${event.room}`
  if (event.type === 'userKicked' && isSameName(event.to, nickname))
    return `Kicked from ${event.room} by ${event.from}${event.body && `: ${event.body}`}`
}
