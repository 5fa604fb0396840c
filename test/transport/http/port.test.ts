/** The HTTP port, whatever is on it. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { AddressList } from '../../../src/transport/address-list.ts'
import { Admission } from '../../../src/transport/admission.ts'
import { textMessages } from '../../../src/transport/framing.ts'
import type { Routes } from '../../../src/transport/http/routes.ts'
import { certificate, loadTestCertificate, makeCertificate } from '../../support/certificate.ts'
import { eventually } from '../../support/eventually.ts'
import { exchange, handshake, openPort, request, socketOptions } from '../../support/http.ts'
import { openWebSocket } from '../../support/websocket.ts'

/** Says nothing. */
const silent = { session: undefined, handle: () => {}, leave: () => {} }

const routes: Routes = (app, { requests, upgrades }) => {
  app.get('/who', async (request) => requests.addressOf(request))
  app.post('/length', async ({ body }) => String(String(body).length))
  app.get('/fault', async () => {
    throw new Error('out of order')
  })
  app.get('/things/:id', async () => 'a thing')
  app.delete('/things/:id', async () => 'gone')
  const route = { options: socketOptions(), framing: textMessages, converse: () => silent }
  upgrades.openSocket(app, '/socket', route)
}

const status = (answer: string) => Number(answer.split(' ')[1])
const POST = ['Content-Type: text/plain']

test('paths and methods', async () => {
  const { port } = await openPort(routes)
  const ask = async (line: string, ...headers: string[]) => exchange(port, request(line, ...headers))
  expect(await ask('GET /who')).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\n127\.0\.0\.1$/)
  expect(await ask('HEAD /who')).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*content-length: 9\r\n[\s\S]*\r\n\r\n$/)
  for (const line of ['GET /nothing', 'POST /nothing', 'GET /who/', 'GET /things']) {
    expect(await ask(line)).toMatch(/^HTTP\/1.1 404 Not Found\r\n[\s\S]*\r\n\r\nNothing is here: .*\n$/)
  }
  expect(await ask('POST /who')).toMatch(/^HTTP\/1.1 405 [\s\S]*allow: (GET, HEAD|HEAD, GET)\r\n/)
  expect(await ask('PUT /things/7', 'Content-Type: what/ever', 'Content-Length: 0')).toMatch(/^HTTP\/1.1 405 /)
  expect(await ask('DELETE /length')).toMatch(/^HTTP\/1.1 405 [\s\S]*allow: POST\r\n/)
  expect(await ask('GET /socket')).toMatch(/^HTTP\/1.1 426 [\s\S]*upgrade: websocket\r\n/)
  expect(status(await ask('GET /%zz'))).toBe(400)
  expect(status(await exchange(port, 'nonsense\r\n\r\n'))).toBe(400)
  expect(status(await ask('GET /who', `X: ${'x'.repeat(20_000)}`))).toBe(431)
  for (const path of ['/nothing', '/who']) expect(status(await exchange(port, handshake(path)))).toBe(404)
})

test('a handshake that is none is refused', async () => {
  const { port, admission } = await openPort(routes, { proxies: new AddressList(['127.0.0.1']) })
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket']
  const answers = [
    await exchange(port, request('GET /socket', ...upgrade, 'Sec-WebSocket-Version: 13')),
    await exchange(port, handshake('/socket').replace('Version: 13', 'Version: 7')),
    await exchange(port, request('POST /socket', ...upgrade)),
  ]
  expect(answers.map(status)).toEqual([426, 426, 405])
  await expect.poll(() => admission.count).toBe(0)
})

test('a body of 64 KiB is taken, one byte more is not', async () => {
  const { port } = await openPort(routes)
  const post = (bytes: number) =>
    exchange(port, request('POST /length', ...POST, `Content-Length: ${bytes}`), 'x'.repeat(bytes))
  expect(await post(65_536)).toMatch(/\r\n65536$/)
  expect(await post(65_537)).toMatch(/^HTTP\/1.1 413 [\s\S]*\r\n\r\n$/)
  const chunked = request('POST /length', ...POST, 'Transfer-Encoding: chunked')
  expect(status(await exchange(port, chunked, `${(65_537).toString(16)}\r\n${'x'.repeat(65_537)}\r\n0\r\n\r\n`))).toBe(
    413,
  )
})

test('a body in a content coding is refused, whatever its route', async () => {
  const { port } = await openPort(routes)
  const post = (...headers: string[]) => exchange(port, request('POST /length', ...POST, ...headers), 'text')
  expect(await post('Content-Length: 4', 'Content-Encoding: gzip')).toMatch(
    /^HTTP\/1.1 415 [\s\S]*accept-encoding: identity\r\n[\s\S]*\r\n\r\nA body is taken without a content coding\n$/,
  )
  expect(await post('Content-Length: 4', 'Content-Encoding: identity, br')).toMatch(/^HTTP\/1.1 415 /)
  expect(await post('Content-Length: 4', 'Content-Encoding: Identity')).toMatch(/\r\n\r\n4$/)
  expect(await exchange(port, request('GET /who', 'Content-Encoding: gzip'))).toMatch(/^HTTP\/1.1 200 /)
})

