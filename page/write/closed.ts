/** In place of the box: why nothing can be said in the room, and what to do. */
import { make, makeButton, the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { Follower } from '../model/follower.ts'
import { RoomTalk } from '../model/room-talk.ts'
import { whyOf } from '../model/why.ts'
import { enterAsking } from '../side/door.ts'
import { whyText } from '../talk/why-text.ts'

export class Closed {
  readonly #element = the('closed', HTMLElement)
  readonly #form: HTMLElement
  readonly #desk: Desk
  #shown: string | undefined

  constructor(desk: Desk, form: HTMLElement) {
    this.#desk = desk
    this.#form = form
    new Follower(desk, () => this.#show())
  }

  #show() {
    const { conversation, chat } = this.#desk
    const closed = conversation?.closedBecause
    const why = closed && whyText(closed, this.#desk.settings)
    const shown = conversation && why ? `${conversation.key} ${why}` : undefined
    this.#form.hidden = !conversation || why !== undefined
    this.#element.hidden = why === undefined
    if (shown === this.#shown) return
    this.#shown = shown
    this.#element.replaceChildren()
    if (!why || !chat || !(conversation instanceof RoomTalk)) return
    const leave = makeButton('Leave', () => void this.#desk.close(conversation))
    this.#element.append(make('p', '', why))
    if (closed?.isGone) return this.#element.append(leave)
    const again = makeButton('Rejoin', async () => {
      try {
        await enterAsking(chat, conversation.name)
      } catch (error) {
        conversation.end(whyOf(error as Error))
      }
    })
    this.#element.append(again, leave)
  }
}
