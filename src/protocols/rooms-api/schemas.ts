/** The JSON Schemas of the rooms API: plain objects, as TypeBox takes 0.2 s to load (docs/protocols/rooms-api.md). */

import type { XStatic } from 'typebox/schema'
import { VISIBILITIES } from '../../engine/engine.ts'
import { API_EVENT, API_ID, EVENT_KINDS } from './event.ts'
import { objectOf, optionsOf, TIME } from './json-schema.ts'

/** Maximum messages of a request that are said together. */
export const MAX_TOGETHER = 256
/** Maximum events in the response to a request. */
const MAX_EVENTS = 1_000

const SLUG = { type: 'string', description: 'Name of the room in commands and URLs.' } as const
const NICKNAME = { type: 'string', minLength: 1, maxLength: 32 } as const

const NONCE_PATTERN = '^[A-Za-z0-9_.:-]{1,64}$'

const API_MESSAGE = objectOf(['text'], {
  text: { type: 'string', description: 'At most --max-text characters.' },
  action: { type: 'boolean', description: 'The message tells what the sender does.' },
  notice: { type: 'boolean', description: 'No program answers the message.' },
  nonce: {
    type: 'string',
    pattern: NONCE_PATTERN,
    description: 'Within a day, the room gets one message with a nonce from a nickname.',
  },
})
export type ApiMessage = Readonly<XStatic<typeof API_MESSAGE>>

export const API_MESSAGES = {
  anyOf: [API_MESSAGE, { type: 'array', items: API_MESSAGE, minItems: 1, maxItems: MAX_TOGETHER }],
} as const

export const API_PRIVATE = objectOf(['text'], {
  text: API_MESSAGE.properties.text,
  nonce: API_MESSAGE.properties.nonce,
})

/** The answer to lines that were said. */
export const API_LINES = objectOf(['messages'], {
  messages: { type: 'integer', minimum: 0, description: 'Number of messages in the log.' },
  first: { ...API_ID, description: 'Id of the first one.' },
  last: { ...API_ID, description: 'Id of the last one.' },
})
export type ApiLines = XStatic<typeof API_LINES>

export const API_PROBLEM = objectOf(['type', 'title', 'status', 'code', 'detail'], {
  type: { type: 'string', const: 'about:blank' },
  title: { type: 'string' },
  status: { type: 'integer' },
  code: { type: 'string', description: 'For programs: texts may change, codes do not.' },
  detail: { type: 'string', description: 'For people.' },
  line: { type: 'integer', minimum: 1, description: 'The first line that is refused.' },
  ...API_LINES.properties,
  refused: { type: 'integer', minimum: 1, description: 'Number of lines that are refused.' },
})
export type ApiProblem = XStatic<typeof API_PROBLEM>

export const API_EVENTS = { type: 'array', items: API_EVENT } as const

export const API_LISTED_ROOM = objectOf(['room', 'title', 'members'], {
  room: SLUG,
  title: { type: 'string' },
  topic: { type: 'string', description: 'At most 80 characters; missing without a topic.' },
  members: { type: 'integer', minimum: 0 },
  saidAt: { ...TIME, description: 'Time of the newest message, to a minute; missing without one.' },
})
export type ApiListedRoom = XStatic<typeof API_LISTED_ROOM>

const RANK = { type: 'string', enum: ['member', 'voiced', 'operator', 'owner', 'admin'] } as const

export const API_ROOM = objectOf(['room', 'title', 'visibility', 'createdAt', 'members', 'modes', 'rank'], {
  room: SLUG,
  title: { type: 'string' },
  visibility: { type: 'string', enum: VISIBILITIES },
  createdAt: TIME,
  members: { type: 'integer', minimum: 0 },
  topic: objectOf(['text', 'by', 'at'], { text: { type: 'string' }, by: NICKNAME, at: TIME }),
  modes: optionsOf({
    moderated: { type: 'boolean', const: true },
    inviteOnly: { type: 'boolean', const: true },
    slow: { type: 'integer', description: 'Seconds between two messages of a user.' },
    limit: { type: 'integer', description: 'The most members that the room lets in.' },
    keepDays: { type: 'integer', description: 'Days after which events are removed.' },
  }),
  rank: { ...RANK, description: 'The rank of the caller.' },
})
export type ApiRoom = XStatic<typeof API_ROOM>

