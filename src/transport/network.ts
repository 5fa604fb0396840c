/** Addresses of clients, as logs show them and as limits count them. */
import { isIP } from 'node:net'

export interface ClientAddress {
  /** The whole address, for logs. */
  readonly full: string
  /** The address or network that limits count the client for, see {@link networkOf}. */
  readonly network: string
}

/** Prefix length of an IPv6 subnet, in which one host can have any address (RFC 4291, section 2.5.1). */
export const IPV6_PREFIX = 64

const GROUPS = 8
const GROUP_BITS = 16
/** Prefixes of IPv4-mapped (RFC 4291, section 2.5.5.2) and IPv4-embedded (RFC 6052, section 2.1) IPv6 addresses. */
const IPV4_IN_IPV6 = ['0:0:0:0:0:ffff:', '64:ff9b:0:0:0:0:']
/** Link-local addresses (RFC 4291, section 2.5.6): all hosts on a link have the same network. */
const LINK_LOCAL = { value: 0xfe80, mask: 0xffc0 }

/**
 * Returns the address or network that limits count an address for: the whole IPv4 address, also of an IPv4-mapped IPv6 address, and
 * the network of `ipv6Prefix` bits of an IPv6 address. Other texts are returned as they are.
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

/** Returns the mask of the first `bits` bits of a group. */
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

/** Returns the canonical form of an IPv6 address (RFC 5952), without dots, as in URLs. */
function canonical(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}
