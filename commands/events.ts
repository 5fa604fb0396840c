import type { Event } from '../src/engine/event.ts'
import type { History, Message, PrivateEvent, RoomEvent } from './replies.ts'

/** Returns the line for an event (docs/protocols/line.md, sections 2.4 to 2.6 and 8); undefined for kinds that are not sent. */
export function eventLine(event: Event, room: string): RoomEvent | PrivateEvent | undefined {
  const { from, to = '', body } = event
  const utctimestamp = timestamp(event.at)
  const id = String(event.id)
  // Literals, as copying members into each line is slower.
  switch (event.kind) {
    case 'message':
      return event.details ? messageLine(event, room) : { type: 'message', from, body, room, utctimestamp, id }
    case 'joined':
      return { type: 'userJoined', from, body: `User ${from} has joined the room`, room, utctimestamp, id }
    case 'left':
      return { type: 'userLeft', from, body: `User ${from} has left the room`, room, utctimestamp, id }
    case 'topic':
      return { type: 'topic', from, body, room, utctimestamp, id }
    case 'kicked':
      return { type: 'userKicked', from, to, body, room, utctimestamp, id }
    case 'role':
    case 'mode':
    case 'redacted':
      return moderationLine(event, room)
    case 'private':
      return { ...privateLine(event), room }
    case 'closed':
      return undefined
    default:
      return event.kind satisfies never
  }
}

/** Returns the line for a private message between users who are in no room together. */
export function privateLine({ from, to = '', body, details, at, id }: Event): PrivateEvent {
  const text = details?.action ? `* ${from} ${body}` : body
  return { type: 'private', from, to, body: text, utctimestamp: timestamp(at), id: String(id) }
}

/** Returns the line for a message that is an action or a notice. */
function messageLine({ id, at, from, body, details }: Event, room: string): Message {
  const line: Message = { type: 'message', from, body, room, utctimestamp: timestamp(at), id: String(id) }
  if (details?.action) return { ...line, action: true }
  return details?.notice ? { ...line, notice: true } : line
}

/** Returns the line for a change of the room's state, or for the removal of a message. */
function moderationLine(event: Event, room: string): RoomEvent | undefined {
  const { kind, from, to = '', body, details = {} } = event
  const { role, flag, on = false, until, value, target } = details
  const happened = { room, utctimestamp: timestamp(event.at), id: String(event.id) }
  if (kind === 'redacted') return { type: 'redacted', from, to, body, target: String(target), ...happened }
  if (kind === 'role' && role) {
    return { type: 'role', from, to, role, on, ...(until && { until: timestamp(until) }), body, ...happened }
  }
  return flag && { type: 'mode', from, flag, on, ...(value !== undefined && { value }), body, ...happened }
}

/** Returns the HISTORY record for an event (docs/protocols/line.md, section 2.7); undefined for kinds that are not shown. */
export function recordOf(event: Event, room: string, asker: string): History | undefined {
  const line = eventLine(event, room)
  if (!line || line.type === 'private') return undefined
  const record = 'to' in line ? { ...line, user: line.to, to: asker } : { ...line, to: asker }
  return { type: 'history', from: asker, body: record }
}

/** Returns the record of /inbox for a private message. */
export function privateRecord(event: Event, asker: string): History {
  return { type: 'history', from: asker, body: privateLine(event) }
}

let lastTime = Number.NaN
let lastTimestamp = ''

/** Formats a time as `2015-05-24 15:17:19.209000`. Caches the last one, as most events of a tick have the same time. */
export function timestamp(at: number): string {
  if (at !== lastTime) {
    lastTime = at
    lastTimestamp = `${new Date(at).toISOString().slice(0, -1).replace('T', ' ')}000`
  }
  return lastTimestamp
}
