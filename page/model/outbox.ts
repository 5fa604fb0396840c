/** The texts of a conversation that have been sent and are not confirmed, and those that were refused. */
import { DisconnectedError, RefusedError } from '../../src/client/errors.ts'
import { randomWord } from '../../src/client/room-lines.ts'
import { Kept } from './storage.ts'
import { type Why, whyOf } from './why.ts'

export interface SayManner {
  readonly action?: boolean
  readonly notice?: boolean
}

export interface Unsent {
  readonly text: string
  readonly manner: SayManner
  /** Made for the text, which the server takes once with it however often it is sent. */
  readonly nonce: string
  /** In ms since the epoch. */
  readonly since: number
  state: 'sending' | 'failed'
  /** Why it failed. */
  why?: Why
}

type Send = (text: string, manner: SayManner, nonce: string) => Promise<unknown>

const REASONS: Readonly<Record<string, string>> = {
  unavailable: "The server can't do this right now",
  muted: "You're muted in this room",
  moderated: 'Only operators and people with voice can post here right now',
  'nobody-here': 'Nobody with that name can get private messages right now',
}

/** Returns why a text was not sent. */
function whyUnsent(error: unknown): Why {
  if (error instanceof RefusedError) return { ...whyOf(error), text: REASONS[error.code] ?? error.message }
  if (error instanceof DisconnectedError) return { text: 'The connection was lost before this was confirmed' }
  throw error
}

export class Outbox {
  readonly #kept: Kept<readonly Unsent[]>
  readonly #send: Send
  readonly #changed: () => void
  #items: readonly Unsent[] = []

  /** `key` is that of the conversation; texts of it are kept for the visit. */
  constructor(key: string, send: Send, changed: () => void) {
    this.#kept = new Kept(`unsent.${key}`, [], 'session')
    this.#send = send
    this.#changed = changed
  }

  /** Oldest first. */
  get items(): readonly Unsent[] {
    return this.#items
  }

  say(text: string, manner: SayManner = {}) {
    void this.#say({ text, manner, nonce: randomWord(), since: Date.now(), state: 'sending' })
  }

  /** Sends what a lost page or connection has not; a text that has been said all the same is not said again. */
  resume() {
    const known = new Set(this.#items.map(({ nonce }) => nonce))
    const kept = this.#kept.value.filter(({ nonce }) => !known.has(nonce))
    this.#items = [...this.#items, ...kept.filter(({ state }) => state === 'failed')]
    for (const item of kept) if (item.state === 'sending') void this.#say(item)
    this.#changed()
  }

  /** Sends a text again that has failed; one that is being sent again already is left alone. */
  retry(nonce: string) {
    const item = this.#items.find((each) => each.nonce === nonce && each.state === 'failed')
    if (!item) return
    this.discard(nonce)
    void this.#say({ ...item, since: Date.now(), state: 'sending' })
  }

  discard(nonce: string) {
    this.#items = this.#items.filter((each) => each.nonce !== nonce)
    this.#keep()
  }

  async #say(item: Unsent) {
    this.#items = [...this.#items, item]
    this.#keep()
    try {
      await this.#send(item.text, item.manner, item.nonce)
      this.discard(item.nonce)
    } catch (error) {
      item.state = 'failed'
      item.why = whyUnsent(error)
      this.#keep()
    }
  }

  #keep() {
    this.#kept.value = this.#items
    this.#changed()
  }
}
