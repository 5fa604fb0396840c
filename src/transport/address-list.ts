import { BlockList, isIP } from 'node:net'

/** A set of addresses and networks, such as those of trusted proxies. */
export class AddressList {
  readonly #list = new BlockList()
  readonly isEmpty: boolean

  /** Each of `addresses` passes {@link isAddress}. */
  constructor(addresses: readonly string[]) {
    this.isEmpty = addresses.length === 0
    for (const text of addresses) {
      const [address = '', prefix] = text.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      if (prefix === undefined) this.#list.addAddress(address, family)
      else this.#list.addSubnet(address, Number(prefix), family)
    }
  }

  /** Returns true for an IP address, or a network such as 10.0.0.0/8. */
  static isAddress(text: string): boolean {
    const [address = '', prefix, ...more] = text.split('/')
    const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
    if (prefix === undefined) return bits > 0
    return more.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits
  }

  has(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
}
