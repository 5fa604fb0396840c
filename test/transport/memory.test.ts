import { getHeapStatistics } from 'node:v8'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { MemoryBudget } from '../../src/transport/memory.ts'

test('what is held is counted when the heap is short, however high the limit is', async () => {
  const warned = Promise.withResolvers<string>()
  const log = pino({ level: 'warn' }, { write: warned.resolve })
  const holder = { held: 1_000, slow: () => {}, discard: () => {} }
  const engine = { heldBytes: 50, trimMemory: () => {} }
  const heap = { ...getHeapStatistics(), used_heap_size: 780, heap_size_limit: 1_000, external_memory: 0 }
  const budget = new MemoryBudget(1_000_000, { holders: () => [holder, holder], engine }, log, () => heap)
  budget.start()
  onTestFinished(() => budget.stop())
  expect(JSON.parse(await warned.promise)).toMatchObject({ held: 2_050, limit: 1_000_000, heap: 780 })
  expect(budget.exhausted).toBe(true)
})

test('a paused connection that has closed is forgotten while memory stays short', async () => {
  const told: string[] = []
  const resumed = Promise.withResolvers<void>()
  const holder = (name: string) => ({
    held: 500,
    slow: (on: boolean) => {
      told.push(`${name} ${on}`)
      if (!on) resumed.resolve()
    },
    discard: () => {},
  })
  const second = holder('second')
  let checks = 0
  // The first check pauses both; the fourth one finds memory free.
  const holders = () => (++checks === 1 ? [holder('first'), second] : [second])
  const engine = { heldBytes: 0, trimMemory: () => {} }
  const heap = () => ({
    ...getHeapStatistics(),
    used_heap_size: checks < 3 ? 780 : 0,
    heap_size_limit: 1_000,
    external_memory: 0,
  })
  const budget = new MemoryBudget(1_100, { holders, engine }, pino({ level: 'silent' }), heap)
  budget.start()
  onTestFinished(() => budget.stop())
  await resumed.promise
  expect(told).toEqual(['first true', 'second true', 'second false'])
})
