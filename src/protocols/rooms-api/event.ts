import type { XStatic } from 'typebox/schema'
import { eventLine, privateRecord, recordOf } from '../../../commands/events.ts'
import { type Event, MODE_FLAGS, ROLES } from '../../engine/event.ts'
import { escapeAll, UNSAFE } from '../../escape.ts'
import { plainEncoder } from '../plain-line.ts'
import { objectOf, TIME } from './json-schema.ts'

/** Kinds of the events of a room, in the parameter `kinds`. */
export const EVENT_KINDS = ['message', 'joined', 'left', 'topic', 'kicked', 'role', 'mode', 'redacted'] as const

const UTC_TIME = { ...TIME, description: 'UTC, milliseconds.' } as const
/** JSON Schema of the id of an event. */
export const API_ID = {
  type: 'string',
  pattern: '^[0-9]+$',
  description: 'Rises strictly within a room; compare as a number.',
} as const

/** JSON Schema of an event (docs/protocols/rooms-api.md, section 2.2). */
export const API_EVENT = objectOf(['id', 'type', 'from', 'body', 'at'], {
  id: API_ID,
  type: { type: 'string', enum: [...EVENT_KINDS, 'private'] },
  room: { type: 'string', description: 'The slug; missing for private messages.' },
  from: { type: 'string', description: 'The nickname of the user who did it.' },
  verified: { type: 'boolean', const: true, description: 'The user has proved that it owns the account `from`.' },
  to: { type: 'string', description: 'The nickname of the user, or the mask, that it concerns.' },
  body: { type: 'string', description: 'Text of a message or topic, reason of a moderator; else empty.' },
  at: UTC_TIME,
  action: { type: 'boolean', const: true, description: 'A message that tells what the sender does.' },
  notice: { type: 'boolean', const: true, description: 'A message to which no program answers.' },
  role: { type: 'string', enum: ROLES },
  flag: { type: 'string', enum: MODE_FLAGS },
  on: { type: 'boolean', description: 'False if the role or flag is taken back.' },
  value: { type: 'string', description: 'Value of the flag.' },
  until: { ...TIME, description: 'End of the role.' },
  target: { ...API_ID, description: 'The message that is deleted.' },
})
export type ApiEvent = Readonly<XStatic<typeof API_EVENT>>

/** Returns the JSON form of an event of the room with a slug, or of a private message; undefined for kinds that are not shown. */
export function apiEvent(event: Event, slug: string | undefined): ApiEvent | undefined {
  const { kind, from, to, body, details, verified } = event
  if (kind === 'closed') return undefined
  const id = String(event.id)
  const at = isoOf(event.at)
  // A literal, as this is called for every message of every stream.
  if (kind === 'message' && slug !== undefined && !details && !verified)
    return { id, type: kind, room: slug, from, body, at }
  const { action, notice, role, flag, on, value, until, target } = details ?? {}
  return {
    id,
    type: kind,
    ...(slug !== undefined && { room: slug }),
    from,
    ...(verified && { verified }),
    ...(to !== undefined && { to }),
    body,
    at,
    ...(action && { action }),
    ...(notice && { notice }),
    ...(role && { role, on: on ?? true }),
    ...(flag && { flag, on: on ?? true }),
    ...(value !== undefined && { value }),
    ...(until !== undefined && { until: isoOf(until) }),
    ...(target !== undefined && { target: String(target) }),
  }
}

/** Encodes an event as JSON in one line, without a line feed and with unsafe characters escaped; empty for kinds that are not shown. */
export function eventJson(event: Event, slug: string | undefined): string {
  const shown = apiEvent(event, slug)
  return shown ? safeJson(shown) : ''
}

/** Encodes a value as JSON in one line, with the characters escaped that a terminal may interpret. */
export function safeJson(value: unknown): string {
  return escapeAll(JSON.stringify(value), UNSAFE)
}

const plain = plainEncoder(false)

/** Returns an event that happens now as a line for people, with a line feed; empty for kinds that are not shown. */
export function liveText(event: Event, slug: string): string {
  const line = eventLine(event, slug)
  return line ? plain(line) : ''
}

/** Returns an event of the room with a slug, or a private message of the past as a line for people, with its date and a line feed. */
export function pastText(event: Event, slug: string | undefined): string {
  if (slug === undefined) return plain(privateRecord(event, ''))
  const record = recordOf(event, slug, '')
  return record ? plain(record) : ''
}

let lastTime = Number.NaN
let lastIso = ''

/** Formats a time (RFC 3339). Caches the last one, as most events of a tick have the same time. */
export function isoOf(ms: number): string {
  if (ms !== lastTime) {
    lastTime = ms
    lastIso = new Date(ms).toISOString()
  }
  return lastIso
}
