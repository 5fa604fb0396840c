/** The upper end of the log, and its emptiness: what is being loaded, what could not be, and where the conversation began. */
import { make, makeButton, the } from '../dom.ts'
import type { Conversation } from '../model/conversation.ts'
import { isSaid } from '../model/happening.ts'
import type { Span } from './span.ts'

/** Time until what could not be loaded is asked for again, in ms. */
const AGAIN_MS = 5_000

const LOADS = {
  older: (conversation: Conversation) => conversation.loadOlder(),
  newer: (conversation: Conversation) => conversation.loadNewer(),
  newest: (conversation: Conversation) => conversation.goToNewest(),
}

export class Edges {
  readonly #older = the('older', HTMLElement)
  readonly #nothing = the('nothing', HTMLElement)
  readonly #changed: () => void
  readonly #retry = makeButton('Try again', () => {
    this.#failedAt = Number.NEGATIVE_INFINITY
    this.#changed()
  })
  #isBusy = false
  #failedAt = Number.NEGATIVE_INFINITY
  #shown = ''

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Loads events at an end, unless some are being loaded. */
  async load(end: keyof typeof LOADS, conversation: Conversation) {
    if (this.#isBusy || performance.now() - this.#failedAt < AGAIN_MS) return
    this.#isBusy = true
    try {
      await LOADS[end](conversation)
      this.#failedAt = Number.NEGATIVE_INFINITY
    } catch {
      this.#failedAt = performance.now()
    } finally {
      this.#isBusy = false
      this.#changed()
    }
  }

  show(conversation: Conversation, { from }: Span) {
    const { isLoaded, isComplete, isPrivate, name, events } = conversation
    const isStart = isComplete && from === 0
    const hasFailed = this.#failedAt > 0
    const key = `${conversation.key}${isLoaded}${isStart}${hasFailed}`
    if (key !== this.#shown) {
      this.#shown = key
      this.#older.className = isLoaded ? '' : 'skeleton'
      if (isStart) this.#older.replaceChildren(...beginning(name, isPrivate))
      else if (hasFailed) this.#older.replaceChildren(make('p', '', "Couldn't load older messages."), this.#retry)
      else this.#older.replaceChildren(make('p', '', isLoaded ? 'Loading older messages…' : 'Loading messages…'))
    }
    this.#nothing.hidden = !isStart || events.some(isSaid)
    if (!this.#nothing.hidden) {
      this.#nothing.textContent = isPrivate
        ? `Only you and ${name} can see these messages. Say hello!`
        : 'No messages yet. Say hello!'
    }
  }
}

function beginning(name: string, isPrivate: boolean) {
  return [
    make('h2', '', isPrivate ? name : `#${name}`),
    make('p', '', `This is the beginning of ${isPrivate ? `your private messages with ${name}` : `#${name}`}.`),
  ]
}
