import type { Event } from '../src/engine/event.ts'
import type { Command } from './command.ts'
import { timestamp } from './events.ts'
import { parseRange } from './range.ts'
import { answered } from './records.ts'
import type { History } from './replies.ts'

/** Maximum messages in the reply to a request without limits. */
const DEFAULT_LIMIT = 100

export const inbox: Command = {
  name: '/inbox',
  usage: '/inbox [limit=<n>] [first=<n>] [after=<id>] [before=<id>] [end=yes]',
  help:
    `Private messages to you and from you, oldest first: without limits the newest ${DEFAULT_LIMIT}, otherwise as HISTORY. ` +
    'A guest without a session= word gets those of its stay in the room.',
  state: 'named',
  least: 0,
  async *run({ chat, session }, parameter) {
    const { range, first, end } = parseRange(parameter, Date.now())
    const bounds = Object.keys(range).length === 0 ? { limit: DEFAULT_LIMIT } : range
    const search = await chat.inboxes.read(session, bounds)
    yield* answered(search, (event) => recordOf(event, session.name), { first, end })
  },
}

function recordOf({ from, to = '', body, at, id }: Event, asker: string): History {
  const utctimestamp = timestamp(at)
  return { type: 'history', from: asker, body: { type: 'private', from, to, body, utctimestamp, id: String(id) } }
}
