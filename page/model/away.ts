/** The mark of a user who is away, which belongs to each connection: that of every room. */
import type { CommandResult } from '../../commands/replies.ts'
import type { JoinedRoom } from '../../src/client/joined-room.ts'
import { resultOf } from '../../src/client/requests.ts'
import type { RoomTalk } from './room-talk.ts'

export class Away {
  /** Undefined for a user who is here. */
  text: string | undefined
  readonly #rooms: () => readonly RoomTalk[]
  readonly #command: (line: string) => Promise<CommandResult>
  readonly #changed: () => void

  constructor(
    rooms: () => readonly RoomTalk[],
    command: (line: string) => Promise<CommandResult>,
    changed: () => void,
  ) {
    this.#rooms = rooms
    this.#command = command
    this.#changed = changed
  }

  /** Marks the user as away with a text, or as here again. @throws RefusedError, DisconnectedError */
  async set(text: string | undefined) {
    // Without a text, the command is a switch.
    if (text !== undefined) await this.#everywhere(`/away ${text}`)
    else if (this.text !== undefined) await this.#everywhere('/away')
    this.text = text
    this.#changed()
  }

  /** Marks a new connection. */
  async renew(joined: JoinedRoom) {
    if (this.text !== undefined) await joined.ask(`/away ${this.text}`).catch(() => {})
  }

  async #everywhere(line: string) {
    const rooms = this.#rooms().filter(({ joined }) => joined)
    if (rooms.length === 0) return void (await this.#command(line))
    const replies = await Promise.all(rooms.map(({ joined }) => joined?.ask(line)))
    const [first] = replies
    if (first) resultOf(first)
    for (const room of rooms) room.askMembers()
  }
}
