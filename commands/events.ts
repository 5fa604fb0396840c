import type { Event } from '../src/engine/event.ts'
import type { History, PrivateEvent, RoomEvent } from './replies.ts'

/** An event as members of its room see it (docs/protocols/line.md, sections 2.4 to 2.6 and 8); undefined where it is not shown. */
export function eventLine(event: Event, room: string): RoomEvent | PrivateEvent | undefined {
  const { from, body, to = '' } = event
  const rest = { room, utctimestamp: timestamp(event.at), id: String(event.id) }
  switch (event.kind) {
    case 'message':
      return { type: 'message', from, body, ...rest }
    case 'joined':
      return { type: 'userJoined', from, body: `User ${from} has joined the room`, ...rest }
    case 'left':
      return { type: 'userLeft', from, body: `User ${from} has left the room`, ...rest }
    case 'private':
      return { type: 'private', from, to, body, ...rest }
    case 'closed':
      return undefined
    default:
      return event.kind satisfies never
  }
}

/** A record of HISTORY for the session that asked (docs/protocols/line.md, section 2.7); undefined where it is not shown. */
export function recordOf(event: Event, room: string, asker: string): History | undefined {
  const line = eventLine(event, room)
  if (!line || line.type === 'private') return undefined
  const { type, from, body, utctimestamp, id } = line
  return { type: 'history', from: asker, body: { type, from, to: asker, room, body, utctimestamp, id } }
}

let lastTime = Number.NaN
let lastTimestamp = ''

/** `2015-05-24 15:17:19.209000`. A turn's events mostly share a millisecond, so the last one is remembered. */
export function timestamp(at: number): string {
  if (at !== lastTime) {
    lastTime = at
    lastTimestamp = `${new Date(at).toISOString().slice(0, -1).replace('T', ' ')}000`
  }
  return lastTimestamp
}
