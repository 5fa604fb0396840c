/** The shapes that the page's modules share; never sent to a browser. */
import type { ErrorReply, Reply, ServerLine } from '../commands/replies.ts'
import type { Message, Private, UserJoined, UserLeft } from '../commands/schema.ts'
import type { Refused } from './words.js'

export type { ErrorReply, Private, Reply, ServerLine }

/** What one asks for at the door. */
export interface Wanted {
  nickname: string
  password: string
  room: string
}

/** Of the form at the door. */
export type Field = 'nickname' | 'password' | 'room' | ''

export interface RoomCount {
  room: string
  members: number
}

/** What happens in a room, live or read from its history. */
export type RoomEvent = Omit<Message, 'type'> & { type: (Message | UserJoined | UserLeft)['type'] }
export type Happening = RoomEvent | Private

/** Why the server closes the connection, in its own words. */
export interface LastWord {
  text: string
  reconnect: boolean
}

/** Who has opened a connection. */
export interface Listener {
  /** What is no reply. */
  heard(line: Exclude<ServerLine, Reply>): void
  /** The end; not called when it was this side that closed. */
  lost(why: LastWord | undefined): void
}

/** What shows a session. */
export interface Stage {
  /** Another room than before. */
  entered(room: string): void
  renamed(room: string): void
  /** In order, each once. */
  happened(events: readonly Happening[]): void
  /** Something that nobody in the room has said. */
  noted(text: string): void
  /** All who are here. */
  people(members: readonly string[]): void
  came(name: string): void
  went(name: string): void
  /** After a gap: one's own messages in it, and whether it is certain that those are all. */
  caughtUp(said: readonly string[], sure: boolean): void
  /** `idle`: it waits for the next attempt. */
  status(state: 'here' | 'away', text: string, idle?: boolean): void
  /** One is in no room any more. */
  out(why: Refused): void
}

/** A message on its way. */
export interface Item {
  readonly room: string
  readonly body: string
  readonly to?: string
  state: 'sending' | 'lost' | 'unsent'
  why: string
  shown: boolean
}
