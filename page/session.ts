/** The visitor's connection: logs in, enters rooms, comes back after a lost connection and shows what was missed. */
import type { CommandResult, Limits, RoomEvent, UserKicked, UserLeft } from '../commands/replies.ts'
import { ChatClient } from '../src/client/client.ts'
import { ClientConnection } from '../src/client/connection.ts'
import { DisconnectedError, type LastWord, RefusedError } from '../src/client/errors.ts'
import { isSameName } from '../src/client/nickname.ts'
import { askLimits, messageLine, resultOf } from '../src/client/requests.ts'
import type { CaughtUp } from '../src/client/stay.ts'
import { webSocket } from '../src/client/websocket.ts'
import type { Happening, RoomCount, Stage } from './stage.ts'
import { Refused, refusalOf, type Wanted, whyOut } from './words.ts'

/** Events asked for on entering a room, and those of a gap that are filled in; older ones are said to be missing. */
const STAY = { recent: 100, maxMissed: 1_000 }
/** Time between a change of roles and the question for them, in a room of ten twice as long, in ms. */
const MARKS_MS = 100

const address = new URL('line', document.baseURI)
address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
address.hash = address.search = ''
const dial = webSocket(address)

export class Session {
  /** Told by the server; undefined until then. */
  limits: Limits | undefined
  /** Told by the server at login. */
  user: CommandResult['user']
  #stage: Stage
  #client: ChatClient | undefined
  #wanted: Wanted = { nickname: '', password: '', room: '' }
  /** The room that is shown. */
  #shown = ''
  /** Events that come before the client has caught up. */
  #gathered: Happening[] | undefined
  /** Number of members when the room was entered. */
  #size = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The newest ban of the visitor. */
  #ban: Extract<RoomEvent, { type: 'role' }> | undefined

  constructor(stage: Stage) {
    this.#stage = stage
  }

  get nickname() {
    return this.#client?.nickname ?? ''
  }

  get room() {
    return this.#client?.room ?? ''
  }

  /** True if something can be said. */
  get here() {
    return this.#client?.isCaughtUp ?? false
  }

