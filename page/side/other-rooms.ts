/** The public rooms that the user is not in. */
import type { RoomEntry } from '../../src/client/roomd-client.ts'
import { make, the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { roomKey } from '../model/room-talk.ts'
import type { Finder } from './finder.ts'
import { KeyedList } from './keyed-list.ts'

const REFRESH_MS = 30_000
/** Rooms that are listed. */
const MOST = 50

export class OtherRooms {
  readonly #desk: Desk
  readonly #finder: Finder
  #rooms: readonly RoomEntry[] = []
  readonly #list: KeyedList<RoomEntry, HTMLLIElement>
  #askedFor = ''

  constructor(desk: Desk, finder: Finder) {
    this.#desk = desk
    this.#finder = finder
    this.#list = new KeyedList(the('other-rooms', HTMLElement), {
      keyOf: ({ room }) => room,
      make: ({ room }) => {
        const name = make('span', 'label', room)
        const topic = make('span', 'hint')
        topic.dir = 'auto'
        const link = make('a', '', name, make('span', 'count'), topic)
        link.href = `#${encodeURIComponent(room)}`
        return make('li', 'item', link)
      },
      update: (row, { room, members, topic = '' }) => {
        const [, count, hint] = row.firstElementChild?.children ?? []
        if (count) {
          count.textContent = members === 0 ? '' : String(members)
          count.ariaLabel = members === 1 ? '1 person' : `${members} people`
        }
        if (hint) hint.textContent = topic
        row.title = topic || room
      },
    })
    finder.onRest = () => void this.ask()
    setInterval(() => {
      if (!document.hidden && desk.chat?.connections.isOnline) void this.ask()
    }, REFRESH_MS)
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) void this.ask()
    })
    desk.panels.changed.on(() => {
      if (desk.panels.hasSide) void this.ask()
    })
  }

  /** Asks the server for the rooms, and shows them. */
  async ask() {
    const { text } = this.#finder
    this.#askedFor = text
    const rooms = (await this.#desk.chat?.publicRooms(text || undefined)) ?? []
    // Another text has been written in the meantime.
    if (this.#askedFor !== text) return
    this.#rooms = rooms
    this.show()
  }

  show() {
    const { chat } = this.#desk
    const text = this.#finder.text.toLowerCase()
    const fits = ({ room, topic = '' }: RoomEntry) => `${room} ${topic}`.toLowerCase().includes(text)
    const others = this.#rooms.filter(
      (entry) => !chat?.conversations.get(roomKey(entry.room)) && (text === '' || fits(entry)),
    )
    this.#list.show(others.slice(0, MOST))
    the('others-title', HTMLElement).hidden = others.length === 0
    the('others-more', HTMLElement).textContent =
      others.length > MOST ? `${others.length - MOST} more. Search by name to find them.` : ''
    this.#finder.showHint(
      (name) => chat?.conversations.get(roomKey(name)) !== undefined || this.#rooms.some(({ room }) => room === name),
    )
  }
}
