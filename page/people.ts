/** The list of the room's members. */
import { foldName, isSameName } from '../src/client/nickname.ts'
import { make, makeButton } from './dom.ts'
import { tint } from './names.ts'

/** Words for the marks of a member. */
export interface Marked {
  marksOf(name: string): readonly string[]
  awayText(name: string): string | undefined
}

/** Names that are listed. */
const MOST = 500

const { compare } = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

interface Places {
  marked: Marked
  /** True if a click on the name opens a menu. */
  hasMenu: (name: string) => boolean
  list: HTMLElement
  more: HTMLElement
  counts: HTMLElement[]
}

export class People {
  #list: HTMLElement
  #more: HTMLElement
  #counts: HTMLElement[]
  #marked: Marked
  #hasMenu: (name: string) => boolean
  #choose: (name: string, button: HTMLElement) => void
  #me = ''
  /** By folded name. */
  #names = new Map<string, string>()
  #items = new Map<string, HTMLLIElement>()
  #frame = 0

  constructor({ list, more, counts, marked, hasMenu }: Places, choose: (name: string, button: HTMLElement) => void) {
    this.#list = list
    this.#more = more
    this.#counts = counts
    this.#marked = marked
    this.#hasMenu = hasMenu
    this.#choose = choose
  }

  get count() {
    return this.#names.size
  }

  set(names: readonly string[], me: string) {
    this.#me = me
    this.#names = new Map(names.map((name) => [foldName(name), name]))
    this.show()
  }

  add(name: string) {
    this.#names.set(foldName(name), name)
    this.show()
  }

  remove(name: string) {
    this.#names.delete(foldName(name))
    this.show()
  }

  /** Shows changed marks, once a frame however many come and go. */
  show() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#render()
    })
  }

  #render() {
    const names = [...this.#names.values()].sort(compare)
    const shown = names.slice(0, MOST)
    const stay = new Set(shown)
    let focusLost = false
    for (const [name, item] of this.#items) {
      if (stay.has(name)) continue
      if (item.contains(document.activeElement)) focusLost = true
      item.remove()
      this.#items.delete(name)
    }
    // What stands in its place is not touched, so that the focus stays where it is.
    let place = this.#list.firstElementChild
    for (const name of shown) {
      let item = this.#items.get(name)
      if (!item) this.#items.set(name, (item = this.#item(name)))
      this.#mark(item, name)
      if (item === place) {
        place = place.nextElementSibling
        continue
      }
      this.#list.insertBefore(item, place)
    }
    if (focusLost) this.#list.querySelector('button')?.focus()
    const left = names.length - shown.length
    this.#more.textContent = left > 0 ? `and ${left} more` : ''
    for (const place of this.#counts) place.textContent = String(names.length)
  }

  #item(name: string) {
    if (isSameName(name, this.#me)) {
      return make('li', '', tint(make('span', 'name', name, make('span', 'tag', 'you')), name))
    }
    const button = tint(
      makeButton(name, () => this.#choose(name, button)),
      name,
    )
    return make('li', '', button)
  }

  #mark(item: HTMLLIElement, name: string) {
    const marks = this.#marked.marksOf(name)
    const text = marks.filter((mark) => mark !== 'account').join(', ')
    const why = this.#marked.awayText(name) ?? ''
    const button = item.querySelector('button')
    const hasMenu = this.#hasMenu(name)
    if (button) {
      // A name of several words cannot be addressed, but moderated.
      button.disabled = !hasMenu && /\s/.test(name)
      button.ariaHasPopup = hasMenu ? 'menu' : null
      button.title = hasMenu ? `Actions for ${name}` : button.disabled ? '' : `Write to ${name} privately`
    }
    const before = item.querySelector<HTMLElement>('.mark')
    if ((before?.textContent ?? '') === text && (before?.title ?? '') === why) return
    before?.remove()
    item.classList.toggle('away', marks.includes('away'))
    if (text === '') return
    const mark = make('span', 'mark', text)
    mark.title = why
    item.append(mark)
  }
}
