/** The addresses to which webhooks may go (docs/protocols/rooms-api.md, section 2.7). */
import { expect, test } from 'vitest'
import { isPlainlyPrivate, isPublicAddress } from '../../../../src/protocols/rooms-api/hooks/addresses.ts'

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
  '::ffff:0:7f00:1',
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
