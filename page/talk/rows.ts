/** The rows of a part of a conversation, as values: which there are, and when one must be made anew. */
import type { Conversation } from '../model/conversation.ts'
import { type Happening, isSaid, type Quiet, type RedactedEvent, type Said } from '../model/happening.ts'
import { indexOf, isComing } from './span.ts'
import { atOf, dayName, dayOf } from './times.ts'

/** Time within which messages of one user are grouped, in ms. */
const TOGETHER_MS = 300_000

interface Keyed {
  readonly key: string
  /** Everything that the row shows and that can change. */
  readonly sign: string
}

export type Row = Keyed &
  (
    | { readonly kind: 'day'; readonly text: string }
    | { readonly kind: 'unread' }
    | {
        readonly kind: 'message'
        readonly event: Said
        readonly isHead: boolean
        readonly isBot: boolean
        readonly isWhole: boolean
        readonly redaction: RedactedEvent | undefined
      }
    | { readonly kind: 'quiet'; readonly event: Quiet }
    | { readonly kind: 'comings'; readonly events: readonly Happening[]; readonly isOpen: boolean }
  )

export interface RowContext {
  readonly conversation: Conversation
  readonly comings: boolean
  /** Id of the first unread message. */
  readonly unreadId: string | undefined
  /** Keys of the rows that are shown as a whole. */
  readonly opened: ReadonlySet<string>
  /** Changes with how times are written. */
  readonly clock: string
  /** Changes with the rooms that `#name` in a text may mean. */
  readonly rooms: string
  /** Changes when the users are known whom a text may address. */
  readonly members: string
  isBot(nickname: string): boolean
}

/** Makes the rows of the events from one index up to another one. */
export function rowsOf(from: number, to: number, context: RowContext): Row[] {
  const { conversation, comings, unreadId, opened, clock } = context
  const { events } = conversation
  const rows: Row[] = []
  let day = 0
  let before = previous(events, from, context)
  for (let index = from; index < to; index++) {
    const event = events[index]
    if (!event || !isShown(event, events, comings)) continue
    const at = atOf(event)
    if (dayOf(at) !== day) {
      day = dayOf(at)
      const text = dayName(at)
      rows.push({ kind: 'day', key: `day${day}`, sign: text, text })
    }
    if (event.id === unreadId) {
      before = undefined
      rows.push({ kind: 'unread', key: 'unread', sign: '' })
    }
    if (isSaid(event)) {
      const redaction = conversation.redactionOf(event.id)
      const isHead = !continues(event, before)
      const isBot = isHead && context.isBot(event.from)
      const isWhole = opened.has(event.id)
      const sign = `${isHead}${isBot}${isWhole}${redaction?.id}${clock}${namesIn(event.body, context)}`
      rows.push({ kind: 'message', key: event.id, sign, event, isHead, isBot, isWhole, redaction })
    } else if (isComing(event)) {
      let end = index + 1
      for (let next = events[end]; next && end < to; next = events[++end]) {
        if (!isComing(next) || dayOf(atOf(next)) !== day) break
      }
      const run = events.slice(index, end)
      const isOpen = run.some(({ id }) => opened.has(id))
      rows.push({ kind: 'comings', key: event.id, sign: `${run.at(-1)?.id}${isOpen}${clock}`, events: run, isOpen })
      index = end - 1
    } else rows.push({ kind: 'quiet', key: event.id, sign: clock, event })
    before = events[index]
  }
  return rows
}

/** Returns what the names in a text depend on. */
function namesIn(body: string, { rooms, members }: RowContext) {
  return `${body.includes('#') ? rooms : ''}/${/@|^\S+[:,] /.test(body) ? members : ''}`
}

/** The event that has the row before that of an index, unless it is far away. */
function previous(events: readonly Happening[], from: number, { comings }: RowContext) {
  for (let index = from - 1; index >= Math.max(0, from - 20); index--) {
    const event = events[index]
    if (event && isShown(event, events, comings)) return event
  }
  return undefined
}

/** The deletion of a message that is loaded is shown in its place. */
function isShown(event: Happening, events: readonly Happening[], comings: boolean) {
  if (event.type === 'redacted') return events[indexOf(events, Number(event.target))]?.id !== event.target
  return comings || !isComing(event)
}

/** Returns true if a message needs neither name nor time, as the one before it has both. */
function continues(event: Said, before: Happening | undefined) {
  if (!before || before.type !== event.type || before.from !== event.from || isMannered(event) || isMannered(before)) {
    return false
  }
  const [at, last] = [atOf(event), atOf(before)]
  return dayOf(at) === dayOf(last) && at.getTime() - last.getTime() < TOGETHER_MS
}

function isMannered(event: Happening) {
  return event.type === 'message' && (event.action === true || event.notice === true)
}