  /** Logs in and enters a room. @throws Refused */
  async enter(wanted: Wanted) {
    this.leave()
    const client = this.#makeClient(wanted)
    this.#client = client
    this.#wanted = wanted
    try {
      await client.connect()
      this.limits ??= await askLimits(client)
      this.user = resultOf(await client.ask('/whoami')).user
      await client.join(wanted.room, STAY)
    } catch (error) {
      client.close()
      if (this.#client === client) this.leave()
      if (error instanceof RefusedError) throw refusalOf(error, wanted, this.limits)
      throw error instanceof DisconnectedError ? new Refused('The server cannot be reached.', '') : error
    }
  }

  /** Enters another room. @throws Refused, and the visitor stays in the room */
  async move(room: string) {
    if (!this.#client) return
    if (!this.here) throw new Refused('Not connected at the moment.', 'room')
    try {
      await this.#client.join(room, STAY)
    } catch (error) {
      if (error instanceof RefusedError) throw refusalOf(error, { ...this.#wanted, room }, this.limits)
      if (!(error instanceof DisconnectedError)) throw error
    }
  }

  leave() {
    this.#client?.close()
    this.#client = undefined
    this.#gathered = undefined
    this.#shown = ''
  }

  /** Says a text of one line to the room, or to one member of it. @throws DisconnectedError, RefusedError */
  async say(body: string, to?: string) {
    if (!this.#client || !this.here) throw new DisconnectedError()
    resultOf(await this.#client.ask(to ? `/tell ${to} ${body}` : messageLine(body)))
  }

  /** Carries out a command; returns its answer, empty for OK. @throws DisconnectedError, RefusedError */
  async command(line: string) {
    if (!this.#client || !this.here) throw new DisconnectedError()
    const { result } = resultOf(await this.#client.ask(line))
    // It may have changed a role, or who is away.
    this.askMarks()
    return result === 'OK' ? '' : (result ?? '')
  }

  /** Asks soon for the roles of all members and who is away; the larger the room, the less often. */
  askMarks() {
    this.#timer ??= setTimeout(
      async () => {
        this.#timer = undefined
        const client = this.#client
        if (!client?.isCaughtUp) return
        const reply = await client.ask('/who').catch(() => undefined)
        if (reply?.type === 'commandResult' && client === this.#client) this.#stage.marked(reply.marks ?? [])
      },
      MARKS_MS * (1 + this.#size / 10),
    )
  }

  /** Makes the nickname an account. @throws DisconnectedError, RefusedError */
  async register(password: string) {
    if (!this.#client) throw new DisconnectedError()
    await this.#client.register(password)
    this.#wanted = { ...this.#wanted, password }
    const reply = await this.#client.ask('/whoami').catch(() => undefined)
    if (reply?.type === 'commandResult') this.user = reply.user
  }

  /** The public rooms, busiest first; none when the server cannot be reached. */
  async rooms(): Promise<RoomCount[]> {
    try {
      if (this.#client) return await roomsOf(this.#client)
      // A connection that does not log in would not last.
      const connection = new ClientConnection(dial)
      try {
        await connection.opened
        this.limits = await askLimits(connection)
        return await roomsOf(connection)
      } finally {
        connection.close()
      }
    } catch {
      return []
    }
  }

  /** Finds out at once whether the server can be reached. */
  wake() {
    this.#client?.wake()
  }

  #makeClient({ nickname, password }: Wanted) {
    const options = { dial, nickname, secret: password }
    return new ChatClient(options, {
      joined: (room) => this.#joined(room),
      happened: (event) => {
        if (this.#gathered) return void this.#gathered.push(event)
        this.#show([event])
        if (event.type === 'role' || event.type === 'userJoined') this.askMarks()
        if (event.type === 'topic') this.#stage.topic(event.body)
      },
      caughtUp: (state) => this.#caughtUp(state),
      renamed: (room) => {
        this.#shown = room
        this.#stage.renamed(room)
      },
      noticed: (text) => this.#stage.noted(text),
      lost: (why, retryMs) => this.#lost(why, retryMs),
      waiting: () => this.#stage.status('away', 'Waiting for your nickname to be free…'),
      ended: (why, event) => this.#ended(why, event),
    })
  }

  #ended(why: RefusedError | undefined, event?: UserLeft | UserKicked) {
    const out = why
      ? refusalOf(why, { ...this.#wanted, room: this.#shown }, this.limits)
      : new Refused(whyOut(this.#shown, event, this.#ban), '')
    this.leave()
    this.#stage.out(out)
  }

  #joined(room: string) {
    this.#ban = undefined
    this.#gathered = []
    if (room === this.#shown) return
    this.#shown = room
    this.#stage.entered(room)
  }

  #caughtUp({ again, whole, members, marks }: CaughtUp) {
    const gathered = this.#gathered ?? []
    this.#gathered = undefined
    const sure = whole && !(again && gathered.filter(({ type }) => type !== 'private').length >= STAY.maxMissed)
    if (!sure) this.#stage.noted('Some messages may be missing here.')
    if (again) this.#stage.noted('Private messages sent to you meanwhile are not filled in.')
    this.#size = members.length
    this.#stage.people(members)
    this.#stage.marked(marks)
    void this.#askTopic()
    this.#show(gathered)
    this.#stage.status('here', 'Connected')
    const own = gathered.filter(({ type, from }) => type === 'message' && isSameName(from, this.nickname))
    // Messages from before the visit were not lost on their way.
    this.#stage.caughtUp(again ? own.map(({ body }) => body) : [], again && sure)
  }

  #show(events: readonly Happening[]) {
    for (const event of events) {
      if (event.type === 'userJoined') this.#stage.came(event.from)
      else if (event.type === 'userLeft') this.#stage.went(event.from)
      else if (event.type === 'userKicked') this.#stage.went(event.to)
      else if (event.type === 'role' && event.role === 'banned' && isSameName(event.to, this.nickname))
        this.#ban = event
    }
    this.#stage.happened(events)
  }

  async #askTopic() {
    const client = this.#client
    const reply = await client?.ask('/topic').catch(() => undefined)
    if (reply?.type === 'commandResult' && client === this.#client) this.#stage.topic(reply.topic ?? '')
  }

  #lost(why: LastWord | undefined, retryMs: number | undefined) {
    this.#gathered = undefined
    if (!this.#shown) return
    const text = retryMs ? 'Connection lost, coming back…' : `Disconnected: ${why?.text}`
    this.#stage.status('away', text, true)
  }
}

async function roomsOf(asked: Pick<ClientConnection, 'ask'>): Promise<RoomCount[]> {
  return resultOf(await asked.ask('/rooms')).rooms ?? []
}
