/** The texts that are on their way, or were not taken, above the box. */
import { make, makeButton, the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { Follower } from '../model/follower.ts'
import type { Outbox, Unsent } from '../model/outbox.ts'
import { whyText } from '../talk/why-text.ts'

/** Time after which a text that is not confirmed is shown while there is a connection, in ms. */
const SLOW_MS = 1_000

export class UnsentList {
  readonly #list = the('unsent', HTMLElement)
  readonly #desk: Desk
  readonly #follower: Follower
  /** The rows that are shown, so that a button keeps the focus while nothing changes. */
  #shown = ''
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(desk: Desk) {
    this.#desk = desk
    this.#follower = new Follower(desk, () => this.#show())
    let chat = desk.chat
    desk.moved.on(() => {
      if (desk.chat !== chat) desk.chat?.connections.changed.on(this.#follower.render)
      chat = desk.chat
    })
  }

  #show() {
    const outbox = this.#desk.conversation?.outbox
    const isOnline = navigator.onLine && (this.#desk.chat?.connections.isOnline ?? false)
    const now = Date.now()
    const items = outbox?.items ?? []
    const late = items.filter(({ state, since }) => state === 'failed' || !isOnline || now - since >= SLOW_MS)
    clearTimeout(this.#timer)
    const [next] = items.filter((item) => !late.includes(item))
    if (next) this.#timer = setTimeout(() => this.#follower.render(), SLOW_MS - (now - next.since))
    const waiting = isOnline ? 'Sending…' : 'Waiting for the connection…'
    const shown = late.map((item) => item.nonce + (item.state === 'failed' ? this.#whyOf(item) : waiting)).join()
    if (!outbox || shown === this.#shown) return
    this.#shown = shown
    this.#list.hidden = late.length === 0
    this.#list.replaceChildren(...late.map((item) => this.#row(outbox, item, waiting)))
  }

  #whyOf({ why }: Unsent): string {
    return why ? whyText(why, this.#desk.settings) : ''
  }

  /** @param waiting tells what a text waits for that has not failed */
  #row(outbox: Outbox, item: Unsent, waiting: string) {
    const text = make('span', 'text', item.text)
    if (item.state === 'sending') return make('li', 'sending', text, make('span', 'hint', waiting))
    return make(
      'li',
      'failed',
      text,
      make('span', 'wrong', `Not sent. ${this.#whyOf(item)}`),
      makeButton('Retry', () => outbox.retry(item.nonce)),
      makeButton('Discard', () => outbox.discard(item.nonce)),
    )
  }
}
