/// <reference lib="esnext.disposable" preserve="true" />
import type { CommandResult, Limits, Reply } from '../../commands/replies.ts'
import { DisconnectedError, RefusedError } from './errors.ts'
import { ClientInbox } from './inbox.ts'
import { JoinedRoom } from './joined-room.ts'
import { foldName, isSameName } from './nickname.ts'
import { askLimits, commandLine, resultOf } from './requests.ts'
import { nicknameWord, nonceLine, randomWord } from './room-lines.ts'
import type { EnterOptions } from './room-options.ts'
import { Seat, type SeatOwner, type SeatUser } from './seat.ts'
import type { ClientState } from './state.ts'
import { Stay } from './stay.ts'
import type { Dial } from './transport.ts'

export interface ConnectOptions {
  readonly nickname: string
  /** Password of the nickname's account. */
  readonly password?: string | undefined
  /** Access token of the nickname's account, in place of the password. */
  readonly token?: string | undefined
  /**
   * Word of a guest, 16 to 64 letters, digits, `_` and `-`: guests with the same nickname, address and word are one user, such as the tabs of a
   * browser. A random one if not given.
   */
  readonly session?: string | undefined
  /** Closes the client when aborted; `connect` then rejects with the reason. */
  readonly signal?: AbortSignal | undefined
  /** Called with each change of a connection. */
  readonly onState?: ((state: ClientState) => void) | undefined
  /** Called with notices of the server, such as announcements of admins. */
  readonly onNotice?: ((text: string) => void) | undefined
}

export interface TellOptions {
  /** Of 1 to 64 letters, digits, `_`, `-`, `.` and `:`; chosen by the library unless given. */
  readonly nonce?: string | undefined
}

/** Advice for a name of two words. */
const TWO_WORDS = "Names have no spaces; a second word is the room's password"

/** A room in the list of {@link RoomdClient.rooms}; `topic` is missing without one. */
export type RoomEntry = NonNullable<CommandResult['rooms']>[number]

/** A user of a server, in any number of rooms. Lost connections are opened again until {@link close}. Returned by `connect`. */
export class RoomdClient implements AsyncDisposable {
  readonly nickname: string
  readonly inbox: ClientInbox
  readonly #options: ConnectOptions
  /** User of all connections; without a secret a guest. */
  readonly #user: SeatUser
  /** Connections, each with its room, if it is in one: the line protocol has one room a connection. */
  readonly #seats = new Map<Seat, JoinedRoom | undefined>()
  /** Folded names of the rooms that are being entered. */
  readonly #joining = new Set<string>()
  #isClosed = false
  /** Called when a connection is of use again, or none is left. */
  #waiting: (() => void)[] = []

  /** Connects and logs in. @throws DisconnectedError, RefusedError; TypeError without a nickname */
  static async open(dial: Dial, options: ConnectOptions): Promise<RoomdClient> {
    // Programs in JavaScript may leave them out.
    if (typeof (options as Partial<ConnectOptions> | undefined)?.nickname !== 'string')
      throw new TypeError('connect(url, options) needs a nickname')
    const { signal } = options
    const client = new RoomdClient(dial, options)
    signal?.addEventListener('abort', () => client.close(), { once: true })
    try {
      signal?.throwIfAborted()
      await client.start()
      return client
    } catch (error) {
      client.close()
      throw signal?.aborted ? signal.reason : error
    }
  }

