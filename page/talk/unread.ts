/** The unread messages of a conversation when it was opened or came back into view: a line before them, and a bar while it is not seen. */
import { isSameName } from '../../src/client/nickname.ts'
import { makeButton, the } from '../dom.ts'
import type { Conversation } from '../model/conversation.ts'
import { type Happening, isSaid } from '../model/happening.ts'
import { indexOf } from './span.ts'
import { atOf, type Clock } from './times.ts'

export class Unread {
  /** Id of the last event that was read; undefined without unread ones. */
  readId: number | undefined
  readonly #bar = the('unread', HTMLElement)
  readonly #text = the('unread-text', HTMLElement)
  #count = 0
  #wasRead = true
  #isFresh = true
  #isSeen = false

  constructor(jump: () => void, done: () => void) {
    this.#bar.append(makeButton('Jump', jump), makeButton('Mark as read', done))
  }

  /** Begins anew, as with another conversation. */
  clear() {
    this.readId = undefined
    this.#wasRead = true
    this.#isFresh = true
  }

  /** Lets the unread messages be told, though they are in view: they came while nobody looked. */
  refresh() {
    this.#isFresh = true
  }

  /** Takes the state of a conversation. @param isInView everything that comes is seen */
  take({ unread, readId }: Conversation, isInView: boolean) {
    if (unread > 0 && this.#wasRead && (this.#isFresh || !isInView)) {
      this.readId = readId
      this.#isSeen = false
    }
    if (unread > 0) this.#count = unread
    this.#isFresh = false
    this.#wasRead = unread === 0 || isInView
  }

  /** Returns the first unread message, if it is loaded. */
  first({ events, isComplete, me }: Conversation): Happening | undefined {
    if (this.readId === undefined) return undefined
    const start = indexOf(events, this.readId + 1)
    if (start === 0 && !isComplete) return undefined
    for (let index = start; index < events.length; index++) {
      const event = events[index]
      if (event && isSaid(event) && !isSameName(event.from, me)) return event
    }
    return undefined
  }

  /** @param hasReached the line is in view or below it */
  show(first: Happening | undefined, hasReached: boolean, clock: Clock) {
    if (hasReached) this.#isSeen = true
    this.#bar.hidden = this.readId === undefined || this.#isSeen
    if (this.#bar.hidden) return
    const since = first ? ` since ${clock.when(atOf(first))}` : ''
    this.#text.textContent = `${this.#count}${first ? '' : '+'} unread${since}`
  }
}
