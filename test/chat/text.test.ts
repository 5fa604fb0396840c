import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clean, isLonger, shortened } from '../../src/chat/text.ts'
import { cpuMsOf } from '../support/cpu.ts'

const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((all) => String.fromCharCode(...all))
const sequences = fc.string({ unit: fc.constantFrom(...'\x1b\x07\x9b\x9c\x18\n\\[]P_;1mé') })
const mixed = fc.oneof(units, sequences, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))

function isControl(code: number): boolean {
  return (code < 0x20 && code !== 0x09 && code !== 0x0a) || (code >= 0x7f && code <= 0x9f)
}

describe('clean', () => {
  it('keeps tab, line feed and everything printable', () => {
    expect(clean(' a\tb\nc é😀 ')).toBe(' a\tb\nc é😀 ')
  })

  it('takes control characters out', () => {
    expect(clean('a\0b\x7f\x85\x9fc\r')).toBe('abc')
  })

  it.each([
    ['colours', '\x1b[31mError:\x1b[0m failed \x1b[1;38;5;200mok\x1b[m', 'Error: failed ok'],
    ['other CSI', 'a\x1b[2Kb\x1b[?25lc\x1b[10;20Hd\x1b[0 qe\x1b[>0;1mf\x1b[!pg', 'abcdefg'],
    ['CSI that is not finished', 'a\x1b[31', 'a'],
    ['CSI of eight bits', 'a\x9b31mb', 'ab'],
    ['a title, ended by BEL', 'a\x1b]0;title\x07b', 'ab'],
    ['a title, ended by ST', 'a\x1b]0;title\x1b\\b', 'ab'],
    ['a title, ended by ST of eight bits', 'a\x1b]0;title\x9cb', 'ab'],
    ['a title, ended by nothing', 'a\x1b]0;title\nb', 'a\nb'],
    ['a link', '\x1b]8;;https://example.org/\x1b\\here\x1b]8;;\x1b\\ it is', 'here it is'],
    ['a charset', 'a\x1b(Bb\x1b)0c\x1b%Gd', 'abcd'],
    ['two-byte sequences', 'a\x1b7b\x1b8c\x1bMd\x1b=e\x1bcf\x1b#8g', 'abcdefg'],
    ['DCS', 'a\x1bP1$r0m\x1b\\b', 'ab'],
    ['APC', 'a\x1b_Gf=100;AAAA\x1b\\b', 'ab'],
    ['PM and SOS', 'a\x1b^x\x1b\\b\x1bXy\x1b\\c', 'abc'],
    ['DCS with a sequence within', 'a\x1bPtmux;\x1b\x1b]0;t\x07\x1b\\b', 'ab'],
    ['a lone ESC', 'a\x1b', 'a'],
    ['ESC and a letter of many bytes', 'a\x1bé', 'aé'],
  ])('takes out %s, whole', (_, text, cleaned) => {
    expect(clean(text)).toBe(cleaned)
  })

  it.each([
    ['Alt and a bracket', 'a\x1b]b c', 'ab c'],
    ['Alt and P', 'a\x1bPb c', 'ab c'],
    ['UTF-8 that was read as latin1', 'â\x80\x9csaidâ\x80\x9d and â\x80\x9cdoneâ\x80\x9d', 'âsaidâ and âdoneâ'],
  ])('loses no text to %s', (_, text, cleaned) => {
    expect(clean(text)).toBe(cleaned)
  })

  it('takes its time with the length only', () => {
    for (const start of [
      '\x1b]',
      '\x1b]0;',
      '\x1bP',
      '\x1b_',
      '\x1b[',
      '\x1b[ ',
      '\x1b(',
      '\x9b',
      '\x9b1',
      '\x1bP\x1b]0;',
    ]) {
      for (const text of [start.repeat(50_000), start + 'a;'.repeat(50_000), start + ' '.repeat(50_000)]) {
        expect(cpuMsOf(() => void clean(text))).toBeLessThan(300)
      }
    }
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
        fc.pre(!text.includes('\x1b') && !text.includes('\x9b'))
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

describe('shortened', () => {
  it('keeps what fits, and cuts the rest between characters', () => {
    expect(shortened('😀😀', 2)).toBe('😀😀')
    expect(shortened('😀😀😀', 2)).toBe('😀…')
    expect(shortened('яяяя', 8, Buffer.byteLength)).toBe('яяяя')
    expect(shortened('яяяяя', 8, Buffer.byteLength)).toBe('яя…')
  })

  it('has the limit as its size, or less', () => {
    fc.assert(
      fc.property(mixed, fc.integer({ min: 3, max: 40 }), (text, limit) => {
        const short = shortened(text, limit, Buffer.byteLength)
        expect(Buffer.byteLength(short)).toBeLessThanOrEqual(limit)
        expect(short === text || text.startsWith(short.slice(0, -1))).toBe(true)
      }),
    )
  })
})
