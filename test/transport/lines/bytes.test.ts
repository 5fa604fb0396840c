import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeLine } from '../../../src/transport/lines/bytes.ts'

const latin1 = (text: string) => Buffer.from(text).toString('latin1')

describe('decodeLine', () => {
  it.each([
    ['', ''],
    ['\r', ''],
    ['hello', 'hello'],
    ['hello\r', 'hello'],
    ['hello\r\r', 'hello'],
    ['tab\tand blank ', 'tab\tand blank '],
    [latin1('é😀\r'), 'é😀'],
    ['a\rb', 'b'],
    [latin1('éé\rü'), 'üé'],
    [latin1('aé\b\x7fb'), 'b'],
  ])('%j is %j', (bytes, text) => {
    expect(decodeLine(bytes)).toBe(text)
  })

  it.each([
    ['a lone continuation', 'a\x80'],
    ['a cut sequence', latin1('é').slice(0, 1)],
    ['an overlong form', '\xc0\xaf'],
    ['a surrogate', '\xed\xa0\x80'],
    ['latin1', 'caf\xe9'],
    ['beyond U+10FFFF', '\xf4\x90\x80\x80'],
  ])('refuses %s', (_, bytes) => {
    expect(decodeLine(bytes)).toBeUndefined()
  })

  it('reads back any text that moves no cursor', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', '\r'), (text, end) => {
        fc.pre(['\r', '\b', '\x7f', '\x1b', '\x9b'].every((control) => !text.includes(control)))
        expect(decodeLine(latin1(text) + end)).toBe(text)
      }),
    )
  })

  it('gives the text or undefined, whatever the bytes', () => {
    const bytes = fc.oneof(fc.uint8Array(), fc.array(fc.constantFrom(...Buffer.from('\r\b\x7f\x1b[12CDGK]é'))))
    fc.assert(
      fc.property(bytes, (bytes) => {
        const text = decodeLine(Buffer.from(bytes).toString('latin1'))
        if (text === undefined) return
        expect(text.isWellFormed()).toBe(true)
        expect(decodeLine(latin1(text))).toBe(text)
      }),
    )
  })
})
