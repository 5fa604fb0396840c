/** Requests as they should not come, and clients that end as they should not. The same number gives the same mutation. */
import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { clientFrame, PING } from '../../support/websocket.ts'

type Pick = <T>(choices: readonly T[]) => T

/** The first of each list is usual, and chosen as often as all the others together. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'QUERY', 'FOO', '']
const PATHS = [
  '/chats/1/ws',
  '/',
  '/%zz',
  '/%E0%A4/ws',
  '/chats',
  '/chats/1',
  '/chats/nope/ws',
  '/chats/%00/ws?%',
  '/chats/1/token',
  '/line',
  '/line?x=%zz',
  '//line',
  '/ws',
  '/api/login',
  '/api/logout',
  '/api/user/@me',
  '/metrics',
  '/nothing',
  '*',
  'http://elsewhere.example/line',
  'elsewhere.example:443',
  `/${'a'.repeat(9_000)}`,
  '/\u00ff',
  '/ x',
  '',
]
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', '']
const HANDSHAKE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]
const USUAL = ['GET /chats/1/ws HTTP/1.1', 'Host: localhost']
const HOSTS = [['Host: localhost'], ['Host: evil.example'], ['Host: a', 'Host: b'], ['Host:'], []]
const HEADERS: readonly (readonly string[])[] = [
  [],
  HANDSHAKE,
  HANDSHAKE.slice(0, 2),
  HANDSHAKE.slice(0, 3),
  [...HANDSHAKE, 'Sec-WebSocket-Protocol: (), ()'],
  [...HANDSHAKE, 'Sec-WebSocket-Extensions: permessage-deflate; x="'],
  [...HANDSHAKE, 'Cookie: session=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
  [...HANDSHAKE, 'Origin: http://evil.example'],
  ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'],
  ['Connection: keep-alive'],
  ['Connection: close'],
  ['Expect: 100-continue'],
  ['Expect: something else'],
  ['Origin: http://evil.example'],
  ['Sec-Fetch-Site: cross-site'],
  [`X: ${'x'.repeat(20_000)}`],
  Array.from({ length: 300 }, (_, n) => `X-${n}: ${n}`),
  ['Bad Header: 1'],
  [' folded'],
  ['X: \u0000'],
]
const JSON_BODY = '{"title":"x","visibility":"public"}'
const BODIES: readonly (readonly [headers: readonly string[], body: string])[] = [
  [[], ''],
  [[`Content-Length: ${JSON_BODY.length}`], JSON_BODY],
  [['Content-Length: 5'], 'more than five\r\n\r\n'],
  [['Content-Length: 1000'], 'less'],
  [['Content-Length: 100000'], 'x'.repeat(100_000)],
  [['Content-Length: -1'], 'x'],
  [['Content-Length: 1', 'Content-Length: 2'], 'xx'],
  [['Content-Length: 3', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
  [['Transfer-Encoding: chunked'], `23\r\n${JSON_BODY}\r\n0\r\n\r\n`],
  [['Transfer-Encoding: chunked'], 'zz\r\n'],
  [['Transfer-Encoding: chunked'], '5\r\nhello'],
  [['Transfer-Encoding: chunked'], '5\r\nhello world\r\n'],
  [['Transfer-Encoding: chunked'], 'fffffffffffffffff\r\n'],
  [['Transfer-Encoding: chunked'], '0\r\nTrailer: x\r\n\r\n'],
  [['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'],
  [['Transfer-Encoding: identity'], 'x'],
]
const BEHIND = [
  '',
  'GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(30),
  'POST /chats HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{}',
  'nonsense\r\n\r\n',
  '\r\n\r\n\r\n',
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  clientFrame('/ping').toString('latin1'),
  clientFrame('/ping', { last: false }).toString('latin1'),
  clientFrame('', { opcode: PING }).toString('latin1').repeat(50),
  clientFrame('/ping', { masked: false }).toString('latin1'),
]
/** How much is sent. */
const CUTS = ['all', 'half', 'all but one byte', 'one byte', 'nothing'] as const
/** What the client does when it has sent that; `stay` is what a client does that is still there and does nothing. */
const ENDS = ['stay', 'stay and half-close', 'stay and read nothing', 'end', 'destroy', 'reset'] as const

export type End = (typeof ENDS)[number]

export interface Mutation {
  readonly bytes: Buffer
  /** Whether the bytes are sent in several pieces. */
  readonly inPieces: boolean
  readonly end: End
}

export function mutation(number: number, ends: readonly End[] = ENDS): Mutation {
  const pick = picker(number)
  // One on its own, one behind another, or several.
  const requests = Array.from({ length: pick([1, 1, 2, 3]) }, () => mutatedRequest(pick))
  const whole = Buffer.from(requests.join(''), 'latin1')
  const sent = {
    all: whole.length,
    half: whole.length >> 1,
    'all but one byte': whole.length - 1,
    'one byte': 1,
    nothing: 0,
  }[usual(pick, CUTS)]
  return { bytes: whole.subarray(0, sent), inPieces: pick([true, false]), end: pick(ends) }
}

function mutatedRequest(pick: Pick): string {
  // Most of what follows a request that cannot be read is not looked at.
  if (pick([true, false, false])) return [...USUAL, ...pick([HANDSHAKE, []]), '', ''].join('\r\n')
  const [headers, body] = usual(pick, BODIES)
  const line = [usual(pick, METHODS), usual(pick, PATHS), usual(pick, VERSIONS)].join(' ')
  const head = [line, ...usual(pick, HOSTS), ...pick([HANDSHAKE, []]), ...usual(pick, HEADERS), ...headers, '', '']
  return `${head.join(usual(pick, ['\r\n', '\n']))}${body}${usual(pick, BEHIND)}`
}

/** The first of a list as often as all the others together. */
function usual<T>(pick: Pick, choices: readonly T[]): T {
  return (pick([true, false]) ? choices[0] : undefined) ?? pick(choices)
}

/** Resolves with the socket when its end of the connection is as it is to be. */
export async function play({ bytes, inPieces, end }: Mutation, port: number, tls = false): Promise<Socket> {
  const tcp = connect({ host: '127.0.0.1', port, allowHalfOpen: true }).setNoDelay()
  const socket = tls ? connectTls({ socket: tcp, rejectUnauthorized: false }) : tcp
  for (const each of [tcp, socket]) each.on('error', () => {})
  const { promise: connected, resolve } = Promise.withResolvers<void>()
  socket.on(tls ? 'secureConnect' : 'connect', resolve).on('close', resolve)
  await connected
  if (end !== 'stay and read nothing') socket.resume()
  const third = Math.ceil(bytes.length / 3) || 1
  for (let from = 0; from < bytes.length; from += inPieces ? third : bytes.length) {
    socket.write(bytes.subarray(from, inPieces ? from + third : bytes.length))
    if (inPieces) await turn()
  }
  if (end === 'end') socket.on('end', () => socket.destroy())
  if (end === 'end' || end === 'stay and half-close') socket.end()
  if (end === 'destroy') socket.destroySoon()
  if (end === 'reset') tcp.resetAndDestroy()
  return socket
}

/** A generator of pseudo-random numbers (xorshift32) that chooses from lists. */
function picker(number: number): Pick {
  let state = Math.imul(number + 1, 0x9e3779b1) | 1
  return <T>(choices: readonly T[]): T => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    // The place is within the list, which is never empty.
    return choices[(state >>> 0) % choices.length] as T
  }
}
