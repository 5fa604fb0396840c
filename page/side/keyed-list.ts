/** A list that is shown anew without touching what stays, so that focus and hover stay too. */

export interface ListParts<T, E extends HTMLElement> {
  keyOf(item: T): string
  make(item: T): E
  /** Brings a row up to date. */
  update(row: E, item: T): void
}

export class KeyedList<T, E extends HTMLElement> {
  readonly #list: HTMLElement
  readonly #parts: ListParts<T, E>
  readonly #rows = new Map<string, E>()

  constructor(list: HTMLElement, parts: ListParts<T, E>) {
    this.#list = list
    this.#parts = parts
  }

  show(items: readonly T[]) {
    const { keyOf, make, update } = this.#parts
    const stay = new Set(items.map(keyOf))
    const focused = this.#list.contains(document.activeElement) ? document.activeElement : undefined
    let next: Element | null = null
    for (const [key, row] of this.#rows) {
      if (stay.has(key)) continue
      if (row.contains(document.activeElement)) next = row.nextElementSibling ?? row.previousElementSibling
      row.remove()
      this.#rows.delete(key)
    }
    let place = this.#list.firstElementChild
    for (const item of items) {
      const key = keyOf(item)
      let row = this.#rows.get(key)
      if (!row) this.#rows.set(key, (row = make(item)))
      update(row, item)
      if (row === place) place = place.nextElementSibling
      else this.#list.insertBefore(row, place)
    }
    // Moved, or removed with its row.
    if (!(focused instanceof HTMLElement) || document.activeElement === focused) return
    if (focused.isConnected) focused.focus()
    else next?.querySelector<HTMLElement>('a, button')?.focus()
  }
}
