/** What was said and is not confirmed: nothing is dropped, and nothing is sent again unless somebody says so. */
import { make, makeButton, the } from './dom.js'
import { whyUnsaid } from './words.js'

/** @import { Session } from './session.js' */
/** @import { Item } from './types.d.ts' */

/** ms after which one is shown that something is still on its way. */
const SLOW_MS = 1_000

export class Outbox {
  #list
  #session
  #room = ''
  /** @type {Set<Item>} */
  #items = new Set()

  /**
   * @param {HTMLElement} list
   * @param {Session} session
   */
  constructor(list, session) {
    this.#list = list
    this.#session = session
  }

  /**
   * @param {string} body
   * @param {string} [to]
   */
  send(body, to) {
    /** @type {Item} */
    const item = { room: this.#session.room, body, ...(to && { to }), state: 'unsent', why: '', shown: false }
    this.#items.add(item)
    this.#try(item)
  }

  /**
   * Shows what belongs to a room.
   * @param {string} room
   */
  show(room) {
    this.#room = room
    this.#render()
  }

  /**
   * After a gap: what was lost on its way is either in the room or was never sent.
   * @param {readonly string[]} said one's own messages in the gap
   * @param {boolean} sure whether those are all
   */
  settle(said, sure) {
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

  /** @param {Item} item */
  async #try(item) {
    if (!this.#session.here || this.#session.room !== item.room) {
      item.why = 'Not connected at the moment.'
      return this.#reveal(item)
    }
    item.state = 'sending'
    item.why = 'Sending…'
    this.#render()
    const slow = setTimeout(() => this.#reveal(item), SLOW_MS)
    try {
      const reply = await this.#session.say(item.body, item.to)
      if (reply.type === 'commandResult') {
        this.#items.delete(item)
      } else {
        item.state = 'unsent'
        item.why = whyUnsaid(reply, item.to)
      }
    } catch {
      item.state = 'lost'
      item.why = 'Not confirmed: the connection was lost.'
    }
    clearTimeout(slow)
    this.#reveal(item)
  }

  /** @param {Item} item */
  #reveal(item) {
    item.shown = true
    this.#render()
  }

  #render() {
    const items = [...this.#items].filter(({ room, shown }) => shown && room === this.#room)
    this.#list.replaceChildren(...items.map((item) => this.#row(item)))
    this.#list.hidden = items.length === 0
  }

  /** @param {Item} item */
  #row(item) {
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
