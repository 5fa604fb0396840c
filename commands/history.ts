import type { Range } from '../src/engine/engine.ts'
import type { Event, Kind } from '../src/engine/event.ts'
import type { Command, CommandContext } from './command.ts'
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
  state: 'hearing',
  least: 0,
  async *run(context, parameter) {
    const { range, filter, first, end } = parseRange(parameter, Date.now())
    const { found, room } = await eventsIn(context, range, filter && wanted(filter))
    yield* answered(found, (event) => recordOf(event, room, context.session.name), { first, end })
  },
}

/** Finds events of the room that the session is in, or listens in. */
async function eventsIn(
  { chat, session, listening }: CommandContext,
  range: Range,
  isWanted: ((event: Event) => boolean) | undefined,
) {
  if (listening) {
    const room = await listening.readable()
    const by = { asker: session, name: session.name }
    const found = isWanted
      ? await chat.reading.search(by, room, range, isWanted)
      : { pages: chat.reading.history(by, room, range) }
    return { found, room: room.slug }
  }
  const membership = session.inRoom()
  const found = isWanted
    ? await chat.messages.search(membership, range, isWanted)
    : { pages: chat.messages.history(membership, range) }
  return { found, room: membership.room.record.slug }
}

function wanted({ kinds, text }: Filter): (event: Event) => boolean {
  const isKind = (kind: Kind) => kinds === undefined || kinds.has(kind)
  return ({ kind, body }) => isKind(kind) && (text === undefined || body.toLowerCase().includes(text))
}
