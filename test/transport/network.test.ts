import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkConfig } from '../../src/config.ts'
import { networkOf } from '../../src/transport/network.ts'

describe('networkOf', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['203.0.113.255', '203.0.113.255'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:CB00:7109', '203.0.113.9'],
    ['0:0:0:0:0:ffff:cb00:7109', '203.0.113.9'],
    ['64:ff9b::203.0.113.9', '203.0.113.9'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:0DB8:0000:0000:ffff:ffff:ffff:ffff', '2001:db8::/64'],
    ['2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:203.0.113.9', '2001:db8:1:2::/64'],
    ['fd00:0:0:7::1%eth0', 'fd00:0:0:7::/64'],
    ['::1', '::/64'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::2', 'fe80::2'],
    ['', ''],
    ['unknown', 'unknown'],
    ['1.2.3.4:5', '1.2.3.4:5'],
    ['[::1]', '[::1]'],
  ])('counts %s as %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it.each([
    [128, '2001:db8:12:3456::1'],
    [64, '2001:db8:12:3456::/64'],
    [60, '2001:db8:12:3450::/60'],
    [56, '2001:db8:12:3400::/56'],
    [48, '2001:db8:12::/48'],
    [44, '2001:db8:10::/44'],
    [1, '::/1'],
  ])('counts the first %d bits where that is asked for', (bits, network) => {
    expect(networkOf('2001:db8:12:3456::1', bits)).toBe(network)
    expect(networkOf('::ffff:203.0.113.9', bits)).toBe('203.0.113.9')
  })

  it.each([0, 129, '64x', -1])('refuses %s as a number of bits', (bits) => {
    expect(() => checkConfig({ 'ipv6-prefix': bits })).toThrow(`--ipv6-prefix is a number from 1 to 128, not ${bits}`)
  })

  it('gives two addresses the same network exactly when their first bits are the same', () => {
    const address = fc.array(fc.constantFrom(0x2001, 0xff, 1, 0), { minLength: 8, maxLength: 8 })
    const text = (groups: readonly number[]) => groups.map((group) => group.toString(16)).join(':')
    const bits = (groups: readonly number[]) => groups.map((group) => group.toString(2).padStart(16, '0')).join('')
    fc.assert(
      fc.property(address, address, fc.integer({ min: 1, max: 128 }), (one, other, prefix) => {
        const same = bits(one).slice(0, prefix) === bits(other).slice(0, prefix)
        expect(networkOf(text(one), prefix) === networkOf(text(other), prefix)).toBe(same)
      }),
    )
  })
})
