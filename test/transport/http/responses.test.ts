/** Responses that last: the body of a response is the output of a connection. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { AddressList } from '../../../src/transport/address-list.ts'
import { Admission } from '../../../src/transport/admission.ts'
import type { ClientLink } from '../../../src/transport/conversation.ts'
import type { HttpPortOptions } from '../../../src/transport/http/options.ts'
import { chunkOf } from '../../../src/transport/http/response-transport.ts'
import { certificate } from '../../support/certificate.ts'
import { eventually } from '../../support/eventually.ts'
import { openPort, socketOptions } from '../../support/http.ts'

const GET = 'GET /lasting HTTP/1.1\r\nHost: localhost\r\n\r\n'

async function stage(options: Partial<HttpPortOptions> = {}) {
  const links: ClientLink[] = []
  const left: ClientLink[] = []
  const slow = Promise.withResolvers<string>()
  const { http, port, admission, log } = await openPort((app, { responses }) => {
    app.get('/lasting', (request, reply) => {
      const lastWord = (reason: string) => bytesOf(isChunkedNow, `!${reason}`)
      let isChunkedNow = false
      return responses.open(request, reply, {
        headers: { 'Content-Type': 'text/plain', 'X-Test': 'yes' },
        options: socketOptions({ lastWord, maxQueueBytes: 65_536 }),
        converse: (link, isChunked) => {
          isChunkedNow = isChunked
          links.push(link)
          link.push(bytesOf(isChunked, 'hello'))
          return { session: undefined, handle: () => {}, leave: () => void left.push(link) }
        },
      })
    })
    app.get('/slow', () => slow.promise)
    app.get('/quick', () => 'quick')
  }, options)
  const visit = async (text: string) => {
    const socket = connect({ port, host: '127.0.0.1' })
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    socket.write(text)
    return socket
  }
  return { http, port, admission, log, links, left, slow, visit }
}

function bytesOf(isChunked: boolean, text: string): Buffer {
  return isChunked ? chunkOf(text) : Buffer.from(text)
}

/** What comes up to a text. */
async function until(socket: Socket, text: string): Promise<string> {
  let got = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    got += chunk
    if (got.includes(text)) return got
  }
  throw new Error(`ended behind ${got}`)
}

async function rest(socket: Socket): Promise<string> {
  return Buffer.concat(await socket.toArray()).toString()
}

test('the body comes in chunks behind an ordinary head, and its end is proper', async () => {
  const { visit, links, left } = await stage()
  const socket = await visit(GET)
  const [head, body] = (await until(socket, 'hello\r\n')).split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  const headers = Object.fromEntries(
    head
      ?.split('\r\n')
      .slice(1)
      .map((line) => line.split(': ')) ?? [],
  )
  expect(headers).toEqual({
    'content-type': 'text/plain',
    'x-test': 'yes',
    Connection: 'close',
    Date: expect.any(String),
    'Transfer-Encoding': 'chunked',
  })
  expect(body).toBe('5\r\nhello\r\n')
  links[0]?.push(chunkOf('more'))
  links[0]?.hangUp()
  expect(await rest(socket)).toBe('4\r\nmore\r\n0\r\n\r\n')
  expect(left).toEqual(links)
})

test.each([
  ['GET /lasting HTTP/1.0\r\nHost: localhost\r\n\r\n'],
  ['GET /lasting HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n'],
  ['GET /lasting HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'],
])('without chunks for clients that send no further request: %j', async (request) => {
  const { visit, links } = await stage()
  const socket = await visit(request)
  expect(await until(socket, 'hello')).toMatch(/\r\n\r\nhello$/)
  links[0]?.hangUp()
  expect(await rest(socket)).toBe('')
})

test('over TLS', async () => {
  const { certFile, keyFile } = certificate()
  const { readFileSync } = await import('node:fs')
  const { port, links, left } = await stage({
    certificate: { cert: readFileSync(certFile), key: readFileSync(keyFile) },
  })
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  socket.write(GET)
  expect(await until(socket, 'hello\r\n')).toContain('5\r\nhello\r\n')
  socket.end()
  expect(await rest(socket)).toBe('0\r\n\r\n')
  expect(left).toEqual(links)
})

