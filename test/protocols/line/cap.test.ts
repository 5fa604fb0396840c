import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineCap } from '../../../src/protocols/line/cap.ts'

function feed(limit: number, chunks: readonly string[]): string {
  const cap = new LineCap(limit)
  return chunks.map((chunk) => cap.cut(chunk)).join('')
}

describe('LineCap', () => {
  it.each([
    [['abc\n'], 'abc\n'],
    [['abcd\n'], 'abcd\n'],
    [['abcde\n'], 'abcd\n'],
    [['ab', 'cd', 'ef', 'gh\nx'], 'abcd\nx'],
    [['abcdefgh\nabcdefgh\n\nab\n'], 'abcd\nabcd\n\nab\n'],
    [['abcd', '\n', 'abcde'], 'abcd\nabcd'],
    [['\n\n', '', '\n'], '\n\n\n'],
  ])('cuts %j to %j', (chunks, expected) => {
    expect(feed(4, chunks)).toBe(expected)
  })

  it('hands on a chunk that needs no cut as it is', () => {
    const chunk = 'ab\ncd'
    expect(new LineCap(10).cut(chunk)).toBe(chunk)
  })

  it('cuts each line to the limit, however the lines are split into chunks', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n', '\xff'), maxLength: 40 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(text, { maxLength: 8 }), (limit, chunks) => {
        const lines = chunks.join('').split('\n')
        expect(feed(limit, chunks).split('\n')).toEqual(lines.map((line) => line.slice(0, limit)))
      }),
      { numRuns: 2_000 },
    )
  })

  it('holds a line that never ends', () => {
    const cap = new LineCap(100)
    let passed = 0
    for (let n = 0; n < 1_000; n++) passed += cap.cut('x'.repeat(1_000)).length
    expect(passed).toBe(100)
    expect(cap.cut('x\nhello\n')).toBe('\nhello\n')
  })
})
