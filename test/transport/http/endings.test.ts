/** However a connection to the HTTP port goes, it ends. */
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { textMessages } from '../../../src/transport/framing.ts'
import type { Routes } from '../../../src/transport/http/routes.ts'
import { loadTestCertificate } from '../../support/certificate.ts'
import { eventually } from '../../support/eventually.ts'
import { exchange, handshake, openPort, request, socketOptions } from '../../support/http.ts'
import { RoomdProcess } from '../../support/process.ts'
import { mutation, play } from './mutations.ts'

/** WebSockets that are silent do not stay, so that nothing that stays is one. */
const heartbeat = { everyMs: 100, silenceMs: 200 }
const requestMs = 300

const routes: Routes = (app, { upgrades }) => {
  app.get('/', async () => 'x'.repeat(200_000))
  app.get('/readyz', async () => 'ready')
  app.get('/later', async () => {
    await wait(50)
    return 'later'
  })
  app.get('/never', () => new Promise(() => {}))
  app.post('/chats', async ({ body }) => body)
  app.delete('/chats/:room', async () => '')
  const converse = () => ({ session: { name: 'ann', isBot: false }, handle: () => {}, leave: () => {} })
  const route = { options: socketOptions({ heartbeat }), framing: textMessages, converse }
  upgrades.openSocket(app, '/line', route)
  upgrades.openSocket(app, '/chats/:room/ws', route)
  upgrades.openSocket(app, '/ws', { ...route, onRequest: [async (_, reply) => reply.code(401).send()] })
  upgrades.openSocket(app, '/never/ws', { ...route, onRequest: [() => {}] })
}

const status = (answer: string) => Number(answer.split(' ')[1])

/** Starts so many mutated requests at once. */
function playMany(count: number, start: (number: number) => Promise<Socket>): Promise<Socket[]> {
  return Promise.all(Array.from({ length: count }, (_, number) => start(number)))
}

test.for([
  { name: 'TCP', rounds: process.env.SOAK ? 5 : 2, certificate: undefined },
  { name: 'TLS', rounds: 1, certificate: loadTestCertificate() },
])('$name: whatever was sent, clients that stay are not kept', async ({ rounds, certificate }) => {
  const { port, admission } = await openPort(routes, { requestMs, certificate })
  const stay = ['stay', 'stay and half-close', 'stay and read nothing'] as const
  for (let round = 0; round < rounds; round++) {
    const sockets = await playMany(200, (n) => play(mutation(round * 200 + n, stay), port, certificate !== undefined))
    onTestFinished(() => sockets.forEach((socket) => void socket.destroy()))
  }
  await eventually(() => expect(admission.count).toBe(0), 100)
})

test('a handshake at a path that cannot be read is answered, and its connection ends', async () => {
  const { port, admission } = await openPort(routes)
  const sockets = await playMany(100, async () => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    socket.write(handshake('/%zz'))
    expect(status(String((await once(socket, 'data'))[0]))).toBe(400)
    await once(socket.resume(), 'end')
    return socket
  })
  // Not one of them has closed its side.
  await eventually(() => expect(admission.count).toBe(0))
  for (const socket of sockets) socket.destroy()
})

test('a handshake that is not answered is ended, also when its client is gone', async () => {
  const { port, admission } = await openPort(routes, { requestMs })
  const [stays, ends] = ['stay', 'end'].map(() => connect({ host: '127.0.0.1', port, allowHalfOpen: true }))
  for (const socket of [stays, ends]) socket?.resume().write(handshake('/never/ws'))
  ends?.end()
  await eventually(() => expect(admission.count).toBe(2))
  await eventually(() => expect(admission.count).toBe(0))
  for (const socket of [stays, ends]) socket?.destroy()
})

