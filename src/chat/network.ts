const GROUPS = 8
/** Groups of an IPv6 address that the owner of a network does not choose. */
const NETWORK_GROUPS = 4

/** What limits for an address are counted for: the address, and for an IPv6 address its network of 64 bits. */
export function networkOf(address: string): string {
  // One with a dot is an IPv4 address, or holds one.
  if (!address.includes(':') || address.includes('.')) return address
  const [before = [], after = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: Math.max(0, GROUPS - before.length - after.length) }, () => '0')
  return `${[...before, ...zeros, ...after].slice(0, NETWORK_GROUPS).join(':')}::/64`
}
