/** Values for what clients say: usual ones, which sessions share so that they meet, and odd ones. */
import fc from 'fast-check'

/** Weights: the first arbitrary so often as often as one of the others. */
export function mostly<T>(weight: number, usual: fc.Arbitrary<T>, ...others: fc.Arbitrary<T>[]): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: usual }, ...others)
}

const odd = fc.constantFrom(
  '',
  ' ',
  '\t',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  '-1',
  '0',
  '1e999',
  '-9223372036854775809',
  '18446744073709551616',
  '9'.repeat(400),
  '٣٤',
  '%00',
  '%zz',
  '../../etc/passwd',
  '\u0000',
  '\u001b[2J\u001b]0;x\u0007',
  '\ufeff',
  '\u202e\u2066',
  '\u200b\u200d',
  '\u2028\u2029',
  '\ud800',
  '\udfff\ud800',
  '👩‍👩‍👧‍👦',
  'e\u0301\u0327'.repeat(50),
  'İıſK',
  'ﷺ'.repeat(300),
  '\u{10ffff}\u{1f600}',
  '\r',
  '\b\b\b\u007f',
  'x'.repeat(4_000),
  '😀'.repeat(2_001),
  'x'.repeat(70_000),
)
export const oddText: fc.Arbitrary<string> = fc.oneof(
  odd,
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.tuple(odd, odd).map((both) => both.join(' ')),
)
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  fc.constantFrom<unknown>(null, true, false, -1, 0, 1.5, 1e18, -1e308, 2 ** 32, 2 ** 53, [], {}, [[]], ''),
  fc.jsonValue({ maxDepth: 3 }),
)

export const NAMES = ['ann', 'bob', 'carol', 'dave', 'eve', 'frank', 'grace', 'heidi', 'ivan', 'judy', 'ALL', 'server']
export const name = mostly(
  30,
  fc.constantFrom(...NAMES),
  oddText,
  fc.constantFrom('Ann', 'bystander', 'al ice', 'public'),
)
export const room = mostly(20, fc.constantFrom('lobby', 'tech', 'ops', 'Tech', 'den', 'r1', 'r2', 'r3'), oddText)
export const password = mostly(20, fc.constantFrom('zebra umbrella', 'correct horse'), oddText)
export const text = mostly(10, fc.lorem({ maxCount: 12 }), oddText)
