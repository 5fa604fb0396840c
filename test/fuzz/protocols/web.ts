/** The HTTP port: Piratchat, Globes, and requests for anything. */
import fc from 'fast-check'
import { mutation } from '../../transport/http/mutations.ts'
import { delivered } from '../delivery.ts'
import { spoiled } from '../mutate-json.ts'
import { disordered } from '../mutate-order.ts'
import { checkHttp } from '../replies/http.ts'
import { PLACEHOLDERS } from '../secrets.ts'
import { hear, type Protocol, type Step, send } from '../session.ts'
import { mostly, name, oddText, password, room, text } from '../values.ts'
import { type HttpRequest, requestBytes } from './request.ts'
import { talk } from './websocket.ts'

const cookie = mostly<readonly string[]>(
  8,
  fc.constantFrom([`Cookie: session=${PLACEHOLDERS.session}; globes=${PLACEHOLDERS.globes}`]),
  fc.constant<string[]>([]),
)
const bearer = mostly<readonly string[]>(
  8,
  fc.constantFrom([`Authorization: Bearer ${PLACEHOLDERS.token}`]),
  fc.constant<string[]>([]),
)
const segment = (words: fc.Arbitrary<string>) =>
  words.map((word) => encodeURIComponent(word.toWellFormed()).slice(0, 5_000))

/** A request whose body is JSON, mostly. */
function posting(
  method: string,
  path: string,
  value: unknown,
  headers: readonly string[] = [],
): fc.Arbitrary<HttpRequest> {
  return spoiled(value).map((body) => ({ method, path, body, headers }))
}

/** Requests on one connection, most of which wait for the answer to the one before. */
function requested(requests: readonly HttpRequest[]): fc.Arbitrary<readonly Step[]> {
  const all = requests.map((request) =>
    fc.tuple(requestBytes(request), mostly(3, fc.constant(true), fc.constant(false))),
  )
  return fc
    .tuple(...all)
    .map((parts) => parts.flatMap(([bytes, waits]) => (waits ? [send(bytes), hear] : [send(bytes)])))
}

const enrolment = fc.tuple(
  name.chain((username) => posting('POST', '/api/register', { username })),
  posting('POST', '/api/login', { key: PLACEHOLDERS.key }),
)
const lookUp = fc
  .tuple(fc.constantFrom('/api/online', '/api/user/@me', '/api/user/bob', '/api/logout', '/ws'), cookie)
  .map(([path, headers]): HttpRequest => ({ method: 'GET', path, headers }))
const piratchatTalk = fc
  .tuple(
    fc.array(
      text.chain((message) => spoiled({ message })),
      { maxLength: 12 },
    ),
    cookie,
  )
  .chain(([texts, headers]) => talk('/ws', texts, headers))
const piratchatScript = fc
  .tuple(enrolment, fc.array(lookUp, { maxLength: 5 }))
  .map(([first, rest]) => [...first, ...rest])
  .chain(disordered)
  .chain(requested)

const visibility = mostly(10, fc.constantFrom('public', 'private', 'hidden', 'Public'), oddText)
const roomBody = fc.record(
  { title: room, description: text, visibility, password },
  { requiredKeys: ['title', 'visibility'] },
)
const place = mostly(5, fc.constantFrom('1', '2', '3', 'lobby', 'den'), segment(room))
const globesRequest: fc.Arbitrary<HttpRequest> = fc.oneof(
  roomBody.chain((body) => posting('POST', '/chats', body)),
  fc.tuple(place, roomBody, bearer).chain(([at, body, headers]) => posting('PUT', `/chats/${at}`, body, headers)),
  fc
    .tuple(place, name, password)
    .chain(([at, own, secret]) => posting('POST', `/chats/${at}/token`, { secret, name: own })),
  fc.tuple(name, password).chain(([username, word]) => posting('POST', '/auth', { username, password: word })),
  fc
    .tuple(fc.constantFrom('', '/ws', '/token/renew', '/entrance'), place, bearer)
    .map(([end, at, headers]): HttpRequest => ({ method: 'GET', path: `/chats/${at}${end}`, headers })),
  fc.tuple(place, bearer).map(([at, headers]): HttpRequest => ({ method: 'DELETE', path: `/chats/${at}`, headers })),
  fc
    .tuple(place, bearer)
    .map(([at, headers]): HttpRequest => ({ method: 'GET', path: `/chats/events/${at}`, headers })),
  fc
    .tuple(fc.constantFrom('/chats', '/chats/all'), fc.constantFrom('*/*', 'application/json'))
    .map(([path, accept]): HttpRequest => ({ method: 'GET', path, headers: [`Accept: ${accept}`] })),
)
const globesScript = fc.array(globesRequest, { maxLength: 8 }).chain(requested)
const event = fc.record({
  event_type: mostly(8, fc.constantFrom('join', 'send', 'send', 'leave'), oddText),
  name,
  room_id: fc.constantFrom(1, null, 2),
  color: mostly(5, fc.constantFrom('red', ''), oddText),
  msg: text,
})
const globesTalk = fc
  .tuple(
    place,
    fc.array(event, { maxLength: 12 }),
    fc.constantFrom([], [`Sec-WebSocket-Protocol: ${PLACEHOLDERS.token}`]),
  )
  .chain(([at, events, headers]) =>
    fc.tuple(...events.map(spoiled)).chain((texts) => talk(`/chats/${at}/ws`, texts, headers)),
  )

