import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Attempts } from '../../src/chat/attempts.ts'

const LIMIT = { failures: 5, ms: 60_000 }

test('five failures, then nothing until the minute of the first has passed', () => {
  let now = 1_000
  const attempts = new Attempts(LIMIT, () => now)
  for (let n = 0; n < 5; n++) {
    expect(attempts.begin(['a'])).toBeDefined()
    now += 1_000
  }
  expect(attempts.begin(['a'])).toBeUndefined()
  expect(attempts.begin(['b'])).toBeDefined()
  now = 60_999
  expect(attempts.begin(['a'])).toBeUndefined()
  now = 61_000
  expect(attempts.begin(['a'])).toBeDefined()
  expect(attempts.begin(['a'])).toBeUndefined()
})

test('what is old is forgotten', () => {
  let now = 0
  const attempts = new Attempts(LIMIT, () => now)
  for (let n = 0; n < 1_000; n++) attempts.begin([`name ${n}`, 'address'])
  expect(attempts.size).toBeLessThanOrEqual(1_001)
  now = 60_000
  attempts.begin(['another'])
  expect(attempts.size).toBe(1)
  attempts.begin(['one more'])?.()
  expect(attempts.size).toBe(1)
})

test('allows exactly what counting all failures would', () => {
  const step = fc.record({
    wait: fc.nat(30_000),
    name: fc.nat(2),
    address: fc.nat(2),
    succeeds: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let now = 0
      const attempts = new Attempts(LIMIT, () => now)
      const failures: { key: string; at: number }[] = []
      for (const { wait, name, address, succeeds } of steps) {
        now += Math.floor(wait / 4)
        const keys = [`name ${name}`, `address ${address}`]
        const count = (key: string) => failures.filter((f) => f.key === key && now - f.at < LIMIT.ms).length
        const undo = attempts.begin(keys)
        expect(undo !== undefined).toBe(keys.every((key) => count(key) < LIMIT.failures))
        if (undo && succeeds) undo()
        else if (undo) failures.push(...keys.map((key) => ({ key, at: now })))
      }
    }),
  )
})
