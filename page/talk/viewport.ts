/** The part of the log that is seen: it stays where it is while rows come and go, or follows the newest message. */

/** Pixels from the end at which whoever scrolls down to it has arrived. */
const NEAR = 32

interface Seen {
  readonly element: Element
  readonly key: string
  readonly top: number
}

export class Viewport {
  /** True if the newest message stays in view. */
  isFollowing = true
  readonly #log: HTMLElement
  readonly #rows: HTMLElement
  /** The rows in view, from the top. */
  #seen: readonly Seen[] = []
  #scrollTop = 0
  #height = 0

  constructor(log: HTMLElement, rows: HTMLElement) {
    this.#log = log
    this.#rows = rows
  }

  /** Pixels above what is seen. */
  get above() {
    return this.#log.scrollTop
  }

  /** Pixels below what is seen. */
  get below() {
    const { scrollTop, scrollHeight, clientHeight } = this.#log
    return scrollHeight - scrollTop - clientHeight
  }

  get height() {
    return this.#log.clientHeight
  }

  /** Takes what the user has scrolled. @param hasNewest nothing newer than the last row exists */
  scrolled(hasNewest: boolean) {
    const { scrollTop, clientHeight } = this.#log
    // A log that has grown is scrolled by the browser.
    const isUp = scrollTop < this.#scrollTop && clientHeight === this.#height
    this.#scrollTop = scrollTop
    this.#height = clientHeight
    const { below } = this
    if (isUp && below > 1) this.isFollowing = false
    else if (below < NEAR && hasNewest) this.isFollowing = true
  }

  /** Remembers where the rows in view are, from which {@link restore} puts them back. */
  note() {
    if (this.isFollowing) return
    const { top, bottom } = this.#log.getBoundingClientRect()
    const { children } = this.#rows
    let [low, high] = [0, children.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const row = children[middle]
      // A heading sticks to the top, wherever it is: it is where the row behind it is.
      const { bottom } = ((row?.tagName === 'H2' && row.nextElementSibling) || row)?.getBoundingClientRect() ?? {
        bottom: 0,
      }
      if (bottom <= top) low = middle + 1
      else high = middle
    }
    const seen: Seen[] = []
    for (let element = children[low]; element; element = element.nextElementSibling ?? undefined) {
      const at = element.getBoundingClientRect().top
      if (at >= bottom) break
      if (element instanceof HTMLElement && element.tagName !== 'H2') {
        seen.push({ element, key: element.dataset.key ?? '', top: at - top })
      }
    }
    this.#seen = seen
  }

  /**
   * Puts the rows in view back in their place, or the end in view, as when rows come and go or the window has changed its size.
   *
   * @param elementOf finds a row that was made anew
   */
  restore(elementOf: (key: string) => Element | undefined) {
    if (this.isFollowing) this.#log.scrollTop = this.#log.scrollHeight
    else {
      // A row that was made anew may have another height.
      const seen = this.#seen.find(({ element }) => element.isConnected) ?? this.#seen.find(({ key }) => elementOf(key))
      const element = seen?.element.isConnected ? seen.element : elementOf(seen?.key ?? '')
      if (seen && element) {
        const { top } = this.#log.getBoundingClientRect()
        const moved = element.getBoundingClientRect().top - top - seen.top
        if (Math.abs(moved) >= 0.5) this.#log.scrollTop += moved
      }
    }
    this.#scrollTop = this.#log.scrollTop
    this.#height = this.#log.clientHeight
  }

  /** Scrolls to a row. @param share part of the height that stays above it */
  scrollTo(element: Element, share: number) {
    this.isFollowing = false
    const { top, height } = element.getBoundingClientRect()
    const space = Math.max(0, (this.height - height) * share)
    this.#log.scrollTop += top - this.#log.getBoundingClientRect().top - space
    this.#scrollTop = this.#log.scrollTop
    this.note()
  }

  /** Returns true if a row is in view, or below it. */
  hasReached(element: Element) {
    return element.getBoundingClientRect().bottom > this.#log.getBoundingClientRect().top + 1
  }

  /** The rows in view, to come back to. */
  get place(): readonly Seen[] {
    return this.#seen
  }

  set place(seen: readonly Seen[]) {
    this.#seen = seen
    this.isFollowing = seen.length === 0
  }
}
