/** Client addresses, as logs show them and as limits count them. */
import { isIP } from 'node:net'

export interface ClientAddress {
  /** The whole address, for logs. */
  readonly full: string
  /** The address or network that limits count the client for, see {@link networkOf}. */
  readonly network: string
}

/** Bits of the network that a site gets from its provider, and in which it has 2^64 addresses (RFC 4291, section 2.5.1). */
export const IPV6_PREFIX = 64

const GROUPS = 8
const GROUP_BITS = 16
/** Beginnings of IPv4 addresses as IPv6 writes them: mapped (RFC 4291, section 2.5.5.2) and translated (RFC 6052, section 2.1). */
const IPV4_IN_IPV6 = ['0:0:0:0:0:ffff:', '64:ff9b:0:0:0:0:']
/** Link-local addresses (RFC 4291, section 2.5.6): all hosts on a link have the same network. */
const LINK_LOCAL = { value: 0xfe80, mask: 0xffc0 }

/**
 * The address or network that limits count an address for: an IPv4 address is counted whole, also where IPv6 writes it, and an IPv6 address by its
 * network of `ipv6Prefix` bits, in which one host can have any address. Anything else is counted as it is.
 */
export function networkOf(address: string, ipv6Prefix: number = IPV6_PREFIX): string {
  const [bare = ''] = address.split('%', 1)
  if (isIP(bare) !== 6) return address
  const groups = groupsOf(bare)
  const [first = 0, ...rest] = groups
  const written = groups.map((group) => group.toString(16)).join(':')
  if (IPV4_IN_IPV6.some((start) => written.startsWith(start))) return ipv4Of(rest.slice(-2))
  if (ipv6Prefix >= GROUPS * GROUP_BITS || (first & LINK_LOCAL.mask) === LINK_LOCAL.value) return canonical(bare)
  const kept = groups.map((group, place) => group & maskOf(ipv6Prefix - place * GROUP_BITS))
  return `${canonical(kept.map((group) => group.toString(16)).join(':'))}/${ipv6Prefix}`
}

/** The first so many bits of a group. */
function maskOf(bits: number): number {
  return (0xffff << (GROUP_BITS - Math.min(Math.max(bits, 0), GROUP_BITS))) & 0xffff
}

function groupsOf(address: string): number[] {
  const [before = [], after = []] = canonical(address)
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: GROUPS - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16))
}

function ipv4Of(groups: readonly number[]): string {
  return groups.flatMap((group) => [group >> 8, group & 0xff]).join('.')
}

/** The one form of an IPv6 address (RFC 5952), without dots, as URLs have it. */
function canonical(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}
