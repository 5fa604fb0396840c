import { describe, expect, it } from 'vitest'
import { checkConfig } from '../../src/config.ts'
import { AddressList } from '../../src/transport/address-list.ts'

describe('AddressList', () => {
  it.each(['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0', '::/128'])('knows %s', (text) => {
    expect(AddressList.isAddress(text)).toBe(true)
    expect(() => new AddressList([text])).not.toThrow()
  })

  it.each(['', 'proxy', '10.0.0/8', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '10.0.0.0/-1', '/8'])(
    'does not know "%s"',
    (text) => {
      expect(AddressList.isAddress(text)).toBe(false)
    },
  )

  it('finds addresses in networks, also those of IPv4 as IPv6 writes them', () => {
    const list = new AddressList(['10.0.0.0/8', 'fd00::/8'])
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd12::1']) expect(list.has(address)).toBe(true)
    for (const address of ['11.1.2.3', 'fe80::1', '', 'unknown']) expect(list.has(address)).toBe(false)
  })
})

describe('the lists among the options', () => {
  it('are written with commas, or are arrays', () => {
    expect(checkConfig({})).toMatchObject({ 'http-origins': [], 'http-trust-proxy': [] })
    expect(checkConfig({ 'http-trust-proxy': '127.0.0.1, 10.0.0.0/8' })['http-trust-proxy']).toHaveLength(2)
    const origins = ['https://a.example', 'http://b.example:8080']
    for (const given of [origins, origins.join()]) {
      expect(checkConfig({ 'http-origins': given })['http-origins']).toEqual(origins)
    }
  })

  it.each([
    ['http-origins', 'chat.example', '--http-origins are such as https://chat.example, not chat.example'],
    ['http-origins', 'https://a.example/', 'not https://a.example/'],
    ['http-origins', 'https://a.example,', '--http-origins has an empty item in its list'],
    ['http-trust-proxy', '10.0.0.0/99', 'such as 127.0.0.1 or 10.0.0.0/8, not 10.0.0.0/99'],
  ])('--%s %s is refused', (name, value, text) => {
    expect(() => checkConfig({ [name]: value })).toThrow(text)
  })
})
