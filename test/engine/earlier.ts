/** What test/fixtures/schema-7.sql and redis-0.1.json hold, as an engine must show it; both were filled with the same. */
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { Secrets } from '../../src/chat/secrets.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { timeOf } from '../../src/engine/event.ts'
import { blocksWith, createAccount, hasAccountLike, keepBlock, names } from '../support/records.ts'
import { readAll } from './conformance.ts'

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')
const DAY_MS = 86_400_000

/** `behind` is when three lines were said by a clock that was a day behind the log. */
export async function expectEarlier(engine: Engine, behind: number): Promise<void> {
  const { records } = engine
  const rooms = await engine.rooms.list()
  expect(
    rooms.map(({ id, title, slug, visibility, hash, maker }) => ({ id, title, slug, visibility, hash, maker })),
  ).toEqual([
    { id: 1, title: 'Public Chat', slug: 'lobby', visibility: 'public' },
    { id: 2, title: 'Operation', slug: 'ops', visibility: 'public' },
    {
      id: 3,
      title: 'Hidden',
      slug: 'hidden',
      visibility: 'hidden',
      hash: 'scrypt:1:2',
      maker: { address: 'digest', name: 'Ünï😀' },
    },
    {
      id: 5,
      title: 'Private/Room',
      slug: 'private',
      visibility: 'private',
      hash: '$scrypt$/',
      maker: { address: 'here' },
    },
  ])
  const said = (await readAll(engine, 'room:2')).filter(({ kind }) => kind === 'message')
  expect(said).toHaveLength(6)
  for (const { id, at } of said) expect(at).toBe(timeOf(id))
  expect(said[0]).toMatchObject({ from: 'Ann', body: 'line 0 é\u2028"\\/' })
  expect(said[5]).toMatchObject({ body: '', sent: 1_700_000_000, color: '#abcdef', verified: true })
  const ahead = (await readAll(engine, 'room:5')).slice(-3)
  expect(ahead.map(({ body }) => body)).toEqual(['behind it 0', 'behind it 1', 'behind it 2'])
  for (const { id, at } of ahead) {
    expect(Math.abs(at - behind)).toBeLessThan(10)
    expect(timeOf(id) - at).toBeGreaterThan(DAY_MS - 1_000)
  }
  expect((await readAll(engine, 'inbox:bob')).map(({ body, to }) => [body, to])).toEqual(
    [1, 2, 3].map((n) => [`secret ${n}`, 'Bob']),
  )

  const ann = await records.get('account', 'ann')
  expect(ann).toMatchObject({ name: 'ANN', createdAt: expect.any(Number) })
  expect(await new Secrets().verify('geheim1', ann?.hash, '')).toBe(true)
  expect(await records.get('account', 'ZOE')).toMatchObject({ name: 'Zoe', hash: 'scrypt:z/2' })
  expect(await records.get('account', 'admin')).toEqual({ name: 'admin', hash: 'hash' })
  expect(await records.get('account', 'gone')).toBeUndefined()
  for (const name of ['аnn', 'Z0E', 'аdmin']) expect(await hasAccountLike(engine, name), name).toBe(true)
  expect(await hasAccountLike(engine, 'gone')).toBe(false)
  expect(await names(engine, 9)).toEqual(['Bob', 'Ünï😀', 'ANN', 'Zoe', 'pirate', 'gone'])
  expect(await blocksWith(engine, 'Ann')).toEqual([
    { owner: 'ann', name: 'BOB' },
    { owner: 'zoe', name: 'Ann' },
    { owner: 'ann', name: 'Two Words' },
  ])
  expect(await blocksWith(engine, 'two words')).toEqual([{ owner: 'ann', name: 'Two Words' }])
  expect(await blocksWith(engine, 'bob')).toEqual([
    { owner: 'zoe', name: 'Bob' },
    { owner: 'ann', name: 'BOB' },
  ])

  const key = '0123456789abcdef'.repeat(4)
  expect(await records.get('key', digestOf(key))).toBe('pirate')
  expect(await records.get('account', 'pirate')).toMatchObject({ hash: `$sha256$${digestOf(key)}` })
  for (const purpose of ['tickets', 'makers', 'globes'])
    expect(await records.get('secret', purpose)).toBe(`of ${purpose}`)
  expect(await records.get('login', 'ann')).toBe('number drawn')
  expect(await records.get('login', 'zoe')).toBeUndefined()
  expect(await records.get('ticket', digestOf('value'))).toBe('ANN')
  expect(await records.get('maker-name', '5')).toBe('ünï😀')
}

/** What is kept is changed and continued as if this version had made it. */
export async function expectGoesOn(engine: Engine): Promise<void> {
  const { records } = engine
  const last = (await readAll(engine, 'room:5')).at(-1)
  const next = await engine.logs.append('room:5', { kind: 'message', room: 5, from: 'Ann', body: 'on' })
  expect(next.id).toBeGreaterThan(last?.id ?? Number.NaN)
  expect(await engine.rooms.create({ title: 'New', slug: 'new', visibility: 'public' })).toMatchObject({ id: 6 })
  expect(await createAccount(engine, 'аnn', 'hash')).toBe(false)
  expect(await records.delete('account', 'Ann')).toMatchObject({ name: 'ANN' })
  expect(await hasAccountLike(engine, 'аnn')).toBe(false)
  await keepBlock(engine, 'Ann', 'Bob')
  await keepBlock(engine, 'Ann', 'Mallory')
  expect((await blocksWith(engine, 'Ann')).map(({ name }) => name)).toEqual(['Bob', 'Ann', 'Two Words', 'Mallory'])
  await records.put('name', 'zoe', 'ZOE')
  await records.put('name', 'Late', 'Late')
  expect(await names(engine, 9)).toEqual(['Bob', 'Ünï😀', 'ANN', 'ZOE', 'pirate', 'gone', 'Late'])
}
