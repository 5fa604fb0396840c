import { expect, onTestFinished, test, vi } from 'vitest'
import { HeldRecords } from '../../src/engine/local/held-records.ts'
import { LocalEngine } from '../../src/engine/local/local.ts'
import { StoreThread } from '../../src/engine/local/thread.ts'

async function started(): Promise<LocalEngine> {
  const engine = new LocalEngine(
    {
      file: ':memory:',
      sync: 'normal',
      keep: { days: 0, events: 0 },
      lobby: 'lobby',
      memory: { events: 10, bytes: 10_000 },
    },
    { trouble: (reason) => expect.fail(reason), recovered: () => {}, died: () => {} },
  )
  await engine.start()
  onTestFinished(() => engine.stop())
  return engine
}

const account = (hash: string) => ({ name: 'ann', hash })

test('an account is read from the store once, and again when it was written', async () => {
  const { records } = await started()
  await records.insert('account', 'ann', account('one'))
  const called = vi.spyOn(StoreThread.prototype, 'call')
  onTestFinished(() => called.mockRestore())
  const reads = () => called.mock.calls.filter(([method]) => method === 'records.get').length
  for (let n = 0; n < 3; n++) expect(await records.get('account', 'ann')).toMatchObject(account('one'))
  expect(reads()).toBe(1)
  await records.change('account', 'ann', (before) => ({ ...before, hash: 'two' }))
  expect(await records.get('account', 'ann')).toMatchObject(account('two'))
  await records.delete('account', 'ann')
  expect(await records.get('account', 'ann')).toBeUndefined()
})

test('what is read while it is written is not held', async () => {
  const held = new HeldRecords()
  const { promise, resolve } = Promise.withResolvers<string>()
  const reading = held.get('account', 'ann', () => promise)
  held.forget('account', 'ann')
  resolve('old')
  expect(await reading).toBe('old')
  expect(await held.get('account', 'ann', async () => 'new')).toBe('new')
  expect(await held.get('account', 'ann', () => expect.fail('it is held'))).toBe('new')
})

test('the records that were read last are held', async () => {
  const held = new HeldRecords()
  const reads: string[] = []
  const read = (key: string) =>
    held.get('token', key, async () => {
      reads.push(key)
      return key
    })
  for (let n = 0; n < 1_000; n++) await read(`key${n}`)
  await read('key0')
  await read('another')
  reads.length = 0
  for (const key of ['key0', 'key1', 'key0']) await read(key)
  expect(reads).toEqual(['key1'])
})
