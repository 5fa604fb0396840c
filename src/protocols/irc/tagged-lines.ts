import type { Event } from '../../engine/event.ts'
import type { Cap } from './caps.ts'
import { awayLine, type EventAuthor, linesOf, msgidOf } from './events.ts'
import { batchEnd, newBatch } from './labels.ts'
import { ircLine, tagText } from './message.ts'
import { type ChannelRoom, channelOf } from './names.ts'
import { type Tagged, tagsFor } from './tags.ts'
import { textLines } from './texts.ts'

/** The capabilities that change how an event is written. */
const VARIANTS = [
  'server-time',
  'message-tags',
  'account-tag',
  'away-notify',
  'extended-join',
  'draft/message-redaction',
  'draft/multiline',
] as const

/** Returns {@link IrcSession.variant} for capabilities. */
export function variantOf(caps: ReadonlySet<Cap>): number {
  return VARIANTS.reduce((bits, cap, index) => {
    const isOn = caps.has(cap) && (cap !== 'draft/multiline' || caps.has('batch'))
    return isOn ? bits | (1 << index) : bits
  }, 0)
}

/** The parts of a line that only some clients get. */
export interface OwnParts {
  readonly label?: string | undefined
  readonly batch?: string | undefined
  /** Text of a user who enters and is away. */
  readonly awayText?: string | undefined
}

/** Returns the lines of an event with the tags of a variant. */
export function taggedLines(
  event: Event,
  author: EventAuthor,
  room: ChannelRoom,
  variant: number,
  { label, batch, awayText, isBot }: OwnParts & { readonly isBot: boolean },
): string[] {
  const has = (cap: (typeof VARIANTS)[number]) => (variant & (1 << VARIANTS.indexOf(cap))) !== 0
  const { tags: clientTags = {} } = event.details ?? {}
  const tagged: Tagged = {
    from: { name: event.from, verified: event.verified, isBot: isBot || clientTags.bot !== undefined },
    at: event.at,
  }
  const inBatch: [string, string][] = batch === undefined ? [] : [['batch', batch]]
  const labelled: [string, string][] = label === undefined ? [] : [['label', label]]
  const tagsOf = (isFirst: boolean) => [
    ...inBatch,
    ...(isFirst ? labelled : []),
    // An id names one line; the tags of a client may be long: they are not repeated for each line.
    ...tagsFor(has, isFirst ? { ...tagged, msgid: msgidOf(event), clientTags } : tagged),
  ]
  if (has('draft/multiline')) {
    const lines = multilineOf(event, author, room, tagText(tagsOf(true)), tagText(inBatch))
    if (lines) return lines
  }
  const lines =
    event.kind === 'redacted' && has('draft/message-redaction')
      ? [redaction(event, author, room)]
      : linesOf(event, author, room, has('extended-join'))
  if (awayText !== undefined && has('away-notify')) lines.push(awayLine(author.source, awayText))
  return lines.map((line, index) => tagText(tagsOf(index === 0)) + line)
}

/** Returns a message of several lines as a batch (IRCv3, "draft/multiline"), with the tags of its ends; undefined for other events. */
function multilineOf(
  event: Event,
  { source }: EventAuthor,
  room: ChannelRoom,
  tags: string,
  endTags: string,
): string[] | undefined {
  if ((event.kind !== 'message' && event.kind !== 'private') || event.details?.action) return undefined
  const { target, lines } = textLines(event, source, room)
  if (lines.length < 2) return undefined
  const batch = newBatch()
  return [
    `${tags}:${source} BATCH +${batch} draft/multiline ${target}`,
    ...lines.map(({ line, continues }) => `@batch=${batch}${continues ? ';draft/multiline-concat' : ''} ${line}`),
    endTags + batchEnd(batch),
  ]
}

function redaction({ body, details }: Event, { source }: EventAuthor, room: ChannelRoom): string {
  const params = [channelOf(room), String(details?.target), ...(body === '' ? [] : [body])]
  return ircLine(source, 'REDACT', params)
}
