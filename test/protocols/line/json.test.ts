import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { result } from '../../../commands/replies.ts'
import { encoder } from '../../../src/protocols/line/json.ts'

const utf8 = encoder(false)
const ascii = encoder(true)
const body = (line: string) => line.slice(line.indexOf('"result":"') + 10, -3)

describe('the encoder', () => {
  it('writes one object and one line feed', () => {
    expect(utf8(result('OK'))).toBe('{"type":"commandResult","result":"OK"}\n')
    expect(utf8({ type: 'commandResult', result: null })).toBe('{"type":"commandResult","result":null}\n')
  })

  it('leaves printable text readable', () => {
    expect(body(utf8(result('é😀 שלום')))).toBe('é😀 שלום')
  })

  it.each([
    ['\n', '\\n'],
    ['\x1b', '\\u001b'],
    ['\x7f', '\\u007f'],
    ['\x85', '\\u0085'],
    ['\x9b', '\\u009b'],
    ['\u061c', '\\u061c'],
    ['\u200e\u200f', '\\u200e\\u200f'],
    ['\u202a\u202b\u202c\u202d\u202e', '\\u202a\\u202b\\u202c\\u202d\\u202e'],
    ['\u2066\u2067\u2068\u2069', '\\u2066\\u2067\\u2068\\u2069'],
    ['\u2028\u2029', '\\u2028\\u2029'],
  ])('escapes %j, with or without ascii', (raw, escaped) => {
    expect(body(utf8(result(raw)))).toBe(escaped)
    expect(body(ascii(result(raw)))).toBe(escaped)
  })

  it('escapes all that is not ASCII when asked to', () => {
    expect(body(ascii(result('é😀')))).toBe('\\u00e9\\ud83d\\ude00')
  })

  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))

  it('writes what parses back to the same, without anything a terminal obeys', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const line = utf8(result(text))
        expect(JSON.parse(line)).toEqual(result(text))
        expect(line.indexOf('\n')).toBe(line.length - 1)
        expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u)
      }),
    )
  })

  it('writes nothing beyond 0x7E in ascii, and the same object', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const line = ascii(result(text))
        expect(line).toMatch(/^[\x20-\x7e]*\n$/)
        expect(JSON.parse(line)).toEqual(result(text))
      }),
    )
  })
})
