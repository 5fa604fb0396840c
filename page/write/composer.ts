/** The box in which messages are written. */
import { the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'

export class Composer {
  readonly #desk: Desk
  readonly #text = the('text', HTMLTextAreaElement)

  constructor(desk: Desk) {
    this.#desk = desk
    the('say', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      this.#send()
    })
    this.#text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
      event.preventDefault()
      this.#send()
    })
  }

  #send() {
    this.#desk.conversation?.outbox.say(this.#text.value)
    this.#text.value = ''
  }
}
