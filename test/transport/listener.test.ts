import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { Admission } from '../../src/transport/admission.ts'
import { ListeningPort } from '../../src/transport/listener.ts'
import { Tally } from '../../src/transport/tally.ts'
import { certificate, loadTestCertificate } from '../support/certificate.ts'
import { eventually, TIMED } from '../support/eventually.ts'

/** A listener, over TLS unless an admission is given, whose clients are told `late` as soon as they half-close. */
async function listen(admission?: Admission): Promise<number> {
  const listener = new ListeningPort({
    name: 'test',
    log: pino({ level: 'silent' }),
    admission: admission ?? new Admission({ maxConnections: 0, maxPerAddress: 0 }),
    tally: new Tally(),
    certificate: admission ? undefined : loadTestCertificate(),
    lastWord: () => Buffer.alloc(0),
    welcome: (socket) => {
      socket.resume().on('end', () => socket.end('late'))
      return {
        expel: () => {},
        stop: () => socket.destroy(),
        discard: () => socket.destroy(),
        slow: () => {},
        queued: 0,
        bypassed: 0,
        held: 0,
      }
    },
  })
  onTestFinished(async () => {
    listener.abort()
    await listener.stop()
  })
  return (await listener.listen('127.0.0.1', 0)).port
}

/** The first message of a real client. */
async function clientHello(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connectTls(server.address() as { port: number }).on('error', () => {})
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [hello] = await once(socket, 'data')
  client.destroy()
  socket.destroy()
  server.close()
  return hello
}

test('a client that ends before its TLS handshake is done is gone at once', TIMED, async () => {
  const port = await listen()
  const hello = await clientHello()
  for (const bytes of [hello.subarray(0, 0), hello.subarray(0, 3), hello.subarray(0, -1), hello]) {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
    const started = performance.now()
    socket.resume().end(bytes)
    await once(socket, 'end')
    socket.destroy()
    // A handshake may take 10 s.
    expect(performance.now() - started).toBeLessThan(5_000)
  }
})

test('a client that half-closes behind its TLS handshake is still answered', async () => {
  const tcp = connect({ port: await listen(), host: '127.0.0.1', allowHalfOpen: true })
  const socket = connectTls({ socket: tcp, ca: certificate().cert, servername: 'localhost' })
  await once(socket, 'secureConnect')
  socket.end()
  expect(String((await once(socket, 'data'))[0])).toBe('late')
})

test('connections that wait for their full address look for no file descriptor when others end', async () => {
  let looks = 0
  const refuse = () => ++looks < 0
  const admission = new Admission({ maxConnections: 0, maxPerAddress: 1, descriptors: { refuse } })
  const port = await listen(admission)
  const dial = (localAddress: string) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {})
    onTestFinished(() => void socket.destroy())
    return socket
  }
  dial('127.0.0.1')
  const others = Array.from({ length: 10 }, (_, n) => dial(`127.0.0.${2 + n}`))
  await eventually(() => expect(admission.count).toBe(11))
  const waiting = Array.from({ length: 20 }, () => dial('127.0.0.1'))
  await eventually(() => expect(looks).toBe(31))
  for (const socket of others) socket.destroy()
  await eventually(() => expect(admission.count).toBe(1))
  expect(looks).toBe(31)
  // Those that still wait are refused.
  await Promise.all(waiting.map((socket) => once(socket.resume(), 'close')))
})
