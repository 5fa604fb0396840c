import type { Chat } from '../../chat/chat.ts'
import type { ConnectionOptions } from '../../transport/connection-options.ts'
import type { IrcAudience } from './audience.ts'
import type { IrcHeartbeat } from './heartbeat.ts'
import type { IrcUsers } from './irc-users.ts'
import type { NamesLists } from './names-lists.ts'
import type { IrcWire } from './wire.ts'

export interface IrcOptions extends ConnectionOptions {
  readonly chat: Chat
  readonly wire: IrcWire
  readonly audience: IrcAudience
  readonly pings: IrcHeartbeat
  readonly names: NamesLists
  readonly users: IrcUsers
  /** Newest messages that a client without `draft/chathistory` gets when it joins. */
  readonly replay: number
  /** Resolves with the lines of the message of the day; undefined without one. */
  readonly motd: () => Promise<readonly string[] | undefined>
  /** Returns what to tell a client of another protocol of roomd. */
  readonly elsewhere: (protocol: 'HTTP' | 'lines') => string
  /** Reloads the certificate. */
  readonly reload: () => Promise<void>
  readonly version: string
  /** Time of the start in ms since the epoch. */
  readonly startedAt: number
}
