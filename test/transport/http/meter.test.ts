import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameMeter } from '../../../src/transport/http/meter.ts'
import { BINARY, CLOSE, clientFrame, PING, PONG, TEXT } from '../../support/websocket.ts'

const TEXT_START = clientFrame('a', { last: false })
const GOES_ON = clientFrame('b', { opcode: 0, last: false })
const LAST = clientFrame('c', { opcode: 0 })
const PINGED = clientFrame('', { opcode: PING })

test('fragments that do not end a message and control frames are extra; whole messages are not', () => {
  const meter = new FrameMeter()
  for (const opcode of [TEXT, BINARY]) meter.feed(clientFrame('whole', { opcode }))
  expect(meter.extra).toBe(0)
  for (const opcode of [PING, PONG, CLOSE]) meter.feed(clientFrame('xx', { opcode }))
  expect(meter.extra).toBe(3)
  meter.feed(Buffer.concat([TEXT_START, GOES_ON, PINGED, GOES_ON, LAST]))
  expect(meter.extra).toBe(7)
  expect(meter.midway).toBe(false)
})

test('a message is under way from its first byte to its last, also between its fragments', () => {
  const meter = new FrameMeter()
  for (const [bytes, midway] of [
    [clientFrame('whole'), false],
    [TEXT_START.subarray(0, 1), true],
    [TEXT_START.subarray(1), true],
    [PINGED, true],
    [LAST.subarray(0, -1), true],
    [LAST.subarray(-1), false],
    [PINGED.subarray(0, 2), true],
    [PINGED.subarray(2), false],
  ] as const) {
    const { held } = meter
    meter.feed(bytes)
    expect(meter.midway).toBe(midway)
    expect(meter.held).toBe(midway ? held + bytes.length : 0)
  }
  // After the whole message, the fragmented one, and the ping on its own.
  expect(meter.rests).toBe(3)
})

test('however bytes are cut, they are the same frames', () => {
  const frame = fc.record({
    length: fc.oneof(fc.nat(200), fc.constantFrom(0, 125, 126, 65_535, 65_536, 70_000)),
    opcode: fc.constantFrom(0, TEXT, BINARY, PING, PONG),
    last: fc.boolean(),
    masked: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 3_000 })), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(({ length, ...rest }) => clientFrame(Buffer.alloc(length), rest)))
      const [whole, pieces] = [new FrameMeter(), new FrameMeter()]
      whole.feed(bytes)
      let from = 0
      for (const cut of cuts) pieces.feed(bytes.subarray(from, (from += cut)))
      pieces.feed(bytes.subarray(from))
      expect(whole.extra).toBe(frames.filter(({ opcode, last }) => opcode >= PING || !last).length)
      const { extra, rests, midway, held } = whole
      expect([pieces.extra, pieces.rests, pieces.midway, pieces.held]).toEqual([extra, rests, midway, held])
    }),
  )
})
