/** Has a screen reader say the messages of the conversation that is shown; many at once are counted only. */
import type { Desk } from '../model/desk.ts'
import type { Said } from '../model/happening.ts'

/** Time in which messages are one burst, in ms, and how many of one are said. */
const BURST_MS = 700
const MOST = 3

export class Announcer {
  readonly #desk: Desk
  #waiting: Said[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(desk: Desk) {
    this.#desk = desk
    desk.moved.on(() => (this.#waiting = []))
  }

  add(event: Said) {
    this.#waiting.push(event)
    this.#timer ??= setTimeout(() => this.#say(), BURST_MS)
  }

  #say() {
    this.#timer = undefined
    const said = this.#waiting
    this.#waiting = []
    if (said.length > MOST) this.#desk.announce(`${said.length} new messages`)
    else for (const { from, body } of said) this.#desk.announce(`${from}: ${body}`)
  }
}
