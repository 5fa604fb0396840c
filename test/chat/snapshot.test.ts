import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Snapshot } from '../../src/chat/snapshot.ts'
import { TIMED } from '../support/eventually.ts'

test('it is made once for all who ask, and shows what was there when they asked', async () => {
  let [now, made] = [0, 0]
  const snapshot = new Snapshot(async () => {
    made++
    const seen = now
    await wait(20)
    return seen
  })
  const early = snapshot.get()
  now = 1
  const late = Array.from({ length: 50 }, () => snapshot.get())
  expect(await early).toBe(0)
  expect(new Set(await Promise.all(late))).toEqual(new Set([1]))
  expect(made).toBe(2)
})

test('it takes a small part of the time, however often it is asked for', TIMED, async () => {
  let busy = 0
  const snapshot = new Snapshot(async () => {
    await wait(10)
    busy += 10
  })
  const started = performance.now()
  for (let n = 0; n < 4; n++) await snapshot.get()
  expect(busy / (performance.now() - started)).toBeLessThan(0.25)
})

test('one that fails is made again for who asks next', async () => {
  let fails = true
  const snapshot = new Snapshot(async () => {
    if (fails) throw new Error('away')
    return 'here'
  })
  await expect(snapshot.get()).rejects.toThrow('away')
  fails = false
  expect(await snapshot.get()).toBe('here')
})
