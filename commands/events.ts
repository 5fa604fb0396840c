import type { Event } from '../src/engine/event.ts'
import type { History, PrivateEvent, RoomEvent } from './replies.ts'

/** Returns the line for an event (docs/protocols/line.md, sections 2.4 to 2.6 and 8); undefined for kinds that are not sent. */
export function eventLine(event: Event, room: string): RoomEvent | PrivateEvent | undefined {
  const { from, body } = event
  const utctimestamp = timestamp(event.at)
  const id = String(event.id)
  // Literals, as copying members into each line is slower.
  switch (event.kind) {
    case 'message':
      return { type: 'message', from, body, room, utctimestamp, id }
    case 'joined':
      return { type: 'userJoined', from, body: `User ${from} has joined the room`, room, utctimestamp, id }
    case 'left':
      return { type: 'userLeft', from, body: `User ${from} has left the room`, room, utctimestamp, id }
    case 'private':
      return { ...privateLine(event), room }
    case 'closed':
      return undefined
    default:
      return event.kind satisfies never
  }
}

/** Returns the line for a private message between users who are in no room together. */
export function privateLine({ from, to = '', body, at, id }: Event): PrivateEvent {
  return { type: 'private', from, to, body, utctimestamp: timestamp(at), id: String(id) }
}

/** Returns the HISTORY record for an event (docs/protocols/line.md, section 2.7); undefined for kinds that are not shown. */
export function recordOf(event: Event, room: string, asker: string): History | undefined {
  const line = eventLine(event, room)
  if (!line || line.type === 'private') return undefined
  const { type, from, body, utctimestamp, id } = line
  return { type: 'history', from: asker, body: { type, from, to: asker, room, body, utctimestamp, id } }
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
