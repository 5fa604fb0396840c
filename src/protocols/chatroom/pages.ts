import type { Chat } from '../../chat/chat.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import { Board } from './board.ts'
import { listFrame } from './frames.ts'
import type { ChatroomSession } from './wire.ts'

/** Key of the users who are in no room; a room of this title is not shown. */
export const LOBBY_KEY = 'lobby'

/** Subject of the signals between nodes after a change of the users in the lobby. */
const SUBJECT = 'chatroom lobby'

/** The pages of this protocol's users: the lobby, and the rooms with at least one of them. */
export class Pages {
  readonly lobby: Board
  readonly #chat: Chat
  readonly #rooms = new Map<number, Board>()

  constructor(chat: Chat) {
    this.#chat = chat
    this.lobby = new Board(undefined, () => this.#everybody())
    chat.rooms.watch((room) => {
      this.lobby.changed()
      this.#rooms.get(room)?.changed()
    })
    chat.broadcast.onBroadcast(SUBJECT, () => this.lobby.changed())
  }

  /**
   * Moves a session to another page, or to none. Nothing of the old page is queued from now on, and the list of the new one is
   * pushed: call it directly after queueing the frame that switches the page (docs/protocols/chatroom.md, sections 5.1 and 5.2).
   */
  turn(session: ChatroomSession, to: Board | undefined): void {
    const from = session.page
    session.page = to
    from?.remove(session)
    if (from?.room !== undefined && from.deserted) this.#rooms.delete(from.room)
    to?.add(session)
    if (from === this.lobby || to === this.lobby) this.#chat.broadcast.publish(SUBJECT, '')
  }

  room({ id, title }: RoomRecord): Board {
    let board = this.#rooms.get(id)
    if (!board) {
      board = new Board(id, async () => listFrame('list_room', [[title, (await this.#chat.rooms.members(id)).members]]))
      this.#rooms.set(id, board)
    }
    return board
  }

  async #everybody(): Promise<string> {
    const [everywhere, present] = await Promise.all([
      this.#chat.rooms.exclusiveNames(),
      this.#chat.rooms.lists.presence(),
    ])
    const rooms = present.filter(({ title }) => title !== LOBBY_KEY)
    const inRooms = new Set(present.flatMap(({ members }) => members))
    const here = new Set(Array.from(this.lobby.viewers, ({ name }) => name))
    const elsewhere = everywhere.filter((name) => !here.has(name) && !inRooms.has(name))
    return listFrame('list', [
      [LOBBY_KEY, [...here, ...elsewhere]],
      ...rooms.map(({ title, members }) => [title, members] as const),
    ])
  }
}
