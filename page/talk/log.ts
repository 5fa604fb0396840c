/** The messages of the conversation that is shown. */
import { make, the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { oncePerFrame } from '../model/signal.ts'

export class Log {
  readonly #desk: Desk
  readonly #element = the('log', HTMLElement)
  readonly #render = oncePerFrame(() => this.#show())
  #followed: { off(): void } | undefined

  constructor(desk: Desk) {
    this.#desk = desk
    desk.moved.on(() => {
      this.#followed?.off()
      const { conversation } = desk
      conversation?.changed.on(this.#render)
      this.#followed = { off: () => conversation?.changed.off(this.#render) }
      this.#render()
    })
  }

  #show() {
    const { conversation } = this.#desk
    const rows = (conversation?.events ?? []).map(({ from, type, body }) => make('p', '', `${from} ${type} ${body}`))
    this.#element.replaceChildren(...rows)
    this.#element.scrollTop = this.#element.scrollHeight
    conversation?.markRead()
  }
}
