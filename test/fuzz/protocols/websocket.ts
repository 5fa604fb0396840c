/** Conversations over WebSockets: a handshake, then messages in frames that are mostly right. */
import fc from 'fast-check'
import { BINARY, CLOSE, clientFrame, PING, PONG, TEXT } from '../../support/websocket.ts'
import { hear, type Step, send } from '../session.ts'
import { mostly, oddText } from '../values.ts'
import { type HttpRequest, requestBytes } from './request.ts'

const MASK = Buffer.from([1, 2, 3, 4])
const CONTINUATION = 0
const CODES = [0, 999, 1000, 1001, 1002, 1004, 1005, 1006, 1007, 1008, 1015, 3000, 4999, 65_535]

const frame = (payload: string | Buffer, options: { opcode?: number; last?: boolean; masked?: boolean } = {}) =>
  clientFrame(payload, { mask: MASK, ...options })

const control = fc.oneof(
  fc.tuple(fc.constantFrom(PING, PONG), fc.nat(130)).map(([opcode, length]) => frame('x'.repeat(length), { opcode })),
  fc.tuple(fc.constantFrom(...CODES), oddText).map(([code, reason]) => {
    const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason.slice(0, 60))])
    return frame(payload, { opcode: CLOSE })
  }),
  fc.nat(1).map((length) => frame('x'.repeat(length), { opcode: CLOSE })),
)

/** A message in fragments, with control frames between them now and then. */
function fragmented(message: Buffer): fc.Arbitrary<Buffer> {
  return fc
    .tuple(
      mostly(4, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 200, max: 400 })),
      fc.array(control, { maxLength: 1 }),
    )
    .map(([count, between]) => {
      const size = Math.ceil(message.length / count)
      const fragments = Array.from({ length: count }, (_, at) =>
        frame(message.subarray(at * size, (at + 1) * size), {
          opcode: at === 0 ? TEXT : CONTINUATION,
          last: at === count - 1,
        }),
      )
      return Buffer.concat([...fragments.slice(0, 1), ...between, ...fragments.slice(1)])
    })
}

/** A frame whose head is wrong: reserved bits, any opcode, no mask, a length that is not the payload's. */
function misframed(message: Buffer): fc.Arbitrary<Buffer> {
  const head = fc.tuple(fc.nat(255), fc.constantFrom(0x80, 0xfe, 0xff, 0x7f, 0x00)).map(([first, second]) => {
    const bytes = frame(message)
    bytes[0] = first
    bytes[1] = second
    return bytes
  })
  const opcode = fc.nat(15).map((opcode) => frame(message, { opcode }))
  const huge = Buffer.concat([Buffer.from([0x81, 0xff]), Buffer.alloc(8, 0xff), MASK, message])
  return fc.oneof(
    head,
    opcode,
    fc.constantFrom(
      frame(message, { masked: false }),
      frame(message, { last: false }),
      frame(message, { opcode: BINARY }),
      frame(message, { opcode: CONTINUATION }),
      huge,
    ),
  )
}

function framed(text: string): fc.Arbitrary<Buffer> {
  const message = Buffer.from(text)
  const usual = fc.constant(frame(message))
  const withControl = control.map((before) => Buffer.concat([before, frame(message)]))
  return mostly(20, usual, fragmented(message), misframed(message), withControl)
}

/** Headers of a right handshake. */
export const HANDSHAKE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

const oddHeaders = mostly<readonly string[]>(
  20,
  fc.constant(HANDSHAKE),
  fc.subarray(HANDSHAKE),
  fc.constantFrom(
    [...HANDSHAKE, 'Sec-WebSocket-Extensions: permessage-deflate; x="'],
    [...HANDSHAKE, 'Sec-WebSocket-Protocol: a, b'],
    [...HANDSHAKE, 'Sec-WebSocket-Protocol: (), ()'],
    [...HANDSHAKE, 'Origin: http://evil.example'],
    [...HANDSHAKE, 'Sec-WebSocket-Version: 99'],
    [...HANDSHAKE, 'Content-Length: 5'],
    [...HANDSHAKE, 'Transfer-Encoding: chunked'],
  ),
)

/** Opens a path and says these texts. `headers` are sent beside those of the handshake. */
export function talk(
  path: string,
  texts: readonly string[],
  headers: readonly string[] = [],
): fc.Arbitrary<readonly Step[]> {
  const messages = fc.tuple(...texts.map(framed))
  return fc.tuple(oddHeaders, messages, fc.boolean()).chain(([handshake, frames, waits]) => {
    const request: HttpRequest = { method: 'GET', path, headers: [...handshake, ...headers] }
    const close = fc.constantFrom([], [send(frame(Buffer.from([3, 232]), { opcode: CLOSE }))])
    return fc
      .tuple(requestBytes(request), close)
      .map(([head, last]) => [send(head), ...(waits ? [hear] : []), ...frames.map(send), ...last])
  })
}
