/** Renders a part of the page when the conversation that is shown changes, or becomes another one. */
import type { Conversation } from './conversation.ts'
import type { Desk } from './desk.ts'
import { oncePerFrame } from './signal.ts'

export class Follower {
  /** Renders in the next frame. */
  readonly render: () => void
  #followed: Conversation | undefined

  constructor(desk: Desk, render: () => void) {
    this.render = oncePerFrame(render)
    desk.moved.on(() => {
      this.#followed?.changed.off(this.render)
      this.#followed = desk.conversation
      this.#followed?.changed.on(this.render)
      this.render()
    })
  }
}
