import type { Event, Kind } from '../src/engine/event.ts'
import type { Command } from './command.ts'
import { recordOf } from './events.ts'
import { SHOWN_KINDS } from './kinds.ts'
import { type Filter, parseRange } from './range.ts'
import { answered } from './records.ts'

export const history: Command = {
  name: 'HISTORY',
  usage:
    'HISTORY [<from> [<to>]] [limit=<n>] [first=<n>] [after=<id>] [before=<id>] [kinds=<kind>,…] [grep=<word>] [end=yes]',
  help:
    'History of the room, oldest first. Times, in UTC: 2026-05-24, 2026-05-24 15:17:19, 2026-05-24T15:17:19+02:00, 15:17, ' +
    'today, yesterday, epoch seconds, or -10m, -2h, -7d. limit=N: only the newest N; first=N: only the oldest N; after=ID, before=ID: only what came after or ' +
    'before an event; kinds=message,joined: only these, of ' +
    `${SHOWN_KINDS}; ` +
    'grep=WORD: only messages with a word, or with a text in quotes. ' +
    'end=yes: a last line when all is sent.',
  state: 'inRoom',
  least: 0,
  async *run({ chat, session }, parameter) {
    const { range, filter, first, end } = parseRange(parameter, Date.now())
    const membership = session.inRoom()
    const room = membership.room.record.slug
    const found = filter
      ? await chat.messages.search(membership, range, wanted(filter))
      : { pages: chat.messages.history(membership, range) }
    yield* answered(found, (event) => recordOf(event, room, session.name), { first, end })
  },
}

function wanted({ kinds, text }: Filter): (event: Event) => boolean {
  const isKind = (kind: Kind) => kinds === undefined || kinds.has(kind)
  return ({ kind, body }) => isKind(kind) && (text === undefined || body.toLowerCase().includes(text))
}
