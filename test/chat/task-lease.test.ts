import { expect, test, vi } from 'vitest'
import { TaskLease } from '../../src/chat/task-lease.ts'
import { stage } from './stage.ts'

test('one node has the duty, until it gives it up or its lease expires', async () => {
  const { engine } = await stage()
  const [one, two] = [new TaskLease(engine.records, 'task', 10_000), new TaskLease(engine.records, 'task', 10_000)]
  expect([await one.take(), await two.take()]).toEqual(['taken', 'elsewhere'])
  expect([one.isHeld, two.isHeld]).toEqual([true, false])
  expect([await one.take(), await two.take()]).toEqual(['renewed', 'elsewhere'])
  await two.release()
  expect(await two.take()).toBe('elsewhere')
  await one.release()
  expect([await two.take(), await one.take()]).toEqual(['taken', 'elsewhere'])
  const now = Date.now()
  vi.useFakeTimers({ toFake: ['Date'], now: now + 5_000 })
  try {
    expect(await two.take()).toBe('renewed')
    vi.setSystemTime(now + 14_000)
    expect([await one.take(), two.isHeld]).toEqual(['elsewhere', true])
    vi.setSystemTime(now + 16_000)
    expect(two.isHeld).toBe(false)
    expect([await one.take(), await two.take()]).toEqual(['taken', 'elsewhere'])
  } finally {
    vi.useRealTimers()
  }
})
