import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFrame, FrameReader } from '../../src/transport/frames.ts'

const LIMIT = 65_536
const BRACE = 0x7b

function framed(payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + payload.length)
  frame.writeUInt32BE(payload.length)
  frame.set(payload, 4)
  return frame
}

/** What comes out, byte for byte, when the bytes arrive in such pieces. */
function read(reader: FrameReader, chunks: Iterable<Buffer>): string[] {
  const out: string[] = []
  for (const chunk of chunks) {
    reader.feed(chunk)
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      out.push(next.toString('latin1'))
    }
  }
  if (reader.fault === 'frame-too-long') out.push('too long')
  return out
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return sorted.slice(1).map((end, n) => bytes.subarray(sorted[n], end))
}

test('any payloads, cut at any places, come out as they went in', () => {
  const payload = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 1_000, maxLength: 5_000 }))
  fc.assert(
    fc.property(fc.array(payload, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 50 }), (payloads, places) => {
      const chunks = cut(Buffer.concat(payloads.map(framed)), places)
      expect(read(new FrameReader(LIMIT), chunks)).toEqual(
        payloads.map((bytes) => Buffer.from(bytes).toString('latin1')),
      )
    }),
  )
})

test('the longest payload, byte by byte, and what follows it', () => {
  const payload = Buffer.from(Array.from({ length: LIMIT }, (_, n) => n % 251))
  const bytes = Buffer.concat([framed(payload), framed(Buffer.from('{}'))])
  const single = Array.from(bytes, (_, n) => bytes.subarray(n, n + 1))
  expect(read(new FrameReader(LIMIT), single)).toEqual([payload.toString('latin1'), '{}'])
})

test.each([[LIMIT + 1], [0xffff_ffff]])(
  'a header that announces %d is too long, and nothing behind it is read',
  (n) => {
    const reader = new FrameReader(LIMIT)
    const header = Buffer.alloc(4)
    header.writeUInt32BE(n)
    expect(read(reader, [framed(Buffer.from('{}')), header])).toEqual(['{}', 'too long'])
    expect(read(reader, [framed(Buffer.from('{}'))])).toEqual(['too long'])
  },
)

test('a header alone takes no memory', () => {
  const before = process.memoryUsage().arrayBuffers
  const readers = Array.from({ length: 10_000 }, () => new FrameReader(LIMIT))
  for (const reader of readers) {
    reader.feed(Buffer.from([0, 1, 0, 0]))
    reader.next()
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000 * 4_096)
})

test('a frame is its length and its JSON', () => {
  expect(encodeFrame('{"a":"é"}')).toEqual(framed(Buffer.from('{"a":"é"}')))
})

test('at no length up to 70,000 is a byte of a plain header a brace, and no space more than it needs', () => {
  const braces = (n: number) => [24, 16, 8, 0].some((shift) => ((n >>> shift) & 0xff) === BRACE)
  const wrong: number[] = []
  // All the short ones, all that begin with the byte, and of the others every few and each that ends with it.
  for (let length = 2; length <= 70_000; length++) {
    if (length > 1_000 && length >> 8 !== BRACE && length % 97 > 0 && length % 256 !== BRACE) continue
    const frame = encodeFrame(`{${' '.repeat(length - 2)}}`, { plainHeader: true })
    let least = length
    while (braces(least)) least++
    if (frame.readUInt32BE() !== least || frame.length !== 4 + least) wrong.push(length)
  }
  expect(wrong).toEqual([])
})

test.each([123, 379, 31_488, 31_743, 70_011])('a frame of %d bytes is padded behind its first brace', (length) => {
  const text = 'x'.repeat(length - '{"a":[["é"]]}'.length - 1)
  const json = `{"a":[["é${text}"]]}`
  expect(Buffer.byteLength(json)).toBe(length)
  const frame = encodeFrame(json, { plainHeader: true })
  expect(frame.readUInt32BE()).toBe(frame.length - 4)
  expect(frame.subarray(4).toString()).toMatch(/^\{ +"a".*"\]\]\}$/)
  expect(JSON.parse(frame.subarray(4).toString())).toEqual({ a: [[`é${text}`]] })
})
