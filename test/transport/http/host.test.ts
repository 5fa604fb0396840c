/** `Host` and the host of the request target (RFC 9112, 3.2), of requests and of handshakes. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { AddressList } from '../../../src/transport/address-list.ts'
import { textMessages } from '../../../src/transport/framing.ts'
import type { Routes } from '../../../src/transport/http/routes.ts'
import { handshake, openPort, request, socketOptions } from '../../support/http.ts'

const routes: Routes = (app, { upgrades }) => {
  app.get('/thing', async ({ host }) => host)
  const converse = () => ({ session: undefined, handle: () => {}, leave: () => {} })
  upgrades.openSocket(app, '/socket', { options: socketOptions(), framing: textMessages, converse })
}
const HOST = 'Host: localhost\r\n'

/** The status of the answer. */
async function ask(port: number, head: string): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port }).on('error', () => {})
  socket.write(Buffer.from(head, 'latin1'))
  const [answer] = await once(socket, 'data')
  socket.destroy()
  return Number(String(answer).split(' ')[1])
}

const KINDS: readonly (readonly [kind: string, head: string, accepted: number])[] = [
  ['a request', request('GET /thing'), 200],
  ['a handshake', handshake('/socket'), 101],
]

test.each(KINDS)('%s with more than one Host, none, or one that is no host, is refused', async (_, head, accepted) => {
  // By whatever name, so that nothing else refuses it.
  const { port } = await openPort(routes, { proxies: new AddressList(['192.0.2.1']) })
  const valid = ['localhost', 'localhost:7777', 'localhost:', 'my_host.example', '127.0.0.1', '[::1]:7777', '']
  for (const host of valid) expect(await ask(port, head.replace(HOST, `Host: ${host}\r\n`)), host).toBe(accepted)
  const invalid = [
    'local host',
    'a, b',
    'localhost/x',
    'eve@localhost',
    'localhost:x',
    '[::1',
    'a#b',
    'a?b',
    'a\\b',
    '\xfc',
  ]
  for (const host of invalid) expect(await ask(port, head.replace(HOST, `Host: ${host}\r\n`)), host).toBe(400)
  for (const hosts of ['', HOST + HOST, `${HOST}hOST: evil.example\r\n`, `Host:\r\n${HOST}`]) {
    expect(await ask(port, head.replace(HOST, hosts)), hosts).toBe(400)
  }
})

test('HTTP/1.0 needs no Host, and has not two either', async () => {
  const { port } = await openPort(routes)
  const old = request('GET /thing').replace('HTTP/1.1', 'HTTP/1.0')
  expect(await ask(port, old.replace(HOST, ''))).toBe(200)
  expect(await ask(port, old.replace(HOST, HOST + HOST))).toBe(400)
})

test.each(KINDS)('%s to a whole URL has the host of that', async (_, head, accepted) => {
  const { port } = await openPort(routes)
  const to = (target: string, host = 'localhost') =>
    ask(port, head.replace('GET ', `GET ${target}`).replace(HOST, `Host: ${host}\r\n`))
  expect(await to('http://localhost')).toBe(accepted)
  expect(await to('HTTP://127.0.0.1:7777', 'evil.example')).toBe(accepted)
  expect(await to('http://evil.example')).toBe(421)
  expect(await to('http://eve@localhost')).toBe(400)
  expect(await to('http://')).toBe(400)
  expect(await ask(port, head.replace('GET ', 'GET http://localhost').replace(HOST, ''))).toBe(400)
})
