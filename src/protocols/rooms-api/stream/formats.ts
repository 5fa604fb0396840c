import { privateLine } from '../../../../commands/events.ts'
import type { Event } from '../../../engine/event.ts'
import { plainEncoder } from '../../plain-line.ts'
import { eventJson, liveText, pastText, safeJson } from '../event.ts'

export const FORMAT_NAMES = ['text/plain', 'text/event-stream', 'application/x-ndjson'] as const
export type FormatName = (typeof FORMAT_NAMES)[number]

/** The end of a stream by the server. */
export interface StreamEnd {
  /** A code of a problem, or of a disconnect. */
  readonly code: string
  readonly detail: string
  /** True if the same request may succeed at once. */
  readonly reconnect: boolean
  /** The slug of the room that has ended, or that may not be read any more. */
  readonly room?: string | undefined
}

/** An event, as one stream or another shows it. */
interface ShownEvent {
  readonly event: Event
  /** The slug of its room; undefined for a private message. */
  readonly slug: string | undefined
  /** True if the client has missed it. */
  readonly isPast: boolean
  readonly isOfMany: boolean
}

/** A form of streams (docs/protocols/rooms-api.md, section 2.6). */
export interface Format {
  readonly contentType: string
  /** True if each event carries the id behind which a client resumes. */
  readonly hasIds: boolean
  start(id: string): string
  /** Returns the text of an event; empty for kinds that are not shown. */
  event(shown: ShownEvent, id: string): string
  readonly heartbeat: string
  /** Returns a text of the admins to everybody. */
  notice(text: string): string
  end(end: StreamEnd): string
}

/** Time after which a client of server-sent events reconnects when the server asks for it. */
const RETRY_MS = 1_000

const plain = plainEncoder(false)

export const FORMATS: Readonly<Record<FormatName, Format>> = {
  /** Server-sent events (HTML, 9.2). */
  'text/event-stream': {
    contentType: 'text/event-stream',
    hasIds: true,
    // An event without data sets the last event id, and is not dispatched.
    start: (id) => `id: ${id}\n\n`,
    event: ({ event, slug }, id) => {
      const json = eventJson(event, slug)
      return json && `id: ${id}\nevent: ${event.kind}\ndata: ${json}\n\n`
    },
    heartbeat: ':\n\n',
    notice: (text) => `event: notice\ndata: ${noticeJson(text)}\n\n`,
    end: (end) => `event: end\n${end.reconnect ? `retry: ${RETRY_MS}\n` : ''}data: ${endJson(end)}\n\n`,
  },
  'application/x-ndjson': {
    contentType: 'application/x-ndjson',
    hasIds: false,
    start: () => '',
    event: ({ event, slug }) => {
      const json = eventJson(event, slug)
      return json && `${json}\n`
    },
    heartbeat: '\n',
    notice: (text) => `${noticeJson(text)}\n`,
    end: (end) => `${endJson(end)}\n`,
  },
  'text/plain': {
    contentType: 'text/plain; charset=utf-8',
    hasIds: false,
    start: () => '',
    event: (shown) => {
      const line = plainText(shown)
      return line && shown.isOfMany ? `${shown.slug}: ${line}` : line
    },
    heartbeat: '\n',
    notice: (notice) => plain({ type: 'notice', notice }),
    end: ({ detail, room }) => plain({ type: 'notice', notice: room === undefined ? detail : `${room}: ${detail}` }),
  },
}

function plainText({ event, slug, isPast }: ShownEvent): string {
  if (isPast) return pastText(event, slug)
  return slug === undefined ? plain(privateLine(event)) : liveText(event, slug)
}

function noticeJson(body: string): string {
  return safeJson({ type: 'notice', body })
}

function endJson({ code, detail, reconnect, room }: StreamEnd): string {
  return safeJson({ type: 'end', code, detail, reconnect, ...(room !== undefined && { room }) })
}
