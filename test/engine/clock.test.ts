import { expect, test } from 'vitest'
import { ClockMonitor, DoubtfulClock } from '../../src/engine/clock.ts'
import { type Event, idAt, timeAt, timeOf } from '../../src/engine/event.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const NOW = Date.UTC(2026, 10, 26)

test('an event has the time of its id, unless that is more than a second ahead of the clock', () => {
  expect(timeAt(idAt(NOW) + 5_000, NOW)).toBe(timeOf(idAt(NOW) + 5_000))
  expect(timeAt(idAt(NOW + 1_000), NOW)).toBe(NOW + 1_000)
  expect(timeAt(idAt(NOW + 1_001), NOW)).toBe(NOW)
  expect(timeAt(idAt(NOW + DAY_MS), NOW)).toBe(NOW)
})

function watched() {
  const reported: number[] = []
  const watch = new ClockMonitor((ms) => reported.push(ms))
  const commit = (at: number, id = idAt(at)) => {
    const event: Event = { id, at, kind: 'message', room: 1, from: 'ann', body: '' }
    watch.committed(event)
  }
  return { reported, commit }
}

test('a clock that goes on, ahead, or back by less than a second is not reported', () => {
  const { reported, commit } = watched()
  for (const at of [NOW, NOW + 5, NOW + DAY_MS, NOW + DAY_MS - 1_000, NOW + DAY_MS + 1]) commit(at)
  expect(reported).toEqual([])
})

test('each time that it goes back is reported once, with how far', () => {
  const { reported, commit } = watched()
  const ahead = idAt(NOW + DAY_MS)
  commit(NOW + DAY_MS)
  for (let n = 1; n < 5; n++) commit(NOW + n, ahead + n)
  expect(reported).toEqual([DAY_MS - 1])
  commit(NOW + HOUR_MS, ahead + 9)
  commit(NOW, ahead + 10)
  commit(NOW + 10)
  expect(reported).toEqual([DAY_MS - 1, HOUR_MS])
})

test('that it went back before the start is reported once', () => {
  const { reported, commit } = watched()
  commit(NOW, idAt(NOW + DAY_MS))
  commit(NOW + 1, idAt(NOW + 2 * DAY_MS))
  expect(reported).toEqual([DAY_MS])
})

function doubtful() {
  const time = { clock: NOW, timer: 500 }
  const clock = new DoubtfulClock(
    () => time.clock,
    () => time.timer,
  )
  const pass = (ms: number, gained = 0) => {
    time.timer += ms
    time.clock += ms + gained
    return clock.now() - NOW
  }
  return { pass }
}

test('a jump ahead is followed after an hour', () => {
  const { pass } = doubtful()
  expect(pass(1_000)).toBe(1_000)
  expect(pass(1_000, 2 * DAY_MS)).toBe(2_000)
  expect(pass(HOUR_MS - 1)).toBe(HOUR_MS + 1_999)
  expect(pass(1)).toBe(HOUR_MS + 2_000 + 2 * DAY_MS)
})

test('a jump ahead that is taken back is not followed, and the next one is doubted anew', () => {
  const { pass } = doubtful()
  expect(pass(0, 365 * DAY_MS)).toBe(0)
  expect(pass(HOUR_MS / 2)).toBe(HOUR_MS / 2)
  expect(pass(0, -365 * DAY_MS)).toBe(HOUR_MS / 2)
  expect(pass(0, DAY_MS)).toBe(HOUR_MS / 2)
  expect(pass(HOUR_MS - 1)).toBe(1.5 * HOUR_MS - 1)
  // Another jump on top of it.
  expect(pass(0, DAY_MS)).toBe(1.5 * HOUR_MS - 1)
  expect(pass(HOUR_MS - 1)).toBe(2.5 * HOUR_MS - 2)
  expect(pass(1)).toBe(2.5 * HOUR_MS - 1 + 2 * DAY_MS)
})

test('a step of less than a minute, and one back, are followed at once', () => {
  const { pass } = doubtful()
  expect(pass(10, 30_000)).toBe(30_010)
  expect(pass(10, -DAY_MS)).toBe(30_020 - DAY_MS)
})
