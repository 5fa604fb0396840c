/** The rooms that `#name` in a text can mean. */
import { foldName } from '../../src/client/nickname.ts'
import type { Chat } from '../model/chat.ts'
import { Signal } from '../model/signal.ts'

/** Time for which the list of public rooms is good, in ms. */
const GOOD_MS = 300_000

export class RoomNames {
  readonly changed = new Signal()
  /** Rises when the names change. */
  version = 0
  #public = new Set<string>()
  #asked = Number.NEGATIVE_INFINITY

  has(name: string, chat: Chat | undefined) {
    const folded = foldName(name)
    if (chat?.conversations.rooms.some((room) => foldName(room.name) === folded)) return true
    void this.#ask(chat)
    return this.#public.has(folded)
  }

  async #ask(chat: Chat | undefined) {
    if (!chat || performance.now() - this.#asked < GOOD_MS) return
    this.#asked = performance.now()
    const rooms = await chat.publicRooms('all')
    this.#public = new Set(rooms.map(({ room }) => foldName(room)))
    this.version++
    this.changed.emit()
  }
}
