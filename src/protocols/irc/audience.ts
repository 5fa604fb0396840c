import type { Chat } from '../../chat/chat.ts'
import { fold } from '../../chat/names.ts'
import type { News, Signal } from '../../chat/news.ts'
import type { Cap } from './caps.ts'
import { awayLine } from './events.ts'
import type { DetailedSession, IrcUsers } from './irc-users.ts'
import { ircLine } from './message.ts'
import { channelOf, shownNick } from './names.ts'
import { numeric } from './numerics.ts'
import { type IrcSession, isBotHere } from './session.ts'
import { type Sender, signalLine, withTags } from './tags.ts'
import type { PackLines } from './wire.ts'

interface Monitored {
  readonly sessions: Set<IrcSession>
  /** True if the sessions have been told that the user is online. */
  isOnline: boolean
}

/** Tells the registered sessions of a transport about what is not in a log: presence, AWAY, invitations, and signals between clients. */
export class IrcAudience {
  readonly #chat: Chat
  readonly #pack: PackLines
  readonly #users: IrcUsers
  readonly #sessions = new Set<IrcSession>()
  /** By folded nickname. */
  readonly #monitored = new Map<string, Monitored>()

  constructor(chat: Chat, users: IrcUsers, pack: PackLines) {
    this.#chat = chat
    this.#users = users
    this.#pack = pack
    chat.news.watch((news) => this.#heed(news))
    users.onRealName((session, by) => this.#described(session, by))
  }

  enter(session: IrcSession): void {
    this.#sessions.add(session)
    // The real name of another session may have been shown until now.
    this.#users.tellRealName(session.key)
  }

  leave(session: IrcSession): void {
    this.#sessions.delete(session)
    for (const key of session.monitored.keys()) this.#forget(session, key)
  }

  /** Tells a session from now on whether a nickname is online. */
  monitor(session: IrcSession, name: string): void {
    const key = fold(name)
    session.monitored.set(key, name)
    const monitored = this.#monitored.get(key)
    if (monitored) monitored.sessions.add(session)
    else this.#monitored.set(key, { sessions: new Set([session]), isOnline: false })
  }

  unmonitor(session: IrcSession, name: string): void {
    const key = fold(name)
    session.monitored.delete(key)
    this.#forget(session, key)
  }

  /** Notes what a client has been told about a nickname. */
  note(name: string, isOnline: boolean): void {
    const monitored = this.#monitored.get(fold(name))
    if (monitored) monitored.isOnline = isOnline
  }

  #forget(session: IrcSession, key: string): void {
    const monitored = this.#monitored.get(key)
    monitored?.sessions.delete(session)
    if (monitored?.sessions.size === 0) this.#monitored.delete(key)
  }

  #heed(news: News): void {
    switch (news.kind) {
      case 'online':
        this.#online(news.name, news.verified)
        break
      case 'offline':
        void this.#offline(news.name).catch(() => {})
        break
      case 'away':
        this.#away(news)
        break
      case 'registered':
        this.#registered(news)
        break
      case 'invited':
        void this.#invited(news).catch(() => {})
        break
      case 'signal':
        this.#signalled(news)
        break
      default:
        news satisfies never
    }
  }

