/** The conversation, bounded in length; it follows the newest message unless the visitor has scrolled up. */
import { isSameName } from '../src/client/nickname.ts'
import { make } from './dom.ts'
import { nameTag } from './names.ts'
import type { Happening } from './session.ts'

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

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' })

export class Log {
  #element: HTMLElement
  #button: HTMLButtonElement
  #me = ''
  #day = ''
  /** The last entry, if it is a message. */
  #last: { from: string; at: number } | undefined
  #atEnd = true
  #scrolled = 0
  #frame = 0
  /** Messages below what is seen. */
  #unseen = 0

  constructor(element: HTMLElement, button: HTMLButtonElement) {
    this.#element = element
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
    this.#day = ''
    this.#last = undefined
    this.#element.replaceChildren()
    this.toEnd()
  }

  add(events: readonly Happening[]) {
    if (events.length > MANY) this.#hush()
    const fragment = document.createDocumentFragment()
    for (const event of events) fragment.append(...this.#entries(event))
    this.#append(fragment)
    if (this.#atEnd) return
    this.#unseen += events.filter(isMessage).length
    this.#showUnseen()
  }

  note(text: string) {
    this.#last = undefined
    this.#append(make('p', 'note', text))
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

  *#entries(event: Happening) {
    const at = new Date(`${event.utctimestamp.slice(0, 23).replace(' ', 'T')}Z`)
    const date = day.format(at)
    if (date !== this.#day) {
      this.#day = date
      this.#last = undefined
      yield make('h2', 'day', date)
    }
    yield isMessage(event) ? this.#message(event, at) : this.#quiet(event, at)
  }

  #message(event: Happening, at: Date) {
    const { from, body } = event
    const own = isSameName(from, this.#me)
    const whisper = event.type === 'private'
    const again =
      !whisper &&
      this.#last !== undefined &&
      isSameName(this.#last.from, from) &&
      at.getTime() - this.#last.at < TOGETHER_MS
    this.#last = whisper ? undefined : { from, at: at.getTime() }
    const who = make('p', 'who', nameTag(from))
    if (whisper) {
      const ends = own ? [' to ', nameTag(event.to)] : [' to you']
      who.append(...ends, make('span', 'tag', 'private'))
    } else if (own) {
      who.append(make('span', 'tag', 'you'))
    }
    const entry = make('div', `entry ${whisper ? 'private' : 'message'}`, who)
    entry.append(make('p', 'body', ...textWithLinks(body)), timeTag(at))
    entry.classList.toggle('again', again)
    entry.classList.toggle('own', own)
    entry.classList.toggle('mention', !own && mentions(body, this.#me))
    return entry
  }

  #quiet({ type, from }: Happening, at: Date) {
    this.#last = undefined
    const what = make('p', '', nameTag(from), type === 'userJoined' ? ' joined' : ' left')
    return make('div', 'entry quiet', what, timeTag(at))
  }
}

export function isMessage({ type }: Happening) {
  return type === 'message' || type === 'private'
}

function timeTag(at: Date) {
  const tag = make('time', '', clock.format(at))
  tag.dateTime = at.toISOString()
  tag.title = full.format(at)
  return tag
}

function* textWithLinks(body: string) {
  let end = 0
  for (const { 0: found, index } of body.matchAll(/https?:\/\/[^\s<>"]*[^\s<>"'.,:;!?)\]}]/g)) {
    if (!URL.canParse(found)) continue
    yield body.slice(end, index)
    const link = make('a', '', found)
    link.href = found
    link.target = '_blank'
    link.rel = 'noopener noreferrer nofollow'
    yield link
    end = index + found.length
  }
  yield body.slice(end)
}

function mentions(body: string, name: string) {
  return name !== '' && new RegExp(`(?<![\\p{L}\\p{N}])${name}(?![\\p{L}\\p{N}])`, 'iu').test(body)
}
