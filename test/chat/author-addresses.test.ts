/** docs/protocols/moderation.md, section 2: a ban or mute covers a guest who only speaks by the address that it had within an hour. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { AuthorAddresses } from '../../src/chat/author-addresses.ts'
import type { EngineBroadcast } from '../../src/engine/engine.ts'

const HOUR_MS = 3_600_000

/** Two nodes that hear each other. */
function nodes() {
  const listeners: ((text?: string) => void)[] = []
  const broadcastOf = (index: number): EngineBroadcast => ({
    publish: (_subject, text) => listeners.forEach((listener, other) => void (other !== index && listener(text))),
    onBroadcast: (_subject, listener) => void (listeners[index] = listener),
    peers: async () => 1,
  })
  return { here: new AuthorAddresses(broadcastOf(0)), there: new AuthorAddresses(broadcastOf(1)) }
}

function clock() {
  const start = Date.now()
  onTestFinished(() => void vi.useRealTimers())
  const at = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: start + ms })
  at(0)
  return at
}

const guest = (key: string, addressDigest: string) => ({ key, addressDigest, accountId: undefined, isAdmin: false })

test('an address is known for an hour from the last message on, on the node and on others', async () => {
  const at = clock()
  const { here, there } = nodes()
  here.note(2, guest('spk', 'first'))
  at(30_000)
  here.note(2, guest('spk', 'first'))
  at(HOUR_MS + 30_000)
  expect([await here.find(2, 'spk'), await there.find(2, 'spk')]).toEqual(['first', 'first'])
  expect(await here.find(3, 'spk')).toBeUndefined()
  at(HOUR_MS + 30_001)
  expect([await here.find(2, 'spk'), await there.find(2, 'spk')]).toEqual([undefined, undefined])
})

test('the latest address of all nodes is found', async () => {
  const at = clock()
  const { here, there } = nodes()
  here.note(2, guest('spk', 'first'))
  at(1)
  there.note(2, guest('spk', 'second'))
  expect(await here.find(2, 'spk')).toBe('second')
  at(2)
  here.note(2, guest('spk', 'first'))
  expect(await there.find(2, 'spk')).toBe('first')
})

test('a guest who goes on speaking is remembered longer than 16,384 others who have spoken once', async () => {
  const at = clock()
  const { here } = nodes()
  here.note(2, guest('spk', 'first'))
  for (let n = 0; n < 10_000; n++) here.note(2, guest(`idle${n}`, 'other'))
  at(60_000)
  here.note(2, guest('spk', 'first'))
  for (let n = 10_000; n < 16_384; n++) here.note(2, guest(`idle${n}`, 'other'))
  expect([await here.find(2, 'spk'), await here.find(2, 'idle0')]).toEqual(['first', undefined])
})