  #online(name: string, verified: boolean): void {
    const monitored = this.#monitored.get(fold(name))
    // Another node may have told it.
    if (!monitored || monitored.isOnline) return
    monitored.isOnline = true
    const source = this.#users.sourceOf(name, verified)
    for (const session of monitored.sessions) this.#tell(session, numeric(session.nick, 'RPL_MONONLINE', source))
  }

  async #offline(name: string): Promise<void> {
    const monitored = this.#monitored.get(fold(name))
    if (!monitored?.isOnline) return
    const { sessions } = await this.#chat.users.sessions(name)
    if (sessions.length > 0) return
    monitored.isOnline = false
    for (const session of monitored.sessions)
      this.#tell(session, numeric(session.nick, 'RPL_MONOFFLINE', shownNick(name)))
  }

  #registered({ name, account = name, rooms }: Extract<News, { kind: 'registered' }>): void {
    const before = this.#users.sourceOf(name, undefined)
    const { user, host } = this.#users.userHostOf(name, true)
    const sender = { name, verified: account === name }
    this.#tellNeighbours(sender, rooms, 'account-notify', `:${before} ACCOUNT ${shownNick(account)}`)
    this.#tellNeighbours(sender, rooms, 'chghost', `:${before} CHGHOST ${user} ${host}`)
  }

  #away(sender: Extract<News, { kind: 'away' }>): void {
    const line = awayLine(this.#users.sourceOf(sender.name, sender.verified), sender.text)
    this.#tellNeighbours(sender, sender.rooms, 'away-notify', line)
  }

  /** Tells neighbours and the user, except the session that is answered, of a real name (IRCv3, "setname"). */
  #described(described: DetailedSession, by: DetailedSession | undefined): void {
    const { name, key, registered: verified, realName } = described
    const line = ircLine(this.#users.sourceOf(name, verified), 'SETNAME', [realName])
    const rooms = this.#chat.users.here(name).flatMap(({ memberships }) => [...memberships.keys()])
    const sender = { name, verified, isBot: isBotHere(this.#chat, name) }
    this.#tellNeighbours(sender, rooms, 'setname', line)
    for (const session of this.#sessions)
      if (session.key === key && session !== by && session.caps.has('setname')) this.#tell(session, line, sender)
  }

  /** Tells the sessions with a capability that are in one of the rooms of a user, or watch it with `extended-monitor`. */
  #tellNeighbours({ name, verified }: Sender, rooms: readonly number[], cap: Cap, line: string): void {
    const key = fold(name)
    const sender = { name, verified, isBot: isBotHere(this.#chat, name) }
    for (const session of this.#sessions) {
      if (session.key === key || !session.caps.has(cap)) continue
      const isWatching = session.monitored.has(key) && session.caps.has('extended-monitor')
      if (isWatching || rooms.some((room) => session.memberships.has(room))) this.#tell(session, line, sender)
    }
  }

  async #invited({ room, from, verified, to }: Extract<News, { kind: 'invited' }>): Promise<void> {
    const record = await this.#chat.rooms.find(room)
    if (!record) return
    const line = `:${this.#users.sourceOf(from, verified)} INVITE ${shownNick(to)} ${channelOf(record)}`
    const [key, by] = [fold(to), fold(from)]
    const sender = { name: from, verified, isBot: isBotHere(this.#chat, from) }
    for (const session of this.#sessions) {
      if (this.#chat.messages.isBlocked(session, from)) continue
      const isWitness = session.caps.has('invite-notify') && session.memberships.has(room) && session.key !== by
      if (session.key === key) session.invitations.set(room, true)
      if (session.key === key || isWitness) this.#tell(session, line, sender)
    }
  }

  /** Hands a signal to its clients at once, so that it keeps its place among messages. */
  #signalled(signal: Signal): void {
    const { room, to = '', from, verified, session: origin } = signal
    const [key, by] = [fold(to), fold(from)]
    const source = this.#users.sourceOf(from, verified)
    const isBot = isBotHere(this.#chat, from)
    for (const session of this.#sessions) {
      // The echo is the answer to the request.
      if ((session.id === origin && session.key !== key) || this.#chat.messages.isBlocked(session, from)) continue
      const record = room === undefined ? undefined : session.memberships.get(room)?.room.record
      const isMeant = room === undefined ? session.key === key || session.key === by : record !== undefined
      const target = record ? channelOf(record) : shownNick(to)
      const line = isMeant ? signalLine(signal, { source, target, isBot }, session) : undefined
      if (line !== undefined) this.#push(session, line)
    }
  }

  /** Sends a line with the tags that the client has asked for. */
  #tell(session: IrcSession, line: string, from?: Sender): void {
    this.#push(session, withTags(session, line, { from }))
  }

  #push(session: IrcSession, line: string): void {
    session.link.push(this.#pack([line]))
  }
}
