/** The bar above a conversation: name, topic, and menus. */
import { the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { oncePerFrame } from '../model/signal.ts'

export class Header {
  constructor(desk: Desk) {
    const render = oncePerFrame(() => {
      the('title', HTMLElement).textContent = desk.conversation?.name ?? ''
      the('topic', HTMLElement).textContent = desk.room?.topic ?? ''
      the('banner', HTMLElement).textContent = desk.chat?.connections.text ?? ''
    })
    desk.moved.on(() => {
      desk.chat?.changed.on(render)
      render()
    })
  }
}
