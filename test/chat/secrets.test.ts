import { expect, test } from 'vitest'
import { Secrets } from '../../src/chat/secrets.ts'

const CHEAP = { ln: 4, r: 8, p: 1 }
const HERE = '127.0.0.1'

test('a hash carries its cost and a salt of its own, and only its secret fits', async () => {
  const secrets = new Secrets(CHEAP)
  const [one, other] = [await secrets.hash('caf\u00e9', HERE), await secrets.hash('caf\u00e9', HERE)]
  expect(one).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  expect(one).not.toBe(other)
  const later = new Secrets({ ln: 5, r: 8, p: 1 })
  for (const stored of [one, other]) {
    expect(await later.verify('cafe\u0301', stored, HERE)).toBe(true)
    for (const wrong of ['cafe', 'caf\u00e9 ', '', 'CAF\u00c9'])
      expect(await secrets.verify(wrong, stored, HERE)).toBe(false)
  }
  expect(await secrets.verify('', undefined, HERE)).toBe(false)
  await expect(secrets.verify('x', 'plain', HERE)).rejects.toThrow('unknown form')
})

test('what is longer than any secret is wrong without a check', async () => {
  const secrets = new Secrets({ ln: 14, r: 8, p: 1 }, 1)
  const longest = 'é'.repeat(1_024)
  const stored = await secrets.hash(longest, HERE)
  expect(await secrets.verify(longest, stored, HERE)).toBe(true)
  let checked = false
  const check = secrets.verify('x', stored, HERE).then(() => {
    checked = true
  })
  expect(await secrets.verify(`${longest}${'\u0301'.repeat(32_000)}`, stored, HERE)).toBe(false)
  expect(checked).toBe(false)
  await check
})

test('checks wait for one another, and too many are refused', async () => {
  const secrets = new Secrets(CHEAP)
  const settled = await Promise.allSettled(Array.from({ length: 70 }, () => secrets.hash('x', HERE)))
  const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  expect(refused).toHaveLength(70 - 66)
  expect(refused[0]).toMatchObject({ code: 'unavailable' })
  expect(await secrets.hash('x', HERE)).toBeTruthy()
})

test('addresses take turns, however many wait at one', async () => {
  const secrets = new Secrets(CHEAP, 1)
  const done: string[] = []
  const check = (address: string) => secrets.hash('x', address).then(() => done.push(address))
  const crowd = Array.from({ length: 60 }, () => check('crowd'))
  await Promise.all([check('alone'), ...crowd])
  expect(done.indexOf('alone')).toBeLessThan(3)
})

test('a check of nobody takes as long as one of somebody', async () => {
  const secrets = new Secrets({ ln: 14, r: 8, p: 1 })
  const stored = await secrets.hash('x', HERE)
  const time = async (hash: string | undefined) => {
    const started = performance.now()
    await secrets.verify('y', hash, HERE)
    return performance.now() - started
  }
  const [known, unknown]: [number[], number[]] = [[], []]
  for (let n = 0; n < 5; n++) {
    known.push(await time(stored))
    unknown.push(await time(undefined))
  }
  // Without a hash it would be a thousandth; the machine may be busy.
  expect(Math.min(...unknown)).toBeGreaterThan(Math.min(...known) / 10)
})
