import type { PrivateEvent, RoomEvent } from '../../commands/replies.ts'
import { callBack } from './callback.ts'
import type { LineConnection } from './connection.ts'
import { DisconnectedError, entryError, RefusedError } from './errors.ts'
import { eventLog } from './event-log.ts'
import { eventQueue } from './event-queue.ts'
import type { JoinedRoom } from './joined-room.ts'
import { isSameName } from './nickname.ts'
import { commandLine } from './requests.ts'
import { newRoom } from './room.ts'
import { nicknameWord, nonceLine, randomWord } from './room-lines.ts'
import type { ConnectOptions, RoomdClient } from './roomd-client.ts'
import { newSeat, type Seat, type SeatOwner } from './seat.ts'
import type { Told } from './server-lines.ts'
import { newStay, type Stay } from './stay.ts'
import type { Dial } from './transport.ts'

/** Connects and logs in. @throws DisconnectedError, RefusedError; TypeError without a nickname */
export async function openClient(dial: Dial, options: ConnectOptions): Promise<RoomdClient> {
  // Programs in JavaScript may leave them out.
  if (typeof (options as Partial<ConnectOptions> | undefined)?.nickname !== 'string')
    throw new TypeError('connect(url, options) needs a nickname')
  const { signal } = options
  const client = newClient(dial, options)
  try {
    signal?.throwIfAborted()
    await client.start()
    return client
  } catch (error) {
    client.close()
    throw signal?.aborted ? signal.reason : error
  }
}

/** Returns a client that connects when it is asked for something. */
export function newClient(dial: Dial, options: ConnectOptions): RoomdClient {
  const { nickname, password, token, session = randomWord(), signal, onState, onNotice } = options
  const user = { dial, nickname, session, secret: token ?? password }
  /** Connections, each with one room or none. */
  const seats = new Set<Seat>()
  const rooms = new WeakMap<Stay, JoinedRoom>()
  let isClosed = false

  const messages = eventQueue<PrivateEvent>()
  // With a word of its own there can be no messages yet.
  let isNew = (user.secret ?? options.session) === undefined
  const log = eventLog('/inbox', {}, messages, isNew)
  /** The connection that private messages and notices are taken from: every connection gets them. */
  let source: LineConnection | undefined
  let following: Promise<void> | undefined

  const owner: SeatOwner = {
    changed: (state) => callBack(onState, state),
    moved() {
      const present = [...seats].find(({ loggedIn }) => loggedIn)?.loggedIn
      if (present === source) return
      source = present
      if (source && !isNew) following = log.follow(source)
      isNew = false
    },
    heard(line, connection) {
      if (connection !== source) return
      if (line.type === 'private') log.hear(line)
      // The room tells of its end.
      else if (line.closed === undefined) callBack(onNotice, line.notice)
    },
  }

  /** Makes another connection, which is to be opened. @throws DisconnectedError if the client is closed */
  const place = () => {
    if (isClosed) throw new DisconnectedError('The client is closed')
    return newSeat(user, owner, seats)
  }
  /** Returns the first connection that {@link Seat.use} gives. @throws DisconnectedError, RefusedError */
  const use = (isPatient?: boolean) => {
    const all = seats.size ? [...seats] : [place()]
    return Promise.any(all.map((seat) => seat.use(isPatient))).catch(({ errors: [error] }: AggregateError) => {
      throw error
    })
  }
  const ask = async (line: string) => (await use()).ask(line)
  const close = () => {
    isClosed = true
    signal?.removeEventListener('abort', close)
    for (const seat of seats) seat.close()
    log.end()
  }
  signal?.addEventListener('abort', close)

  return {
    nickname,
    inbox: {
      async history(range) {
        const found: PrivateEvent[] = []
        // There are no others in an inbox.
        const take = (event: Told) => found.push(event as PrivateEvent)
        await (await use()).read('/inbox', take, { limit: 100, ...range })
        return found
      },
      [Symbol.asyncIterator]: messages.read,
    },
    get joined() {
      return [...seats].flatMap(({ stay }) => (stay && rooms.get(stay)) ?? [])
    },
    async start() {
      await use()
      await following
    },
    async join(name, options = {}) {
      const all = [...seats]
      if (all.some(({ stay }) => stay && isSameName(stay.name, name)))
        throw new RefusedError(`Already in room ${name}`, { code: 'name-in-room' })
      const seat = all.find(({ stay }) => !stay) ?? place()
      const events = eventQueue<RoomEvent>((on) => stay.connection?.pause(on))
      const stay = newStay(name, options, events)
      const room = newRoom(stay, seat, events)
      rooms.set(stay, room)
      try {
        await seat.enter(stay)
        return room
      } catch (error) {
        throw entryError(error, name, options.password)
      }
    },
    async tell(nickname, text, { nonce = randomWord() } = {}) {
      const line = nonceLine(text, nonce, `/tell ${nicknameWord(nickname)}`)
      for (;;) {
        const connection = await use(true)
        try {
          return void (await connection.run(line))
        } catch (error) {
          if (!(error instanceof DisconnectedError) || seats.size === 0) throw error
        }
      }
    },
    usePassword(password) {
      user.secret = password
    },
    async rooms(text) {
      return (await (await use()).run(commandLine('/rooms', text))).rooms ?? []
    },
    async limits() {
      const reply = await ask('/limits')
      return 'limits' in reply ? reply.limits : undefined
    },
    ask,
    wake() {
      for (const seat of seats) seat.wake()
    },
    close,
    async [Symbol.asyncDispose]() {
      close()
    },
  }
}
