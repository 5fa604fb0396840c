import type { Room } from '../../chat/room.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import type { Event } from '../../engine/event.ts'
import type { IrcContext, Lines } from './command.ts'
import { actionOf, actionText } from './ctcp.ts'
import { newBatch } from './labels.ts'
import { SERVER } from './names.ts'
import { taggedLines } from './wire.ts'

/** Returns events as the answer to CHATHISTORY: a batch where the client knows batches. */
export function historyBatch(
  { session }: IrcContext,
  target: string,
  room: Pick<RoomRecord, 'title' | 'slug'>,
  events: readonly Event[],
): Lines {
  const batch = session.caps.has('batch') ? newBatch() : undefined
  const lines = events.flatMap((event) => taggedLines(event, room, session.variant, undefined, batch))
  if (batch === undefined) return lines
  return [`:${SERVER} BATCH +${batch} chathistory ${target}`, ...lines, `:${SERVER} BATCH -${batch}`]
}

/** Returns the newest messages of a room for a client that has joined it and cannot ask for its history. */
export async function replayLines({ chat, session, options }: IrcContext, room: Room): Promise<Lines> {
  const membership = session.memberships.get(room.record.id)
  if (!membership || options.replay === 0 || session.caps.has('draft/chathistory')) return []
  const isMessage = ({ kind, id }: Event) => kind === 'message' && (membership.since === 0 || id < membership.since)
  const { pages } = await chat.messages.search(membership, { limit: options.replay }, isMessage)
  const lines: string[] = []
  for await (const page of pages) {
    for (const event of page) {
      const shown = taggedLines(event, room.record, session.variant)
      lines.push(...(session.caps.has('server-time') ? shown : shown.map((line) => dated(line, event.at))))
    }
  }
  return lines
}

/** Puts the time of a message in front of its text, which is the last parameter. */
function dated(line: string, at: number): string {
  const time = new Date(at).toISOString().slice(0, 16).replace('T', ' ')
  const start = line.indexOf(' :') + 2
  const text = line.slice(start)
  const action = actionOf(text)
  return line.slice(0, start) + (action === undefined ? `[${time}] ${text}` : actionText(`[${time}] ${action}`))
}
