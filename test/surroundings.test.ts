import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { whereToGo } from '../src/surroundings.ts'

const at = (ports: Record<string, number>, host = '127.0.0.1') =>
  new Map(Object.entries(ports).map(([name, port]) => [name, { host, port }]))

test.each([
  [{ http: 7777, line: 9090 }, false, 'Open http://127.0.0.1:7777/ or: nc 127.0.0.1 9090'],
  [{ http: 7777, line: 9090 }, true, 'Open https://127.0.0.1:7777/ or: nc 127.0.0.1 9090'],
  [{ http: 1 }, false, 'Open http://127.0.0.1:1/'],
  [{ line: 2, 'line-tls': 3 }, false, 'Talk: nc 127.0.0.1 2'],
  [{ 'line-tls': 3 }, false, 'Talk: openssl s_client -quiet -connect 127.0.0.1:3'],
  [{ chatroom: 4 }, false, undefined],
])('of %j, https: %j, it says: %s', (ports, tls, text) => {
  expect(whereToGo(at(ports), tls)).toBe(text)
})

test.each(['0.0.0.0', '::'])('for %s it gives an address of this machine', (host) => {
  const own = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address))
  const [, address] = /^Talk: nc (\S+) 9090$/.exec(whereToGo(at({ line: 9090 }, host), false) ?? '') ?? []
  expect([...own, '127.0.0.1']).toContain(address)
})

test('an IPv6 address stands in brackets in a URL', () => {
  expect(whereToGo(at({ http: 80, line: 90 }, '::1'), false)).toBe('Open http://[::1]:80/ or: nc ::1 90')
})