test('a head or a body that does not come to its end is cut off', async () => {
  const { port } = await openPort(routes, { requestMs: 300 })
  const answers = await Promise.all([
    exchange(port, 'GET /who HTTP/1.1\r\nHost: localhost'),
    exchange(port, request('POST /length', ...POST, 'Content-Length: 10'), 'x'),
    exchange(port),
  ])
  expect(answers.map(status)).toEqual([408, 408, 408])
})

test('nothing of a request is logged but its method and its route', async () => {
  const { port, log } = await openPort(routes)
  await exchange(port, request('GET /things/zebra?zebra=1', 'Cookie: zebra', 'Authorization: zebra'))
  await exchange(port, request('POST /length', 'Content-Type: text/plain', 'Content-Length: 5'), 'zebra')
  await exchange(port, request('GET /zebra'))
  await exchange(port, 'zebra\r\n\r\n')
  expect(await exchange(port, request('GET /fault?zebra'))).toMatch(/^HTTP\/1.1 500 [\s\S]*\r\n\r\n$/)
  expect(log()).toContain('/things/:id')
  expect(log()).toContain('out of order')
  expect(log()).not.toContain('zebra')
})

test('on this machine only, no name is answered to that somebody else may have pointed here', async () => {
  const ask = async (host: string, options: Parameters<typeof openPort>[1] = {}) => {
    const { port } = await openPort(routes, options)
    return status(await exchange(port, request('GET /who').replace('Host: localhost', `Host: ${host}`)))
  }
  for (const host of ['localhost', 'LOCALHOST:7777', '127.0.0.1:7777', '[::1]:7777', '192.0.2.1']) {
    expect(await ask(host), host).toBe(200)
  }
  for (const host of ['evil.example', 'evil.example:7777', '127.0.0.1.evil.example', 'localhost.evil.example']) {
    expect(await ask(host), host).toBe(421)
  }
  expect(await ask('chat.example', { origins: ['https://chat.example'] })).toBe(200)
  // Others than this machine get here through it, by whatever name.
  expect(await ask('chat.example', { proxies: new AddressList(['127.0.0.1']) })).toBe(200)
})

test('a proxy is believed if it is named, and nobody else', async () => {
  const forwarded = 'X-Forwarded-For: 203.0.113.9, 198.51.100.7'
  const ask = async (proxies: string[], header = forwarded) => {
    const { port } = await openPort(routes, { proxies: new AddressList(proxies) })
    return (await exchange(port, request('GET /who', header))).split('\r\n\r\n')[1]
  }
  expect(await ask([])).toBe('127.0.0.1')
  expect(await ask(['10.0.0.0/8'])).toBe('127.0.0.1')
  expect(await ask(['127.0.0.1'])).toBe('198.51.100.7')
  expect(await ask(['127.0.0.0/8', '198.51.100.0/24'])).toBe('203.0.113.9')
  expect(await ask(['127.0.0.1'], 'X-Forwarded-For: <script>')).toBe('127.0.0.1')
  const withPorts = 'X-Forwarded-For: 203.0.113.9:1, [2001:db8::7]:4711'
  expect(await ask(['127.0.0.1', '2001:db8::/32'], withPorts)).toBe('203.0.113.9')
})

test('connections over the bounds are told so and closed, and counted back', async () => {
  const admission = new Admission({ maxConnections: 2, maxPerAddress: 0 })
  const { port } = await openPort(routes, { admission })
  const first = connect({ host: '127.0.0.1', port })
  const { websocket, socket } = await openWebSocket(port, '/socket')
  expect(await exchange(port)).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\nConnection: close\r\n/)
  first.destroy()
  websocket.terminate()
  await once(socket, 'close')
  await expect.poll(() => admission.count).toBe(0)
  expect(status(await exchange(port, request('GET /who')))).toBe(200)
})

test('connections from one address are bounded; those of a proxy by the address of the client', async () => {
  const bounds = { maxConnections: 0, maxPerAddress: 1 }
  const { port } = await openPort(routes, { admission: new Admission(bounds) })
  const first = await openWebSocket(port, '/socket')
  expect(await exchange(port)).toMatch(/^HTTP\/1.1 429 /)
  first.websocket.terminate()

  const admission = new Admission(bounds)
  const { port: behind } = await openPort(routes, { admission, proxies: new AddressList(['127.0.0.1']) })
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } })
  const { websocket, socket } = await openWebSocket(behind, '/socket', from('203.0.113.9'))
  const other = await openWebSocket(behind, '/socket', from('203.0.113.10'))
  expect(admission.count).toBe(2)
  expect(status(await exchange(behind, handshake('/socket', 'X-Forwarded-For: 203.0.113.9')))).toBe(429)
  websocket.terminate()
  await once(socket, 'close')
  await expect.poll(() => admission.count).toBe(1)
  const again = await openWebSocket(behind, '/socket', from('203.0.113.9'))
  for (const each of [other, again]) each.websocket.terminate()
})

