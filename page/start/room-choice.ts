/** The rooms at the start: says which one will be entered, and offers others. */
import type { RoomEntry } from '../../src/client/roomd-client.ts'
import { make, the } from '../dom.ts'

/** Rooms that are offered. */
const MOST = 30

export class RoomChoice {
  readonly #where = the('start-where', HTMLElement)
  readonly #list = the('start-rooms', HTMLElement)
  /** Undefined until the server has told them. */
  #rooms: readonly RoomEntry[] | undefined
  #chosen: string | undefined

  constructor() {
    this.#list.addEventListener('change', ({ target }) => {
      if (!(target instanceof HTMLInputElement)) return
      this.#chosen = target.value
      history.replaceState(null, '', `#${encodeURIComponent(target.value)}`)
      this.#tell()
    })
  }

  /** The room to enter. */
  get room() {
    return this.#chosen ?? this.#rooms?.[0]?.room ?? 'lobby'
  }

  /** Chooses a room, such as that of the address; the busiest one if undefined. */
  choose(room: string | undefined) {
    this.#chosen = room
    this.#tell()
  }

  /** Takes the public rooms, busiest first; undefined while the server cannot be reached. */
  take(rooms: readonly RoomEntry[] | undefined) {
    this.#rooms = rooms
    this.#list.replaceChildren(...(rooms ?? []).slice(0, MOST).map((room) => this.#option(room)))
    if (rooms) this.#tell()
    else this.#where.textContent = "Can't reach the server. Trying again…"
  }

  #option({ room, members, topic = '' }: RoomEntry) {
    const input = make('input', '')
    Object.assign(input, { type: 'radio', name: 'room', value: room, checked: room === this.room })
    const count = make('span', 'count', String(members || ''))
    count.title = peopleIn(members)
    return make('label', '', input, make('span', 'room', `#${room}`), make('span', 'topic', topic), count)
  }

  #tell() {
    const { room } = this
    const known = this.#rooms?.find((each) => each.room.toLowerCase() === room.toLowerCase())
    const who = known?.members ? ` with ${peopleIn(known.members)}` : ''
    // Hidden rooms, and those without a message for long, are not listed.
    const what = known || !this.#rooms ? who : ', or create it'
    this.#where.replaceChildren("You'll join ", make('strong', '', `#${room}`), `${what}.`)
    for (const input of this.#list.querySelectorAll('input')) input.checked = input.value === known?.room
  }
}

function peopleIn(members: number) {
  return members === 1 ? '1 person' : `${members} people`
}
