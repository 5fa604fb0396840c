import type { Chat } from '../../chat/chat.ts'
import { fold } from '../../chat/names.ts'
import type { PastUser } from '../../chat/past-users.ts'
import { sourceOf, userHostOf } from './names.ts'

/** The texts that a client tells of its user, by USER and SETNAME. */
export interface UserDetails {
  /** The USER argument; empty if nothing of it can be shown. */
  readonly username: string
  readonly realName: string
}

/** A session as far as this table needs it. */
export interface DetailedSession extends UserDetails {
  readonly name: string
  /** The folded nickname. */
  readonly key: string
  readonly registered: boolean
  readonly closed: boolean
}

/** Called with the session whose real name is now that of its user, and with the session that has changed it by SETNAME. */
type RealNameListener = (session: DetailedSession, by: DetailedSession | undefined) => void

interface DetailedUser {
  /** In order of login or of the last SETNAME. */
  readonly sessions: Set<DetailedSession>
  /** The real name that others have been told. */
  realName: string
}

/** The users with IRC sessions on this node: their USER arguments and real names, by nickname. Those of the newest session count. */
export class IrcUsers {
  readonly #users = new Map<string, DetailedUser>()
  readonly #listeners: RealNameListener[] = []
  /** The sessions whose nickname is being changed, by the one before. */
  readonly #former = new Map<string, DetailedSession>()
  /** Kept for as long as the core remembers the departure. */
  readonly #past = new WeakMap<PastUser, UserDetails>()

  constructor({ news, users }: Pick<Chat, 'news' | 'users'>) {
    news.watch((told) => {
      // The core has noted the departure before.
      if (told.kind === 'offline') this.#depart(told.name, users.past.newest)
    })
  }

  /**
   * Called when a session has got its nickname, or another one; `before` is the folded one that it had, which is empty for none.
   * {@link settled} follows where it had one.
   */
  renamed(session: DetailedSession, before: string): void {
    const { key, realName } = session
    if (key === before) return
    if (before !== '') {
      this.#former.set(before, session)
      this.#remove(session, before)
    }
    const user = this.#users.get(key)
    if (user) user.sessions.add(session)
    else this.#users.set(key, { sessions: new Set([session]), realName })
  }

  /** Called when the end of a nickname that a session had is told, or will not be, as others have it. */
  settled(session: DetailedSession, before: string): void {
    if (this.#former.get(before) === session) this.#former.delete(before)
  }

  /** Called when the last events of a session have been delivered. */
  ended(session: DetailedSession): void {
    this.#remove(session, session.key)
    this.tellRealName(session.key)
  }

  /** Called when a session has changed its real name. */
  described(session: DetailedSession): void {
    const user = this.#users.get(session.key)
    user?.sessions.delete(session)
    user?.sessions.add(session)
    this.tellRealName(session.key, session)
  }

  /** Tells the listeners if the real name of a folded nickname is another one than they were told. */
  tellRealName(key: string, by?: DetailedSession): void {
    const user = this.#users.get(key)
    const session = user && newestOf(user)
    if (!session || user.realName === session.realName) return
    user.realName = session.realName
    for (const listener of this.#listeners) listener(session, by)
  }

  onRealName(listener: RealNameListener): void {
    this.#listeners.push(listener)
  }

  /** The details of a user, who may be about to have another nickname; undefined without an IRC session on this node. */
  detailsOf(name: string): UserDetails | undefined {
    const key = fold(name)
    const user = this.#users.get(key)
    return user ? newestOf(user) : this.#former.get(key)
  }

  /** The nicknames of the guests with a USER argument. */
  guestsBy(username: string): string[] {
    const wanted = fold(username)
    return [...this.#users.values()].flatMap((user) => {
      const session = newestOf(user)
      return session && !session.registered && fold(session.username) === wanted ? [session.name] : []
    })
  }

  /** The details of a user who has gone; undefined if it had no IRC session on this node. */
  detailsOfPast(past: PastUser): UserDetails | undefined {
    return this.#past.get(past)
  }

  /** See {@link sourceOf}. */
  sourceOf(name: string, verified: boolean | undefined): string {
    return sourceOf(name, verified, verified ? undefined : this.detailsOf(name)?.username)
  }

  /** See {@link userHostOf}. */
  userHostOf(name: string, verified: boolean): ReturnType<typeof userHostOf> {
    return userHostOf(name, verified, this.detailsOf(name)?.username)
  }

  /** The real name of a user; the nickname where none is known. */
  realNameOf(name: string): string {
    return this.detailsOf(name)?.realName ?? name
  }

  #remove(session: DetailedSession, key: string): void {
    const user = this.#users.get(key)
    user?.sessions.delete(session)
    if (user?.sessions.size === 0) this.#users.delete(key)
  }

  #depart(name: string, past: PastUser | undefined): void {
    const key = fold(name)
    const user = this.#users.get(key)
    const session = user && newestOf(user)
    // The user of an open session has gone from another node.
    const details = session?.closed ? session : this.#former.get(key)
    if (details && past) this.#past.set(past, { username: details.username, realName: details.realName })
  }
}

/** The newest session that has not ended; the newest one where all have. */
function newestOf({ sessions }: DetailedUser): DetailedSession | undefined {
  let newest: DetailedSession | undefined
  for (const session of sessions) if (!session.closed || newest === undefined || newest.closed) newest = session
  return newest
}

const byChat = new WeakMap<Chat, IrcUsers>()

/** Returns the users of a node, which its ports and paths share. */
export function ircUsersOf(chat: Chat): IrcUsers {
  const users = byChat.get(chat) ?? new IrcUsers(chat)
  byChat.set(chat, users)
  return users
}