test('a stop ends idle connections, lets answers leave, and takes nobody in', async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
  const { promise: answer, resolve: go } = Promise.withResolvers<string>()
  const { http, port } = await openPort((app) => {
    app.get('/slow', () => {
      ask()
      return answer
    })
  })
  const silentOne = exchange(port)
  const kept = connect({ host: '127.0.0.1', port })
  kept.write(request('GET /nothing', 'Connection: keep-alive'))
  await once(kept, 'data')
  const keptClosed = once(kept, 'close')
  const slow = exchange(port, request('GET /slow', 'Connection: keep-alive'))
  await asked
  const stopped = http.stop()
  expect(await silentOne).toBe('')
  await keptClosed
  go('worth waiting for')
  expect(await slow).toMatch(/worth waiting for$/)
  await stopped
  await expect(once(connect({ host: '127.0.0.1', port }), 'connect')).rejects.toThrow('ECONNREFUSED')
})

test('TLS, and another certificate from now on', async () => {
  const { http, port } = await openPort(routes, { certificate: loadTestCertificate() })
  const fingerprint = async (ca: string) => {
    const socket = connectTls({ host: '127.0.0.1', port, ca, servername: 'localhost' })
    onTestFinished(() => void socket.destroy())
    await once(socket, 'secureConnect')
    return { socket, fingerprint: socket.getPeerCertificate().fingerprint256 }
  }
  const before = await fingerprint(certificate().cert)
  const { websocket } = await openWebSocket(port, '/socket', { tls: true })
  const { certFile, keyFile, cert } = makeCertificate()
  http.setCertificate({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
  const after = await fingerprint(cert)
  expect(after.fingerprint).not.toBe(before.fingerprint)
  websocket.ping()
  await once(websocket, 'pong')
  before.socket.write(request('GET /who'))
  expect(status(String((await once(before.socket, 'data'))[0]))).toBe(200)
})

test('a handshake behind a request that is not answered yet is none, and holds nothing', async () => {
  const { port, admission } = await openPort(routes)
  const answers = await exchange(port, `${request('GET /who', 'Connection: keep-alive')}${handshake('/socket')}`)
  expect(answers).toMatch(/^HTTP\/1.1 200 [\s\S]*HTTP\/1.1 426 /)
  await eventually(() => expect(admission.count).toBe(0))
})

test('an upgrade to something else is passed over', async () => {
  const { port } = await openPort(routes)
  const answer = await exchange(port, request('GET /who', 'Connection: Upgrade, close', 'Upgrade: h2c'))
  expect(status(answer)).toBe(200)
})

test('a connection that asks for very much before it has its answers has those to what has begun', async () => {
  const { port, admission } = await openPort(routes)
  const many = request('GET /who', 'Connection: keep-alive').repeat(16)
  expect((await exchange(port, many.repeat(10) + request('GET /who'))).match(/HTTP\/1.1 200/g)).toHaveLength(161)
  // One that has not begun so is parsed by Node.js, which begins them all.
  const later = connect({ host: '127.0.0.1', port })
  later.write(request('GET /who', 'Connection: keep-alive'))
  await once(later, 'data')
  later.write(many + request('GET /who') + request('GET /who'))
  const answers = (await later.setEncoding('utf8').toArray()).join('')
  expect([...answers.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, code]) => code)).toEqual([...Array(16).fill('200'), '429'])
  expect(answers).toMatch(/429 Too Many Requests\r\nConnection: close\r\n/)
  const socket = connect({ host: '127.0.0.1', port }).on('error', () => {})
  socket.write(many)
  let heard = ''
  while ((heard.match(/HTTP\/1.1 200/g) ?? []).length < 16) heard += (await once(socket, 'data'))[0]
  socket.destroy()
  await eventually(() => expect(admission.count).toBe(0))
})

test('a body that nobody reads ends the connection, however long it goes on', async () => {
  const { port } = await openPort(routes)
  for (const line of ['POST /nothing', 'POST /who', 'GET /who', 'POST /socket']) {
    const socket = connect({ host: '127.0.0.1', port }).on('error', () => {})
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.resume().write(request(line, 'Connection: keep-alive', 'Transfer-Encoding: chunked'))
    const timer = setInterval(() => socket.write(`400\r\n${'x'.repeat(1_024)}\r\n`), 1)
    await closed
    clearInterval(timer)
  }
})