test('the head alone for HEAD; no body is taken', async () => {
  const { visit, links } = await stage()
  const socket = await visit(`${GET.replace('GET', 'HEAD')}GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  const answers = await until(socket, 'quick')
  expect(answers).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*x-test: yes\r\n/)
  expect(answers.split('HTTP/1.1 200 OK')).toHaveLength(3)
  expect(answers.split('\r\n\r\n')[0]).not.toMatch(/content-length|transfer-encoding/i)
  const refused = await visit(GET.replace('\r\n\r\n', '\r\nContent-Length: 2\r\n\r\nhi'))
  expect(await rest(refused)).toMatch(/^HTTP\/1\.1 400 /)
  expect(links).toEqual([])
})

test('it comes behind the responses to earlier requests; later ones, and other input, are discarded', async () => {
  const { visit, links, left, slow } = await stage()
  const socket = await visit(`GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n${GET}`)
  socket.write('GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(links).toEqual([])
  slow.resolve('slow')
  expect(await until(socket, 'hello')).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*slowHTTP\/1\.1 200 OK\r\n[\s\S]*hello/)
  socket.write('\0garbage that is no request\r\n\r\n'.repeat(100))
  links[0]?.push(chunkOf('on'))
  const more = await until(socket, 'on')
  expect(more).not.toContain('quick')
  expect(left).toEqual([])
  socket.on('error', () => {})
  socket.write(Buffer.alloc(1_000_000))
  await eventually(() => expect(left).toEqual(links))
})

test('many requests at once, of which one lasts', async () => {
  const { visit, links } = await stage()
  const quick = 'GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const socket = await visit(quick.repeat(3) + GET + quick.repeat(3))
  const got = await until(socket, 'hello')
  expect(got.match(/quick/g)).toHaveLength(3)
  links[0]?.push(chunkOf('on'))
  expect(await until(socket, 'on')).not.toContain('quick')
})

test('the close of the client ends it, also one that comes with the request', async () => {
  const { visit, left, admission } = await stage()
  const socket = await visit(GET)
  await until(socket, 'hello')
  socket.destroy()
  await eventually(() => expect(left).toHaveLength(1))
  const hasty = await visit(GET)
  hasty.end()
  expect(await rest(hasty)).toMatch(/5\r\nhello\r\n0\r\n\r\n$/)
  const gone = await visit(GET)
  gone.resetAndDestroy()
  await eventually(() => expect(admission.count).toBe(0))
})

test('the stop of the port ends it with the last word, and silence does not', async () => {
  const { http, visit } = await stage({ requestMs: 100 })
  const socket = await visit(GET)
  await until(socket, 'hello')
  await new Promise((resolve) => setTimeout(resolve, 400))
  const stopped = http.stop()
  expect(await rest(socket)).toBe('9\r\n!stopping\r\n0\r\n\r\n')
  await stopped
})

test('a client that does not read is ended, and the reason is its last chunk', async () => {
  const { visit, links, left } = await stage()
  const socket = await visit(GET)
  await until(socket, 'hello')
  socket.pause()
  const block = chunkOf('x'.repeat(65_536))
  while (left.length === 0) {
    links[0]?.push(block)
    await new Promise(setImmediate)
  }
  const got = await rest(socket)
  expect(got.slice(-100)).toMatch(/x\r\n10\r\n!reader-too-slow\r\n0\r\n\r\n$/)
})

test('clients behind a proxy are counted each by its own address', async () => {
  const admission = new Admission({ maxConnections: 0, maxPerAddress: 1 })
  const { visit, links } = await stage({ admission, proxies: new AddressList(['127.0.0.1']) })
  const from = (address: string) => GET.replace('\r\n\r\n', `\r\nX-Forwarded-For: ${address}\r\n\r\n`)
  await until(await visit(from('192.0.2.1')), 'hello')
  await until(await visit(from('192.0.2.2')), 'hello')
  const refusal = await until(await visit(from('192.0.2.1')), '\r\n\r\n')
  expect(refusal).toMatch(/^HTTP\/1\.1 429 [\s\S]*retry-after: 60\r\n/)
  expect(refusal).not.toMatch(/content-type|x-test/i)
  expect(links).toHaveLength(2)
})
