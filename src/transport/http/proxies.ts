import { BlockList, isIP } from 'node:net'

/** The proxies that are believed when they say for whom they speak. */
export class Proxies {
  readonly #list = new BlockList()
  /** Whether nobody is believed. */
  readonly none: boolean

  /** Addresses and networks as {@link isAddress} knows them. */
  constructor(addresses: readonly string[]) {
    this.none = addresses.length === 0
    for (const text of addresses) {
      const [address = '', prefix] = text.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      if (prefix === undefined) this.#list.addAddress(address, family)
      else this.#list.addSubnet(address, Number(prefix), family)
    }
  }

  /** Whether it is an address, or a network such as 10.0.0.0/8. */
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
