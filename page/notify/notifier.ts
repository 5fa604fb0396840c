/** Tells the user of messages that come while the page is not looked at. */
import type { Conversation } from '../model/conversation.ts'
import type { Desk } from '../model/desk.ts'
import type { Said } from '../model/happening.ts'

export class Notifier {
  readonly #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
  }

  said(_conversation: Conversation, { from, body }: Said) {
    this.#desk.announce(`${from}: ${body}`)
  }
}
