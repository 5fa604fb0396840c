/** Messages that are not confirmed: none is dropped, and none is sent again unless the visitor says so. */
import { RefusedError } from '../src/client/errors.ts'
import { make, makeButton, the } from './dom.ts'
import type { Session } from './session.ts'
import { whyUnsaid } from './words.ts'

interface Item {
  readonly room: string
  readonly body: string
  readonly to?: string
  state: 'sending' | 'lost' | 'unsent'
  why: string
  shown: boolean
}

/** Time after which a message on its way is shown. */
const SLOW_MS = 1_000

export class Outbox {
  #list: HTMLElement
  #session: Session
  #room = ''
  #items = new Set<Item>()

  constructor(list: HTMLElement, session: Session) {
    this.#list = list
    this.#session = session
  }

  send(body: string, to?: string) {
    const item: Item = { room: this.#session.room, body, ...(to && { to }), state: 'unsent', why: '', shown: false }
    this.#items.add(item)
    this.#try(item)
  }

  /** Shows the messages of a room. */
  show(room: string) {
    this.#room = room
    this.#render()
  }

  /** After a gap: what was lost on its way is either in the room or was never sent. */
  settle(said: readonly string[], sure: boolean) {
    const found = said.map((body) => body.trim())
    for (const item of this.#items) {
      if (item.state !== 'lost' || item.room !== this.#room) continue
      const place = item.to ? -1 : found.indexOf(item.body.trim())
      if (place >= 0) {
        found.splice(place, 1)
        this.#items.delete(item)
        continue
      }
      item.state = 'unsent'
      item.why = item.to || !sure ? 'The connection was lost: it is not known whether this was sent.' : 'Not sent.'
    }
    this.#render()
  }

  async #try(item: Item) {
    if (!this.#session.here || this.#session.room !== item.room) {
      item.why = 'Not connected at the moment.'
      return this.#reveal(item)
    }
    item.state = 'sending'
    item.why = 'Sending…'
    this.#render()
    const slow = setTimeout(() => this.#reveal(item), SLOW_MS)
    try {
      await this.#session.say(item.body, item.to)
      this.#items.delete(item)
    } catch (error) {
      const isRefused = error instanceof RefusedError
      item.state = isRefused ? 'unsent' : 'lost'
      item.why = isRefused ? whyUnsaid(error, item.to) : 'Not confirmed: the connection was lost.'
    }
    clearTimeout(slow)
    this.#reveal(item)
  }

  #reveal(item: Item) {
    item.shown = true
    this.#render()
  }

  #render() {
    const items = [...this.#items].filter(({ room, shown }) => shown && room === this.#room)
    this.#list.replaceChildren(...items.map((item) => this.#row(item)))
    this.#list.hidden = items.length === 0
  }

  #row(item: Item) {
    const { body, to, why, state } = item
    const row = make('li', '', make('p', 'body', body), make('p', 'why', to ? `To ${to}. ${why}` : why))
    if (state !== 'unsent') return row
    const again = () => {
      void this.#try(item)
      the('text', HTMLTextAreaElement).focus()
    }
    const discard = () => {
      this.#items.delete(item)
      this.#render()
      the('text', HTMLTextAreaElement).focus()
    }
    row.append(makeButton('Send again', again), makeButton('Discard', discard))
    return row
  }
}