/** Requests, and a WebSocket behind them or at once. */
function both(requests: fc.Arbitrary<readonly Step[]>, conversation: fc.Arbitrary<readonly Step[]>) {
  return delivered(
    fc.oneof(
      requests,
      conversation,
      fc.tuple(requests, conversation).map((steps) => steps.flat()),
    ),
  )
}

const path = fc.oneof(
  fc.constantFrom('/', '/page/main.js', '/page/style.css', '/healthz', '/readyz', '/metrics', '/line', '/nothing', '*'),
  segment(oddText).map((word) => `/${word}`),
)
const anyRequest = fc
  .tuple(fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST'), path)
  .map(([method, to]): HttpRequest => ({ method, path: to }))
const wild = fc.nat().map((number) => [send(mutation(number).bytes)])

const credentials = fc.constantFrom<readonly string[]>(
  [],
  ['Authorization: Basic Ym9iOnNlY3JldA=='],
  ['Authorization: Bearer rd_nothing'],
  ['Idempotency-Key: k', 'Room-Password: secret'],
)
const roomPath = fc
  .tuple(
    mostly(5, fc.constantFrom('lobby', 'ops', 'den'), segment(room)),
    fc.constantFrom('', '/members', '/messages', '/messages/1'),
  )
  .map(([slug, end]) => `/rooms/${slug}${end}`)
const apiPath = fc.oneof(roomPath, fc.constantFrom('/rooms', '/inbox', '/users/bob/messages', '/openapi.json', '/docs'))
const apiQuery = fc
  .array(
    fc.tuple(
      mostly(
        8,
        fc.constantFrom('as', 'split', 'limit', 'before', 'after', 'from', 'kinds', 'q', 'why'),
        segment(oddText),
      ),
      mostly(3, fc.constantFrom('ci', 'lines', '1', '-10m', 'message', '99999999999999999'), segment(oddText)),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.map((pair) => pair.join('=')).join('&')}`))
const apiMessage = fc.record(
  { text, action: fc.boolean(), nonce: fc.constantFrom('a', 'b c') },
  { requiredKeys: ['text'] },
)
const apiRequest: fc.Arbitrary<HttpRequest> = fc.oneof(
  fc
    .tuple(fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE'), apiPath, apiQuery, credentials)
    .map(([method, to, query, headers]): HttpRequest => ({ method, path: `${to}${query}`, headers })),
  fc
    .tuple(fc.oneof(apiMessage, fc.array(apiMessage, { maxLength: 3 })), credentials)
    .chain(([body, headers]) =>
      posting('POST', '/rooms/ops/messages?as=ci', body, ['Content-Type: application/json', ...headers]),
    ),
  fc
    .tuple(fc.constantFrom('POST', 'PUT'), apiPath, apiQuery, text, credentials)
    .map(([method, to, query, body, headers]): HttpRequest => ({ method, path: `${to}${query}`, body, headers })),
)

export const roomsApi: Protocol = {
  listener: 'http',
  sessions: delivered(fc.array(apiRequest, { maxLength: 8 }).chain(requested)),
  check: checkHttp,
}
export const piratchat: Protocol = {
  listener: 'http',
  sessions: both(piratchatScript, piratchatTalk),
  check: checkHttp,
}
export const globes: Protocol = { listener: 'http', sessions: both(globesScript, globesTalk), check: checkHttp }
export const http: Protocol = {
  listener: 'http',
  sessions: delivered(fc.oneof(wild, fc.array(anyRequest, { maxLength: 8 }).chain(requested))),
  check: checkHttp,
}
