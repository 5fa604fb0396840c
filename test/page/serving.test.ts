import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { keepFiles, keptFiles } from '../../src/protocols/page/kept.ts'
import { link, linkStyles } from '../../src/protocols/page/link.ts'
import { compressed, make } from '../../src/protocols/page/make.ts'
import { keyOfSources } from '../../src/protocols/page/sources.ts'
import { startForAll } from './browser.ts'

const server = startForAll()

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

async function get(path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port: server().port, path, headers, method }).end()
  const [response] = await once(asked, 'response')
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) }
}

const TYPES = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  webmanifest: 'application/manifest+json',
}

test('every file that the page asks for is there, with its type and all that keeps a browser safe', async () => {
  const warnings: Error[] = []
  const keepWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', keepWarning)
  onTestFinished(() => void process.off('warning', keepWarning))
  const index = await get('/')
  expect(index.headers['content-type']).toBe('text/html; charset=utf-8')
  const html = index.body.toString()
  expect(html).toMatch(/^<!doctype html>\s*<html lang="en">\s*<head>\s*<meta charset="utf-8">\s*<title>roomd<\/title>/)
  expect(html).toMatch(/<meta name="description" content="[^"]{20,}">/)
  expect(html).toMatch(
    /<meta name="viewport" content="width=device-width, initial-scale=1(?![^"]*(?:user-scalable|maximum-scale))/,
  )
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/)
  const linked = [...html.matchAll(/(?:href|src)="([^"#]+)"/g)].map(([, file = '']) => `/${file}`)
  const files = new Set([...linked, '/page/worker.js'])
  expect([...files].filter((file) => /\.(?:js|css)$/.test(file))).toEqual([
    '/page/main.css',
    '/page/main.js',
    '/page/worker.js',
  ])
  for (const file of files) {
    const { status, headers, body } = await get(file)
    expect([file, status]).toEqual([file, 200])
    if (file.endsWith('.js')) expect(body.toString(), file).not.toMatch(/^(import|export)\b|'node:|\binterface\b/m)
    expect(headers['content-type']).toBe(TYPES[file.split('.').at(-1) as keyof typeof TYPES])
    expect(headers).toMatchObject({
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()'),
    })
    const policy = headers['content-security-policy']
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; (?!.*unsafe).*frame-ancestors 'none'/)
    expect(policy).toContain("require-trusted-types-for 'script'")
  }
  expect(warnings).toEqual([])
  const sizeOf = async (file: string) => (await get(file, { 'Accept-Encoding': 'br' })).body.length
  // Whoever comes while it is being made gets it compressed less.
  const size = async () => (await Promise.all(['/', ...files].map(sizeOf))).reduce((sum, length) => sum + length)
  expect(await size()).toBeLessThan(70_000)
  await expect.poll(size).toBeLessThan(60_000)
})

test('the page is made of its sources, compressed on demand and then as well as can be; what is kept belongs to its sources', async () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  const sources = new Map([
    ['index.html', { ext: '.html', bytes: bytes('<head>\n  </head>') }],
    [
      'main.js',
      { ext: '.ts', bytes: bytes("import { two } from '../src/two.ts'\nglobalThis.sum = (1 as number) + two") },
    ],
    ['two.js', { ext: '.ts', bytes: bytes('/** Two. */\nexport const two: number = 2') }],
    ['icon.svg', { ext: '.svg', bytes: bytes('<svg/>') }],
  ])
  const files = await make(sources)
  const text = (name: string) => String(Buffer.from(files.get(name)?.bytes ?? []))
  expect([...files.keys()].sort()).toEqual(['icon.svg', 'index.html', 'main.js'])
  expect(new Function(`${text('main.js')}\nreturn globalThis`)().sum).toBe(3)
  expect(text('main.js')).not.toContain('Two.')
  expect(text('index.html')).toMatch(/^<head>\n<meta name="version" content="[\w-]{22}">\n<\/head>$/)
  const [file] = compressed(files).values()
  expect(brotliDecompressSync(file?.br ?? new Uint8Array())).toEqual(Buffer.from(file?.bytes ?? []))
  const others = new Map([...sources, ['icon.svg', { ext: '.svg', bytes: bytes('<svg></svg>') }]])
  const [key, other] = [await keyOfSources(sources), await keyOfSources(others)]
  expect(await keyOfSources(new Map([...sources].reverse()))).toBe(key)
  expect(other).not.toBe(key)
  const path = join(mkdtempSync(join(tmpdir(), 'roomd-page-')), 'kept')
  onTestFinished(() => rmSync(dirname(path), { recursive: true }))
  expect(await keptFiles(key, path)).toBeUndefined()
  keepFiles(key, files, path)
  expect(await keptFiles(key, path)).toEqual(files)
  expect(await keptFiles(other, path)).toBeUndefined()
})

