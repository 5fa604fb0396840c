import type { Chat } from '../../chat/chat.ts'
import type { Session } from '../../chat/session.ts'
import { IrcSession } from './session.ts'

/** Returns true for a session of a program: of an account that is marked as one, or of a client that says so (IRCv3, "Bot Mode"). */
export function isBot(session: Session): boolean {
  return session.isBot || (session instanceof IrcSession && session.hasBotMode)
}

/** Returns true if a session of a nickname on this node is a program's. */
export function isBotHere({ users }: Pick<Chat, 'users'>, name: string): boolean {
  return users.here(name).some(isBot)
}