export const API_MEMBERS = {
  type: 'array',
  items: objectOf(['name', 'rank'], { name: NICKNAME, rank: RANK }),
  description: 'In order of joining.',
} as const
export type ApiMembers = XStatic<typeof API_MEMBERS>

const AS = { type: 'string', description: 'Nickname of a guest; only without authorization.' } as const
const ID = { type: 'string', pattern: '^[0-9]{1,16}$' } as const
const LIMIT = { type: 'integer', minimum: 1, maximum: MAX_EVENTS, default: 100 } as const
const TIME_PARAMETER = {
  type: 'string',
  maxLength: 64,
  description:
    '2026-05-24, 2026-05-24T15:17:19Z, 15:17, today, yesterday, epoch seconds, or -10m, -2h, -7d before now.',
} as const

const RANGE = {
  limit: { ...LIMIT, description: 'The newest ones of the range.' },
  before: { ...ID, description: 'Only events before the one with this id.' },
  after: {
    ...ID,
    description: 'Only events after the one with this id; 410 when some of them are gone. 0 for the oldest on.',
  },
  from: { ...TIME_PARAMETER, description: `Only events from a time on: ${TIME_PARAMETER.description}` },
  to: { ...TIME_PARAMETER, description: 'Only events up to a time.' },
} as const

const KINDS = {
  type: 'string',
  pattern: `^(?:${EVENT_KINDS.join('|')})(?:,(?:${EVENT_KINDS.join('|')}))*$`,
  description: `Only events of these kinds, separated by commas: ${EVENT_KINDS.join(', ')}.`,
} as const

const SINCE = {
  type: 'string',
  maxLength: 4_096,
  description: `The events since then come first: all, an id, ids of several rooms such as ops=123,dev=456, or a time: ${TIME_PARAMETER.description}`,
} as const

/** Patterns in words, for refusals. */
export const PATTERN_FORMS: Readonly<Record<string, string>> = {
  [NONCE_PATTERN]: '1 to 64 letters, digits, _, -, . and :',
  [ID.pattern]: 'an id, of up to 16 digits',
  [KINDS.pattern]: `one or several of ${EVENT_KINDS.join(', ')}, separated by commas`,
}

export const NO_PARAMETERS = optionsOf({})

export const POST_PARAMETERS = optionsOf({
  as: AS,
  split: {
    type: 'string',
    enum: ['lines'],
    description: 'Each line of the body is a message; empty lines are not said.',
  },
})

export const HISTORY_PARAMETERS = optionsOf({
  ...RANGE,
  kinds: KINDS,
  q: {
    type: 'string',
    minLength: 1,
    maxLength: 1_000,
    description: 'The newest messages that have all words: word, begin*, "some words"; only with limit and before.',
  },
})

export type HistoryParameters = XStatic<typeof HISTORY_PARAMETERS>

export const INBOX_PARAMETERS = optionsOf(RANGE)

export const STREAM_PARAMETERS = optionsOf({ since: SINCE, kinds: KINDS })

export const INBOX_STREAM_PARAMETERS = optionsOf({
  since: {
    ...SINCE,
    description: `The messages since then come first: all, an id, or a time: ${TIME_PARAMETER.description}`,
  },
})

export const ROOMS_PARAMETERS = optionsOf({
  q: { type: 'string', maxLength: 200, description: 'Only rooms with this text in their name, title or topic.' },
  limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 1_000 },
})

export const DELETE_PARAMETERS = optionsOf({
  why: { type: 'string', maxLength: 1_000, description: 'The reason, of at most 300 characters.' },
})

export const INCOMING_HOOK_PARAMETERS = optionsOf({
  wait: { type: 'boolean', default: false, description: 'The answer to a payload of Discord has the message.' },
})

const PAYLOAD = { type: 'string', contentMediaType: 'application/json' } as const

/** Other fields, such as files, are not said. */
export const API_PAYLOAD_FORM = {
  type: 'object',
  properties: { payload: PAYLOAD, payload_json: PAYLOAD },
  anyOf: [{ required: ['payload'] }, { required: ['payload_json'] }],
} as const