test('a client that sends line feeds in place of its next request is not kept', async () => {
  const { port } = await openPort(routes, { requestMs })
  const socket = connect({ host: '127.0.0.1', port }).on('error', () => {})
  const closed = new Promise((resolve) => socket.on('close', resolve))
  socket.write(request('GET /readyz', 'Connection: keep-alive'))
  await once(socket, 'data')
  const timer = setInterval(() => socket.write('\r\n'), 20)
  onTestFinished(() => clearInterval(timer))
  await closed
})

test('what cannot be read as a request is answered behind the requests before it', async () => {
  const { port } = await openPort(routes)
  const ready = request('GET /readyz', 'Connection: keep-alive')
  const post = request('POST /chats', 'Connection: keep-alive', 'Content-Type: text/plain', 'Content-Length: 5')
  for (const bytes of [`${ready}${ready}nonsense\r\n\r\n`, `${ready}${post}12345 and more\r\n\r\n`]) {
    const answers = await exchange(port, bytes)
    expect([...answers.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, code]) => Number(code))).toEqual([200, 200, 400])
  }
  // The request itself cannot be read.
  const chunked = request('POST /chats', 'Connection: keep-alive', 'Transfer-Encoding: chunked')
  expect(status(await exchange(port, chunked, 'zz\r\n'))).toBe(400)
})

test('a handshake behind a request that is refused is none', async () => {
  const { port } = await openPort(routes)
  const expecting = request('GET /readyz', 'Connection: keep-alive', 'Expect: something')
  const hostless = request('GET /readyz', 'Connection: keep-alive').replace('Host: localhost\r\n', '')
  expect(status(await exchange(port, `${expecting}${handshake('/line')}`))).toBe(417)
  expect(await exchange(port, `${hostless}${handshake('/line')}`)).toMatch(/^HTTP\/1.1 400 [\s\S]*HTTP\/1.1 426 /)
})

test('a client that is still sending hears that its body is too long', async () => {
  const { port } = await openPort(routes)
  const length = 20_000_000
  const answer = exchange(
    port,
    request('POST /chats', 'Connection: keep-alive', 'Content-Type: text/plain', `Content-Length: ${length}`),
    'x'.repeat(length),
  )
  expect(status(await answer)).toBe(413)
})

test('a client that half-closes behind its request gets the answer', async () => {
  const { port, admission } = await openPort(routes, { requestMs })
  const ask = async (line: string) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk
    })
    socket.end(request(line, 'Connection: keep-alive'))
    await once(socket, 'close')
    return heard
  }
  expect(await ask('GET /later')).toMatch(/^HTTP\/1.1 200 [\s\S]*later$/)
  expect((await ask('GET /')).length).toBeGreaterThan(200_000)
  expect(await ask('GET /never')).toBe('')
  await eventually(() => expect(admission.count).toBe(0))
})

const daemon = new RoomdProcess([
  '--line',
  '0',
  '--http',
  '0',
  '--data',
  ':memory:',
  '--max-per-address',
  '0',
  '--max-connections',
  '0',
])
afterAll(async () => {
  daemon.child.kill('SIGTERM')
  expect((await daemon.exit).status).toBe(0)
})

/** Of 200 mutated requests each; `SOAK=1` makes them more. */
const ROUNDS = process.env.SOAK ? 50 : 12

test(`a daemon holds as many descriptors and connections after ${ROUNDS * 200} mutated requests as before`, async () => {
  const port = await daemon.ready('http')
  const held = async () => {
    const metrics = await exchange(port, request('GET /metrics'))
    return {
      connections: /^roomd_connections{protocol="http"} (\d+)$/m.exec(metrics)?.[1],
      descriptors: readdirSync(`/proc/${daemon.child.pid}/fd`).length,
    }
  }
  // What the first request loads stays open.
  await held()
  const before = await held()
  for (let round = 0; round < ROUNDS; round++) {
    await playMany(200, (n) => play(mutation(round * 200 + n, ['end', 'destroy', 'reset']), port))
  }
  await eventually(async () => expect(await held()).toEqual(before), 100)
})
