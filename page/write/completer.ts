/** The list of completions at the box: shown by itself for `/`, `@` and `#`, and with Tab for any word. */

import type { RoomEntry } from '../../src/client/roomd-client.ts'
import { make, the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { type Completion, complete } from './candidates.ts'
import type { CommandHelp, Commands } from './commands.ts'

/** How long a list of the server's rooms is good enough, in ms. */
const ROOMS_MS = 60_000

export class Completer {
  readonly #desk: Desk
  readonly #commands: Commands
  readonly #box: HTMLTextAreaElement
  readonly #list = the('completions', HTMLElement)
  #known: { commands: readonly CommandHelp[]; rooms: readonly RoomEntry[] } = { commands: [], rooms: [] }
  #roomsAt = Number.NEGATIVE_INFINITY
  #shown: Completion | undefined
  #chosen = 0
  /** The text behind the caret, and the candidate that has been put before it; Tab goes on to the next one. */
  #cycle: { readonly before: string; readonly after: string } | undefined

  constructor(desk: Desk, commands: Commands, box: HTMLTextAreaElement) {
    this.#desk = desk
    this.#commands = commands
    this.#box = box
    this.#list.addEventListener('mousedown', (event) => event.preventDefault())
    this.#list.addEventListener('click', ({ target }) => {
      const option = target instanceof Element ? target.closest('[role=option]') : undefined
      if (option) this.#take([...this.#list.children].indexOf(option))
    })
    box.addEventListener('blur', () => this.close())
  }

  /** Looks at what is written, and offers what fits. */
  look() {
    if (/^\/|#$/.test(this.#before)) void this.#learn()
    this.#offer()
  }

  #offer() {
    this.#cycle = undefined
    this.#show(complete(this.#before, false, this.#desk, this.#known))
  }

  /** Returns how a command is used whose parameters are being written; empty for another text. */
  usageOf(text: string) {
    const [, name] = /^(\/[a-z-]+)\s/i.exec(text) ?? []
    const known = this.#known.commands.find((command) => command.name === name?.toLowerCase())
    return known ? `${known.usage}: ${known.help}` : ''
  }

  close() {
    this.#cycle = undefined
    this.#show(undefined)
  }

  /** Takes a key of the box. Returns true if it was for the list. */
  key({ key, shiftKey }: KeyboardEvent): boolean {
    if (key === 'Tab') return this.#tab(shiftKey ? -1 : 1)
    if (!this.#shown) return false
    switch (key) {
      case 'ArrowDown':
        this.#choose(this.#chosen + 1)
        return true
      case 'ArrowUp':
        this.#choose(this.#chosen - 1)
        return true
      case 'Enter': {
        const { word, candidates } = this.#shown
        const candidate = candidates[this.#chosen]
        // Written in full, or chosen already.
        if (this.#cycle || !candidate || candidates.some(({ text }) => text.trimEnd() === word)) return false
        this.#take(this.#chosen)
        return true
      }
      case 'Escape':
        this.close()
        return true
      default:
        return false
    }
  }

  get #before() {
    const { value, selectionStart, selectionEnd } = this.#box
    return selectionStart === selectionEnd ? value.slice(0, selectionStart) : ''
  }

  #tab(step: number): boolean {
    if (this.#cycle && this.#shown) {
      this.#choose(this.#chosen + step)
      this.#put()
      return true
    }
    const found = this.#shown ?? complete(this.#before, true, this.#desk, this.#known)
    if (!found) return false
    if (!this.#shown) this.#show(found)
    const { selectionStart, value } = this.#box
    this.#cycle = { before: value.slice(0, found.start), after: value.slice(selectionStart) }
    this.#put()
    if (found.candidates.length === 1) this.look()
    return true
  }

  #take(index: number) {
    if (!this.#shown) return
    const { selectionStart, value } = this.#box
    this.#cycle ??= { before: value.slice(0, this.#shown.start), after: value.slice(selectionStart) }
    this.#choose(index)
    this.#put()
    this.look()
  }

  /** Puts the chosen candidate in the place of the word. */
  #put() {
    const { text = '' } = this.#shown?.candidates[this.#chosen] ?? {}
    if (!this.#cycle) return
    const { before, after } = this.#cycle
    const space = text.endsWith(' ') && after.startsWith(' ')
    const put = before + (space ? text.slice(0, -1) : text)
    this.#box.value = put + after
    this.#box.setSelectionRange(put.length, put.length)
    this.#box.dispatchEvent(new Event('completed'))
  }

  #choose(index: number) {
    const count = this.#shown?.candidates.length ?? 0
    if (count === 0) return
    this.#chosen = (index + count) % count
    for (const [i, option] of [...this.#list.children].entries()) {
      option.setAttribute('aria-selected', String(i === this.#chosen))
      if (i === this.#chosen) option.scrollIntoView({ block: 'nearest' })
    }
    this.#box.setAttribute('aria-activedescendant', `completion-${this.#chosen}`)
  }

  #show(completion: Completion | undefined) {
    if (!completion && !this.#shown) return
    this.#shown = completion
    this.#list.hidden = !completion
    const options = (completion?.candidates ?? []).map(({ label, detail }, index) => {
      const option = make('div', '', make('strong', '', label), make('span', '', detail))
      option.role = 'option'
      option.id = `completion-${index}`
      return option
    })
    this.#list.replaceChildren(...options)
    if (completion) this.#choose(0)
    else this.#box.removeAttribute('aria-activedescendant')
  }

  /** Asks the server for commands and rooms; what is written meanwhile is looked at again. */
  async #learn() {
    const { chat } = this.#desk
    if (!chat) return
    const isOld = performance.now() - this.#roomsAt > ROOMS_MS
    if (!isOld && this.#known.commands.length > 0) return
    this.#roomsAt = performance.now()
    const [commands, rooms] = await Promise.all([
      this.#commands.all(chat).catch(() => []),
      isOld ? chat.publicRooms() : this.#known.rooms,
    ])
    this.#known = { commands, rooms }
    if (document.activeElement === this.#box && !this.#cycle) this.#offer()
  }
}
