/** The field that finds rooms, or makes one. */
import { the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { goToRoom } from './door.ts'

const WAIT_MS = 200

export class Finder {
  /** Text to look for. */
  text = ''
  /** Called a moment after the last key. */
  onRest: () => void = () => {}
  readonly #desk: Desk
  readonly #field = the('find-text', HTMLInputElement)
  readonly #hint = the('find-hint', HTMLElement)
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(desk: Desk, changed: () => void) {
    this.#desk = desk
    this.#field.addEventListener('input', () => {
      this.#take(this.#field.value)
      changed()
    })
    this.#field.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.text !== '') {
        event.stopPropagation()
        this.clear()
        changed()
      } else if (event.key === 'ArrowDown') {
        event.preventDefault()
        the('lists', HTMLElement).querySelector<HTMLElement>('a')?.focus()
      }
    })
    the('find', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#enter()
    })
  }

  clear() {
    this.#field.value = ''
    this.#take('')
  }

  /** The name of the room that Enter goes to, the listed one that begins so or a new one; empty while nothing is written. */
  get wanted() {
    const slug = this.text.replace(/^#/, '').replace(/\s+/g, '-')
    const names = [
      ...the('lists', HTMLElement).querySelectorAll<HTMLElement>('#my-rooms .label, #other-rooms .label'),
    ].map(({ textContent }) => textContent ?? '')
    const starts = names.filter((name) => name.toLowerCase().startsWith(slug.toLowerCase()))
    return slug === '' ? '' : (starts.find((name) => name.length === slug.length) ?? starts[0] ?? slug)
  }

  /** Tells what Enter does. */
  showHint(isKnown: (name: string) => boolean) {
    const { wanted } = this
    if (wanted === '') this.#hint.textContent = ''
    else if (isKnown(wanted)) this.#hint.textContent = `Press Enter to open ${wanted}.`
    else if (/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(wanted)) this.#hint.textContent = `Press Enter to create ${wanted}.`
    else this.#hint.textContent = 'Room names can have letters from a to z, digits, dots, dashes and underscores.'
  }

  #take(text: string) {
    this.text = text.trim()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.onRest(), WAIT_MS)
  }

  async #enter() {
    const { wanted } = this
    if (wanted === '') return
    await goToRoom(this.#desk, wanted)
    this.clear()
    this.onRest()
    this.#desk.panels.closeOverlay()
    if (this.#desk.room?.name.toLowerCase() === wanted.toLowerCase()) the('text', HTMLElement).focus()
  }
}
