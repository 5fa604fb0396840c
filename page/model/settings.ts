/** The choices of the user for this browser. */
import { Signal } from './signal.ts'
import { Kept } from './storage.ts'

export interface Choices {
  readonly theme: 'system' | 'light' | 'dark'
  readonly density: 'comfortable' | 'compact'
  /** How times are written: as the language of the browser does, or by 24 or 12 hours. */
  readonly clock: 'system' | '24' | '12'
  /** Messages of others that are notified of on the desktop, when the browser allows it. */
  readonly notify: 'all' | 'mentions' | 'none'
  readonly sound: boolean
  /** Neither notifications nor sounds. */
  readonly quiet: boolean
  /** Shows who came and went. */
  readonly comings: boolean
}

const DEFAULTS: Choices = {
  theme: 'system',
  density: 'comfortable',
  clock: 'system',
  notify: 'mentions',
  sound: false,
  quiet: false,
  comings: true,
}

export class Settings {
  readonly changed = new Signal()
  readonly #kept = new Kept<Partial<Choices>>('settings', {})
  #choices: Choices

  constructor() {
    this.#choices = { ...DEFAULTS, ...this.#kept.value }
    this.#kept.watch(() => this.#take())
    this.#show()
  }

  get now(): Choices {
    return this.#choices
  }

  choose(choices: Partial<Choices>) {
    this.#kept.value = { ...this.#kept.value, ...choices }
    this.#take()
  }

  #take() {
    this.#choices = { ...DEFAULTS, ...this.#kept.value }
    this.#show()
    this.changed.emit()
  }

  #show() {
    const { dataset } = document.documentElement
    dataset.theme = this.#choices.theme
    dataset.density = this.#choices.density
  }
}
