import { expect, test } from 'vitest'
import { SlowMode } from '../../src/chat/slow-mode.ts'

test('a user waits from the last message on, others do not', () => {
  const slow = new SlowMode()
  expect(slow.isOn).toBe(false)
  slow.set(60)
  expect(slow.isOn).toBe(true)
  slow.note('ann', 1_000_000)
  expect(slow.waitOf('ann', 1_000_000)).toBe(60_000)
  expect(slow.waitOf('ann', 1_060_000)).toBe(0)
  expect(slow.waitOf('bob', 1_000_000)).toBeLessThan(0)
  slow.set(30)
  expect(slow.waitOf('ann', 1_000_000)).toBeLessThan(0)
})

test('where the clock goes back, a user waits no longer than otherwise', () => {
  const slow = new SlowMode()
  slow.set(60)
  slow.note('ann', 9_000_000)
  expect(slow.waitOf('ann', 1_000_000)).toBe(60_000)
  expect(slow.waitOf('ann', 1_060_000)).toBe(0)
})

test('as many users are remembered as are bounded, the latest ones', () => {
  const slow = new SlowMode()
  slow.set(86_400)
  for (let number = 0; number < 20_000; number++) slow.note(`user${number}`, 1_000_000 + number)
  expect(slow.waitOf('user0', 1_020_000)).toBeLessThan(0)
  expect(slow.waitOf('user3615', 1_020_000)).toBeLessThan(0)
  expect(slow.waitOf('user3616', 1_020_000)).toBeGreaterThan(0)
  expect(slow.waitOf('user19999', 1_020_000)).toBeGreaterThan(0)
})

test('a guest that joins waits on for the one that has left from its address, once', () => {
  const slow = new SlowMode()
  slow.set(60)
  slow.note('ann', 1_000_000, 'here')
  slow.note('ann', 1_001_000)
  slow.inherit('amy', 'here')
  expect(slow.waitOf('amy', 1_001_000)).toBeLessThan(0)
  slow.setGone('ann', true)
  slow.inherit('bob', 'there')
  slow.inherit('amy', 'here')
  slow.inherit('eve', 'here')
  const waiting = () => ['ann', 'amy', 'bob', 'eve'].filter((key) => slow.waitOf(key, 1_001_000) > 0)
  expect(waiting()).toEqual(['ann', 'amy'])
  slow.setGone('amy', true)
  slow.setGone('amy', false)
  slow.inherit('eve', 'here')
  expect(slow.waitOf('amy', 1_001_000)).toBe(60_000)
  // It was somebody else.
  slow.setGone('ann', false)
  expect(waiting()).toEqual(['ann'])
})

test('a user that changes its nickname waits on, and whoever has the former one then does not', () => {
  const slow = new SlowMode()
  slow.set(60)
  slow.note('ann', 1_000_000)
  slow.rename('ann', 'bob')
  slow.rename('eve', 'bob')
  slow.rename('bob', 'bob')
  expect(slow.waitOf('bob', 1_000_000)).toBe(60_000)
  expect(slow.waitOf('ann', 1_000_000)).toBeLessThan(0)
})
