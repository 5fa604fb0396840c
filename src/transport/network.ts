/** Addresses of clients, as logs show them and as limits count them. */
import { isIP } from 'node:net'
import { networkText, parseAddress, widen } from '../chat/ip-network.ts'

export interface ClientAddress {
  /** The whole address, for logs. */
  readonly full: string
  /** The address or network that limits count the client for, see {@link networkOf}. */
  readonly network: string
}

/** Prefix length of an IPv6 subnet, in which one host can have any address (RFC 4291, section 2.5.1). */
export const IPV6_PREFIX = 64

/** First ten bits of link-local addresses (RFC 4291, section 2.5.6): all hosts on a link have the same network. */
const LINK_LOCAL = 0xfe80n >> 6n

/**
 * Returns the address or network that limits count an address for: the whole IPv4 address, also of an IPv4-mapped IPv6 address, and
 * the network of `ipv6Prefix` bits of an IPv6 address. Other texts are returned as they are.
 */
export function networkOf(address: string, ipv6Prefix: number = IPV6_PREFIX): string {
  const found = address.includes(':') ? parseAddress(address) : undefined
  if (!found) return address
  const isWhole = found.family === 4 || found.value >> 118n === LINK_LOCAL
  return networkText(isWhole ? found : widen(found, ipv6Prefix))
}

/** Returns true for a loopback address, or the host name of one. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(::ffff:)?127\./.test(host)
}

/** Returns an IP address without the port and the brackets that some proxies report with it; undefined for other texts. */
export function bareAddress(text: string): string | undefined {
  if (isIP(text)) return text
  const [, v6, v4] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(text) ?? []
  const address = v6 ?? v4 ?? ''
  return isIP(address) ? address : undefined
}
