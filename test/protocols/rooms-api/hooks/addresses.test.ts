/** The addresses to which webhooks may go (docs/protocols/rooms-api.md, section 2.7). */
import type { lookup } from 'node:dns'
import { expect, test } from 'vitest'
import {
  isPlainlyPrivate,
  isPublicAddress,
  PrivateAddress,
} from '../../../../src/protocols/rooms-api/hooks/addresses.ts'
import { Poster } from '../../../../src/protocols/rooms-api/hooks/post.ts'
import { receiver } from './receiver.ts'

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.31.255.255',
  '192.168.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:192.168.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  'no address',
])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false))

test.each(['1.1.1.1', '172.32.0.1', '100.128.0.1', '203.0.112.1', '2606:4700::1111', '2a00:1450::1', '::ffff:1.1.1.1'])(
  '%s is public',
  (address) => expect(isPublicAddress(address)).toBe(true),
)

test('names are not looked up before they are connected to', () => {
  expect(isPlainlyPrivate(new URL('http://example.org'))).toBe(false)
  expect(isPlainlyPrivate(new URL('http://localhost.'))).toBe(true)
  expect(isPlainlyPrivate(new URL('http://0x7f.1'))).toBe(true)
})

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
  const poster = new Poster({ private: false, userAgent: 'test', resolve })
  const post = (host: string) => {
    const url = `http://${host}:${target.port}/`
    return poster.post({ url, hook: 'h', secret: 's', body: '{}', event: '1' }, AbortSignal.timeout(5_000))
  }
  for (let attempt = 0; attempt < 3; attempt++) await expect(post('rebound.example')).rejects.toThrow(PrivateAddress)
  expect(asked).toEqual(Array(3).fill('rebound.example'))
  for (const address of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]'])
    await expect(post(address)).rejects.toThrow(PrivateAddress)
  expect(asked).toHaveLength(3)
  expect(target.received).toEqual([])
  poster.close()
})
