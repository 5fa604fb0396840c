import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clean, isLonger } from '../../src/chat/text.ts'

const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((all) => String.fromCharCode(...all))
const mixed = fc.oneof(units, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))

function isControl(code: number): boolean {
  return (code < 0x20 && code !== 0x09 && code !== 0x0a) || (code >= 0x7f && code <= 0x9f)
}

describe('clean', () => {
  it('keeps tab, line feed and everything printable', () => {
    expect(clean(' a\tb\nc é😀 ')).toBe(' a\tb\nc é😀 ')
  })

  it('takes control characters out', () => {
    expect(clean('a\0\x1b[31mb\x7f\x85\x9fc\r')).toBe('a[31mbc')
  })

  it('replaces lone surrogates', () => {
    expect(clean('a\ud83db\ude00')).toBe('a\ufffdb\ufffd')
  })

  it('leaves nothing that a terminal obeys, is well formed and does nothing the second time', () => {
    fc.assert(
      fc.property(mixed, (text) => {
        const cleaned = clean(text)
        expect([...cleaned].some((character) => isControl(character.codePointAt(0) ?? 0))).toBe(false)
        expect(cleaned.isWellFormed()).toBe(true)
        expect(clean(cleaned)).toBe(cleaned)
      }),
    )
  })

  it('changes nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const kept = [...text].filter((character) => !isControl(character.codePointAt(0) ?? 0))
        expect(clean(text)).toBe(kept.join(''))
      }),
    )
  })
})

describe('isLonger', () => {
  it('counts a character outside the BMP once', () => {
    expect(isLonger('😀😀', 2)).toBe(false)
    expect(isLonger('😀😀😀', 2)).toBe(true)
    expect(isLonger('😀ab', 2)).toBe(true)
  })

  it('agrees with counting', () => {
    fc.assert(
      fc.property(mixed, fc.nat({ max: 40 }), (text, limit) => {
        expect(isLonger(text, limit)).toBe([...text].length > limit)
      }),
    )
  })
})
