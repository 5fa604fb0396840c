/** The version of the Internet Protocol. */
type Family = 4 | 6

/** A network, or an address, which is one of full length. The bits behind `prefix` are 0. */
export interface IpNetwork {
  readonly family: Family
  readonly value: bigint
  readonly prefix: number
}

const BITS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 }
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
/** First bits of IPv4-mapped (RFC 4291, section 2.5.5.2) and IPv4-embedded (RFC 6052, section 2.1) IPv6 addresses. */
const IPV4_IN_IPV6: readonly bigint[] = [0xffffn, 0x64ff9bn << 64n]
const GROUPS = 8

/** Reads an address, with or without a zone; undefined for other texts. An IPv4 address in an IPv6 address is that of IPv4. */
export function parseAddress(text: string): IpNetwork | undefined {
  const [bare = ''] = text.split('%', 1)
  if (IPV4.test(bare)) return address(4, joined(bare.split('.').map(BigInt), 8n))
  const groups = groupsOf(bare)
  if (!groups) return undefined
  const value = joined(groups, 16n)
  return IPV4_IN_IPV6.includes(value >> 32n) ? address(4, value & 0xffff_ffffn) : address(6, value)
}

/** Reads an address without a zone, or a network such as 10.0.0.0/8; undefined for other texts. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const [start = '', length, ...more] = text.split('/')
  const found = start.includes('%') || more.length > 0 ? undefined : parseAddress(start)
  if (!found || length === undefined) return found
  const written = start.includes(':') ? BITS[6] : BITS[4]
  const prefix = Number(length) - (written - BITS[found.family])
  if (!/^\d{1,3}$/.test(length) || prefix < 0 || prefix > BITS[found.family]) return undefined
  return widen(found, prefix)
}

/** Returns the network of a shorter prefix around a network. */
export function widen({ family, value }: IpNetwork, prefix: number): IpNetwork {
  const rest = BigInt(BITS[family] - prefix)
  return { family, value: (value >> rest) << rest, prefix }
}

/** Returns the canonical text: that of RFC 5952 without dots for IPv6, and without a prefix for a single address. */
export function networkText({ family, value, prefix }: IpNetwork): string {
  const text =
    family === 4
      ? [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')
      : canonical(Array.from({ length: GROUPS }, (_, place) => hexGroup(value, place)).join(':'))
  return prefix === BITS[family] ? text : `${text}/${prefix}`
}

/** Returns true if one of two networks contains the other. */
export function overlap(a: IpNetwork, b: IpNetwork): boolean {
  const shift = BigInt(BITS[a.family] - Math.min(a.prefix, b.prefix))
  return a.family === b.family && a.value >> shift === b.value >> shift
}

/** A map by networks, in which the cost of {@link find} depends on the number of different prefixes only. */
export class NetworkMap<V> {
  readonly #families: Readonly<Record<Family, Map<number, Map<bigint, V>>>> = { 4: new Map(), 6: new Map() }
  size = 0

  has({ family, value, prefix }: IpNetwork): boolean {
    return this.#families[family].get(prefix)?.has(value) === true
  }

  set(network: IpNetwork, entry: V): void {
    const { family, value, prefix } = network
    if (!this.has(network)) this.size++
    const same = this.#families[family].get(prefix)
    if (same) same.set(value, entry)
    else this.#families[family].set(prefix, new Map([[value, entry]]))
  }

  delete({ family, value, prefix }: IpNetwork): void {
    const same = this.#families[family].get(prefix)
    if (!same?.delete(value)) return
    this.size--
    if (same.size === 0) this.#families[family].delete(prefix)
  }

  /** Removes the entries that do not hold. */
  prune(holds: (entry: V) => boolean): void {
    for (const family of [4, 6] as const) {
      for (const [prefix, same] of this.#families[family]) {
        for (const [value, entry] of same) if (!holds(entry)) this.delete({ family, value, prefix })
      }
    }
  }

  /** Returns an entry that `holds` of a network that contains an address. */
  find(text: string, holds: (entry: V) => boolean): V | undefined {
    const found = this.size === 0 ? undefined : parseAddress(text)
    if (!found) return undefined
    for (const [prefix, same] of this.#families[found.family]) {
      const entry = same.get(widen(found, prefix).value)
      if (entry !== undefined && holds(entry)) return entry
    }
    return undefined
  }
}

function address(family: Family, value: bigint): IpNetwork {
  return { family, value, prefix: BITS[family] }
}

/** Joins the parts of an address, each of so many bits. */
function joined(parts: readonly bigint[], bits: bigint): bigint {
  return parts.reduce((value, part) => (value << bits) | part, 0n)
}

function hexGroup(value: bigint, place: number): string {
  return ((value >> BigInt(16 * (GROUPS - 1 - place))) & 0xffffn).toString(16)
}

/** Returns the eight groups of an IPv6 address; undefined for other texts. */
function groupsOf(text: string): readonly bigint[] | undefined {
  if (!/^[\da-f:.]+$/i.test(text) || !URL.canParse(`http://[${text}]`)) return undefined
  const [before = [], after = []] = canonical(text)
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: GROUPS - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].map((group) => BigInt(`0x${group}`))
}

/** Returns the canonical form of an IPv6 address (RFC 5952), without dots, as in URLs. */
function canonical(text: string): string {
  return new URL(`http://[${text}]`).hostname.slice(1, -1)
}
