import type { Reply, RoomEvent } from '../../commands/replies.ts'
import type {
  EventRange,
  GrantedRole,
  RoomMember,
  SanctionTerms,
  SayAllOptions,
  SayOptions,
  SearchRange,
  Texts,
  WithdrawnRole,
} from './room-options.ts'

/**
 * A room that a client has joined. Iteration gives the events from the joining on, each once and in order, over reconnections; it ends when
 * the room is left, and with an {@link EventsMissingError} before what follows a gap. Only one iteration runs at a time; another one goes on
 * behind it.
 *
 * @example
 * const room = await client.join('ops')
 * for await (const event of room) if (event.body === 'ping') await room.say('pong')
 */
export interface JoinedRoom extends AsyncIterable<RoomEvent> {
  /** The present name of the room. */
  readonly name: string
  /** The present topic, empty without one. */
  readonly topic: string
  /**
   * Says a text, also of several lines. Resolves with the id of the message when it is committed. Texts are sent without waiting for one
   * another, up to 2,048 at a time, and keep their order. Over lost connections they are sent again with the same nonce: each is in the room
   * once.
   *
   * @throws RefusedError `text-too-long`, `muted`, `slow-mode`, …; DisconnectedError when the room is left or closed before the reply
   */
  say(text: string, options?: SayOptions): Promise<string>
  /**
   * Says texts as {@link say} does, with less work for each. Resolves with the number of texts that are in the room when all have their
   * replies. Then it also rejects with an error of what gives the texts.
   *
   * @throws RefusedError, DisconnectedError
   */
  sayAll(texts: Texts, options?: SayAllOptions): Promise<number>
  /** Returns past events, oldest first. @throws RefusedError `history-gone`, …; DisconnectedError */
  history(range?: EventRange): Promise<readonly RoomEvent[]>
  /** Returns the newest messages that have all words, oldest first. @throws RefusedError, DisconnectedError */
  search(words: string, range?: SearchRange): Promise<readonly RoomEvent[]>
  /** Returns the members in order of joining. @throws DisconnectedError */
  members(): Promise<readonly RoomMember[]>
  /** Sets the topic; an empty text removes it. @throws RefusedError `not-permitted`, … */
  setTopic(text: string): Promise<void>
  /** Gives a role; `owner` hands the room over. @throws RefusedError `not-permitted`, `nobody-here`, … */
  grant(nickname: string, role: GrantedRole): Promise<void>
  /** Takes a role, a ban or a mute back. @throws RefusedError `not-permitted`, `nobody-here`, … */
  withdraw(nickname: string, role: WithdrawnRole): Promise<void>
  /** @throws RefusedError `not-permitted`, `nobody-here`, … */
  kick(nickname: string, reason?: string): Promise<void>
  /** Bans a user, or all that a mask such as `troll*` covers. @throws RefusedError `not-permitted`, … */
  ban(nickname: string, terms?: SanctionTerms): Promise<void>
  /** @throws RefusedError `not-permitted`, … */
  mute(nickname: string, terms?: SanctionTerms): Promise<void>
  /** Deletes a message. @throws RefusedError `message-unknown`, `not-permitted` */
  delete(id: string, reason?: string): Promise<void>
  /** Sends a line that does not change the room, such as `/slow 5`. Rejects with {@link DisconnectedError}. */
  ask(line: string): Promise<Reply>
  /** Leaves the room behind the texts that wait. Iteration ends. @throws RefusedError */
  leave(): Promise<void>
  [Symbol.asyncIterator](): AsyncGenerator<RoomEvent, void>
}
