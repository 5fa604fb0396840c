/** The list of conversations, and of other rooms. */
import { make, the } from '../dom.ts'
import type { Conversation } from '../model/conversation.ts'
import type { Desk } from '../model/desk.ts'
import { oncePerFrame } from '../model/signal.ts'

export class Sidebar {
  readonly #desk: Desk
  readonly #rooms = the('my-rooms', HTMLElement)
  readonly #privates = the('privates', HTMLElement)

  constructor(desk: Desk) {
    this.#desk = desk
    const render = oncePerFrame(() => this.#show())
    desk.moved.on(() => {
      desk.chat?.changed.on(render)
      render()
    })
  }

  #show() {
    const { chat } = this.#desk
    const link = (conversation: Conversation) => {
      const a = make('a', '', `${conversation.name} ${conversation.unread || ''}`)
      a.href = this.#desk.addressOf(conversation)
      if (conversation === chat?.current) a.setAttribute('aria-current', 'page')
      return make('li', '', a)
    }
    this.#rooms.replaceChildren(...(chat?.rooms ?? []).map(link))
    this.#privates.replaceChildren(...(chat?.privates ?? []).map(link))
  }
}
