import { BlockList } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NetworkMap, networkText, overlap, parseAddress, parseNetwork } from '../../src/chat/ip-network.ts'

const textOf = (text: string) => {
  const network = parseNetwork(text)
  return network && networkText(network)
}

describe('parseNetwork', () => {
  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['198.51.100.7/32', '198.51.100.7'],
    ['198.51.100.7/24', '198.51.100.0/24'],
    ['10.200.0.0/8', '10.0.0.0/8'],
    ['255.255.255.255/0', '0.0.0.0/0'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['2001:db8:ffff::1/33', '2001:db8:8000::/33'],
    ['::1/0', '::/0'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['::ffff:198.51.100.7/120', '198.51.100.0/24'],
    ['64:ff9b::c633:6407', '198.51.100.7'],
  ])('reads %s as %s', (text, canonical) => {
    expect(textOf(text)).toBe(canonical)
  })

  it.each([
    '',
    '/',
    'nobody',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.0.',
    '10.0.0.0.1',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/0x8',
    ' 10.0.0.1',
    '2001:db8::/129',
    '2001:db8::1::2',
    '[::1]',
    'fe80::1%eth0',
    '::ffff:10.0.0.0/90',
    '0x7f.1',
    '1',
  ])('refuses %j', (text) => {
    expect(parseNetwork(text)).toBeUndefined()
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseNetwork(text)))
    const odd = fc.stringMatching(/^[0-9a-f:./%]{0,40}$/)
    fc.assert(fc.property(odd, (text) => void parseNetwork(text)))
  })
})

/** Addresses near each other, so that networks contain them. */
const v4 = fc
  .tuple(fc.constantFrom(10, 11, 198), fc.nat(3), fc.constantFrom(0, 255), fc.nat(255))
  .map((parts) => parts.join('.'))
const v6 = fc
  .tuple(fc.constantFrom('2001', '2002', 'fd00'), fc.nat(3), fc.constantFrom(0, 0xffff), fc.nat(0xffff))
  .map(([first, ...rest]) => `${first}:${rest.map((group) => group.toString(16)).join(':')}::${rest[2].toString(16)}`)
const network4 = fc.tuple(v4, fc.integer({ min: 0, max: 32 }))
/** From 3 on: the block list of Node finds IPv4 addresses in ::/2. */
const network6 = fc.tuple(v6, fc.integer({ min: 3, max: 128 }))

describe('NetworkMap', () => {
  it('finds what the block list of Node finds, and nothing once it is removed', () => {
    const networks = fc.array(fc.oneof(network4, network6), { maxLength: 8 })
    fc.assert(
      fc.property(networks, fc.array(fc.oneof(v4, v6), { minLength: 1, maxLength: 8 }), (banned, addresses) => {
        const [map, list] = [new NetworkMap<string>(), new BlockList()]
        const parsed = banned.map(([address, prefix]) => {
          list.addSubnet(address, prefix, familyOf(address))
          const network = parseNetwork(`${address}/${prefix}`) ?? expect.fail()
          map.set(network, networkText(network))
          return network
        })
        expect(map.size).toBe(new Set(parsed.map(networkText)).size)
        for (const address of addresses) {
          expect(map.find(address, () => true) !== undefined).toBe(list.check(address, familyOf(address)))
          const own = parseAddress(address) ?? expect.fail()
          expect(parsed.some((network) => overlap(own, network))).toBe(list.check(address, familyOf(address)))
        }
        for (const network of parsed) map.delete(network)
        expect(map.size).toBe(0)
        for (const address of addresses) expect(map.find(address, () => true)).toBeUndefined()
      }),
    )
  })

  it('passes over entries that do not hold, to those of other prefixes', () => {
    const map = new NetworkMap<string>()
    for (const text of ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3']) map.set(parseNetwork(text) ?? expect.fail(), text)
    expect(map.find('10.1.2.3', (text) => text !== '10.0.0.0/8' && text !== '10.1.2.3')).toBe('10.1.0.0/16')
    expect(map.find('::ffff:10.2.0.1', () => true)).toBe('10.0.0.0/8')
    expect(map.find('unknown', () => true)).toBeUndefined()
    map.prune((text) => text === '10.1.2.3')
    expect(map.size).toBe(1)
    expect(map.find('10.1.2.3', () => true)).toBe('10.1.2.3')
  })
})

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}
