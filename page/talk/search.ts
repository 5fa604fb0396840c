/** The search in the messages of a room. */
import { RefusedError } from '../../src/client/errors.ts'
import { make, makeButton, the } from '../dom.ts'
import { iconButton } from '../icons.ts'
import type { Desk } from '../model/desk.ts'
import { isSaid, type Said } from '../model/happening.ts'
import type { RoomTalk } from '../model/room-talk.ts'
import { nameTag } from './names.ts'
import { atOf, Clock } from './times.ts'

/** Messages that are asked for at a time. */
const PAGE = 30
/** Characters of a message that are shown before the first word that was found, and in all. */
const [BEFORE, SHOWN] = [60, 240]

export class Search {
  readonly #desk: Desk
  readonly #panel = the('search-panel', HTMLElement)
  readonly #field = the('search-field', HTMLInputElement)
  readonly #state = the('search-state', HTMLElement)
  readonly #found = the('found', HTMLElement)
  readonly #more = makeButton('Show older', () => void this.#load())
  /** The room and the words of the results. */
  #asked: { readonly room: RoomTalk; readonly words: string } | undefined
  #oldest: string | undefined

  constructor(desk: Desk) {
    this.#desk = desk
    the('search-head', HTMLElement).append(iconButton('close', 'Close search', () => desk.panels.close()))
    this.#more.hidden = true
    this.#panel.append(this.#more)
    the('search', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#begin()
    })
    this.#panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      desk.panels.close()
    })
    desk.panels.changed.on(() => {
      if (desk.panels.right !== 'search') return
      this.#clearOther()
      // The panel is shown by another part.
      setTimeout(() => {
        this.#field.focus()
        this.#field.select()
      })
    })
    desk.moved.on(() => this.#clearOther())
  }

  /** Opens the search, and begins it if there are words. */
  find(words: string) {
    this.#desk.panels.open('search')
    this.#field.value = words
    void this.#begin()
  }

  /** Clears the results of another conversation. */
  #clearOther() {
    const { room } = this.#desk
    this.#field.placeholder = room ? `Search in #${room.name}` : ''
    if (room && this.#asked?.room === room) return
    this.#asked = undefined
    this.#clear()
    this.#state.textContent = ''
  }

  #clear() {
    this.#found.replaceChildren()
    this.#more.hidden = true
    this.#oldest = undefined
  }

  async #begin() {
    const { room } = this.#desk
    const words = this.#field.value.trim()
    this.#clear()
    this.#asked = room && words ? { room, words } : undefined
    if (this.#asked) await this.#load()
    else this.#state.textContent = ''
  }

  async #load() {
    const asked = this.#asked
    if (!asked) return
    this.#state.textContent = 'Searching…'
    this.#more.hidden = true
    try {
      const events = await asked.room.search(asked.words, this.#oldest)
      if (asked !== this.#asked) return
      this.#oldest = events[0]?.id
      this.#found.append(
        ...events
          .filter(isSaid)
          .reverse()
          .map((event) => this.#item(event, asked.words)),
      )
      this.#more.hidden = events.length < PAGE
      const count = this.#found.childElementCount
      const text = count === 1 ? '1 message' : `${count}${this.#more.hidden ? '' : '+'} messages`
      this.#state.textContent = count === 0 ? 'No messages found. A message must contain all the words.' : text
    } catch (error) {
      if (asked === this.#asked) {
        this.#state.textContent =
          error instanceof RefusedError ? `${error.message}.` : "Can't reach the server. Try again."
      }
    }
  }

  #item(event: Said, words: string) {
    const clock = new Clock(this.#desk.settings.now.clock)
    const at = atOf(event)
    const time = make('time', '', clock.when(at))
    time.dateTime = at.toISOString()
    const text = make('span', 'snippet', ...marked(event.body, words))
    text.dir = 'auto'
    const button = makeButton('', () => this.#open(event.id))
    button.className = 'hit'
    button.append(make('span', 'hit-head', nameTag(event.from), time), text)
    return make('li', '', button)
  }

  #open(id: string) {
    const room = this.#asked?.room
    if (!room) return
    this.#desk.panels.closeOverlay()
    this.#desk.show(room, id)
  }
}

/** Returns the surroundings of the words in a text, with the words marked. */
function marked(body: string, words: string) {
  const parts = words.split(/\s+/).map((word) => word.replace(/[\\^$.*+?()[\]{}|"]/g, '\\$&'))
  const pattern = new RegExp(parts.join('|'), 'giu')
  const first = body.search(pattern)
  const start = first > BEFORE ? first - BEFORE : 0
  const shown = body.slice(start, start + SHOWN)
  const nodes: (Node | string)[] = [start > 0 ? '…' : '']
  let end = 0
  for (const { 0: found, index } of shown.matchAll(pattern)) {
    if (found === '') continue
    nodes.push(shown.slice(end, index), make('mark', '', found))
    end = index + found.length
  }
  nodes.push(shown.slice(end), start + SHOWN < body.length ? '…' : '')
  return nodes
}
