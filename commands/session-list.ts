import type { Session } from '../src/chat/session.ts'
import type { SessionInfo, SessionList } from '../src/chat/sessions.ts'
import { timestamp } from './events.ts'
import type { CommandResult } from './replies.ts'

/** Returns the reply with a list of sessions; the one that asks is marked if it is in the list. */
export function sessionList({ sessions, silent }: SessionList, asking: Session): CommandResult {
  const lines = sessions.map((session) => lineOf(session, asking.id))
  if (silent > 0) lines.push(`${silent} ${silent === 1 ? 'node has' : 'nodes have'} not answered`)
  const entries = sessions.map(({ id, name, protocol, address, since, account, token }) => {
    const current = id === asking.id && { current: true }
    return {
      id,
      nickname: name,
      protocol,
      address,
      since: timestamp(since),
      account,
      ...current,
      ...(token && { token }),
    }
  })
  return { type: 'commandResult', result: lines.join('\n'), sessions: entries }
}

function lineOf({ id, name, protocol, address, since, account, token }: SessionInfo, own: string): string {
  const kind = token ? `token ${token}` : account ? 'account' : 'guest'
  return `${id}: ${name}, ${kind}, ${protocol} from ${address} since ${timestamp(since)}${id === own ? ' (this one)' : ''}`
}
