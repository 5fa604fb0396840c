import type { CommandResult, Reply, RoomEvent } from '../../commands/replies.ts'
import type { RefusedError } from './requests.ts'

export interface EnterOptions {
  /** Password of a locked room. */
  readonly password?: string
  /** Id of the last event known: iteration begins with the one after it. */
  readonly after?: string
  /** Number of past events with which iteration begins; not with `after`. */
  readonly recent?: number
  /** False for a room that is only spoken in: its events are neither parsed nor kept, and iteration ends at once. */
  readonly events?: boolean
}

export interface SayOptions {
  /** Says what the user does: `/me`. */
  readonly action?: boolean
  /** Says a text that no program answers: `/notice`. */
  readonly notice?: boolean
  /** Of 1 to 64 letters, digits, `_`, `-`, `.` and `:`; chosen by the library unless given. */
  readonly nonce?: string
}

export interface SayAllOptions extends Omit<SayOptions, 'nonce'> {
  /** Returns the nonce of a text by its number from 0; chosen by the library unless given. */
  readonly nonce?: (index: number) => string
  /** Called in order with the id of each text that is in the room. */
  readonly said?: (id: string, index: number) => void
  /** Called in order with each text that is refused; without it {@link JoinedRoom.sayAll} rejects at the first one. */
  readonly refused?: (error: RefusedError, text: string, index: number) => void
}

export type EventKind = 'message' | 'joined' | 'left' | 'topic' | 'kicked' | 'role' | 'mode' | 'redacted'

export interface EventRange {
  /** Newest events of the range, 100 if not given. */
  readonly limit?: number
  readonly before?: string
  readonly after?: string
  readonly kinds?: readonly EventKind[]
  /** Text that messages must contain, without regard to case. */
  readonly grep?: string
}

export interface SearchRange {
  /** Newest messages, 20 if not given, at most 256. */
  readonly limit?: number
  readonly before?: string
}

export interface RoomMember {
  readonly nickname: string
  readonly marks: NonNullable<CommandResult['marks']>[number]['marks']
  /** Text of a member that is away. */
  readonly away?: string
}

export interface SanctionTerms {
  /** Such as `30m`, `12h` or `7d`; for good if not given. */
  readonly time?: string
  readonly reason?: string
}

/** A role that operators give and take back. */
export type GrantedRole = 'owner' | 'operator' | 'voiced' | 'invited'

/**
 * A room that a client has joined. Iteration gives the events from the joining on, each once and in order, over reconnections; it ends when
 * the room is left. Only one iteration runs at a time; another one goes on behind it.
 *
 * @example
 * const room = await client.join('ops')
 * for await (const event of room) if (event.body === 'ping') await room.say('pong')
 */
export declare class JoinedRoom implements AsyncIterable<RoomEvent> {
  /** The present name of the room. */
  readonly name: string
  /** The present topic, empty without one. */
  readonly topic: string

  /**
   * Says a text, also of several lines. Resolves with the id of the message when it is committed. Texts are sent without waiting for one another, up to
   * 1,024 at a time, and keep their order. Over lost connections they are sent again with the same nonce: each is in the room once.
   *
   * @throws RefusedError `text-too-long`, `muted`, `slow-mode`, …; DisconnectedError when the room is left or closed before the answer
   */
  say(text: string, options?: SayOptions): Promise<string>

  /**
   * Says texts as {@link say} does, with less work for each. Resolves with the number of texts in the room when all are answered.
   *
   * @throws RefusedError, DisconnectedError
   */
  sayAll(texts: Iterable<string> | AsyncIterable<string>, options?: SayAllOptions): Promise<number>

  /** Returns past events, oldest first. @throws RefusedError `history-gone`, …; DisconnectedError */
  history(range?: EventRange): Promise<readonly RoomEvent[]>
  /** Returns the newest messages that have all words, oldest first. @throws RefusedError, DisconnectedError */
  search(words: string, range?: SearchRange): Promise<readonly RoomEvent[]>
  /** Returns the members in order of joining. */
  members(): Promise<readonly RoomMember[]>

  /** Sets the topic; an empty text removes it. @throws RefusedError `not-permitted`, … */
  setTopic(text: string): Promise<void>
  /** Gives a role; `owner` hands the room over. @throws RefusedError `not-permitted`, `nobody-here`, … */
  grant(nickname: string, role: GrantedRole): Promise<void>
  /** Takes a role, a ban or a mute back. @throws RefusedError */
  withdraw(nickname: string, role: 'operator' | 'voiced' | 'banned' | 'muted'): Promise<void>
  kick(nickname: string, reason?: string): Promise<void>
  /** Bans a user, or all that a mask such as `troll*` covers. */
  ban(nickname: string, terms?: SanctionTerms): Promise<void>
  mute(nickname: string, terms?: SanctionTerms): Promise<void>
  /** Deletes a message. @throws RefusedError `message-unknown`, `not-permitted` */
  delete(id: string, reason?: string): Promise<void>

  /** Sends a line that does not change the room, such as `/slow 5`. Rejects with {@link DisconnectedError}. */
  ask(line: string): Promise<Reply>

  /** Leaves the room behind the texts that wait. Iteration ends. */
  leave(): Promise<void>

  [Symbol.asyncIterator](): AsyncGenerator<RoomEvent, void>
}
