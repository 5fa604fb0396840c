import type { Message, PrivateEvent, RoomEvent } from '../../commands/replies.ts'

/** An event of a room, or a private message. */
export type Happening = RoomEvent | PrivateEvent
export type RedactedEvent = Extract<RoomEvent, { type: 'redacted' }>
export type Said = Message | PrivateEvent
/** An event that nobody says. */
export type Quiet = Exclude<Happening, Said>

export function isSaid(event: Happening): event is Said {
  return event.type === 'message' || event.type === 'private'
}

/** The date of a time in an event. */
export function dateOf(utctimestamp: string) {
  return new Date(`${utctimestamp.slice(0, 23).replace(' ', 'T')}Z`)
}

/** Returns true if a text has a nickname as a word. */
export function mentions(body: string, nickname: string) {
  if (nickname === '') return false
  const name = nickname.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return new RegExp(`(?<![\\p{L}\\p{N}_])${name}(?![\\p{L}\\p{N}_])`, 'iu').test(body)
}
