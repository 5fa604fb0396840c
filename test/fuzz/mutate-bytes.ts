import fc from 'fast-check'

/** Bytes that mean something to a listener, wherever they come. */
const WORDS = [
  '\n',
  '\r\n',
  '\r\0',
  '\0',
  '\xff',
  '\xff\xfd\x06',
  '\xff\xfa\x18',
  '\xff\xf4\xff\xfd\x06',
  '\xfe\xff\0L\0O',
  '\xef\xbb\xbf',
  '\xed\xa0\x80',
  '\xc0\x80',
  '\x1b[',
  '\x1b]0;',
  '\x7f\x08',
  '{',
  '}',
  '"',
  '\\',
  '\xff\xff\xff\xff',
  '\x80\0\0\0',
  '\0\0\0\0',
  '\0\x01\0\0',
  '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03',
  'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '0\r\n\r\n',
  '\x88\0',
  '-1',
  '99999999999999999999',
].map((word) => Buffer.from(word, 'latin1'))

const fraction = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

/** One change to a stretch of bytes; places are fractions of the whole, so that it fits any. */
const edit = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'end', 'repeat', 'swap', 'word', 'number', 'noise'),
  at: fraction,
  length: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 300 })),
  times: fc.oneof(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 400 })),
  bit: fc.nat(7),
  word: fc.constantFrom(...WORDS),
  noise: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  number: fc.constantFrom('0', '-1', '00', '1e9', '4294967295', '4294967296', '99999999999999999999', '0x10'),
})
type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never

export const edits = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Edit[]>([]) },
  { weight: 2, arbitrary: fc.array(edit, { minLength: 1, maxLength: 5 }) },
)

export function edited(bytes: Buffer, changes: readonly Edit[]): Buffer {
  return changes.reduce(apply, bytes)
}

function apply(bytes: Buffer, { kind, at, length, times, bit, word, noise, number }: Edit): Buffer {
  const start = Math.floor(at * bytes.length)
  const [head, part, rest] = [
    bytes.subarray(0, start),
    bytes.subarray(start, start + length),
    bytes.subarray(start + length),
  ]
  switch (kind) {
    case 'flip': {
      const flipped = Buffer.from(bytes)
      flipped[start] = (flipped[start] ?? 0) ^ (1 << bit)
      return flipped
    }
    case 'cut':
      return Buffer.concat([head, rest])
    case 'end':
      return head
    case 'repeat':
      return Buffer.concat([head, ...Array.from({ length: times }, () => part), rest])
    case 'swap':
      return Buffer.concat([head, rest.subarray(0, length), part, rest.subarray(length)])
    case 'word':
      return Buffer.concat([head, word, part, rest])
    case 'noise':
      return Buffer.concat([head, noise, rest])
    case 'number': {
      const tail = bytes.toString('latin1', start).replace(/-?\d+/, number)
      return Buffer.concat([head, Buffer.from(tail, 'latin1')])
    }
  }
}
