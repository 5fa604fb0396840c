import type { Membership, Room } from '../../chat/session.ts'
import type { Event } from '../../engine/event.ts'
import { memoryBytes } from '../../engine/recent.ts'
import type { IrcContext } from './command.ts'
import { batchBegin, batchEnd, newBatch } from './labels.ts'
import { LongReply } from './long-reply.ts'
import type { Lines } from './message.ts'
import { type ChannelRoom, SERVER } from './names.ts'

/** Number of events among which messages for a new member are found. */
const PAGE = 256
/** Maximum bytes of messages that are held while a client reads. */
const HELD_BYTES = 65_536

/** A request of CHATHISTORY, and the room that its target is. */
interface HistoryRequest {
  /** The subcommand, such as `LATEST`. */
  readonly verb: string
  readonly name: string
  readonly room: ChannelRoom
}

/**
 * Sends events as the answer to CHATHISTORY, a batch where the client knows batches; further ones when the client has read some. Resolves
 * with the last lines. An error is thrown as long as nothing has been sent.
 */
export async function historyBatch(
  context: IrcContext,
  { verb, name, room }: HistoryRequest,
  pages: AsyncIterable<readonly Event[]>,
): Promise<Lines> {
  const { session, options } = context
  const reply = new LongReply(context)
  const batch = session.caps.has('batch') ? newBatch() : undefined
  const end = batch === undefined ? [] : [batchEnd(batch)]
  try {
    if (batch !== undefined) await reply.add([batchBegin(batch, `chathistory ${name}`)])
    for await (const page of pages) {
      for (const event of page) await reply.add(options.wire.linesOf(event, room, session.variant, { batch }))
    }
  } catch (error) {
    if (!reply.isBegun) throw error
    return [
      ...reply.rest(),
      ...end,
      `:${SERVER} FAIL CHATHISTORY MESSAGE_ERROR ${verb} ${name} :Messages could not be read, try again`,
    ]
  }
  return [...reply.rest(), ...end]
}

/** Adds the newest messages of a room to the reply to JOIN, as far as a page has them, for a client that cannot ask for its history. */
export async function addReplay({ chat, session, options }: IrcContext, room: Room, reply: LongReply): Promise<void> {
  const membership = session.memberships.get(room.record.id)
  if (!membership || options.replay === 0 || session.caps.has('draft/chathistory')) return
  // Many bytes are read twice, so that no more than a page is held while the client reads.
  let surplus = -options.replay
  let held: Event[] | undefined = []
  let bytes = 0
  for await (const page of newest(chat, membership)) {
    surplus += page.length
    for (const event of page) bytes += memoryBytes(event)
    if (bytes > HELD_BYTES) held = undefined
    held?.push(...page)
  }
  for await (const page of held ? [held] : newest(chat, membership)) {
    for (const event of page) {
      if (surplus-- > 0) continue
      const shown = session.caps.has('server-time') ? event : dated(event)
      await reply.add(options.wire.linesOf(shown, room.record, session.variant))
    }
  }
}

/** The messages among the newest events of a room before the session has joined it, oldest first. */
async function* newest(chat: IrcContext['chat'], membership: Membership): AsyncGenerator<readonly Event[]> {
  const { since } = membership
  for await (const page of chat.messages.history(membership, { limit: PAGE, ...(since > 0 && { before: since }) }))
    yield page.filter(({ kind }) => kind === 'message')
}

/** Returns a message with its time in front of its text. */
function dated(event: Event): Event {
  const time = new Date(event.at).toISOString().slice(0, 16).replace('T', ' ')
  return { ...event, body: `[${time}] ${event.body}` }
}
