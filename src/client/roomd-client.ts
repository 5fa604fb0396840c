/// <reference lib="esnext.disposable" preserve="true" />
import type { CommandResult, Limits, Reply } from '../../commands/replies.ts'
import { callBack } from './callback.ts'
import type { ClientConnection } from './connection.ts'
import { DisconnectedError, RefusedError } from './errors.ts'
import { ClientInbox } from './inbox.ts'
import { JoinedRoom } from './joined-room.ts'
import { isSameName } from './nickname.ts'
import { askLimits, commandLine, resultOf } from './requests.ts'
import { nicknameWord, nonceLine, randomWord } from './room-lines.ts'
import type { EnterOptions } from './room-options.ts'
import { closedError, Seat, type SeatOwner, type SeatUser, type Use } from './seat.ts'
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
  readonly #abort = () => this.close()
  #isClosed = false

  /** Connects and logs in. @throws DisconnectedError, RefusedError; TypeError without a nickname */
  static async open(dial: Dial, options: ConnectOptions): Promise<RoomdClient> {
    // Programs in JavaScript may leave them out.
    if (typeof (options as Partial<ConnectOptions> | undefined)?.nickname !== 'string')
      throw new TypeError('connect(url, options) needs a nickname')
    const { signal } = options
    const client = new RoomdClient(dial, options)
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
    this.inbox = new ClientInbox((isPatient) => this.#use(isPatient, 'loggedIn'))
    options.signal?.addEventListener('abort', this.#abort)
  }

  /** Connects and logs in, unless a connection is there. May be repeated after a failure. @throws DisconnectedError, RefusedError */
  async start(): Promise<void> {
    await this.#use(false, 'loggedIn')
    // With a word of its own there can be no messages yet.
    await this.inbox.begin((this.#user.secret ?? this.#options.session) === undefined)
  }

  /** The rooms that have been joined and not left. */
  get joined(): readonly JoinedRoom[] {
    return [...this.#seats.values()].filter((room) => !!room)
  }

  /**
   * Enters a room, which is created if it does not exist. Rejects for a room that the client is in already.
   *
   * @throws RefusedError `name-in-room`, `room-private`, `banned`, …; DisconnectedError
   */
  async join(name: string, options: EnterOptions = {}): Promise<JoinedRoom> {
    const seats = [...this.#seats.keys()]
    if (seats.some(({ stay }) => stay && isSameName(stay.name, name)))
      throw new RefusedError(`Already in room ${name}`, 'name-in-room')
    const stay = new Stay(name, options)
    const seat = seats.find(({ stay }) => !stay) ?? this.#place(stay)
    const room = new JoinedRoom(stay, seat)
    this.#seats.set(seat, room)
    try {
      await seat.enter(stay)
      return room
    } catch (error) {
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
      const connection = await this.#use(true)
      try {
        return void resultOf(await connection.ask(line))
      } catch (error) {
        if (!(error instanceof DisconnectedError) || this.#seats.size === 0) throw error
      }
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
    return (await this.#use()).ask(line)
  }

  /** Makes sure at once that connections are alive, and opens lost ones without waiting. */
  wake(): void {
    for (const seat of this.#seats.keys()) seat.wake()
  }

  /** Leaves all rooms and disconnects. Iterations end, and texts without a reply reject. */
  close(): void {
    this.#isClosed = true
    this.#options.signal?.removeEventListener('abort', this.#abort)
    for (const seat of this.#seats.keys()) seat.close()
    this.inbox.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** Returns the first connection that {@link Seat.use} gives. @throws DisconnectedError, RefusedError */
  async #use(isPatient?: boolean, so?: Use): Promise<ClientConnection> {
    if (this.#seats.size === 0 && !(isPatient && so)) this.#place()
    const uses = [...this.#seats.keys()].map((seat) => seat.use(isPatient, so))
    return Promise.any(uses).catch(({ errors: [error] }: AggregateError) => {
      throw error
    })
  }

  /** Begins to open another connection, for a room or for none. @throws DisconnectedError if the client is closed */
  #place(stay?: Stay): Seat {
    if (this.#isClosed) throw closedError()
    const { onState, onNotice } = this.#options
    const owner: SeatOwner = {
      changed: (state) => callBack(onState, state),
      noticed: (text, seat) => {
        // Every connection gets an announcement.
        const [first] = this.#seats.keys()
        if (first === seat) callBack(onNotice, text)
      },
      told: (event) => this.inbox.push(event),
      back: () => void this.inbox.catchUp(),
      emptied: (seat) => {
        if (this.#seats.size > 1) seat.close()
        else this.#seats.set(seat, undefined)
      },
      gone: (gone) => this.#seats.delete(gone),
    }
    const seat = new Seat(this.#user, owner, stay)
    this.#seats.set(seat, undefined)
    void seat.open()
    return seat
  }
}
