/** The parts beside the conversation that are shown. */
import { Signal } from './signal.ts'
import { Kept } from './storage.ts'

/** A panel at the right. */
export type Panel = 'people' | 'search'

const narrow = matchMedia('(width <= 48rem)')

export class Panels {
  readonly changed = new Signal()
  readonly #kept = new Kept<boolean>('people-shown', true)
  #right: Panel | undefined
  #hasSide = false

  constructor() {
    narrow.addEventListener('change', () => this.#start())
    this.#start()
  }

  /** True if there is room for one part of the page only. */
  get isNarrow() {
    return narrow.matches
  }

  get right(): Panel | undefined {
    return this.#right
  }

  /** True if the lists of conversations slide over the conversation, on a narrow screen. */
  get hasSide() {
    return this.#hasSide
  }

  open(panel: Panel) {
    this.#show(panel, false)
  }

  openSide() {
    this.#show(undefined, true)
  }

  toggle(panel: Panel) {
    if (this.#right === panel) this.close()
    else this.open(panel)
  }

  close() {
    this.#show(undefined, false)
  }

  /** Closes what lies over the conversation, on a narrow screen. */
  closeOverlay() {
    if (this.isNarrow && (this.#right || this.#hasSide)) this.close()
  }

  #start() {
    this.#right = !this.isNarrow && this.#kept.value ? 'people' : undefined
    this.#hasSide = false
    this.changed.emit()
  }

  #show(right: Panel | undefined, hasSide: boolean) {
    const was = this.#right
    this.#right = right
    this.#hasSide = hasSide
    if (!this.isNarrow && (was === 'people' || right === 'people')) this.#kept.value = right === 'people'
    this.changed.emit()
  }
}
