/** Elements for rows: those whose rows have not changed are not touched. */
import type { Row } from './rows.ts'

interface Shown {
  readonly element: HTMLElement
  readonly sign: string
}

export class RowList {
  readonly #parent: HTMLElement
  readonly #make: (row: Row) => HTMLElement
  #shown = new Map<string, Shown>()

  constructor(parent: HTMLElement, make: (row: Row) => HTMLElement) {
    this.#parent = parent
    this.#make = make
  }

  get(key: string) {
    return this.#shown.get(key)?.element
  }

  /** Returns the first element of an event with at least this id. */
  from(id: number) {
    const key = [...this.#shown.keys()].find((key) => Number(key) >= id)
    return key === undefined ? undefined : this.get(key)
  }

  show(rows: readonly Row[]) {
    const before = this.#shown
    this.#shown = new Map()
    const focused = document.activeElement?.closest('[data-key]')
    for (const row of rows) {
      const known = before.get(row.key)
      this.#shown.set(row.key, known?.sign === row.sign ? known : { element: this.#made(row), sign: row.sign })
    }
    for (const [key, { element }] of before) if (this.#shown.get(key)?.element !== element) element.remove()
    let next = this.#parent.firstElementChild
    for (const { element } of this.#shown.values()) {
      if (element === next) next = next.nextElementSibling
      else this.#parent.insertBefore(element, next)
    }
    if (focused instanceof HTMLElement && !focused.isConnected) {
      const again = this.get(focused.dataset.key ?? '')
      ;(again ?? this.#parent.parentElement)?.focus({ preventScroll: true })
    }
  }

  #made(row: Row) {
    const element = this.#make(row)
    element.dataset.key = row.key
    return element
  }
}
