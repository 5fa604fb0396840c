import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recognise } from '../../src/transport/first-bytes.ts'

/** The outcome for bytes that come one by one, and then end. */
function inPieces(bytes: Buffer) {
  for (let length = 1; length <= bytes.length; length++) {
    const found = recognise(bytes.subarray(0, length))
    if (found !== undefined) return found
  }
  return recognise(bytes, true)
}

const latin1 = (text: string) => Buffer.from(text, 'latin1')

const HTTP = [
  'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nLOGIN eve\n',
  'GET / HTTP/1.1\n',
  'GET /a%20b?c=d HTTP/1.0\r\n',
  'OPTIONS * HTTP/1.1\r\n',
  'CONNECT 127.0.0.1:9090 HTTP/1.1\r\n',
  'CONNECT [::1]:9090 HTTP/1.1\r\n',
  'GET http://example.org/ HTTP/1.1\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'FOO / HTTP/1.1\r\n',
  'x-y! / HTTP/1.1\r\n',
  'get / http/1.1\r\n',
  'GET  /  HTTP/1.1 \r\n',
  'LOGIN / HTTP/1.1\r\n',
  'GET / HTTP/3\r\n',
  `POST /${'x'.repeat(100_000)} HTTP/1.1\r\n`,
  `POST http://127.0.0.1/${'x'.repeat(100_000)} HTTP/1.1\r\n`,
]

const OWN = [
  'GET well soon\n',
  'POST it\r\n',
  'GET / to the root\n',
  'GET /etc/passwd\n',
  'HEAD over heels HTTP/1.1\n',
  'LOGIN ann HTTP/1.1\n',
  'LOGIN ann\r\nPOST / HTTP/1.1\r\n',
  '/help\n',
  '\n',
  '\r\nGET / HTTP/1.1\r\n',
  ' GET / HTTP/1.1\n',
  'I speak HTTP/1.1\n',
  'I speak, as you do, HTTP/1.1\n',
  'GET / HTTP/1.1 or 2\n',
  'GET / HTTPS/1.1\n',
  'MESSAGE GET / HTTP/1.1\n',
  `MESSAGE ${'x '.repeat(10_000)}\n`,
  `${'x'.repeat(10_000)}\n`,
  'GÉT / HTTP/1.1\n',
  '\xff\xfb\x18\xff\xfd\x03',
  '\xff\xfe\x01\xff\xfd\x03',
  'LOG\xff\xf4\xff\xfd\x06',
  'LOGIN ann\rGET / HTTP/1.1\r',
  '\xef\xbb\xbfLOGIN ann\n',
  '\x16\x16\n',
  '\0\0\0\x0e{"USERNAME":""}',
  'a\0\n',
]

describe('recognise', () => {
  it.each(HTTP)('takes %j for HTTP', (text) => {
    expect(recognise(latin1(text))).toBe('http')
    expect(inPieces(latin1(text))).toBe('http')
  })

  it.each(OWN)('leaves %j alone', (text) => {
    expect(recognise(latin1(text), true)).toBe('none')
    expect(inPieces(latin1(text))).toBe('none')
  })

  it('takes a request line without an end for HTTP when nothing follows', () => {
    expect(recognise(latin1('GET / HTTP/1.1'))).toBeUndefined()
    expect(recognise(latin1('GET / HTTP/1.1'), true)).toBe('http')
  })

  it.each([0x00, 0x01, 0x02, 0x03, 0x04])('takes a ClientHello of record version 3.%d for TLS', (minor) => {
    const hello = Buffer.from([0x16, 0x03, minor, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])
    expect(recognise(hello)).toBe('tls')
    expect(inPieces(hello)).toBe('tls')
  })

  it.each(['LOGIN ann\r\n', '/help\n', 'é'])(
    'takes UTF-16 of %j for that, with a mark and, where it begins with ASCII, without',
    (text) => {
      const little = Buffer.from(text, 'utf16le')
      const big = Buffer.from(text, 'utf16le').swap16()
      const marked = [latin1('\xff\xfe'), latin1('\xfe\xff')]
      const all =
        text === 'é'
          ? [Buffer.concat([latin1('\xfe\xff'), big])]
          : [little, big, Buffer.concat([marked[0] ?? little, little]), Buffer.concat([marked[1] ?? big, big])]
      for (const bytes of all) {
        expect(recognise(bytes)).toBe('utf-16')
        expect(inPieces(bytes)).toBe('utf-16')
      }
    },
  )

  it('decides the same however the bytes are cut up', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('G', ' ', '/', '*', ':', '1', '.', 'H', 'TTP/', '\r', '\n', '\xff', '\0') }),
      fc.string({ unit: 'binary-ascii' }),
    )
    fc.assert(
      fc.property(text, (text) => {
        expect(inPieces(latin1(text))).toBe(recognise(latin1(text), true))
      }),
      { numRuns: 2_000 },
    )
  })
})
