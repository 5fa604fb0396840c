/** HTTP requests as bytes, mostly right. */
import fc from 'fast-check'
import { mostly } from '../values.ts'

export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly headers?: readonly string[]
  readonly body?: string
}

const method = fc.constantFrom(
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'QUERY',
  'get',
  'FOO',
)
const version = mostly(30, fc.constant('HTTP/1.1'), fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', ''))
const host = mostly<readonly string[]>(
  30,
  fc.constant(['Host: localhost']),
  fc.constantFrom(['Host: evil.example'], ['Host: a', 'Host: b'], []),
)
const pathEnd = mostly(
  30,
  fc.constant(''),
  fc.constantFrom('?', '?x=%zz', '/', '%00', '%ff', ';', '#', '//', '/..', '\u00e9', 'x'.repeat(9_000)),
)
const extra = mostly<readonly string[]>(
  12,
  fc.constant([]),
  fc.constantFrom(
    ['Connection: close'],
    ['Connection: keep-alive, Upgrade', 'Upgrade: h2c'],
    ['Expect: 100-continue'],
    ['Expect: nothing'],
    ['Origin: http://evil.example'],
    ['Sec-Fetch-Site: cross-site'],
    ['Accept: text/html;q=0, */*;q=zz'],
    ['Accept-Encoding: br;q=0, gzip;q=9'],
    ['If-None-Match: *'],
    ['Content-Type: text/plain'],
    ['Content-Type: application/json; charset=utf-16'],
    ['Content-Encoding: gzip'],
    ['Cookie: session=; globes="; =;;'],
    ['Authorization: Basic ='],
    ['Authorization: Basic YTpi'],
    ['Authorization: Bearer a.b.c'],
    ['Authorization: Bearer eyJhbGciOiJub25lIn0.e30.'],
    ['X-Forwarded-For: ,,::1,999.1.1.1'],
    [`X: ${'x'.repeat(20_000)}`],
    Array.from({ length: 300 }, (_, n) => `X-${n}: ${n}`),
    ['Bad Header: 1'],
    [' folded'],
    ['X: \0'],
  ),
)

type Body = readonly [headers: readonly string[], body: Buffer]

/** A body in chunks. */
function chunked(body: Buffer, size: number, end: string): Body {
  const chunks: Buffer[] = []
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size)
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  return [['Transfer-Encoding: chunked'], Buffer.concat([...chunks, Buffer.from(end)])]
}

function bodyOf(text: string): fc.Arbitrary<Body> {
  const body = Buffer.from(text)
  const sized: Body = [[`Content-Length: ${body.length}`], body]
  const inChunks = fc
    .tuple(
      fc.integer({ min: 1, max: 50 }),
      fc.constantFrom('0\r\n\r\n', '0\r\nTrailer: x\r\n\r\n', '0;x=y\r\n\r\n', 'zz\r\n', ''),
    )
    .map(([size, end]) => chunked(body, size, end))
  const mistaken = fc.constantFrom<Body>(
    [[`Content-Length: ${body.length + 5}`], body],
    [[`Content-Length: ${body.length >> 1}`], body],
    [['Content-Length: -1'], body],
    [['Content-Length: 99999999999999999999'], body],
    [['Content-Length: 1', 'Content-Length: 2'], body],
    [[`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'], body],
    [['Transfer-Encoding: gzip, chunked'], body],
    [['Transfer-Encoding: chunked'], Buffer.from('fffffffffffffffff\r\n')],
    [[], body],
    [['Content-Length: 100000'], Buffer.alloc(100_000, 'x')],
  )
  return mostly<Body>(12, fc.constant(sized), inChunks, mistaken)
}

export function requestBytes({ method: usual, path, headers = [], body }: HttpRequest): fc.Arbitrary<Buffer> {
  const methods = mostly(40, fc.constant(usual), method)
  const bodies = body === undefined ? fc.constant<Body>([[], Buffer.alloc(0)]) : bodyOf(body)
  const lineEnd = mostly(40, fc.constant('\r\n'), fc.constant('\n'))
  return fc
    .tuple(methods, pathEnd, version, host, extra, bodies, lineEnd)
    .map(([verb, end, protocol, hosts, more, [lengths, content], newline]) => {
      const head = [`${verb} ${path}${end} ${protocol}`, ...hosts, ...headers, ...more, ...lengths, '', '']
      return Buffer.concat([Buffer.from(head.join(newline)), content])
    })
}