test('compressed as the client takes it, and not sent again when it is the same', async () => {
  const plain = await get('/page/main.css')
  const br = await get('/page/main.css', { 'Accept-Encoding': 'gzip, deflate, br, zstd' })
  const gzip = await get('/page/main.css', { 'Accept-Encoding': 'br;q=0, GZIP;q=0.5' })
  expect(plain.headers['content-encoding']).toBeUndefined()
  expect(br.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' })
  expect(gzip.headers['content-encoding']).toBe('gzip')
  expect(brotliDecompressSync(br.body)).toEqual(plain.body)
  expect(gunzipSync(gzip.body)).toEqual(plain.body)
  expect(br.body.length).toBeLessThan(plain.body.length / 2)
  for (const { headers } of [plain, br, gzip]) {
    const again = {
      'Accept-Encoding': headers['content-encoding'] ?? 'identity',
      'If-None-Match': `"x", ${headers.etag}`,
    }
    const same = await get('/page/main.css', again)
    expect([same.status, same.body.length, same.headers.etag]).toEqual([304, 0, headers.etag])
  }
  const other = await get('/page/main.css', { 'If-None-Match': br.headers.etag })
  expect(other.status).toBe(200)
})

test('nothing else is served, and nothing else is done', async () => {
  for (const path of [
    '/page/',
    '/page/tsconfig.json',
    '/page/chat.ts',
    '/page/chat.js',
    '/page/base.css',
    '/page/index.html',
    '/page/sockets.js',
    '/page/../package.json',
    '/page/%2e%2e/package.json',
    '/index.html',
  ]) {
    expect([path, (await get(path)).status]).toEqual([path, 404])
  }
  expect(await get('/', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  const head = await get('/', {}, 'HEAD')
  expect([head.status, head.body.length]).toEqual([200, 0])
})

test('style sheets are linked into one, in the order of their imports', async () => {
  const sheets: Record<string, string> = {
    'main.css': '@import "./a.css";\n@import "./b.css";\np {}',
    'a.css': 'a {}\n',
    'b.css': 'b {}\n',
  }
  expect(await linkStyles('main.css', async (name) => sheets[name] ?? '')).toBe('a {}\nb {}\np {}')
  const served = (await get('/page/main.css')).body.toString()
  expect(served).not.toContain('@import')
  expect(served).toMatch(/#app \{[\s\S]*#start \{[\s\S]*\.entry \{[\s\S]*#say \{/)
})

test('modules are linked in the order of their imports, each once; what cannot be linked is said', async () => {
  const modules: Record<string, string> = {
    'main.js':
      "import { b,\n  c as d } from './b.js'\nimport { one } from './a-x.js'\nglobalThis.linked = [b(), d, one]",
    'b.js':
      "import { one } from './a-x.js'\nexport function b() { return one + 1 }\nconst three = 3\nexport { three as c }",
    'a-x.js': 'globalThis.times = (globalThis.times ?? 0) + 1\nexport const one = 1',
    'loop.js': "import { x } from './loop.js'",
    'odd.js': 'export default 1',
  }
  const read = async (name: string) => modules[name] ?? ''
  const { linked, times } = new Function(`${await link('main.js', read)}\nreturn globalThis`)()
  expect([linked, times]).toEqual([[2, 3, 1], 1])
  await expect(link('loop.js', read)).rejects.toThrow('modules import one another: loop.js loop.js')
  await expect(link('odd.js', read)).rejects.toThrow('odd.js has what cannot be linked: export default 1')
})
