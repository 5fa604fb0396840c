import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineCap, TOO_LONG } from '../../../src/transport/lines/cap.ts'
import { show } from '../../../src/transport/lines/terminal.ts'

function feed(limit: number, chunks: readonly string[]): string {
  const cap = new LineCap(limit)
  return chunks.map((chunk) => cap.cut(chunk)).join('') + cap.rest()
}

describe('LineCap', () => {
  it.each([
    [['abc\n'], 'abc\n'],
    [['abcd\n'], 'abcd\n'],
    [['abcd\r\n'], 'abcd\r\n'],
    [['abcde\n'], '\0\n'],
    [['abcde\r\n'], '\0\n'],
    [['ab', 'cd', 'ef', 'gh\nx'], '\0\nx'],
    [['abcdefgh\nabcdefgh\n\nab\n'], '\0\n\0\n\nab\n'],
    [['abcd', '\n', 'abcde'], 'abcd\n\0'],
    [['abcdef', 'g', '\n\nx'], '\0\n\nx'],
    [['abcd', '\r', '\n'], 'abcd\r\n'],
    [['\n\n', '', '\n'], '\n\n\n'],
    [['1%\r2%\r3%\r100%\n'], '100%\n'],
    [['abcde\r1\n'], '\0\n'],
    [['\xff\xff\r\xff\xff\r\xff\n'], '\0\n'],
  ])('cuts %j to %j', (chunks, expected) => {
    expect(feed(4, chunks)).toBe(expected)
  })

  it('hands on whole lines that need no cut as they are', () => {
    const chunk = 'ab\ncd\n'
    expect(new LineCap(10).cut(chunk)).toBe(chunk)
  })

  it('keeps each line that is not too long, however the lines are split into chunks', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\xff'), maxLength: 40 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(text, { maxLength: 8 }), (limit, chunks) => {
        const lines = chunks.join('').split('\n')
        const kept = lines.map((line) => (line.length > limit ? TOO_LONG : line))
        expect(feed(limit, chunks).split('\n')).toEqual(kept)
      }),
      { numRuns: 2_000 },
    )
  })

  it('shows what is seen of a line that overwrites itself, however it is split', () => {
    const pieces = fc.array(fc.constantFrom('a', 'b', 'é', '\r', '\b', '\x7f', '\x1b[K', '\x1b[2D'), { maxLength: 200 })
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 7 }), (pieces, size) => {
        const bytes = Buffer.from(pieces.join('')).toString('latin1')
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.slice(at * size, (at + 1) * size),
        )
        const came = feed(40, [...chunks, '\n']).slice(0, -1)
        fc.pre(came !== TOO_LONG)
        const seen = (bytes: string) => show(Buffer.from(bytes, 'latin1').toString()).text
        expect(seen(came)).toBe(seen(bytes))
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes a progress bar of a megabyte, and keeps little of it', () => {
    const cap = new LineCap(100)
    let passed = ''
    for (let n = 0; n < 100_000; n++) passed += cap.cut(`\r downloading ${n} of 100000`)
    expect(passed).toBe('')
    expect(cap.cut('\n').length).toBeLessThan(200)
  })

  it('keeps a line that never ends out of memory', () => {
    const cap = new LineCap(100)
    for (let n = 0; n < 1_000; n++) expect(cap.cut('x'.repeat(1_000))).toBe('')
    expect(cap.cut('x\nhello\n')).toBe('\0\nhello\n')
  })
})
