import { API_EVENT } from './event.ts'
import { API_HOOK, API_HOOK_REQUEST } from './hooks/outgoing.ts'
import {
  API_EVENTS,
  API_LINES,
  API_LISTED_ROOM,
  API_MEMBERS,
  API_MESSAGES,
  API_PRIVATE,
  API_ROOM,
  DELETE_PARAMETERS,
  HISTORY_PARAMETERS,
  INBOX_PARAMETERS,
  INBOX_STREAM_PARAMETERS,
  NO_PARAMETERS,
  POST_PARAMETERS,
  ROOMS_PARAMETERS,
  STREAM_PARAMETERS,
} from './schemas.ts'
import { API_TOKEN, API_TOKEN_REQUEST } from './tokens.ts'

/** Authorization that a request needs: `read` may be none, `guest` may be a nickname. */
type Authorizing = 'none' | 'read' | 'guest' | 'account'

/** A request of the rooms API, as the OpenAPI document describes it. */
export interface ApiOperation {
  readonly method: 'get' | 'put' | 'post' | 'delete'
  /** The path as in OpenAPI. */
  readonly path: string
  readonly summary: string
  readonly authorizing: Authorizing
  readonly parameters: { readonly properties: Readonly<Record<string, object>> }
  readonly headers?: Readonly<Record<string, string>>
  /** Schemas of the body, by media type. */
  readonly body?: Readonly<Record<string, object>>
  /** The responses other than problems: descriptions and schemas by media type, by status. */
  readonly answers: Readonly<Record<number, Answer>>
}

interface Answer {
  readonly description: string
  readonly content?: Readonly<Record<string, object>>
}

const TEXT = { type: 'string' } as const
const JSON_TYPE = 'application/json'

const KEY = {
  'Idempotency-Key':
    'A request that is repeated within a day gets the first answer, and says nothing; with another body it is refused.',
} as const
const PASSWORD = { 'Room-Password': 'The password of the room, if it has one.' } as const

const EVENTS_ANSWER: Answer = {
  description: 'Events, oldest first. The header Link has the request for earlier ones, rel="next".',
  content: { [JSON_TYPE]: API_EVENTS, 'application/x-ndjson': TEXT, 'text/plain': TEXT },
}

const RESUME = {
  'Last-Event-ID': 'The id of the last event that was received; it takes precedence over since.',
} as const

const STREAM_ANSWER: Answer = {
  description:
    'Events until either side ends it, each as one of server-sent events, a line of JSON, or lines for people.',
  content: { 'text/plain': TEXT, 'text/event-stream': TEXT, 'application/x-ndjson': TEXT },
}

const SAY = {
  path: '/rooms/{room}/messages',
  authorizing: 'guest',
  parameters: POST_PARAMETERS,
  headers: { ...KEY, ...PASSWORD },
  body: { 'text/plain': TEXT, [JSON_TYPE]: API_MESSAGES },
  answers: {
    201: {
      description: 'The event, or the events of an array; with split=lines, their number.',
      content: { [JSON_TYPE]: { anyOf: [API_EVENT, API_EVENTS, API_LINES] } },
    },
  },
} as const

