import { BoundedMap } from '../../bounded-map.ts'
import type { Chat } from '../../chat/chat.ts'
import type { Room, Session, Wire } from '../../chat/session.ts'
import type { Event } from '../../engine/event.ts'
import type { ClientLink } from '../../transport/conversation.ts'
import { LinkedSession } from '../linked-session.ts'
import type { Cap } from './caps.ts'
import { msgidOf } from './events.ts'
import { GoneNicks } from './gone-nicks.ts'
import type { DetailedSession, IrcUsers } from './irc-users.ts'
import { shownNick, sourceOf } from './names.ts'

/** Maximum messages whose events are awaited: more than a connection may have under way. */
const MAX_SENT = 4_096
/** Maximum invitations that are remembered. */
const MAX_INVITATIONS = 50

/** A message of the session whose event has not come. */
export interface SentMessage {
  /** Tags of the echo: the label of the request, or a batch with the label; undefined for none. */
  readonly tags: { readonly label?: string; readonly batch?: string } | undefined
  /** Called when the event has come, or will not come. */
  readonly settled?: () => void
}

/** Returns the key of a message in {@link IrcSession.sent}: an id names one event of one room, the `msgid` of a private message it alone. */
export function sentKey(event: Event): string {
  return event.kind === 'private' ? msgidOf(event) : `${event.room} ${event.id}`
}

export class IrcSession extends LinkedSession<IrcSession, ClientLink> implements DetailedSession {
  readonly caps = new Set<Cap>()
  /** Messages by {@link sentKey}. Their events do not come where the session leaves the room before that, or no copy is committed. */
  readonly sent = new BoundedMap<string, SentMessage>(MAX_SENT)
  readonly gone = new GoneNicks()
  /** Ids of the rooms to which the client has been invited, the latest ones. */
  readonly invitations = new BoundedMap<number, true>(MAX_INVITATIONS)
  /** The nicknames of MONITOR, by folded nickname. */
  readonly monitored = new Map<string, string>()
  /** True if the client has set the user mode `B`: it is a program, which gives it no rights. */
  hasBotMode = false
  /** True if the client has set the user mode `i`: masks of WHO do not find its user. */
  hasInvisibleMode = false
  /** Number of the capabilities that change how events are written. */
  variant = 0
  username = ''
  realName = ''
  /** Tells the client that a channel has another name than `former`. Returns a step that shows it topic and names. Undefined without a client. */
  showRetitled: ((room: Room, former: string) => () => Promise<void>) | undefined
  readonly #users: IrcUsers

  constructor(wire: Wire<IrcSession>, link: ClientLink, users: IrcUsers) {
    super(wire, link)
    this.#users = users
  }

  override get name(): string {
    return super.name
  }

  override set name(name: string) {
    const before = this.key
    super.name = name
    // It is for all nicknames that follow.
    if (this.username === '') this.username = this.nick
    this.#users.renamed(this, before)
  }

  get nick(): string {
    return this.name === '' ? '*' : shownNick(this.name)
  }

  get source(): string {
    return sourceOf(this.name, this.registered, this.username)
  }
}

/** Returns true for a session of a program: of an account that is marked as one, or of a client that says so (IRCv3, "Bot Mode"). */
export function isBot(session: Session): boolean {
  return session.isBot || (session instanceof IrcSession && session.hasBotMode)
}

/** Returns true if a session of a nickname on this node is a program's. */
export function isBotHere({ users }: Pick<Chat, 'users'>, name: string): boolean {
  return users.here(name).some(isBot)
}

/** Returns true if a session of a nickname on this node has the rights of an admin. */
export function isAdminHere({ users }: Pick<Chat, 'users'>, name: string): boolean {
  return users.here(name).some(({ isAdmin }) => isAdmin)
}
