/// <reference lib="esnext.disposable" preserve="true" />
import type { CommandResult, Limits, Reply } from '../../commands/replies.ts'
import { DisconnectedError, RefusedError } from './errors.ts'
import { ClientInbox } from './inbox.ts'
import { JoinedRoom } from './joined-room.ts'
import { isSameName } from './nickname.ts'
import { askLimits, commandLine, resultOf } from './requests.ts'
import { RoomFeed } from './room-feed.ts'
import { nicknameWord, nonceLine, randomWord } from './room-lines.ts'
import type { EnterOptions } from './room-options.ts'
import { Seat } from './seat.ts'
import type { ClientState } from './state.ts'
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

/** A room in the list of {@link RoomdClient.rooms}; `topic` is missing without one. */
export type RoomEntry = NonNullable<CommandResult['rooms']>[number]

/** A user of a server, in any number of rooms. Lost connections are opened again until {@link close}. Returned by `connect`. */
export class RoomdClient implements AsyncDisposable {
  readonly nickname: string
  readonly inbox: ClientInbox
  readonly #dial: Dial
  readonly #options: ConnectOptions
  /** Connections, each in a room or in none; the line protocol has one room a connection. */
  readonly #seats = new Set<Seat>()
  readonly #rooms = new Map<RoomFeed, JoinedRoom>()
  /** Password or access token; undefined for a guest. */
  #secret: string | undefined
  #isClosed = false
  /** True if the caller has given the word of the guest. */
  readonly #hasWord: boolean
  /** Resolves {@link #back}. */
  #resume = (): void => {}
  /** Resolves when a connection is of use again, or the client is closed. */
  #back = this.#untilBack()

  /** Connects and logs in. @throws DisconnectedError, RefusedError; TypeError without a nickname */
  static async open(dial: Dial, options: ConnectOptions): Promise<RoomdClient> {
    // Programs in JavaScript may leave them out.
    if (typeof (options as Partial<ConnectOptions> | undefined)?.nickname !== 'string')
      throw new TypeError('connect(url, options) needs options with a nickname: { nickname }')
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
    this.#dial = dial
    this.#hasWord = options.session !== undefined
    this.#options = { ...options, session: options.session ?? randomWord() }
    this.nickname = options.nickname
    this.#secret = options.token ?? options.password
    this.inbox = new ClientInbox(async () => (await this.#anySeat()).client)
  }

  /** Connects and logs in, unless a connection is there. May be repeated after a failure. @throws DisconnectedError, RefusedError */
  async start(): Promise<void> {
    const { client } = await this.#anySeat()
    // With a word of its own there can be no messages yet.
    if (this.#secret !== undefined || this.#hasWord) await this.inbox.begin(client)
  }

  /** The rooms that have been joined and not left. */
  get joined(): readonly JoinedRoom[] {
    return [...this.#rooms.values()]
  }

  /**
   * Enters a room, which is created if it does not exist. Rejects for a room that the client is in already.
   *
   * @throws RefusedError `name-in-room`, `room-private`, `banned`, …; DisconnectedError
   */
  async join(name: string, options: EnterOptions = {}): Promise<JoinedRoom> {
    if (this.joined.some((room) => isSameName(room.name, name))) {
      throw new RefusedError(`Already in room ${name}`, 'name-in-room')
    }
    const { password, after, recent, maxMissed, events } = options
    const feed = new RoomFeed(name)
    const seat = [...this.#seats].find(({ isFree }) => isFree) ?? (await this.#sit(feed))
    const room = new JoinedRoom(feed, seat.client, () => this.#leave(seat))
    this.#rooms.set(feed, room)
    try {
      await seat.enter(feed, {
        password,
        recent,
        maxMissed,
        follows: events,
        after: after === undefined ? after : Number(after),
      })
    } catch (error) {
      this.#rooms.delete(feed)
      this.#release(seat)
      // Without a password in the room, the server takes the one given for a part of the name, and repeats it.
      if (password !== undefined && error instanceof RefusedError && error.code === 'room-name-invalid')
        throw new RefusedError(`No room with a password: ${name}`, error.code)
      throw error
    }
    return room
  }

  /**
   * Sends a private message, also of several lines. A guest must have joined a room. Over lost connections it is sent again with the same
   * nonce: the addressee gets it once.
   *
   * @throws RefusedError `nobody-here`, `not-in-room`, …; DisconnectedError when the client is closed before the reply
   */
  async tell(nickname: string, text: string, { nonce = randomWord() }: TellOptions = {}): Promise<void> {
    if (!/\S/.test(text)) throw new RefusedError('A text is not blank', 'text-empty')
    for (;;) {
      const back = this.#back
      try {
        return void resultOf(await this.ask(nonceLine(text, nonce, `/tell ${nicknameWord(nickname)}`)))
      } catch (error) {
        if (!(error instanceof DisconnectedError) || this.#isClosed) throw error
      }
      await back
    }
  }

  /** Lets later connections log in with another password, as after `/register` and `/passwd`. */
  usePassword(password: string): void {
    this.#secret = password
    for (const { client } of this.#seats) client.secret = password
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
    return (await this.#anySeat()).client.ask(line)
  }

  /** Makes sure at once that connections are alive, and opens lost ones without waiting. */
  wake(): void {
    for (const { client } of this.#seats) client.wake()
  }

  /** Leaves all rooms and disconnects. Iterations end, and texts without a reply reject. */
  close(): void {
    this.#isClosed = true
    for (const seat of this.#seats) seat.close()
    this.inbox.end()
    this.#resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** Returns the next value of {@link #back}. Node.js 20 has no `Promise.withResolvers`. */
  #untilBack(): Promise<void> {
    return new Promise((resolve) => (this.#resume = resolve))
  }

  /** Returns a connection, in a room where there is one. @throws DisconnectedError, RefusedError */
  async #anySeat(): Promise<Seat> {
    const seats = [...this.#seats].filter(({ isReady }) => isReady)
    return seats.find(({ isFree }) => !isFree) ?? seats[0] ?? (await this.#sit())
  }

  /** Opens another connection, for a room or for none. @throws DisconnectedError, RefusedError */
  async #sit(feed?: RoomFeed): Promise<Seat> {
    if (this.#isClosed) throw new DisconnectedError('The client is closed')
    const { nickname, session, onState, onNotice } = this.#options
    const secret = this.#secret
    const seat: Seat = new Seat(
      { dial: this.#dial, nickname, secret, session },
      {
        changed: (state) => {
          if (state.state === 'online') {
            this.#resume()
            this.#back = this.#untilBack()
          }
          onState?.(state)
        },
        noticed: (text) => {
          // Every connection gets an announcement.
          const [first] = this.#seats
          if (first === seat) onNotice?.(text)
        },
        told: (event) => this.inbox.push(event),
        back: ({ client }) => void this.inbox.catchUp(client),
        gone: (gone) => {
          this.#seats.delete(gone)
          if (gone.feed) this.#rooms.delete(gone.feed)
        },
      },
      feed,
    )
    this.#seats.add(seat)
    try {
      await seat.open()
    } catch (error) {
      seat.close()
      throw error
    }
    return seat
  }

  async #leave(seat: Seat): Promise<void> {
    const { feed } = seat
    await seat.leave()
    if (feed) this.#rooms.delete(feed)
    this.#release(seat)
  }

  /** Closes a connection without a room, unless it is the last one. */
  #release(seat: Seat): void {
    if (this.#seats.size > 1) seat.close()
  }
}
