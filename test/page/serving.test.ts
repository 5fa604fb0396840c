import { once } from 'node:events'
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { startWithPage } from './browser.ts'

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

async function get(port: number, path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port, path, headers, method }).end()
  const [response] = await once(asked, 'response')
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) }
}

test('every file that the page asks for is there, with its type and all that keeps a browser safe', async () => {
  const { port } = await startWithPage()
  const index = await get(port, '/')
  expect(index.headers['content-type']).toBe('text/html; charset=utf-8')
  const html = index.body.toString()
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/)
  const warnings: Error[] = []
  const keepWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', keepWarning)
  onTestFinished(() => void process.off('warning', keepWarning))
  const files = new Set([...html.matchAll(/(?:href|src)="([^"#]+)"/g)].map(([, file = '']) => `/${file}`))
  let size = index.body.length
  for (const file of files) {
    const { status, headers, body } = await get(port, file)
    expect([file, status]).toEqual([file, 200])
    for (const [, name] of body.toString().matchAll(/ from '\.\/([^']+\.js)'/g)) files.add(`/page/${name}`)
    if (file.endsWith('.js')) expect(body.toString(), file).not.toMatch(/\.ts'|node:|\binterface\b/)
    size += body.length
    const type = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' }
    expect(headers['content-type']).toBe(type[file.split('.').at(-1) as keyof typeof type])
    expect(headers).toMatchObject({
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()'),
    })
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; (?!.*unsafe).*frame-ancestors 'none'/)
  }
  expect(files.size).toBeGreaterThan(12)
  expect(files).toContain('/page/client.js')
  expect(warnings).toEqual([])
  expect(size).toBeLessThan(95_000)
})

test('compressed as the client takes it, and not sent again when it is the same', async () => {
  const { port } = await startWithPage()
  const plain = await get(port, '/page/page.css')
  const br = await get(port, '/page/page.css', { 'Accept-Encoding': 'gzip, deflate, br, zstd' })
  const gzip = await get(port, '/page/page.css', { 'Accept-Encoding': 'br;q=0, GZIP;q=0.5' })
  expect(plain.headers['content-encoding']).toBeUndefined()
  expect(br.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' })
  expect(gzip.headers['content-encoding']).toBe('gzip')
  expect(brotliDecompressSync(br.body)).toEqual(plain.body)
  expect(gunzipSync(gzip.body)).toEqual(plain.body)
  expect(br.body.length).toBeLessThan(plain.body.length / 3)
  for (const { headers } of [plain, br, gzip]) {
    const again = {
      'Accept-Encoding': headers['content-encoding'] ?? 'identity',
      'If-None-Match': `"x", ${headers.etag}`,
    }
    const same = await get(port, '/page/page.css', again)
    expect([same.status, same.body.length, same.headers.etag]).toEqual([304, 0, headers.etag])
  }
  const other = await get(port, '/page/page.css', { 'If-None-Match': br.headers.etag })
  expect(other.status).toBe(200)
})

test('nothing else is served, and nothing else is done', async () => {
  const { port } = await startWithPage()
  for (const path of [
    '/page/',
    '/page/tsconfig.json',
    '/page/session.ts',
    '/page/sockets.js',
    '/page/../package.json',
    '/page/%2e%2e/package.json',
    '/index.html',
  ]) {
    expect([path, (await get(port, path)).status]).toEqual([path, 404])
  }
  expect(await get(port, '/', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  const head = await get(port, '/', {}, 'HEAD')
  expect([head.status, head.body.length]).toEqual([200, 0])
})