  /** Called by {@link open}, and by a page that shows what it has before it is connected. */
  constructor(dial: Dial, options: ConnectOptions) {
    const { nickname, password, token, session = randomWord() } = options
    this.nickname = nickname
    this.#options = options
    this.#user = { dial, nickname, session, secret: token ?? password }
    this.inbox = new ClientInbox(async () => (await this.#anySeat()).connection)
  }

  /** Connects and logs in, unless a connection is there. May be repeated after a failure. @throws DisconnectedError, RefusedError */
  async start(): Promise<void> {
    const { connection } = await this.#anySeat()
    // With a word of its own there can be no messages yet.
    if (this.#user.secret ?? this.#options.session) await this.inbox.begin(connection)
  }

  /** The rooms that have been joined and not left. */
  get joined(): readonly JoinedRoom[] {
    return [...this.#seats.values()].filter((room) => room !== undefined)
  }

  /**
   * Enters a room, which is created if it does not exist. Rejects for a room that the client is in already.
   *
   * @throws RefusedError `name-in-room`, `room-private`, `banned`, …; DisconnectedError
   */
  async join(name: string, options: EnterOptions = {}): Promise<JoinedRoom> {
    const key = foldName(name)
    if (this.#joining.has(key) || this.joined.some((room) => isSameName(room.name, name)))
      throw new RefusedError(`Already in room ${name}`, 'name-in-room')
    this.#joining.add(key)
    try {
      return await this.#enter(name, options)
    } finally {
      this.#joining.delete(key)
    }
  }

  async #enter(name: string, options: EnterOptions): Promise<JoinedRoom> {
    const stay = new Stay(name, options)
    const [seat = this.#place(stay)] = this.#seatsBy(({ stay }) => !stay)
    const room = new JoinedRoom(stay, seat, async () => {
      await seat.leave()
      this.#release(seat)
    })
    this.#seats.set(seat, room)
    try {
      await seat.enter(stay)
      return room
    } catch (error) {
      this.#release(seat)
      // Without a password in the room, the server takes the one given for a part of the name, and repeats it.
      if (options.password !== undefined && error instanceof RefusedError && error.code === 'room-name-invalid')
        throw new RefusedError(`No room with a password: ${name}`, error.code, TWO_WORDS)
      throw error
    }
  }

  /**
   * Sends a private message, also of several lines. A guest must have joined a room. Over lost connections it is sent again with the same
   * nonce: the addressee gets it once.
   *
   * @throws RefusedError `nobody-here`, `not-in-room`, …; DisconnectedError when the client is closed before the reply
   */
  async tell(nickname: string, text: string, { nonce = randomWord() }: TellOptions = {}): Promise<void> {
    const line = nonceLine(text, nonce, `/tell ${nicknameWord(nickname)}`)
    for (;;) {
      try {
        return void resultOf(await this.ask(line))
      } catch (error) {
        if (!(error instanceof DisconnectedError) || this.#seats.size === 0) throw error
      }
      if (this.#seatsBy(isLoggedIn).length === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Lets later connections log in with another password, as after `/register` and `/passwd`. */
  usePassword(password: string): void {
    this.#user.secret = password
  }

  /** Returns public rooms, busiest first: those in use, or those with a text in their name or topic; `all` for all. */
  async rooms(text?: string): Promise<readonly RoomEntry[]> {
    return resultOf(await this.ask(commandLine('/rooms', text))).rooms ?? []
  }

  /** Returns the limits that the server tells. */
  limits(): Promise<Limits | undefined> {
    return askLimits(this)
  }

  /** Sends a line that changes neither nickname nor room, such as `/whoami`. Rejects with {@link DisconnectedError}. */
  async ask(line: string): Promise<Reply> {
    return (await this.#anySeat()).connection.ask(line)
  }

  /** Makes sure at once that connections are alive, and opens lost ones without waiting. */
  wake(): void {
    for (const seat of this.#seats.keys()) seat.wake()
  }

  /** Leaves all rooms and disconnects. Iterations end, and texts without a reply reject. */
  close(): void {
    this.#isClosed = true
    for (const seat of this.#seats.keys()) seat.close()
    this.inbox.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  #seatsBy(is: (seat: Seat) => boolean): Seat[] {
    return [...this.#seats.keys()].filter(is)
  }

  #resume(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Returns a connection, in a room where there is one. @throws DisconnectedError, RefusedError */
  async #anySeat(): Promise<Seat> {
    const ready = this.#seatsBy(({ isReady }) => isReady)
    const loggedIn = ready.filter(isLoggedIn)
    const seats = loggedIn.length > 0 ? loggedIn : ready
    const [opening = this.#place()] = this.#seats.keys()
    const seat = seats.find(({ stay }) => stay) ?? seats[0] ?? opening
    await seat.open()
    return seat
  }

  /** Begins to open another connection, for a room or for none. @throws DisconnectedError if the client is closed */
  #place(stay?: Stay): Seat {
    if (this.#isClosed) throw new DisconnectedError('The client is closed')
    const { onState, onNotice } = this.#options
    const owner: SeatOwner = {
      changed: (state) => {
        if (state.state === 'online') this.#resume()
        onState?.(state)
      },
      noticed: (text, seat) => {
        // Every connection gets an announcement.
        const [first] = this.#seats.keys()
        if (first === seat) onNotice?.(text)
      },
      told: (event) => this.inbox.push(event),
      back: ({ connection }) => void this.inbox.catchUp(connection),
      emptied: (emptied) => {
        this.#release(emptied)
        this.#resume()
      },
      gone: (gone) => {
        this.#seats.delete(gone)
        this.#resume()
      },
    }
    const seat = new Seat(this.#user, owner, stay)
    this.#seats.set(seat, undefined)
    // Whoever waits for it is told why it fails.
    seat.open().catch(() => seat.close())
    return seat
  }

  /** Gives up the room of a connection, and closes it unless it is the last one. */
  #release(seat: Seat): void {
    if (this.#seats.size > 1) seat.close()
    else if (this.#seats.has(seat)) this.#seats.set(seat, undefined)
  }
}

function isLoggedIn(seat: Seat): boolean {
  return seat.isLoggedIn
}
