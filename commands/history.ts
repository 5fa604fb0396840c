import type { Event } from '../src/engine/event.ts'
import type { Command } from './command.ts'
import { recordOf } from './events.ts'
import { parseRange } from './range.ts'

export const history: Command = {
  name: 'HISTORY',
  usage: 'HISTORY [<from> [<to>]] [limit=<n>] [after=<id>]',
  help:
    'History of the room, oldest first. Times, in UTC: 2026-05-24, 2026-05-24 15:17:19, 2026-05-24T15:17:19+02:00, 15:17, ' +
    'today, yesterday, epoch seconds, or -10m, -2h, -7d. limit=N: only the newest N; after=ID: only what came after an event.',
  state: 'inRoom',
  least: 0,
  async *run({ chat, session }, parameter) {
    const range = parseRange(parameter, Date.now())
    const membership = session.inRoom()
    const room = membership.room.record.slug
    const records = (page: readonly Event[]) =>
      page.map((event) => recordOf(event, room, session.name)).filter((record) => record !== undefined)
    // The first page is read before the reply, as it may throw a refusal.
    const pages = chat.messages.history(membership, range)
    const first = await pages.next()
    yield [{ type: 'commandResult', result: null }]
    if (!first.done) yield records(first.value)
    for await (const page of pages) yield records(page)
  },
}
