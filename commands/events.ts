import type { Event } from '../src/engine/event.ts'
import type { History, PrivateEvent, RoomEvent } from './replies.ts'

const TYPES = { message: 'message', joined: 'userJoined', left: 'userLeft' } as const

/** A room's event as its members see it (docs/protocols/line.md, sections 2.4 to 2.6 and 8). */
export function roomEvent(event: Event, room: string): RoomEvent {
  return {
    type: TYPES[kindOf(event)],
    from: event.from,
    body: bodyOf(event),
    room,
    utctimestamp: timestamp(event.at),
    id: String(event.id),
  }
}

/** A private message as its addressee and its sender see it. */
export function privateEvent(event: Event, room: string): PrivateEvent {
  return {
    type: 'private',
    from: event.from,
    to: event.to ?? '',
    body: event.body,
    room,
    utctimestamp: timestamp(event.at),
    id: String(event.id),
  }
}

/** A record of HISTORY for the one who asked (docs/protocols/line.md, section 2.7). */
export function recordOf(event: Event, room: string, asker: string): History {
  const body = {
    type: TYPES[kindOf(event)],
    from: event.from,
    to: asker,
    room,
    body: bodyOf(event),
    utctimestamp: timestamp(event.at),
    id: String(event.id),
  }
  return { type: 'history', from: asker, body }
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

function kindOf({ kind }: Event): keyof typeof TYPES {
  if (kind === 'private' || kind === 'closed') throw new Error(`${kind} is nothing that members of a room are told`)
  return kind
}

function bodyOf({ kind, from, body }: Event): string {
  if (kind === 'joined') return `User ${from} has joined the room`
  if (kind === 'left') return `User ${from} has left the room`
  return body
}
