import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dumps, type Json, list, object } from '../../../src/protocols/chatterbox/dumps.ts'
import { needPython, pythonDumps } from '../../support/python.ts'

/** Also halves of characters, and what JSON escapes. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('"', '\\', '/', '\n', '\u007f', '\u2028', ',', ':', ' ', '\ud800', '\udc00', '😀'),
  }),
)

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.dictionary(text, tie('value')),
  ),
}))

test("any value is written as Python's json.dumps writes it", (context) => {
  needPython(context)
  const values = fc.sample(value, 3_000)
  expect(pythonDumps(values.map((one) => JSON.stringify(one)))).toEqual(values.map(dumps))
})

test('lists and objects of parts that are JSON already', () => {
  expect(list([])).toBe('[]')
  expect(list(['1', '"a"'])).toBe(dumps([1, 'a']))
  expect(object([])).toBe('{}')
  expect(
    object([
      ['b', '[]'],
      ['a', '"é"'],
    ]),
  ).toBe('{"b": [], "a": "é"}')
})
