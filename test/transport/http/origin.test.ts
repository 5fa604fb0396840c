/** Which pages may do something at the HTTP port, by what a browser says of them. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { AddressList } from '../../../src/transport/address-list.ts'
import { textMessages } from '../../../src/transport/framing.ts'
import type { Routes } from '../../../src/transport/http/routes.ts'
import { exchange, handshake, openPort, request, socketOptions } from '../../support/http.ts'

const LISTED = 'https://listed.example'

/** Requests that came to a handler. */
let done: string[] = []

const routes: Routes = (app, { upgrades }) => {
  const note = async ({ method, url }: { method: string; url: string }) => void done.push(`${method} ${url}`)
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, parsed) => parsed(null, body))
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) app.route({ method, url: '/thing', handler: note })
  app.get('/thing', note)
  app.get('/changes', { config: { changes: true } }, note)
  const converse = () => ({ session: undefined, handle: () => {}, leave: () => {} })
  const route = { options: socketOptions(), framing: textMessages, converse }
  upgrades.openSocket(app, '/socket', route)
  upgrades.openSocket(app, '/open', { ...route, anyOrigin: true })
}

const status = (answer: string) => Number(answer.split(' ')[1])

const OWN = [
  [],
  ['Origin: http://localhost'],
  ['Origin: http://LOCALHOST:80'],
  // Behind a proxy that ends TLS.
  ['Origin: https://localhost'],
  ['Origin: http://localhost', 'Sec-Fetch-Site: same-origin'],
  ['Sec-Fetch-Site: same-origin'],
  ['Sec-Fetch-Site: none', 'Upgrade-Insecure-Requests: 1'],
  [`Origin: ${LISTED}`],
  [`Origin: ${LISTED}`, 'Sec-Fetch-Site: cross-site'],
]
const FOREIGN_ORIGINS = [
  'http://evil.example',
  'http://localhost:8080',
  'http://localhost.evil.example',
  'http://listed.example',
  'https://listed.example:444',
  `${LISTED}, ${LISTED}`,
  'chrome-extension://localhost',
  'file://',
  'localhost',
  'null',
  '',
]
const FOREIGN = [
  ...FOREIGN_ORIGINS.map((origin) => [`Origin: ${origin}`]),
  ['Origin: http://localhost', 'Origin: http://localhost'],
  ['Origin: http://evil.example', 'Sec-Fetch-Site: same-origin'],
  // Redirected by another origin.
  ['Origin: http://localhost', 'Sec-Fetch-Site: cross-site'],
  ['Sec-Fetch-Site: cross-site'],
  ['Sec-Fetch-Site: same-site'],
  ['Sec-Fetch-Site: same-origin, cross-site'],
  ['Sec-Fetch-Site: '],
]

test.for(['POST', 'PUT', 'PATCH', 'DELETE'])(
  '%s is for the own and listed pages, and for what is no page',
  async (method) => {
    const { port } = await openPort(routes, { origins: [LISTED] })
    done = []
    for (const headers of OWN) {
      expect(status(await exchange(port, request(`${method} /thing`, ...headers))), headers.join()).toBe(200)
    }
    expect(done).toHaveLength(OWN.length)
    for (const headers of FOREIGN) {
      expect(status(await exchange(port, request(`${method} /thing`, ...headers))), headers.join()).toBe(403)
      // Whatever is there.
      expect(status(await exchange(port, request(`${method} /nothing`, ...headers))), headers.join()).toBe(403)
    }
    expect(done).toHaveLength(OWN.length)
  },
)

test('reading is for every page, but where GET changes something', async () => {
  const { port, log } = await openPort(routes, { origins: [LISTED] })
  for (const headers of FOREIGN) {
    expect(status(await exchange(port, request('GET /thing', ...headers))), headers.join()).toBe(200)
    expect(status(await exchange(port, request('GET /changes', ...headers))), headers.join()).toBe(403)
  }
  for (const headers of OWN) expect(status(await exchange(port, request('GET /changes', ...headers)))).toBe(200)
  expect(log()).toContain('refused a page of another origin')
})

