import type { Notice, PrivateEvent } from '../../commands/replies.ts'
import { type LineConnection, openConnection } from './connection.ts'
import { DisconnectedError, isRefusal, RefusedError } from './errors.ts'
import { commandLine } from './requests.ts'
import type { Unasked } from './server-lines.ts'
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
  readonly changed: (state: ClientState) => void
  /** Called when a seat has logged in, before anything else is told, and whenever it has changed otherwise. */
  readonly moved: () => void
  /** Called with what concerns no room. */
  readonly heard: (line: Notice | PrivateEvent, connection: LineConnection) => void
}

export type Seat = ReturnType<typeof newSeat>

/** Times before the first attempt to connect again and, doubled each time, at most before a later one. */
const FIRST_RETRY_MS = 400
const LAST_RETRY_MS = 10_000
/** Time for which a lost connection may hold a nickname: the server finds a dead peer within a minute. */
const GHOST_MS = 120_000
const REJOIN_MS = 1_000

/**
 * Makes one of the connections of a client: logged in, opened again when it is lost, and in one room or in none.
 *
 * @param seats those of the client, of which this becomes one; one that has lost its room closes, unless it is the only one
 */
export function newSeat(user: SeatUser, owner: SeatOwner, seats: Set<unknown> = new Set()) {
  /** The room that the seat is in, on the way to, or taken for. */
  let stay: Stay | undefined
  let connection: LineConnection | undefined
  let loggedIn: LineConnection | undefined
  /** The login on the present connection, or on the last one. */
  let opening: Promise<unknown> | undefined
  /** True from the first login on. */
  let isReady = false
  /** Why the seat has been closed for good. */
  let closed: Error | undefined
  /** True once JOIN has been sent on the present connection, unless it is to be repeated; of no meaning without a room. */
  let isAsked = false
  /** Attempts since the connection was last of use. */
  let attempts = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Called when something has changed. */
  const waiting: (() => void)[] = []

  /** The connection has been of use. */
  const calm = () => {
    attempts = 0
  }
  const moved = () => {
    owner.moved()
    for (const resolve of waiting.splice(0)) resolve()
  }
  const changed = (state: ClientState['state'], more?: object) => {
    // What belongs to a state is given with it.
    owner.changed({ state, room: stay?.name, ...more } as ClientState)
    moved()
  }
  /** Ends the room for good; the connection stays. */
  const empty = (why: Error, isExpected = false) => {
    if (closed) return
    const ended = stay
    attempts = 0
    changed('closed', { error: isExpected ? undefined : why })
    stay = undefined
    ended?.end(why, isExpected)
    if (seats.size > 1) close()
    else if (loggedIn) changed('online')
  }
  /** Ends connection and room for good. */
  const end = (why: Error, isExpected = false) => {
    if (closed) return
    closed = why
    clearTimeout(timer)
    connection?.close()
    seats.delete(seat)
    stay?.end(why, isExpected)
    changed('closed', { error: isExpected ? undefined : why })
  }
  /** Ends connection and room for good, as it is expected. */
  const close = () => end(new DisconnectedError('The client is closed'), true)

  /** Notes the present name of the room; the state under the one before ends. */
  const named = (room: Stay, name: string) => {
    if (room.name !== name) changed('closed')
    room.name = name
    changed('online')
  }
  const heard = (line: Unasked) => {
    if (line.type === 'notice' || line.type === 'private') loggedIn && owner.heard(line, loggedIn)
    // On the way into a room, it is of the one before.
    else if (stay?.connection) {
      const why = stay.hear(line, user.nickname)
      if (line.room !== stay.name) named(stay, line.room)
      if (why) empty(why)
    }
  }
  const lost = (why?: DisconnectedError) => {
    clearTimeout(timer)
    connection = loggedIn = undefined
    if (closed || !isReady) return
    stay?.lost()
    if (why?.isFinal) return end(why)
    // Clients that were lost together do not come back together.
    const retryMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempts++) * (0.5 + Math.random() / 2)
    timer = setTimeout(open, retryMs)
    changed('offline', { reason: why?.message, code: why?.code, retryMs })
  }

  const join = (on: LineConnection, room: Stay) => {
    isAsked = true
    return room.join(on, (name) => named(room, name), calm)
  }

  /** Connects, logs in, and returns to the room; whoever waits for it is told why that fails. Does nothing while there is a connection. */
  const open = async () => {
    if (closed || connection) return
    clearTimeout(timer)
    isAsked = false
    const { nickname, secret, session } = user
    const until = Date.now() + GHOST_MS
    let here: LineConnection | undefined
    try {
      const opened = openConnection(user.dial, { heard, lost })
      connection = here = opened
      opening = opened.run(commandLine('LOGIN', nickname, secret ?? { session }), () => {
        isReady = true
        loggedIn = opened
        if (stay) moved()
        else changed('online')
      })
      changed('connecting')
      await opening
      if (!stay) calm()
      // Unless the caller has left the room, or is joining it, or the next connection has to.
      while (stay && connection === opened && !isAsked) {
        const room: Stay = stay
        try {
          await join(opened, room)
        } catch (error) {
          // It has been left meanwhile, and the seat may be in another one.
          if (stay !== room) return
          if (!isRefusal(error)) throw error
          if (error.code !== 'name-in-room' || Date.now() > until) return empty(error)
          isAsked = false
          changed('waiting')
          await new Promise((resolve) => (timer = setTimeout(resolve, REJOIN_MS)))
        }
      }
    } catch (error) {
      if (!isReady || isRefusal(error)) end(error as Error, !isReady)
      else if (here) here.close()
      // It could not even be begun.
      else lost()
    }
  }

  const seat = {
    get stay() {
      return stay
    },
    get loggedIn() {
      return loggedIn
    },
    /** The present connection, if it is logged in, and in the room where there is one. */
    get usable() {
      return stay && !stay.connection ? undefined : loggedIn
    },
    /**
     * Resolves with the connection, opened for it where there was none, as soon as it is usable. Rejects when it is lost; where that is patient, only when the seat is closed.
     *
     * @throws DisconnectedError, RefusedError
     */
    async use(isPatient?: boolean): Promise<LineConnection> {
      if (!opening) void open()
      for (;;) {
        const { usable } = seat
        if (usable) return usable
        if (closed || !(isPatient || connection)) throw closed ?? new DisconnectedError()
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    },
    open,
    /** Joins a room, on a connection that is opened for it where there was none; while it is being opened, without waiting for the reply to the login. @throws DisconnectedError, RefusedError */
    async enter(room: Stay): Promise<void> {
      stay = room
      if (!opening) void open()
      try {
        if (!connection) throw closed ?? new DisconnectedError()
        // A login that is refused gives the reason: its reply is the first.
        await Promise.all([opening, join(connection, room)])
      } catch (error) {
        empty(error as Error, true)
        throw error
      }
    },
    /** Leaves a room, if it is there, behind the texts that wait. @throws RefusedError */
    async leave(room: Stay): Promise<void> {
      await room.speech.flushed()
      const left = () => {
        if (stay === room) empty(new DisconnectedError('The room has been left'), true)
      }
      if (!connection || !isAsked || stay !== room) return left()
      try {
        await connection.run('LEAVE', left)
      } catch (error) {
        // A membership has ended with the connection, and the next one does not join again.
        if (error instanceof RefusedError && error.code !== 'not-in-room') throw error
        left()
      }
    },
    /** Reconnects at once if the connection is lost, and makes sure that it is not otherwise. */
    wake() {
      if (connection) connection.check()
      else void open()
    },
    close,
  }
  seats.add(seat)
  return seat
}
