/** The texts of a conversation that have been sent and are not confirmed, and those that were refused. */
import { DisconnectedError, RefusedError } from '../../src/client/errors.ts'
import { randomWord } from '../../src/client/room-lines.ts'

export interface SayManner {
  readonly action?: boolean
  readonly notice?: boolean
}

export interface Unsent {
  readonly text: string
  readonly manner: SayManner
  /** In ms since the epoch. */
  readonly since: number
  state: 'sending' | 'failed'
  /** Why it failed, as a sentence. */
  why: string
}

interface KeptText {
  readonly text: string
  readonly manner: SayManner
  readonly nonce: string
}

/** Returns why a text was not sent, as a sentence. */
export function whyUnsent(error: unknown) {
  if (error instanceof RefusedError) return `${error.message}.`
  if (error instanceof DisconnectedError) return 'The connection was lost: it is not known whether this was sent.'
  throw error
}

export class Outbox {
  readonly #key: string
  readonly #send: (text: string, manner: SayManner, nonce: string) => Promise<unknown>
  readonly #changed: () => void
  readonly #items = new Map<Unsent, KeptText>()

  constructor(
    key: string,
    send: (text: string, manner: SayManner, nonce: string) => Promise<unknown>,
    changed: () => void,
  ) {
    this.#key = `roomd.unsent.${key}`
    this.#send = send
    this.#changed = changed
  }

  /** Oldest first. */
  get items(): readonly Unsent[] {
    return [...this.#items.keys()]
  }

  say(text: string, manner: SayManner = {}) {
    this.#say({ text, manner, nonce: randomWord() })
  }

  /** Sends again what a page that was closed had not sent; with the same nonces each text is said once. */
  resume() {
    const kept = sessionStorage.getItem(this.#key)
    for (const text of kept ? (JSON.parse(kept) as KeptText[]) : []) this.#say(text)
  }

  retry(item: Unsent) {
    const { text, manner } = item
    this.discard(item)
    this.say(text, manner)
  }

  discard(item: Unsent) {
    this.#items.delete(item)
    this.#keep()
  }

  async #say(kept: KeptText) {
    const { text, manner, nonce } = kept
    const item: Unsent = { text, manner, since: Date.now(), state: 'sending', why: '' }
    this.#items.set(item, kept)
    this.#keep()
    try {
      await this.#send(text, manner, nonce)
      this.#items.delete(item)
    } catch (error) {
      item.state = 'failed'
      item.why = whyUnsent(error)
    }
    this.#keep()
  }

  #keep() {
    const sending = [...this.#items].flatMap(([{ state }, kept]) => (state === 'sending' ? [kept] : []))
    if (sending.length > 0) sessionStorage.setItem(this.#key, JSON.stringify(sending))
    else sessionStorage.removeItem(this.#key)
    this.#changed()
  }
}
