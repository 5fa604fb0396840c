/** Bans of addresses on a node that hears of changes, or has missed them. test/protocols/address-bans.test.ts has the rest. */
import { expect, test, vi } from 'vitest'
import { AddressBans } from '../../src/chat/address-bans.ts'
import { Session } from '../../src/chat/session.ts'
import type { AddressBan } from '../../src/engine/records.ts'
import { eventually } from '../support/eventually.ts'
import { lifeline, reasonOf, silent, stage } from './stage.ts'

const banOf = (network: string, until?: number): AddressBan => {
  return { network, by: 'boss', at: 1, why: '', ...(until !== undefined && { until }) }
}

async function listening() {
  const { chat, engine } = await stage({ admins: ['boss'] })
  await chat.accounts.register('boss', 'correct horse', '')
  const boss = new Session(silent, lifeline('192.0.2.1'))
  await chat.login(boss, await chat.accounts.authenticate('boss', 'correct horse', ''))
  let hear: (text?: string) => void = () => {}
  const publish = vi.fn()
  const broadcast = {
    publish,
    onBroadcast: (_: string, listener: typeof hear) => {
      hear = listener
    },
    peers: async () => 1,
  }
  const bans = new AddressBans({ records: engine.records, broadcast }, chat.admins, () => {})
  const banned = vi.fn()
  bans.watch(banned)
  const keep = (ban: AddressBan) => engine.records.put('address-ban', ban.network, ban, { expiresAt: ban.until })
  return { bans, boss, banned, keep, publish, records: engine.records, hear: (text?: string) => hear(text) }
}

test('what may have been missed is read again', async () => {
  const { bans, keep, records, hear, banned } = await listening()
  await keep(banOf('10.0.0.0/8'))
  hear()
  await eventually(() => expect(bans.find('10.1.2.3')).toEqual(banOf('10.0.0.0/8')))
  expect(banned).toHaveBeenCalledTimes(1)
  await records.delete('address-ban', '10.0.0.0/8')
  hear()
  await eventually(() => expect(bans.find('10.1.2.3')).toBeUndefined())
})

test('a change is applied at once, and the store decides where two nodes change the same', async () => {
  const { bans, keep, hear, banned } = await listening()
  await keep(banOf('10.0.0.0/8'))
  hear(JSON.stringify({ banned: banOf('10.0.0.0/8') }))
  // Lifted on another node after this ban.
  hear(JSON.stringify({ banned: banOf('10.9.0.0/16') }))
  expect(banned).toHaveBeenCalledTimes(2)
  expect(bans.find('10.1.2.3')).toBeDefined()
  await eventually(() => expect(bans.find('10.9.2.3')).toEqual(banOf('10.0.0.0/8')))
  hear(JSON.stringify({ lifted: '10.0.0.0/8', by: 'boss' }))
  expect(bans.find('10.1.2.3')).toBeUndefined()
  // Banned anew before the other node lifted it, as the store says.
  await eventually(() => expect(bans.find('10.1.2.3')).toBeDefined())
})

test('a change that comes while all are read is not lost', async () => {
  const { bans, boss, records } = await listening()
  const { promise, resolve } = Promise.withResolvers<void>()
  const real = records.list('address-ban')
  vi.spyOn(records, 'list').mockReturnValueOnce(
    (async function* () {
      yield* real as AsyncIterable<never>
      await promise
    })(),
  )
  const loaded = bans.load()
  await bans.ban(boss, '10.0.0.0/8')
  resolve()
  await loaded
  expect(bans.find('10.1.2.3')).toBeDefined()
})

test('there are 10,000 at most; those that have ended make space', async () => {
  const { bans, boss, records } = await listening()
  const full = (until?: number) =>
    Array.from({ length: 10_000 }, (_, n) => banOf(`10.1.${n >> 8}.${n & 255}`, n === 0 ? until : undefined))
  const load = async (all: readonly AddressBan[]) => {
    vi.spyOn(records, 'list').mockReturnValueOnce(
      (async function* () {
        yield all as readonly never[]
      })(),
    )
    await bans.load()
  }
  await load(full())
  expect(await reasonOf(bans.ban(boss, '10.2.0.0'))).toBe('too-many-address-bans')
  expect(await bans.ban(boss, '10.1.0.0', { why: 'again' })).toBe('10.1.0.0')
  expect(bans.find('10.1.0.0')).toMatchObject({ why: 'again' })
  await load(full(Date.now() - 1))
  expect(bans.find('10.1.0.0')).toBeUndefined()
  expect(await bans.ban(boss, '10.2.0.0')).toBe('10.2.0.0')
})
