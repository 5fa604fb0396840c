import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { tickEnd } from '../../src/tick.ts'
import { descriptorOf, Outbox } from '../../src/transport/outbox.ts'
import { eventually } from '../support/eventually.ts'

const PIECE = 100_000

/** Returns the outbox of a connection, its socket, which is not read, and the socket of its client. */
async function pair() {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  const [socket] = (await once(server, 'connection')) as [Socket]
  onTestFinished(() => {
    client.destroy()
    socket.destroy()
    server.close()
  })
  const box = new Outbox(socket, Number.POSITIVE_INFINITY, { overflowed: () => {} })
  return { client, socket, box }
}

async function push(box: Outbox, chunk: Buffer): Promise<void> {
  box.push(chunk)
  await tickEnd()
}

test('what the kernel takes at once is not written by the stream, and counted', async () => {
  const { client, socket, box } = await pair()
  await push(box, Buffer.from('one'))
  await push(box, Buffer.from('three'))
  box.close(Buffer.from('end'))
  socket.end()
  expect(Buffer.concat(await client.toArray()).toString()).toBe('onethreeend')
  expect(box.bypassed).toBe(11)
  expect(socket.bytesWritten).toBe(0)
})

test('the stream writes the rest, and whatever follows while it has one', async () => {
  const { client, socket, box } = await pair()
  let pieces = 0
  const pushPiece = () => push(box, Buffer.alloc(PIECE, pieces++))
  while (socket.writableLength === 0) await pushPiece()
  const { bypassed } = box
  for (let more = 0; more < 5; more++) await pushPiece()
  expect(box.bypassed).toBe(bypassed)
  expect(bypassed).toBeGreaterThan(PIECE)
  const heard: Buffer[] = []
  client.on('data', (chunk) => heard.push(chunk)).resume()
  await eventually(() => expect(client.bytesRead).toBe(pieces * PIECE))
  await push(box, Buffer.from('end'))
  expect(box.bypassed).toBe(bypassed + 3)
  expect(box.bypassed + socket.bytesWritten).toBe(pieces * PIECE + 3)
  await eventually(() => expect(client.bytesRead).toBe(pieces * PIECE + 3))
  const sent = [...Array.from({ length: pieces }, (_, piece) => Buffer.alloc(PIECE, piece)), Buffer.from('end')]
  expect(Buffer.concat(heard).equals(Buffer.concat(sent))).toBe(true)
})

test('the stream tells that the client has reset the connection', async () => {
  const { client, socket, box } = await pair()
  const failed = once(socket, 'error')
  client.resetAndDestroy()
  while (!socket.errored) await push(box, Buffer.from('x'))
  expect(await failed).toMatchObject([{ syscall: 'write' }])
  await once(socket, 'close')
})

test('a socket over TLS is written to by its stream', async () => {
  const { socket } = await pair()
  expect(descriptorOf(socket)).toBeGreaterThan(0)
  const tls = connectTls({ socket }).on('error', () => {})
  expect(descriptorOf(tls)).toBeUndefined()
})
