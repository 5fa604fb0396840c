import { setTimeout as sleep } from 'node:timers/promises'
import type { PrivateEvent, RoomEvent } from '../../../commands/replies.ts'
import { DisconnectedError, EventsMissingError, RefusedError } from '../../client/errors.ts'
import type { JoinedRoom } from '../../client/joined-room.ts'
import { isSameName } from '../../client/nickname.ts'
import type { RoomdClient } from '../../client/roomd-client.ts'
import type { ClientState } from '../../client/state.ts'
import { eventSpans, localTime } from '../event-text.ts'
import { safeLine, safeText } from '../safe-text.ts'
import { refusalLine } from '../server-failure.ts'
import type { Span, Style } from '../styles.ts'
import { ChatWindow } from './window.ts'

/** Past events that are shown of a room that is entered. */
const RECENT = 50

/** Shows a session to a person. */
export interface ChatView {
  /** A line was added to a window. */
  added(window: ChatWindow, spans: readonly Span[], isUrgent: boolean): void
  /** Something else has changed. */
  changed(): void
  /** The present window is another one. */
  switched(window: ChatWindow): void
}

/** Windows and rooms of a user who chats: what comes from the server, and what the user types. */
export class ChatSession {
  readonly windows: ChatWindow[]
  current: ChatWindow
  /** Texts that have no reply. */
  unsent = 0
  /** Resolves when the user has quit; rejects when nothing more can be read from the user. */
  readonly quitted: Promise<void>
  quit: () => void = () => {}
  abort: (error: unknown) => void = () => {}
  readonly #view: ChatView
  readonly #saying = new Set<Promise<string>>()
  #client: RoomdClient | undefined
  #mention: RegExp | undefined

  constructor(server: string, view: ChatView) {
    this.quitted = new Promise((resolve, reject) => {
      this.quit = resolve
      this.abort = reject
    })
    this.#view = view
    this.current = new ChatWindow(safeLine(server))
    this.windows = [this.current]
  }

  get client(): RoomdClient {
    if (!this.#client) throw new DisconnectedError()
    return this.#client
  }

  get nickname(): string {
    return this.#client?.nickname ?? ''
  }

  /** Names of the server's commands, with their slashes. */
  serverCommands: readonly string[] = []

  /** Begins with a client that is connected, in a room. @throws RefusedError, DisconnectedError */
  async begin(client: RoomdClient, room: string, password: string | undefined): Promise<void> {
    this.#client = client
    const name = client.nickname.replace(/[\\^$.*+?()[\]{}|-]/g, '\\$&')
    this.#mention = new RegExp(`(?<![\\p{L}\\p{N}_])${name}(?![\\p{L}\\p{N}_])`, 'iu')
    await this.join(room, password)
    void this.#readInbox(client)
    const help = await client.ask('/help')
    if (help.type !== 'commandResult') return
    this.serverCommands = (help.commands ?? []).map(({ name }) =>
      name.startsWith('/') ? name : `/${name.toLowerCase()}`,
    )
  }

  /** Enters a room and shows it. @throws RefusedError, DisconnectedError */
  async join(name: string, password?: string): Promise<void> {
    const there = this.windows.find((window) => window.room && isSameName(window.name, name))
    if (there) return this.show(there)
    const room = await this.client.join(name, { password, recent: RECENT })
    const left = this.windows.find((window) => window !== this.windows[0] && isSameName(window.name, room.name))
    const window = left ?? new ChatWindow(room.name, room)
    window.room = room
    if (!left) this.windows.push(window)
    this.show(window)
    if (room.topic !== '') this.tell(`Topic: ${room.topic}`, 'mark', window)
    void this.#readRoom(window, room)
    await this.#readMembers(window, room)
  }

  async #readMembers(window: ChatWindow, room: JoinedRoom): Promise<void> {
    const members = await room.members()
    window.setMembers(members.map(({ nickname }) => nickname))
    this.#view.changed()
  }

  /** Leaves the room of a window and closes it. @throws DisconnectedError */
  async leave(window: ChatWindow): Promise<void> {
    const { room } = window
    window.room = undefined
    const place = this.windows.indexOf(window)
    if (place > 0) this.windows.splice(place, 1)
    if (window === this.current) this.show(this.windows[Math.min(place, this.windows.length - 1)] ?? this.current)
    await room?.leave()
  }

  show(window: ChatWindow): void {
    this.current = window
    window.unread = 0
    window.isMentioned = false
    this.#view.switched(window)
  }

  /** Shows the next window, or the one before. */
  step(by: number): void {
    const place = this.windows.indexOf(this.current) + by + this.windows.length
    const next = this.windows[place % this.windows.length]
    if (next) this.show(next)
  }

  /** Says a text in the room that is shown. @throws RefusedError, DisconnectedError */
  async say(text: string, manner: { readonly action?: boolean; readonly notice?: boolean } = {}): Promise<void> {
    const { room } = this.current
    if (!room) return this.tell('You are in no room here: /join ROOM', 'error')
    this.unsent++
    this.#view.changed()
    const said = room.say(text, manner)
    this.#saying.add(said)
    try {
      await said
    } finally {
      this.#saying.delete(said)
      this.unsent--
      this.#view.changed()
    }
  }

