import type { IrcContext } from './command.ts'
import { IrcSession } from './session.ts'

/** Returns true for a user with the user mode `i` on this node who is in no channel of the session: masks do not find it, except for admins. */
export function isHidden({ chat, session }: Pick<IrcContext, 'chat' | 'session'>, name: string): boolean {
  const sessions = chat.users.here(name)
  if (session.isAdmin || !sessions.some((each) => each instanceof IrcSession && each.hasInvisibleMode)) return false
  const rooms = [...session.memberships.keys()]
  return !sessions.some(({ memberships }) => rooms.some((room) => memberships.has(room)))
}
