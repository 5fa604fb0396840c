/** Elements of rows. */
import { isSameName } from '../../src/client/nickname.ts'
import { make } from '../dom.ts'
import { type Happening, mentions } from '../model/happening.ts'
import { bodyOf, type TextContext } from './body.ts'
import { because, wordsOf } from './happenings.ts'
import { nameTag, tint } from './names.ts'
import type { Row } from './rows.ts'
import { atOf, type Clock } from './times.ts'

export interface RowLook extends TextContext {
  readonly clock: Clock
}

type MessageRow = Extract<Row, { kind: 'message' }>
type ComingsRow = Extract<Row, { kind: 'comings' }>

/** Names that are told of those who come and go; of more, only the number. */
const MOST_NAMES = 4

export function elementOf(row: Row, look: RowLook): HTMLElement {
  switch (row.kind) {
    case 'day':
      return make('h2', 'day', make('span', '', row.text))
    case 'unread':
      return make('h2', 'unread-line', make('span', '', 'New'))
    case 'message':
      return messageElement(row, look)
    case 'quiet':
      return timed(make('div', 'entry quiet', make('p', '', ...wordsOf(row.event, look.clock))), row.event, look)
    case 'comings':
      return comingsElement(row, look)
    default:
      return row satisfies never
  }
}

function messageElement({ event, isHead, isBot, isWhole, redaction }: MessageRow, look: RowLook) {
  const { from } = event
  const { me } = look
  const isAction = event.type === 'message' && event.action === true
  const isNotice = event.type === 'message' && event.notice === true
  const isOwn = isSameName(from, me)
  const entry = timed(tint(make('article', 'entry'), from), event, look)
  entry.tabIndex = -1
  entry.ariaLabel = `${from}, ${look.clock.when(atOf(event))}`
  if (isOwn) entry.classList.add('own')
  if (isHead && !isAction) entry.classList.add('head')
  if (isAction) entry.classList.add('action')
  if (isNotice) entry.classList.add('notice')
  const isNamed = isHead || isAction
  const name = isNamed ? nameButton(from) : ''
  if (isHead && !isAction) {
    entry.dataset.initial = [...from][0]?.toUpperCase() ?? ''
    const who = make('p', 'who', name)
    if (isBot) who.append(make('span', 'tag', 'bot'))
    if (isNotice) who.append(make('span', 'tag', 'notice'))
    who.append(timeTag(event, look))
    entry.append(who)
  }
  const body = make('div', 'body')
  body.dir = 'auto'
  if (redaction) {
    entry.classList.add('deleted')
    const by = isSameName(redaction.from, from) ? [] : [' by ', nameTag(redaction.from)]
    body.append(...(isAction ? [name, ': '] : []), 'Message deleted', ...by, because(redaction.body))
  } else {
    if (!isOwn && mentions(event.body, me)) entry.classList.add('mention')
    body.append(...(isAction ? [name, ' '] : []), ...bodyOf(event.body, look, isWhole))
  }
  entry.append(body)
  return entry
}

function comingsElement({ events, isOpen }: ComingsRow, look: RowLook) {
  const [only] = events
  const entry = make('div', 'entry quiet')
  if (events.length === 1 && only) return timed(append(entry, make('p', '', ...quietWords(only, look))), only, look)
  const toggle = make('button', 'fold', ...summaryOf(events))
  toggle.type = 'button'
  toggle.tabIndex = -1
  toggle.ariaExpanded = String(isOpen)
  entry.append(toggle)
  const last = events.at(-1)
  if (isOpen) {
    const items = events
      .slice(-100)
      .map((event) => make('li', '', timeTag(event, look), ' ', ...quietWords(event, look)))
    entry.append(make('ul', '', ...items))
  }
  return last ? timed(entry, last, look) : entry
}

function append(parent: HTMLElement, child: Node) {
  parent.append(child)
  return parent
}

function quietWords(event: Happening, look: RowLook) {
  return event.type === 'message' || event.type === 'private' ? [] : wordsOf(event, look.clock)
}

/** Returns who came and who left in the end, or how many did. */
function summaryOf(events: readonly Happening[]) {
  const last = new Map(events.map(({ from, type }) => [from, type]))
  const names = (wanted: Happening['type']) => [...last].flatMap(([name, type]) => (type === wanted ? [name] : []))
  const [came, left] = [names('userJoined'), names('userLeft')]
  const isMany = came.length + left.length > MOST_NAMES
  const told = (people: readonly string[], verb: string) => {
    if (people.length === 0) return []
    return [...(isMany ? [counted(people.length, people === came || came.length === 0)] : listed(people)), ` ${verb}`]
  }
  const words = [told(came, 'joined'), told(left, 'left')].filter(({ length }) => length > 0)
  return words.flatMap((part, index) => (index === 0 ? part : [', ', ...part]))
}

function counted(count: number, isFirst: boolean) {
  if (!isFirst) return String(count)
  return count === 1 ? '1 person' : `${count} people`
}

function listed(names: readonly string[]) {
  return names.flatMap((name, index) => {
    const between = index === 0 ? '' : index === names.length - 1 ? ' and ' : ', '
    return [between, nameTag(name)]
  })
}

/** A name that opens the menu of its user. */
function nameButton(name: string) {
  const button = tint(make('button', 'name', name), name)
  button.type = 'button'
  // Arrow keys lead to the message, as a stop for each name would be too many.
  button.tabIndex = -1
  button.ariaHasPopup = 'menu'
  return button
}

function timed(entry: HTMLElement, event: Happening, { clock }: RowLook) {
  entry.dataset.time = clock.time(atOf(event))
  return entry
}

function timeTag(event: Happening, { clock }: RowLook) {
  const at = atOf(event)
  const tag = make('time', '', clock.time(at))
  tag.dateTime = at.toISOString()
  return tag
}
