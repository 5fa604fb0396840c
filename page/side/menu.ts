/** The menu of a name or of a message, shown at the button that opens it. */
import { make, the } from '../dom.ts'

export interface Action {
  readonly text: string
  readonly act: () => void
}

/** Pixels between the menu and the edges of the window. */
const MARGIN = 8

const MOVES: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
}

export class Menu {
  #element = the('menu', HTMLElement)
  #opener: HTMLElement | undefined
  /** The button whose click has just closed the menu, and is not to open it again. */
  #closing: HTMLElement | undefined

  constructor() {
    this.#element.addEventListener('keydown', (event) => this.#key(event))
    this.#element.addEventListener('beforetoggle', (event) => {
      if (event.newState === 'open') return
      this.#opener?.setAttribute('aria-expanded', 'false')
      this.#closing = this.#opener
      setTimeout(() => (this.#closing = undefined))
    })
    addEventListener('resize', () => this.close())
  }

  open(opener: HTMLElement, label: string, actions: readonly Action[]) {
    if (actions.length === 0 || this.#closing === opener) return
    this.#opener = opener
    this.#element.ariaLabel = label
    this.#element.replaceChildren(...actions.map((action) => this.#item(action)))
    // The focus returns to what has it now.
    opener.focus()
    this.#element.showPopover()
    opener.setAttribute('aria-expanded', 'true')
    this.#place(opener.getBoundingClientRect())
    this.#element.querySelector('button')?.focus()
  }

  close() {
    this.#element.hidePopover()
  }

  #item({ text, act }: Action) {
    const item = make('button', '', text)
    item.type = 'button'
    item.role = 'menuitem'
    item.tabIndex = -1
    item.addEventListener('click', () => {
      this.close()
      act()
    })
    return item
  }

  #place({ left, right, top, bottom }: DOMRect) {
    const { offsetWidth, offsetHeight, style } = this.#element
    const isLeft = left + offsetWidth + MARGIN <= innerWidth
    const isBelow = bottom + offsetHeight + MARGIN <= innerHeight
    style.left = `${Math.max(MARGIN, isLeft ? left : right - offsetWidth)}px`
    style.top = `${Math.max(MARGIN, isBelow ? bottom : top - offsetHeight)}px`
  }

  #key(event: KeyboardEvent) {
    if (event.key === 'Tab') this.close()
    // The panel would close as well.
    if (event.key === 'Escape') event.stopPropagation()
    const items = [...this.#element.querySelectorAll('button')]
    const move = MOVES[event.key]
    if (!move) return
    event.preventDefault()
    items[move(items.indexOf(document.activeElement as HTMLButtonElement), items.length)]?.focus()
  }
}