/** The requests of the rooms API. */
export const OPERATIONS: readonly ApiOperation[] = [
  {
    method: 'get',
    path: '/rooms',
    summary: 'Lists public rooms, busiest first',
    authorizing: 'read',
    parameters: ROOMS_PARAMETERS,
    answers: { 200: { description: 'Rooms', content: { [JSON_TYPE]: { type: 'array', items: API_LISTED_ROOM } } } },
  },
  {
    method: 'get',
    path: '/rooms/{room}',
    summary: 'Shows a room and its state',
    authorizing: 'read',
    parameters: NO_PARAMETERS,
    headers: PASSWORD,
    answers: { 200: { description: 'The room', content: { [JSON_TYPE]: API_ROOM } } },
  },
  {
    method: 'put',
    path: '/rooms/{room}',
    summary: 'Makes a room',
    authorizing: 'account',
    parameters: NO_PARAMETERS,
    headers: PASSWORD,
    answers: {
      200: { description: 'The room, which exists', content: { [JSON_TYPE]: API_ROOM } },
      201: { description: 'The new room', content: { [JSON_TYPE]: API_ROOM } },
    },
  },
  {
    method: 'delete',
    path: '/rooms/{room}',
    summary: 'Closes a room, as its owner or an admin',
    authorizing: 'account',
    parameters: NO_PARAMETERS,
    headers: PASSWORD,
    answers: { 204: { description: 'The room is closed' } },
  },
  {
    method: 'get',
    path: '/rooms/{room}/members',
    summary: 'Lists the members of a room',
    authorizing: 'read',
    parameters: NO_PARAMETERS,
    headers: PASSWORD,
    answers: { 200: { description: 'Members', content: { [JSON_TYPE]: API_MEMBERS } } },
  },
  { method: 'post', summary: 'Says messages in a room, which is made if need be', ...SAY },
  { method: 'put', summary: 'The same, for curl -T', ...SAY },
  {
    method: 'get',
    path: '/rooms/{room}/messages',
    summary: 'Reads the events of a room',
    authorizing: 'read',
    parameters: HISTORY_PARAMETERS,
    headers: PASSWORD,
    answers: { 200: EVENTS_ANSWER },
  },
  {
    method: 'get',
    path: '/rooms/{room}/stream',
    summary: 'Follows a room, or several, separated by commas',
    authorizing: 'read',
    parameters: STREAM_PARAMETERS,
    headers: { ...RESUME, ...PASSWORD },
    answers: { 200: STREAM_ANSWER },
  },
  {
    method: 'delete',
    path: '/rooms/{room}/messages/{id}',
    summary: 'Deletes a message: your own within an hour, as an operator any',
    authorizing: 'account',
    parameters: DELETE_PARAMETERS,
    headers: PASSWORD,
    answers: { 200: { description: 'The deletion', content: { [JSON_TYPE]: API_EVENT } } },
  },
  {
    method: 'post',
    path: '/users/{user}/messages',
    summary: 'Sends a private message',
    authorizing: 'account',
    parameters: NO_PARAMETERS,
    headers: KEY,
    body: { 'text/plain': TEXT, [JSON_TYPE]: API_PRIVATE },
    answers: { 204: { description: 'The message is sent' } },
  },
  {
    method: 'get',
    path: '/inbox',
    summary: 'Reads the private messages to and from the account',
    authorizing: 'account',
    parameters: INBOX_PARAMETERS,
    answers: { 200: EVENTS_ANSWER },
  },
  {
    method: 'get',
    path: '/inbox/stream',
    summary: 'Follows the private messages to and from the account',
    authorizing: 'account',
    parameters: INBOX_STREAM_PARAMETERS,
    headers: RESUME,
    answers: { 200: STREAM_ANSWER },
  },
  {
    method: 'post',
    path: '/api/tokens',
    summary: 'Makes an access token of the account',
    authorizing: 'account',
    parameters: NO_PARAMETERS,
    body: { [JSON_TYPE]: API_TOKEN_REQUEST },
    answers: { 201: { description: 'The token, with its value', content: { [JSON_TYPE]: API_TOKEN } } },
  },
  {
    method: 'get',
    path: '/api/tokens',
    summary: 'Lists the access tokens of the account',
    authorizing: 'account',
    parameters: NO_PARAMETERS,
    answers: {
      200: { description: 'Tokens, oldest first', content: { [JSON_TYPE]: { type: 'array', items: API_TOKEN } } },
    },
  },
  {
    method: 'delete',
    path: '/api/tokens/{name}',
    summary: 'Ends an access token and its sessions',
    authorizing: 'account',
    parameters: NO_PARAMETERS,
    answers: { 204: { description: 'The token has ended' } },
  },
  {
    method: 'post',
    path: '/hooks/{token}',
    summary: 'Says the payload of another program in the only room of an access token, which stands in the path',
    authorizing: 'none',
    parameters: NO_PARAMETERS,
    headers: KEY,
    body: { [JSON_TYPE]: {}, 'application/x-www-form-urlencoded': TEXT, 'text/plain': TEXT },
    answers: {
      200: { description: 'It is said, or not worth a message', content: { 'text/plain': TEXT } },
      204: { description: 'The same, for Discord' },
    },
  },
  {
    method: 'post',
    path: '/rooms/{room}/hooks',
    summary: 'Has the events of a room posted to an address',
    authorizing: 'account',
    parameters: NO_PARAMETERS,
    headers: PASSWORD,
    body: { [JSON_TYPE]: API_HOOK_REQUEST },
    answers: { 201: { description: 'The webhook, with its secret', content: { [JSON_TYPE]: API_HOOK } } },
  },
  {
    method: 'get',
    path: '/rooms/{room}/hooks',
    summary: 'Lists the webhooks of a room',
    authorizing: 'account',
    parameters: NO_PARAMETERS,
    headers: PASSWORD,
    answers: {
      200: { description: 'Webhooks, oldest first', content: { [JSON_TYPE]: { type: 'array', items: API_HOOK } } },
    },
  },
  {
    method: 'delete',
    path: '/rooms/{room}/hooks/{hook}',
    summary: 'Removes a webhook',
    authorizing: 'account',
    parameters: NO_PARAMETERS,
    headers: PASSWORD,
    answers: { 204: { description: 'The webhook is removed' } },
  },
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    authorizing: 'none',
    parameters: NO_PARAMETERS,
    answers: { 200: { description: 'OpenAPI 3.1', content: { [JSON_TYPE]: { type: 'object' } } } },
  },
  {
    method: 'get',
    path: '/docs',
    summary: 'This document for people',
    authorizing: 'none',
    parameters: NO_PARAMETERS,
    answers: { 200: { description: 'A page', content: { 'text/html': TEXT } } },
  },
]
