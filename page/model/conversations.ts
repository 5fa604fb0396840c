/** The conversations that are listed. */
import type { Conversation } from './conversation.ts'
import { pastOf } from './past.ts'
import { PrivateTalk, privateKey } from './private-talk.ts'
import { RoomTalk, roomKey } from './room-talk.ts'
import { Signal } from './signal.ts'
import { keptRooms } from './storage.ts'

export class Conversations {
  /** Emits when one comes, goes or changes. */
  readonly changed = new Signal()
  readonly #conversations = new Map<string, Conversation>()

  /** In the order in which they were begun. */
  get all(): readonly Conversation[] {
    return [...this.#conversations.values()]
  }

  get rooms(): readonly RoomTalk[] {
    return this.all.filter((conversation) => conversation instanceof RoomTalk)
  }

  get privates(): readonly PrivateTalk[] {
    return this.all.filter((conversation) => conversation instanceof PrivateTalk)
  }

  /** Numbers of unread messages, and of those that mention the user or are private. */
  get unread() {
    let [all, mentioned] = [0, 0]
    for (const conversation of this.all) {
      all += conversation.unread
      mentioned += conversation.mentioned
    }
    return { all, mentioned }
  }

  /** Returns the conversation whose present name has a key. */
  get(key: string) {
    return this.all.find(({ isPrivate, name }) => (isPrivate ? privateKey(name) : roomKey(name)) === key)
  }

  /** Lists a conversation, with what the browser has of it. */
  add(conversation: Conversation) {
    if (this.#conversations.has(conversation.key)) return
    this.#conversations.set(conversation.key, conversation)
    conversation.changed.on(() => this.changed.emit())
    conversation.restore(pastOf(conversation))
    conversation.outbox.resume()
    this.changed.emit()
  }

  /** Lists a conversation no more. Returns the one before it. */
  delete(conversation: Conversation): Conversation | undefined {
    const index = this.all.indexOf(conversation)
    this.#conversations.delete(conversation.key)
    this.keepRooms()
    return this.all[Math.max(0, index - 1)]
  }

  /** Keeps the names of the rooms in the browser. */
  keepRooms() {
    keptRooms.value = this.rooms.map(({ name }) => name)
  }
}
