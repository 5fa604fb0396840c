/** The list of the room's members. */
import { foldName, isSameName } from '../src/client/nickname.ts'
import { make, makeButton } from './dom.ts'
import { tint } from './names.ts'

/** Names that are listed. */
const MOST = 500

const { compare } = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

interface Places {
  list: HTMLElement
  more: HTMLElement
  counts: HTMLElement[]
}

export class People {
  #list: HTMLElement
  #more: HTMLElement
  #counts: HTMLElement[]
  #choose: (name: string) => void
  #me = ''
  /** By folded name. */
  #names = new Map<string, string>()
  #items = new Map<string, HTMLLIElement>()
  #frame = 0

  constructor({ list, more, counts }: Places, choose: (name: string) => void) {
    this.#list = list
    this.#more = more
    this.#counts = counts
    this.#choose = choose
  }

  get count() {
    return this.#names.size
  }

  set(names: readonly string[], me: string) {
    this.#me = me
    this.#names = new Map(names.map((name) => [foldName(name), name]))
    this.#show()
  }

  add(name: string) {
    this.#names.set(foldName(name), name)
    this.#show()
  }

  remove(name: string) {
    this.#names.delete(foldName(name))
    this.#show()
  }

  /** Once a frame, however many come and go. */
  #show() {
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
      if (item && item === place) {
        place = place.nextElementSibling
        continue
      }
      if (!item) this.#items.set(name, (item = this.#item(name)))
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
    // A name of several words cannot be addressed.
    if (/\s/.test(name)) return make('li', '', tint(make('span', 'name', name), name))
    const button = tint(
      makeButton(name, () => this.#choose(name)),
      name,
    )
    button.title = `Write to ${name} privately`
    return make('li', '', button)
  }
}
