import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeLine } from '../../../src/protocols/line/bytes.ts'

const latin1 = (text: string) => Buffer.from(text).toString('latin1')

describe('decodeLine', () => {
  it.each([
    ['', ''],
    ['\r', ''],
    ['hello', 'hello'],
    ['hello\r', 'hello'],
    ['hello\r\r', 'hello\r'],
    ['a\rb', 'a\rb'],
    [latin1('é😀\r'), 'é😀'],
  ])('%j is %j', (bytes, text) => {
    expect(decodeLine(bytes)).toBe(text)
  })

  it.each([
    ['WILL, DO and the like', '\xff\xfb\x18\xff\xfd\x1fhello\r', 'hello'],
    ['a subnegotiation', '\xff\xfa\x18\0xterm\xff\xf0hello', 'hello'],
    ['a plain command', 'he\xff\xf1llo', 'hello'],
    ['an interrupt, as telnet sends it at Ctrl-C', '\xff\xf4\xff\xfd\x06hello', 'hello'],
    ['an escaped 0xFF', 'he\xff\xffllo', 'hello'],
    ['a command that the line end cut off', 'hello\xff', 'hello'],
    ['an option that the line end cut off', 'hello\xff\xfd', 'hello'],
    ['negotiation between text that is not ASCII', `${latin1('é')}\xff\xfb\x01${latin1('ü')}`, 'éü'],
    ['negotiation behind the carriage return', 'hello\r\xff\xf1', 'hello'],
  ])('takes out %s', (_, bytes, text) => {
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

  it('reads back any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', '\r'), (text, end) => {
        fc.pre(end === '\r' || !text.endsWith('\r'))
        expect(decodeLine(latin1(text) + end)).toBe(text)
      }),
    )
  })

  it('gives the text or undefined, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = decodeLine(Buffer.from(bytes).toString('latin1'))
        if (text !== undefined) expect(text.isWellFormed()).toBe(true)
      }),
    )
  })
})
