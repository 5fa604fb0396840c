import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** The error for a URL whose host has no public address. */
export class PrivateAddress extends Error {
  override name = 'PrivateAddress'

  constructor(host: string) {
    super(`${host} has no public address`)
  }
}

/** Networks that are not reachable, or not meant to be, from elsewhere: IANA's special-purpose registries, and what embeds IPv4. */
const IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]
const IPV6 = [
  '::/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/9',
  'ff00::/8',
]

const special = new BlockList()
for (const [networks, family] of [
  [IPV4, 'ipv4'],
  [IPV6, 'ipv6'],
] as const) {
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    special.addSubnet(address, Number(bits), family)
  }
}

/** Returns true for an address of the public Internet; an IPv4-mapped one is that of IPv4. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && !special.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** Returns the host of a URL, an IPv6 address without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/** Returns true if a URL names an address, or this machine, that is not public; names are looked up when they are connected to. */
export function isPlainlyPrivate(url: URL): boolean {
  const host = hostOf(url)
  return isIP(host) > 0 ? !isPublicAddress(host) : /(?:^|\.)localhost\.?$/i.test(host)
}

/**
 * Returns a look-up for a connection that gives public addresses only, so that exactly the addresses that were checked are connected to.
 * `resolve` is `dns.lookup` if not given.
 */
export function publicLookup(resolve: typeof lookup = lookup): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, [])
      const found = addresses.filter(({ address }) => isPublicAddress(address))
      const [first] = found
      if (!first) return callback(new PrivateAddress(host), [])
      if (options.all) callback(null, found)
      else callback(null, first.address, first.family)
    })
  }
}
