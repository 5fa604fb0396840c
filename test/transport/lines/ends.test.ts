import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineEnds } from '../../../src/transport/lines/ends.ts'

function feed(chunks: readonly string[], telnet = false): string {
  const ends = new LineEnds()
  if (telnet) ends.speakTelnet()
  return chunks.map((chunk) => ends.take(chunk)).join('')
}

const lines = (text: string) => text.replaceAll('\r\n', '\n')

describe('LineEnds', () => {
  it.each([
    ['LF', 'a\nb\nc', 'a\nb\nc'],
    ['CR LF', 'a\r\nb\r\n', 'a\nb\n'],
    ['CR NUL', 'a\r\0b\r\0', 'a\nb\n'],
    ['CR alone', 'a\rb\rc\r', 'a\nb\nc\n'],
    ['CR CR LF', 'a\r\r\nb\r\n', 'a\nb\n'],
    ['CR within a line, after one that LF has ended', 'a\n10%\r20%\r100%\nb\n', 'a\n10%\r20%\r100%\nb\n'],
    ['CR within a line, after one that CR LF has ended', 'a\r\n10%\r20%\nb\n', 'a\n10%\r20%\nb\n'],
    ['CR NUL after LF, and from then on CR', 'a\nb\r\0c\rd\r\ne\n', 'a\nb\nc\nd\ne\n'],
    ['empty lines of CR', 'a\r\rb\r', 'a\nb\n'],
    ['empty lines of CR, later', 'a\rb\r\rc\r', 'a\nb\n\nc\n'],
    ['NUL elsewhere', 'a\n\0b\0c\n', 'a\nbc\n'],
  ])('knows %s', (_, text, ended) => {
    expect(lines(feed([text]))).toBe(ended)
    expect(lines(feed([...text]))).toBe(ended)
  })

  it('takes CR for an end from a client that speaks telnet, also where LF has ended its first line', () => {
    expect(feed(['10%\r20%\r\nx\r\0y\n'], true)).toBe('10%\n20%\nx\ny\n')
    const ends = new LineEnds()
    ends.take('a\n')
    ends.speakTelnet()
    expect(ends.take('b\rc\r\n')).toBe('b\nc\n')
  })

  it('ends lines the same however they are cut up', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '\0', '\r\n'), maxLength: 30 })
    fc.assert(
      fc.property(text, fc.boolean(), (text, telnet) => {
        expect(lines(feed([...text], telnet))).toBe(lines(feed([text], telnet)))
      }),
      { numRuns: 2_000 },
    )
  })
})
