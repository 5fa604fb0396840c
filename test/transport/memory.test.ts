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
