import type { Command } from './command.ts'
import { privateRecord } from './events.ts'
import { parseRange } from './range.ts'
import { answered } from './records.ts'

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
    yield* answered(search, (event) => privateRecord(event, session.name), { first, end })
  },
}
