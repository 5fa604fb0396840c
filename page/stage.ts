/** The parts of the page that a session tells what happens. */
import type { CommandResult, PrivateEvent, RoomEvent } from '../commands/replies.ts'
import type { Marks } from '../src/client/stay.ts'
import type { Refused } from './words.ts'

/** An event of the room, or a private message. */
export type Happening = RoomEvent | PrivateEvent
export type RoomCount = NonNullable<CommandResult['rooms']>[number]

/** The parts of the page that show a session. */
export interface Stage {
  /** Called for another room than before. */
  entered(room: string): void
  renamed(room: string): void
  /** Called with events in order, each once. */
  happened(events: readonly Happening[]): void
  /** Shows a text that nobody in the room has said. */
  noted(text: string): void
  /** Shows all members. */
  people(members: readonly string[]): void
  came(name: string): void
  went(name: string): void
  /** Shows the roles of all members, and who is away. */
  marked(marks: Marks): void
  /** Shows the topic; empty for none. */
  topic(text: string): void
  /** Called after a gap with the visitor's own messages in it. `sure` means that there were no others. */
  caughtUp(said: readonly string[], sure: boolean): void
  /** `idle` means that the next attempt to connect can be made at once. */
  status(state: 'here' | 'away', text: string, idle?: boolean): void
  /** The visitor is in no room any more. */
  out(why: Refused): void
}