test('where GET changes something and a browser does not tell from where it is sent, it must come from the own page', async () => {
  const { port } = await openPort(routes, { origins: [LISTED] })
  const ask = async (...headers: string[]) => status(await exchange(port, request('GET /changes', ...headers)))
  const browser = ['User-Agent: Mozilla/5.0 (X11; Linux x86_64)', 'Accept-Language: en']
  for (const referer of ['http://localhost/', 'http://localhost/page?x', 'https://localhost/', `${LISTED}/`]) {
    expect(await ask(...browser, `Referer: ${referer}`), referer).toBe(200)
  }
  for (const referer of ['http://evil.example/', 'http://localhost:8080/', 'about:blank', 'nonsense', '']) {
    expect(await ask(...browser, `Referer: ${referer}`), referer).toBe(403)
  }
  expect(await ask(...browser)).toBe(403)
  // Programs send one or the other.
  for (const header of browser) expect(await ask(header)).toBe(200)
})

test('a foreign page is refused before its body comes', async () => {
  const { port } = await openPort(routes)
  for (const headers of [['Content-Length: 60000'], ['Transfer-Encoding: chunked'], ['Content-Length: 999999']]) {
    const foreign = request('POST /thing', 'Origin: http://evil.example', 'Connection: keep-alive', ...headers)
    expect(await exchange(port, foreign)).toMatch(/^HTTP\/1.1 403 [\s\S]*connection: close/i)
  }
})

test('every WebSocket is for the own and listed pages, unless its path is open to all', async () => {
  const { port } = await openPort(routes, { origins: [LISTED] })
  const open = async (path: string, ...headers: string[]) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.write(handshake(path, ...headers))
    const [answer] = await once(socket, 'data')
    socket.destroy()
    return status(String(answer))
  }
  for (const headers of OWN) expect(await open('/socket', ...headers), headers.join()).toBe(101)
  for (const origin of FOREIGN_ORIGINS) {
    expect(await open('/socket', `Origin: ${origin}`), origin).toBe(403)
    expect(await open('/open', `Origin: ${origin}`), origin).toBe(101)
  }
})

test('to a server over TLS, pages without TLS are foreign', async () => {
  const { port } = await openPort(routes, { proxies: new AddressList(['127.0.0.1']) })
  const ask = async (...headers: string[]) => status(await exchange(port, request('POST /thing', ...headers)))
  for (const [scheme, expected] of [
    ['https', 403],
    ['http', 200],
  ] as const) {
    expect(await ask(`X-Forwarded-Proto: ${scheme}`, 'Origin: http://localhost')).toBe(expected)
    expect(await ask(`X-Forwarded-Proto: ${scheme}`, 'Origin: https://localhost')).toBe(200)
  }
})

test('listed pages may read answers, and are told so when they ask', async () => {
  const { port } = await openPort(routes, { origins: [LISTED] })
  const preflight = (...headers: string[]) =>
    exchange(port, request('OPTIONS /thing', 'Access-Control-Request-Method: PUT', ...headers))
  const asked = await preflight(`Origin: ${LISTED}`, 'Access-Control-Request-Headers: content-type')
  expect(status(asked)).toBe(204)
  expect(asked).toMatch(/access-control-allow-origin: https:\/\/listed.example\r\n/)
  expect(asked).toMatch(/access-control-allow-methods: .*\bPUT\b/)
  expect(asked).toMatch(/access-control-allow-headers: content-type\r\n/)
  for (const line of ['GET /thing', 'POST /thing', 'GET /nothing']) {
    expect(await exchange(port, request(line, `Origin: ${LISTED}`))).toMatch(
      /access-control-allow-origin: https:\/\/listed.example\r\n/,
    )
  }
  for (const origin of FOREIGN_ORIGINS) {
    const refused = await preflight(`Origin: ${origin}`)
    expect(status(refused)).toBe(405)
    expect(refused).not.toMatch(/access-control/i)
  }
  expect(await exchange(port, request('GET /thing', 'Origin: http://evil.example'))).not.toMatch(/access-control/i)
})
