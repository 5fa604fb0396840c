/** Shows the parts beside the conversation; on a narrow screen they slide over it, and the rest is out of reach meanwhile. */
import { the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'

export class Drawers {
  readonly #desk: Desk
  readonly #side = the('side', HTMLElement)
  readonly #talk = the('talk', HTMLElement)
  readonly #people = the('people-panel', HTMLElement)
  readonly #search = the('search-panel', HTMLElement)
  /** Element that had the focus before a part slid over it. */
  #before: HTMLElement | undefined

  constructor(desk: Desk) {
    this.#desk = desk
    desk.panels.changed.on(() => this.#show())
    desk.moved.on(() => {
      // People and search are of rooms.
      if (!desk.room && desk.panels.isNarrow) desk.panels.close()
      this.#show()
    })
    // What is inert gets no click: what is around it does.
    the('app', HTMLElement).addEventListener('click', ({ target, currentTarget }) => {
      if (target === currentTarget) desk.panels.closeOverlay()
    })
    the('close-side', HTMLElement).addEventListener('click', () => desk.panels.close())
    this.#show()
  }

  #show() {
    const { panels, room } = this.#desk
    const { isNarrow, hasSide } = panels
    const right = room ? panels.right : undefined
    const open = isNarrow ? (hasSide ? this.#side : this.#panel(right)) : undefined
    for (const part of [this.#side, this.#people, this.#search]) {
      part.toggleAttribute('data-open', part === open)
      part.inert = isNarrow && part !== open
    }
    this.#people.hidden = !isNarrow && right !== 'people'
    this.#search.hidden = !isNarrow && right !== 'search'
    this.#talk.inert = open !== undefined
    the('app', HTMLElement).toggleAttribute('data-covered', open !== undefined)
    the('open-side', HTMLElement).setAttribute('aria-expanded', String(hasSide))
    the('open-people', HTMLElement).setAttribute('aria-expanded', String(right === 'people'))
    the('open-search', HTMLElement).setAttribute('aria-expanded', String(right === 'search'))
    this.#moveFocus(open)
  }

  #panel(right: 'people' | 'search' | undefined) {
    if (right === 'people') return this.#people
    return right === 'search' ? this.#search : undefined
  }

  #moveFocus(open: HTMLElement | undefined) {
    const { activeElement } = document
    if (open) {
      if (open.contains(activeElement)) return
      if (activeElement instanceof HTMLElement && activeElement !== document.body) this.#before = activeElement
      open.querySelector<HTMLElement>('a, button, input')?.focus()
    } else if (this.#before) {
      if (activeElement === document.body || activeElement?.closest('[inert]')) this.#before.focus()
      this.#before = undefined
    }
  }
}
