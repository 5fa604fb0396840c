/** The requests to webhooks. */
import type { lookup } from 'node:dns'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { PrivateAddress } from '../../../../src/protocols/rooms-api/hooks/addresses.ts'
import { WebhookClient } from '../../../../src/protocols/rooms-api/hooks/webhook-client.ts'
import { receiver } from './receiver.ts'

/** A resolver that gives these addresses for every name, one list after the other. */
function resolver(...answers: string[][]) {
  const asked: string[] = []
  const resolve = ((host: string, _options: unknown, callback: (error: null, found: unknown) => void) => {
    asked.push(host)
    const addresses = answers.shift() ?? []
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }) as unknown as typeof lookup
  return { resolve, asked }
}

test('a name that has a private address is not connected to, however often it is looked up', async () => {
  const target = await receiver()
  // The second answer is for whoever would look up again after a check.
  const { resolve, asked } = resolver(['127.0.0.1', '::1'], ['10.0.0.1'], [])
  const client = new WebhookClient({ private: false, resolve })
  const post = (host: string) => {
    const url = `http://${host}:${target.port}/`
    return client.post({ url, hook: 'h', secret: 's', body: '{}', event: '1' }, AbortSignal.timeout(5_000))
  }
  for (let attempt = 0; attempt < 3; attempt++) await expect(post('rebound.example')).rejects.toThrow(PrivateAddress)
  expect(asked).toEqual(Array(3).fill('rebound.example'))
  for (const address of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]'])
    await expect(post(address)).rejects.toThrow(PrivateAddress)
  expect(asked).toHaveLength(3)
  expect(target.received).toEqual([])
  client.close()
})

/** The address of an HTTP server of one kind of answer. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const NEVER = new AbortController().signal
const event = { hook: 'h', secret: 's', body: '{}', event: '1' }

test('a receiver that does not answer in time is given up, and so is one when the sender stops', async () => {
  const url = await serve(() => {})
  const client = new WebhookClient({ private: true, timeoutMs: 50 })
  await expect(client.post({ ...event, url }, NEVER)).rejects.toThrow('no answer within 50 ms')
  const patient = new WebhookClient({ private: true })
  const stop = new AbortController()
  const posted = patient.post({ ...event, url }, stop.signal)
  stop.abort()
  await expect(posted).rejects.toThrow(/abort/)
})

test('of an answer without an end no more is read than counts, and connections are used again', async () => {
  let written = 0
  const url = await serve((_, response) => {
    response.writeHead(200)
    const fill = () => {
      while (!response.destroyed && response.write('x'.repeat(16_384))) written++
    }
    response.on('drain', fill).on('error', () => {})
    fill()
  })
  const client = new WebhookClient({ private: true })
  expect(await client.post({ ...event, url }, NEVER)).toBe(200)
  expect(written).toBeLessThan(1_000)
  const ports = new Set<number | undefined>()
  const again = await serve(({ socket }, response) => {
    ports.add(socket.remotePort)
    response.end('thanks')
  })
  for (let time = 0; time < 3; time++) expect(await client.post({ ...event, url: again }, NEVER)).toBe(200)
  expect(ports.size).toBe(1)
  client.close()
})
