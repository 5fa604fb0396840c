/** The menu that a button opens, beside it: of a name, a message, a room. One is open at a time. */
import { make, the } from '../dom.ts'

export interface Action {
  readonly text: string
  readonly act: () => void
  /** True for what cannot be undone, or hits somebody. */
  readonly isGrave?: boolean
  /** Given for a switch: whether it is on. */
  readonly isOn?: boolean
}

/** Pixels between the menu and the edges of the window. */
const MARGIN = 8

const MOVES: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
}

const element = the('menu', HTMLElement)
let opener: HTMLElement | undefined
/** The button whose click has just closed the menu, and is not to open it again. */
let closing: HTMLElement | undefined

element.addEventListener('keydown', move)
element.addEventListener('beforetoggle', (event) => {
  if (event.newState === 'open') return
  opener?.setAttribute('aria-expanded', 'false')
  closing = opener
  setTimeout(() => (closing = undefined))
})
addEventListener('resize', closeMenu)

/** Opens a menu at a button; where there is no action, none. */
export function openMenu(at: HTMLElement, label: string, actions: readonly Action[]) {
  if (actions.length === 0 || closing === at) return
  opener = at
  element.ariaLabel = label
  element.replaceChildren(...actions.map(item))
  // It belongs to the part of the page that the button is in.
  at.closest('dialog, nav, main, aside')?.append(element)
  // The focus returns to what has it now.
  at.focus()
  element.showPopover()
  at.setAttribute('aria-expanded', 'true')
  place(at.getBoundingClientRect())
  element.querySelector('button')?.focus()
}

export function closeMenu() {
  element.hidePopover()
}

function item({ text, act, isGrave, isOn }: Action) {
  const button = make('button', isGrave ? 'grave' : '', text)
  button.type = 'button'
  button.role = isOn === undefined ? 'menuitem' : 'menuitemcheckbox'
  if (isOn !== undefined) button.ariaChecked = String(isOn)
  button.tabIndex = -1
  button.addEventListener('click', () => {
    closeMenu()
    act()
  })
  return button
}

function place({ left, right, top, bottom }: DOMRect) {
  const { offsetWidth, offsetHeight, style } = element
  const isLeft = left + offsetWidth + MARGIN <= innerWidth
  const isBelow = bottom + offsetHeight + MARGIN <= innerHeight
  style.left = `${Math.max(MARGIN, isLeft ? left : right - offsetWidth)}px`
  style.top = `${Math.max(MARGIN, isBelow ? bottom : Math.min(top, innerHeight - MARGIN) - offsetHeight)}px`
}

function move(event: KeyboardEvent) {
  if (event.key === 'Tab') closeMenu()
  // A panel would close as well.
  if (event.key === 'Escape') event.stopPropagation()
  const items = [...element.querySelectorAll('button')]
  const to = MOVES[event.key]
  const at = items.indexOf(document.activeElement as HTMLButtonElement)
  if (to) {
    event.preventDefault()
    items[to(at, items.length)]?.focus()
  } else if (event.key.length === 1 && event.key !== ' ') {
    // The next item that begins with the letter.
    const later = [...items.slice(at + 1), ...items]
    later.find(({ textContent }) => textContent?.toLowerCase().startsWith(event.key.toLowerCase()))?.focus()
  }
}
