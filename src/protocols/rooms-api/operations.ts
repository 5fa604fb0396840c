import { API_EVENT } from './event.ts'
import { API_HOOK, API_HOOK_REQUEST } from './hooks/outgoing.ts'
import {
  API_EVENTS,
  API_LINES,
  API_LISTED_ROOM,
  API_MEMBERS,
  API_MESSAGES,
  API_PAYLOAD_FORM,
  API_PRIVATE,
  API_ROOM,
  DELETE_PARAMETERS,
  HISTORY_PARAMETERS,
  INBOX_PARAMETERS,
  INBOX_STREAM_PARAMETERS,
  INCOMING_HOOK_PARAMETERS,
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
  readonly headers: Readonly<Record<string, string>>
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
const RESUME = {
  'Last-Event-ID': 'The id of the last event that was received; it takes precedence over since.',
} as const

const EVENTS_ANSWER: Answer = {
  description: 'Events, oldest first. The header Link has the request for earlier ones, rel="next".',
  content: { [JSON_TYPE]: API_EVENTS, 'application/x-ndjson': TEXT, 'text/plain': TEXT },
}

const STREAM_ANSWER: Answer = {
  description:
    'Events until either side ends it, each as one of server-sent events, a line of JSON, or lines for people.',
  content: { 'text/plain': TEXT, 'text/event-stream': TEXT, 'application/x-ndjson': TEXT },
}

const SAY = {
  parameters: POST_PARAMETERS,
  headers: KEY,
  body: { 'text/plain': TEXT, [JSON_TYPE]: API_MESSAGES },
}
const SAID = json('The event, or the events of an array; with split=lines, their number.', {
  anyOf: [API_EVENT, API_EVENTS, API_LINES],
})

export const OPERATIONS: readonly ApiOperation[] = [
  operation('get /rooms', 'read', 'Lists public rooms, busiest first', {
    parameters: ROOMS_PARAMETERS,
    answers: { 200: json('Rooms', { type: 'array', items: API_LISTED_ROOM }) },
  }),
  operation('get /rooms/{room}', 'read', 'Shows a room and its state', {
    answers: { 200: json('The room', API_ROOM) },
  }),
  operation('put /rooms/{room}', 'account', 'Makes a room', {
    answers: { 200: json('The room, which exists', API_ROOM), 201: json('The new room', API_ROOM) },
  }),
  operation('delete /rooms/{room}', 'account', 'Closes a room, as its owner or an admin', {
    answers: { 204: { description: 'The room is closed' } },
  }),
  operation('get /rooms/{room}/members', 'read', 'Lists the members of a room', {
    answers: { 200: json('Members', API_MEMBERS) },
  }),
  operation('post /rooms/{room}/messages', 'guest', 'Says messages in a room, which is made if need be', {
    ...SAY,
    answers: { 201: SAID },
  }),
  operation('put /rooms/{room}/messages', 'guest', 'The same, for curl -T', { ...SAY, answers: { 201: SAID } }),
  operation('get /rooms/{room}/messages', 'read', 'Reads the events of a room', {
    parameters: HISTORY_PARAMETERS,
    answers: { 200: EVENTS_ANSWER },
  }),
  operation('get /rooms/{room}/stream', 'read', 'Follows a room, or several, separated by commas', {
    parameters: STREAM_PARAMETERS,
    headers: RESUME,
    answers: { 200: STREAM_ANSWER },
  }),
  operation(
    'delete /rooms/{room}/messages/{id}',
    'account',
    'Deletes a message: your own within an hour, as an operator any',
    { parameters: DELETE_PARAMETERS, answers: { 200: json('The deletion', API_EVENT) } },
  ),
  operation('post /users/{user}/messages', 'account', 'Sends a private message', {
    headers: KEY,
    body: { 'text/plain': TEXT, [JSON_TYPE]: API_PRIVATE },
    answers: { 204: { description: 'The message is sent' } },
  }),
  operation('get /inbox', 'account', 'Reads the private messages to and from the account', {
    parameters: INBOX_PARAMETERS,
    answers: { 200: EVENTS_ANSWER },
  }),
  operation('get /inbox/stream', 'account', 'Follows the private messages to and from the account', {
    parameters: INBOX_STREAM_PARAMETERS,
    headers: RESUME,
    answers: { 200: STREAM_ANSWER },
  }),
  operation('post /api/tokens', 'account', 'Makes an access token of the account', {
    body: { [JSON_TYPE]: API_TOKEN_REQUEST },
    answers: { 201: json('The token, with its value', API_TOKEN) },
  }),
  operation('get /api/tokens', 'account', 'Lists the access tokens of the account', {
    answers: { 200: json('Tokens, oldest first', { type: 'array', items: API_TOKEN }) },
  }),
  operation('delete /api/tokens/{name}', 'account', 'Ends an access token and its sessions', {
    answers: { 204: { description: 'The token has ended' } },
  }),
  operation(
    'post /hooks/{token}',
    'none',
    'Says the payload of another program in the only room of an access token, which stands in the path',
    {
      parameters: INCOMING_HOOK_PARAMETERS,
      headers: KEY,
      body: {
        [JSON_TYPE]: {},
        'application/x-www-form-urlencoded': TEXT,
        'multipart/form-data': API_PAYLOAD_FORM,
        'text/plain': TEXT,
      },
      answers: {
        200: {
          description:
            'It is said, or not worth a message; with `?wait=true` and a payload of Discord, the message as there',
          content: { 'text/plain': TEXT, [JSON_TYPE]: {} },
        },
        204: { description: 'The same, for Discord without `?wait=true`' },
      },
    },
  ),
  operation('post /rooms/{room}/hooks', 'account', 'Has the events of a room posted to an address', {
    body: { [JSON_TYPE]: API_HOOK_REQUEST },
    answers: { 201: json('The webhook, with its secret', API_HOOK) },
  }),
  operation('get /rooms/{room}/hooks', 'account', 'Lists the webhooks of a room', {
    answers: { 200: json('Webhooks, oldest first', { type: 'array', items: API_HOOK }) },
  }),
  operation('delete /rooms/{room}/hooks/{hook}', 'account', 'Removes a webhook', {
    answers: { 204: { description: 'The webhook is removed' } },
  }),
  operation('get /openapi.json', 'none', 'This document', {
    answers: { 200: json('OpenAPI 3.1', { type: 'object' }) },
  }),
  operation('get /docs', 'none', 'This document for people', {
    answers: { 200: { description: 'A page', content: { 'text/html': TEXT } } },
  }),
]

function json(description: string, schema: object): Answer {
  return { description, content: { [JSON_TYPE]: schema } }
}

/** Returns a request; one for a room takes its password. */
function operation(
  methodAndPath: `${ApiOperation['method']} ${string}`,
  authorizing: Authorizing,
  summary: string,
  {
    parameters = NO_PARAMETERS,
    headers = {},
    ...rest
  }: Partial<Pick<ApiOperation, 'parameters' | 'headers' | 'body'>> & Pick<ApiOperation, 'answers'>,
): ApiOperation {
  const [method, path = ''] = methodAndPath.split(' ')
  const ofRoom = path.startsWith('/rooms/{room}') ? PASSWORD : {}
  // The method is the one of the parameter's type.
  return {
    method: method as ApiOperation['method'],
    path,
    summary,
    authorizing,
    parameters,
    headers: { ...headers, ...ofRoom },
    ...rest,
  }
}