  /** Resolves when all texts have their replies, or when the time is over. */
  async settled(ms: number): Promise<void> {
    const over = new AbortController()
    await Promise.race([
      Promise.allSettled(this.#saying),
      sleep(ms, undefined, { signal: over.signal }).catch(() => {}),
    ])
    over.abort()
  }

  /** Shows a text of this program or of the server, by default in the present window. */
  tell(text: string, style: Style = 'aside', window = this.current, isUrgent = false): void {
    for (const line of safeText(text).split('\n'))
      this.#add(window, new Date().toISOString(), [{ text: line, style }], isUrgent)
  }

  /** Shows an error of the client library. @throws any other error */
  fail(error: unknown, window = this.current): void {
    if (error instanceof RefusedError) this.tell(`-!- ${refusalLine(error)}`, 'error', window)
    else if (error instanceof DisconnectedError) this.tell(`-!- ${error.message}`, 'error', window)
    else throw error
  }

  /** Shows an event, by default without counting it as unread. */
  showEvent(window: ChatWindow, event: RoomEvent | PrivateEvent, isNews = false): void {
    const isSaid = event.type === 'message' || event.type === 'private'
    const isForMe = isNews && isSaid && !isSameName(event.from, this.nickname) && this.#concerns(event)
    if (isNews && isSaid && window !== this.current) {
      window.unread++
      window.isMentioned ||= isForMe
    }
    const spans = eventSpans(event)
    const shown =
      isForMe && event.type === 'message'
        ? spans.map(({ text, style }) => ({ text, style: style ?? 'mention' }) as const)
        : spans
    this.#add(window, event.utctimestamp, shown, isForMe)
  }

  /** Notes a change of a connection. */
  watch(state: ClientState): void {
    const name = state.room
    const windows =
      name === undefined ? [] : this.windows.filter((window) => window.room && isSameName(window.name, name))
    for (const window of windows) {
      const wasOffline = window.isOffline
      window.isOffline = state.state !== 'online'
      if (state.state === 'online' && wasOffline) {
        this.tell('-!- Connected again', 'notice', window)
        // A server that was killed has told nobody's leaving. What is lost again is read again.
        if (window.room) this.#readMembers(window, window.room).catch(() => {})
      }
      if (state.state === 'offline' && !wasOffline)
        this.tell(
          `-!- The connection is lost${state.reason ? `: ${state.reason}` : ''}; trying again`,
          'notice',
          window,
        )
    }
    this.#view.changed()
  }

  #concerns(event: RoomEvent | PrivateEvent): boolean {
    return event.type === 'private' || (this.#mention?.test(event.body) ?? false)
  }

  #add(window: ChatWindow, at: string, spans: readonly Span[], isUrgent: boolean): void {
    const { date, time } = localTime(at)
    const line = [{ text: `${time.slice(0, 5)} `, style: 'time' } as const, ...spans]
    window.add(line, date)
    this.#view.added(window, line, isUrgent)
  }

  async #readRoom(window: ChatWindow, room: JoinedRoom): Promise<void> {
    const begun = await newestIn(room)
    while (window.room === room) {
      try {
        for await (const event of room) {
          const isNews = Number(event.id) > begun
          if (isNews) this.#noteMembers(window, event)
          this.showEvent(window, event, isNews)
        }
        return
      } catch (error) {
        if (error instanceof EventsMissingError) {
          this.tell(`-!- ${error.message}`, 'notice', window)
          continue
        }
        window.room = undefined
        this.fail(error, window)
        const isGone = error instanceof DisconnectedError && error.code === 'room-unknown'
        if (!isGone)
          this.tell(`You are no longer in ${window.name}; /join ${window.name} enters it again`, 'notice', window, true)
        return
      }
    }
  }

  #noteMembers(window: ChatWindow, event: RoomEvent): void {
    if (event.type === 'userLeft') window.forgetMember(event.from)
    else if (event.type === 'userKicked') window.forgetMember(event.to)
    else if (event.type === 'userJoined') window.noteMember(event.from)
    // Webhooks and the rooms API speak without being members.
    else if (event.type === 'message' && window.hasMember(event.from)) window.noteMember(event.from)
  }

  async #readInbox(client: RoomdClient): Promise<void> {
    for (;;) {
      try {
        for await (const event of client.inbox) this.showEvent(this.current, event, true)
        return
      } catch (error) {
        if (!(error instanceof EventsMissingError)) throw error
        this.tell(`-!- ${error.message}`, 'notice')
      }
    }
  }
}

/** Returns the id of the newest event of a room, by which the past is told from news; the clock of this machine may be wrong. */
async function newestIn(room: JoinedRoom): Promise<number> {
  try {
    const [newest] = await room.history({ limit: 1 })
    return Number(newest?.id ?? 0)
  } catch {
    // The connection is lost: all is news.
    return 0
  }
}
