/** The entries of the conversation. */
import type { Message, RoomEvent } from '../commands/replies.ts'
import { isSameName } from '../src/client/nickname.ts'
import { make } from './dom.ts'
import { because, wordsOf } from './happenings.ts'
import { nameTag } from './names.ts'
import type { Happening } from './stage.ts'

type Said = Extract<Happening, { type: 'message' | 'private' }>

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' })

export function isMessage(event: Happening): event is Said {
  return event.type === 'message' || event.type === 'private'
}

/** @param again the author stands above it already */
export function messageEntry(event: Said, at: Date, me: string, again: boolean) {
  const { from, body, id } = event
  const own = isSameName(from, me)
  const isPrivate = event.type === 'private'
  const entry = make('div', `entry ${isPrivate ? 'private' : 'message'}`)
  if (!isPrivate && event.action) {
    entry.classList.add('action')
    entry.append(make('p', 'body', '* ', nameTag(from), ' ', ...textWithLinks(body)))
  } else {
    const who = make('p', 'who', nameTag(from))
    if (isPrivate) who.append(...(own ? [' to ', nameTag(event.to)] : [' to you']), tag('private'))
    else if (own) who.append(tag('you'))
    if (!isPrivate && event.notice) who.append(tag('notice'))
    entry.append(who, make('p', 'body', ...textWithLinks(body)))
  }
  entry.append(timeTag(at))
  if (!isPrivate) {
    entry.dataset.id = id
    entry.append(moreButton())
  }
  entry.classList.toggle('notice', isNotice(event))
  entry.classList.toggle('again', again)
  entry.classList.toggle('own', own)
  entry.classList.toggle('mention', !own && mentions(body, me))
  return entry
}

export function isNotice(event: Happening) {
  return event.type === 'message' && event.notice === true
}

/** Returns true for a message that has its author in its text, and none above it. */
export function isAction(event: Happening): event is Message {
  return event.type === 'message' && event.action === true
}

export function quietEntry(event: Exclude<RoomEvent, Said>, at: Date) {
  return make('div', 'entry quiet', make('p', '', ...wordsOf(event)), timeTag(at))
}

/** Puts who deleted a message in its place. Returns false when the message is not within `root`. */
export function blankOut(root: ParentNode, { target, from, body }: Extract<RoomEvent, { type: 'redacted' }>) {
  const entry = root.querySelector(`[data-id="${target}"]`)
  if (!entry) return false
  const parent = entry.contains(document.activeElement) ? entry.parentElement : undefined
  entry.classList.add('deleted')
  entry.classList.remove('mention')
  entry.querySelector('.more')?.remove()
  entry.querySelector('.body')?.replaceChildren('Message deleted by ', nameTag(from), because(body))
  parent?.focus()
  return true
}

function tag(text: string) {
  return make('span', 'tag', text)
}

/** The button of the message's menu; the style sheet shows it where there is something to choose. */
function moreButton() {
  const button = make('button', 'more', '⋯')
  button.type = 'button'
  // Arrow keys lead there, as a stop for each message would be too many.
  button.tabIndex = -1
  button.ariaLabel = 'Message actions'
  button.ariaHasPopup = 'menu'
  button.ariaExpanded = 'false'
  return button
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
  if (name === '') return false
  return new RegExp(`(?<![\\p{L}\\p{N}])${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'iu').test(
    body,
  )
}
