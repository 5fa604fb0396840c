import type { Room } from '../../chat/session.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import type { Event } from '../../engine/event.ts'
import type { IrcContext } from './command.ts'
import { newBatch } from './labels.ts'
import type { Lines } from './message.ts'
import { SERVER } from './names.ts'

/** Number of events among which messages for a new member are found. */
const PAGE = 256
/** Lines of history in one write. */
const MAX_WRITE = 256

/** A target of CHATHISTORY, with the room that it is. */
interface HistoryTarget {
  readonly name: string
  readonly room: Pick<RoomRecord, 'title' | 'slug'>
}

/**
 * Sends events as the answer to CHATHISTORY, a batch where the client knows batches; further ones when the client has read some. Resolves
 * with the last lines. An error is thrown as long as nothing has been sent.
 */
export async function historyBatch(
  context: IrcContext,
  { name, room }: HistoryTarget,
  pages: AsyncIterable<readonly Event[]>,
): Promise<Lines> {
  const { session, options } = context
  const batch = session.caps.has('batch') ? newBatch() : undefined
  let lines = batch === undefined ? [] : [`:${SERVER} BATCH +${batch} chathistory ${name}`]
  const end = batch === undefined ? [] : [`:${SERVER} BATCH -${batch}`]
  let isBegun = false
  try {
    for await (const page of pages) {
      for (const event of page) {
        lines.push(...options.wire.linesOf(event, room, session.variant, { batch }))
        if (lines.length < MAX_WRITE) continue
        isBegun = true
        context.tell(lines)
        lines = []
        await context.drained()
      }
    }
  } catch (error) {
    if (!isBegun) throw error
    return [
      ...lines,
      ...end,
      `:${SERVER} FAIL CHATHISTORY MESSAGE_ERROR ${name} :Messages could not be read, try again`,
    ]
  }
  return [...lines, ...end]
}

/** Returns the newest messages of a room, as far as a page has them, for a client that has joined it and cannot ask for its history. */
export async function replayLines({ chat, session, options }: IrcContext, room: Room): Promise<Lines> {
  const membership = session.memberships.get(room.record.id)
  if (!membership || options.replay === 0 || session.caps.has('draft/chathistory')) return []
  const { since } = membership
  const events: Event[] = []
  for await (const page of chat.messages.history(membership, { limit: PAGE, ...(since > 0 && { before: since }) })) {
    events.push(...page.filter(({ kind }) => kind === 'message'))
  }
  const shown = session.caps.has('server-time') ? events : events.map(dated)
  return shown.slice(-options.replay).flatMap((event) => options.wire.linesOf(event, room.record, session.variant))
}

/** Returns a message with its time in front of its text. */
function dated(event: Event): Event {
  const time = new Date(event.at).toISOString().slice(0, 16).replace('T', ' ')
  return { ...event, body: `[${time}] ${event.body}` }
}
