import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Attempts } from '../../src/chat/attempts.ts'

const LIMIT = { failures: 5, ms: 60_000 }

async function fail(attempts: Attempts, address: string): Promise<boolean> {
  const end = await attempts.begin(address)
  end?.(true)
  return end !== undefined
}

test('five failures, then nothing until the minute of the first has passed', async () => {
  let now = 1_000
  const attempts = new Attempts(LIMIT, () => now)
  for (let n = 0; n < 5; n++) {
    expect(await fail(attempts, 'a')).toBe(true)
    now += 1_000
  }
  expect(await fail(attempts, 'a')).toBe(false)
  expect(await fail(attempts, 'b')).toBe(true)
  now = 60_999
  expect(await fail(attempts, 'a')).toBe(false)
  now = 61_000
  expect(await fail(attempts, 'a')).toBe(true)
  expect(await fail(attempts, 'a')).toBe(false)
})

test('many at once: right ones are all let through, of wrong ones five', async () => {
  const attempts = new Attempts(LIMIT, () => 0)
  async function attempt(right: boolean): Promise<boolean> {
    const end = await attempts.begin('a')
    if (!end) return false
    await new Promise((check) => setImmediate(check))
    end(!right)
    return true
  }
  const rights = await Promise.all(Array.from({ length: 40 }, () => attempt(true)))
  expect(rights.every(Boolean)).toBe(true)
  const wrongs = await Promise.all(Array.from({ length: 40 }, () => attempt(false)))
  expect(wrongs.filter(Boolean)).toHaveLength(5)
})

test('those who wait cost their number, not its square, and begin in their order', async () => {
  let looks = 0
  const attempts = new Attempts(LIMIT, () => {
    looks++
    return 0
  })
  const order: number[] = []
  const attempt = async (n: number) => {
    const end = await attempts.begin('a')
    order.push(n)
    await new Promise((check) => setImmediate(check))
    end?.(false)
  }
  await Promise.all(Array.from({ length: 2_000 }, (_, n) => attempt(n)))
  expect(order).toEqual(Array.from({ length: 2_000 }, (_, n) => n))
  expect(looks).toBeLessThan(20_000)
  expect(attempts.size).toBe(0)
})

test('what fails without having been begun counts, and only so much is kept of it as counts', () => {
  let now = 0
  const attempts = new Attempts(LIMIT, () => now)
  for (; now < 2_000; now++) attempts.fail('a')
  expect(attempts.mayTry('a')).toBe(false)
  expect(attempts.mayTry('b')).toBe(true)
  now = 61_994
  expect(attempts.mayTry('a')).toBe(false)
  now = 61_995
  expect(attempts.mayTry('a')).toBe(true)
})

test('what is counted in any case is limited by its address', () => {
  let now = 0
  const attempts = new Attempts({ failures: 2, ms: 1_000 }, () => now)
  const counted = () => attempts.count('a')
  expect([counted(), counted(), counted(), attempts.count('b')]).toEqual([true, true, false, true])
  now = 1_000
  expect(counted()).toBe(true)
})

test('what is old is forgotten', async () => {
  let now = 0
  const attempts = new Attempts(LIMIT, () => now)
  for (let n = 0; n < 1_000; n++) await fail(attempts, `address ${n}`)
  expect(attempts.size).toBeLessThanOrEqual(1_000)
  now = 60_000
  await fail(attempts, 'another')
  expect(attempts.size).toBe(1)
  const end = await attempts.begin('one more')
  expect(attempts.size).toBe(2)
  end?.(false)
  expect(attempts.size).toBe(1)
})

test('allows exactly what counting all failures would', async () => {
  const step = fc.record({
    wait: fc.nat(30_000),
    address: fc.nat(2).map(String),
    succeeds: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      let now = 0
      const attempts = new Attempts(LIMIT, () => now)
      const failures: { address: string; at: number }[] = []
      for (const { wait, address, succeeds } of steps) {
        now += Math.floor(wait / 4)
        const counted = failures.filter((failure) => failure.address === address && now - failure.at < LIMIT.ms)
        const end = await attempts.begin(address)
        expect(end !== undefined).toBe(counted.length < LIMIT.failures)
        end?.(!succeeds)
        if (end && !succeeds) failures.push({ address, at: now })
      }
    }),
  )
})
