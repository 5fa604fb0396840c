/** Who one is and where: logs in, enters rooms, comes back after a lost connection and sees to it that nothing is missed. */
import { Line, Lost } from './line.js'
import { same } from './names.js'
import { Refused, refusalOf } from './words.js'

/** @import { Happening, LastWord, Private, Reply, RoomCount, RoomEvent, ServerLine, Stage, Wanted } from './types.d.ts' */

/** Events asked for on entering a room. */
const RECENT = 100
/** Events of a gap that are filled in; older ones are said to be missing. */
const GAP = 1_000
/** How long a name may still be held by a connection that was lost, in ms: the server takes one for dead after a minute. */
const GHOST_MS = 120_000
const FIRST_DELAY_MS = 400
const LONGEST_DELAY_MS = 10_000

/** What happens while the history is on its way, to be put in order with it. */
class Gathering {
  /** @type {Map<number, Happening>} */
  events = new Map()
  /** @type {Private[]} */
  whispers = []
  /** @type {{ came: boolean, name: string }[]} */
  moves = []
}

export class Session {
  #stage
  /** @type {Line | undefined} */
  #line
  /** Since one has entered a room. @type {Wanted | undefined} */
  #wanted
  /** The newest event seen of the room. */
  #newest = 0
  /** @type {Gathering | undefined} */
  #gathering
  #attempts = 0
  /** Until the next attempt. */
  #timer = 0

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage
  }

  get nickname() {
    return this.#wanted?.nickname ?? ''
  }

  get room() {
    return this.#wanted?.room ?? ''
  }

  /** Whether something can be said. */
  get here() {
    return this.#line !== undefined && this.#wanted !== undefined && this.#gathering === undefined
  }

  /**
   * Logs in and enters a room. Throws {@link Refused}.
   * @param {Wanted} wanted
   */
  async enter(wanted) {
    this.leave()
    const line = this.#connect()
    try {
      await this.#login(line, wanted)
      await this.#join(line, wanted)
    } catch (error) {
      // Lost behind the door, it comes back by itself.
      if (error instanceof Lost && this.#wanted) return
      if (this.#line === line) this.#line = undefined
      line.close()
      throw error instanceof Lost ? new Refused('The server cannot be reached.', '') : error
    }
  }

  /**
   * Enters another room. Throws {@link Refused}, and then one is where one was.
   * @param {string} room
   */
  async move(room) {
    if (!this.#wanted) return
    if (!this.#line || !this.here) throw new Refused('Not connected at the moment.', 'room')
    try {
      await this.#join(this.#line, { ...this.#wanted, room })
    } catch (error) {
      if (!(error instanceof Lost)) throw error
    }
  }

  leave() {
    clearTimeout(this.#timer)
    this.#timer = 0
    this.#line?.close()
    this.#line = undefined
    this.#wanted = undefined
    this.#gathering = undefined
    this.#attempts = 0
    this.#newest = 0
  }

  /**
   * Says a text of one line to the room, or to one member of it. Rejects with {@link Lost}.
   * @param {string} body
   * @param {string} [to]
   * @returns {Promise<Reply>}
   */
  say(body, to) {
    if (!this.#line || !this.here) return Promise.reject(new Lost())
    if (to) return this.#line.ask(`/tell ${to} ${body}`)
    // What begins with a blank is no command, and keeps it.
    return this.#line.ask(/^[ \t]/.test(body) ? body : `MESSAGE ${body}`)
  }

  /**
   * Makes the nickname an account. Rejects with {@link Lost}.
   * @param {string} password
   */
  async register(password) {
    if (!this.#line || !this.#wanted) throw new Lost()
    const reply = await this.#line.ask(`/register ${password}`)
    if (reply.type === 'commandResult') this.#wanted = { ...this.#wanted, password }
    return reply
  }

  /**
   * The public rooms, busiest first; nothing when the server cannot be reached.
   * @returns {Promise<RoomCount[]>}
   */
  async rooms() {
    const line = this.#line ?? new Line({ heard() {}, lost() {} })
    try {
      await line.opened
      const reply = await line.ask('/rooms')
      return (reply.type === 'commandResult' && reply.rooms) || []
    } catch {
      return []
    } finally {
      // A connection that does not log in would not last.
      if (line !== this.#line) line.close()
    }
  }

  /** Something has changed for the better, or may have been missed: finds out at once. */
  wake() {
    if (this.#line) this.#line.check()
    else if (this.#wanted) this.#retry()
  }

  #connect() {
    /** @type {Line} */
    const line = new Line({
      heard: (said) => {
        if (this.#line === line) this.#heard(said)
      },
      lost: (why) => {
        if (this.#line === line) this.#lost(why)
      },
    })
    // Whoever waits for it looks at it later.
    line.opened.catch(() => {})
    this.#line = line
    return line
  }

  /**
   * @param {Line} line
   * @param {Wanted} wanted
   */
  async #login(line, wanted) {
    const { nickname, password } = wanted
    await line.opened
    const reply = await line.ask(password ? `LOGIN ${nickname} ${password}` : `LOGIN ${nickname}`)
    if (reply.type === 'error') throw refusalOf(reply, wanted)
  }

  /**
   * Enters a room and asks what has happened there.
   * @param {Line} line
   * @param {Wanted} wanted
   */
  async #join(line, wanted) {
    const joined = await line.ask(`JOIN ${wanted.room}`, (reply) => {
      if (reply.type === 'commandResult') this.#arrive(wanted, String(reply.result).slice('Joined room '.length))
    })
    if (joined.type === 'error') throw refusalOf(joined, wanted)
    const back = this.#newest > 0
    let sure = true
    let history = await line.ask(back ? `HISTORY after=${this.#newest} limit=${GAP}` : `HISTORY limit=${RECENT}`)
    if (back && history.type === 'error') {
      sure = false
      history = await line.ask(`HISTORY limit=${RECENT}`)
    }
    // Its reply is behind all of the history.
    await line.ask('/who', (reply) => {
      const members = reply.type === 'commandResult' ? reply.members : undefined
      if (this.#line === line) this.#settle({ back, sure: sure && history.type !== 'error', members: members ?? [] })
    })
  }

  /**
   * @param {Wanted} wanted
   * @param {string} room as it is written
   */
  #arrive(wanted, room) {
    const other = room !== this.room
    this.#wanted = { ...wanted, room }
    this.#gathering = new Gathering()
    if (!other) return
    this.#newest = 0
    this.#stage.entered(room)
  }

  /** @param {{ back: boolean, sure: boolean, members: readonly string[] }} found */
  #settle({ back, sure, members }) {
    const { events, whispers, moves } = this.#gathering ?? new Gathering()
    this.#gathering = undefined
    const fresh = [...events].filter(([id]) => id > this.#newest).sort(([one], [other]) => one - other)
    const whole = sure && !(back && fresh.length >= GAP)
    if (!whole) this.#stage.noted('Some messages may be missing here.')
    if (back) this.#stage.noted('Private messages sent to you meanwhile are not filled in.')
    const happened = fresh.map(([, event]) => event)
    this.#newest = fresh.at(-1)?.[0] ?? this.#newest
    this.#stage.happened([...happened, ...whispers])
    this.#stage.people(members)
    for (const { came, name } of moves) this.#stage[came ? 'came' : 'went'](name)
    this.#attempts = 0
    this.#stage.status('here', 'Connected')
    const own = happened.filter(({ type, from }) => type === 'message' && same(from, this.nickname))
    // What one had said before is not what was lost.
    this.#stage.caughtUp(back ? own.map(({ body }) => body) : [], back && whole)
  }

  /** @param {Exclude<ServerLine, Reply>} line */
  #heard(line) {
    switch (line.type) {
      case 'notice':
        return this.#stage.noted(line.notice)
      case 'history':
        return void this.#gathering?.events.set(Number(line.body.id), line.body)
      case 'private':
        if (this.#gathering) this.#gathering.whispers.push(line)
        else this.#stage.happened([line])
        return
    }
    this.#move(line)
    const id = Number(line.id)
    if (this.#gathering) {
      this.#gathering.events.set(id, line)
    } else if (id > this.#newest) {
      this.#newest = id
      this.#stage.happened([line])
    }
    if (line.type === 'userLeft' && same(line.from, this.nickname)) {
      this.leave()
      this.#stage.out(new Refused(`You were put out of ${line.room}.`, ''))
    }
  }

  /** @param {RoomEvent} event */
  #move({ type, from, room }) {
    if (this.#wanted && room !== this.#wanted.room) {
      this.#wanted = { ...this.#wanted, room }
      this.#stage.renamed(room)
    }
    if (type === 'message') return
    const came = type === 'userJoined'
    if (this.#gathering) this.#gathering.moves.push({ came, name: from })
    else this.#stage[came ? 'came' : 'went'](from)
  }

  /** @param {LastWord | undefined} why */
  #lost(why) {
    this.#line = undefined
    this.#gathering = undefined
    if (!this.#wanted) return
    if (why?.reconnect === false) return this.#stage.status('away', `Disconnected: ${why.text}`, true)
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempts++)
    // All who were here do not come back at the same moment.
    this.#timer = setTimeout(() => this.#retry(), delay * (0.5 + Math.random() / 2))
    this.#stage.status('away', 'Connection lost, coming back…', true)
  }

  async #retry() {
    clearTimeout(this.#timer)
    const wanted = this.#wanted
    if (!wanted || this.#line) return
    const line = this.#connect()
    try {
      await this.#login(line, wanted)
      await this.#rejoin(line, wanted)
    } catch (error) {
      // A connection that is lost has its successor already.
      if (!(error instanceof Refused) || !this.#holds(line)) return
      if (error.passing) return line.drop()
      this.leave()
      this.#stage.out(error)
    }
  }

  /** @param {Line} line */
  #holds(line) {
    return this.#line === line
  }

  /**
   * The lost connection may still hold the name.
   * @param {Line} line
   * @param {Wanted} wanted
   */
  async #rejoin(line, wanted) {
    const begun = Date.now()
    for (let delay = 500; ; delay = Math.min(5_000, delay * 1.5)) {
      try {
        return await this.#join(line, wanted)
      } catch (error) {
        if (!(error instanceof Refused && error.taken) || Date.now() - begun > GHOST_MS) throw error
        this.#stage.status('away', 'Waiting for your nickname to be free…')
      }
      await new Promise((resolve) => setTimeout(resolve, delay))
    }
  }
}
