/** The conversation, bounded in length; it follows the newest message unless the visitor has scrolled up. */
import { isSameName } from '../src/client/nickname.ts'
import { make } from './dom.ts'
import { blankOut, isAction, isMessage, isNotice, messageEntry, quietEntry } from './entries.ts'
import { dateOf } from './happenings.ts'
import type { Happening } from './stage.ts'

const LONGEST = 2_000
/** How much is dropped at a time. */
const PIECE = 100
/** Pixels from the end at which whoever comes down to it has arrived. */
const NEAR = 48
/** Events at once that are not read out to who listens. */
const MANY = 10
/** How long it takes until they no longer would be, in ms. */
const HUSH_MS = 500
/** Time within which messages of one user are grouped, in ms. */
const TOGETHER_MS = 300_000

/** Time in which the server lets users delete their own messages, in ms. */
const OWN_DELETE_MS = 3_600_000

const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })

export class Log {
  #element: HTMLElement
  #button: HTMLButtonElement
  #isGuest: () => boolean
  #me = ''
  /** Id of the event up to which messages may be somebody else's who had the nickname. */
  #since = 0
  #day = ''
  /** The last entry, if it is a message. */
  #last: { from: string; at: number } | undefined
  #atEnd = true
  #scrolled = 0
  #frame = 0
  /** Messages below what is seen. */
  #unseen = 0

  constructor(element: HTMLElement, button: HTMLButtonElement, isGuest: () => boolean) {
    this.#element = element
    this.#isGuest = isGuest
    this.#button = button
    element.addEventListener('scroll', () => this.#look(), { passive: true })
    button.addEventListener('click', () => {
      this.toEnd()
      element.focus()
    })
    new ResizeObserver(() => this.#follow()).observe(element)
  }

  clear(me: string) {
    this.#me = me
    this.#since = 0
    this.#day = ''
    this.#last = undefined
    this.#element.replaceChildren()
    this.toEnd()
  }

  add(events: readonly Happening[]) {
    if (events.length > MANY) this.#hush()
    const fragment = document.createDocumentFragment()
    this.#leaveBehind(events)
    for (const event of events) for (const entry of this.#entries(event, fragment)) fragment.append(entry)
    this.#append(fragment)
    if (this.#atEnd) return
    this.#unseen += events.filter(isMessage).length
    this.#showUnseen()
  }

  /** @param isReply the text is an answer to the visitor, and no warning */
  note(text: string, isReply = false) {
    this.#last = undefined
    this.#append(make('p', isReply ? 'note reply' : 'note', text))
  }

  /** Keeps screen readers from reading out a whole history. */
  #hush() {
    this.#element.setAttribute('aria-live', 'off')
    setTimeout(() => this.#element.setAttribute('aria-live', 'polite'), HUSH_MS)
  }

  toEnd() {
    this.#atEnd = true
    this.#follow()
  }

  #append(node: Node) {
    this.#element.append(node)
    this.#trim()
    this.#follow()
  }

  #trim() {
    const { children } = this.#element
    if (children.length < LONGEST + PIECE) return
    const range = document.createRange()
    range.setStart(this.#element, 0)
    range.setEnd(this.#element, children.length - LONGEST)
    range.deleteContents()
    children[0]?.classList.remove('again')
    // The browser moves what is seen along with it.
    this.#scrolled = 0
  }

  /** Once a frame, as it makes the browser lay everything out. */
  #follow() {
    if (!this.#atEnd || this.#frame) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      if (!this.#atEnd) return
      this.#element.scrollTop = this.#element.scrollHeight
      this.#scrolled = this.#element.scrollTop
      this.#unseen = 0
      this.#showUnseen()
    })
  }

  /** Only who moves up leaves the end: it also runs away from one when much is added. */
  #look() {
    const { scrollTop, scrollHeight, clientHeight } = this.#element
    const left = scrollHeight - scrollTop - clientHeight
    const up = scrollTop < this.#scrolled
    this.#scrolled = scrollTop
    if (up && left > 1) this.#atEnd = false
    else if (left < NEAR) this.#atEnd = true
    if (this.#atEnd) this.#unseen = 0
    this.#showUnseen()
  }

  #showUnseen() {
    const count = this.#unseen
    this.#button.hidden = count === 0
    this.#button.textContent = count === 1 ? '1 new message' : `${count} new messages`
  }

  *#entries(event: Happening, before: ParentNode) {
    if (event.type === 'redacted' && (blankOut(before, event) || blankOut(this.#element, event))) return
    const at = dateOf(event.utctimestamp)
    const date = day.format(at)
    if (date !== this.#day) {
      this.#day = date
      this.#last = undefined
      yield make('h2', 'day', date)
    }
    if (isMessage(event)) yield this.#message(event, at)
    else {
      this.#last = undefined
      yield quietEntry(event, at)
    }
  }

  #message(event: Parameters<typeof messageEntry>[0], at: Date) {
    const { from } = event
    const alone = event.type === 'private' || isAction(event) || isNotice(event)
    const last = alone ? undefined : this.#last
    const again = last !== undefined && isSameName(last.from, from) && at.getTime() - last.at < TOGETHER_MS
    this.#last = alone ? undefined : { from, at: at.getTime() }
    const entry = messageEntry(event, at, this.#me, again)
    const left = at.getTime() + OWN_DELETE_MS - Date.now()
    if (event.type === 'message' && isSameName(from, this.#me) && left > 0 && Number(event.id) > this.#since) {
      entry.classList.add('mine')
      setTimeout(() => entry.classList.remove('mine'), left)
    }
    return entry
  }

  /** A guest may not delete what was said under its nickname before it joined. */
  #leaveBehind(events: readonly Happening[]) {
    if (!this.#isGuest()) return
    const joined = events.findLast(({ type, from }) => type === 'userJoined' && isSameName(from, this.#me))
    if (!joined) return
    this.#since = Number(joined.id)
    for (const entry of this.#element.querySelectorAll('.mine')) entry.classList.remove('mine')
  }
}
