import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { logBounded } from '../../src/transport/bounded-log.ts'
import { keptLog } from '../support/log.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

function lines(text: string) {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

test('a line is logged once for each address, then counted for a minute', () => {
  const { log, logged } = keptLog()
  const refuse = (address: string, reason = 'full') => logBounded(log, 'warn', { reason, address }, 'refused')
  for (let n = 0; n < 1_000; n++) refuse('192.0.2.1')
  refuse('192.0.2.2')
  refuse('192.0.2.2')
  refuse('192.0.2.1', 'banned')
  expect(lines(logged())).toMatchObject([
    { msg: 'refused', reason: 'full', address: '192.0.2.1' },
    { msg: 'refused', reason: 'full', address: '192.0.2.2' },
    { msg: 'refused', reason: 'banned', address: '192.0.2.1' },
  ])
  vi.advanceTimersByTime(60_000)
  expect(lines(logged()).slice(3)).toMatchObject([
    { level: 40, msg: 'refused: more within a minute', reason: 'full', more: 1_000, address: '192.0.2.2' },
  ])
  refuse('192.0.2.1')
  expect(lines(logged()).slice(4)).toMatchObject([{ msg: 'refused', address: '192.0.2.1' }])
  vi.advanceTimersByTime(60_000)
  expect(lines(logged())).toHaveLength(5)
})

test('a flood from many addresses writes 20 lines and one', () => {
  const { log, logged } = keptLog()
  for (let n = 0; n < 500; n++) logBounded(log, 'info', { reason: 'full', address: `2001:db8::${n}` }, 'refused')
  vi.advanceTimersByTime(60_000)
  const written = lines(logged())
  expect(written).toHaveLength(21)
  expect(written.at(-1)).toMatchObject({ level: 30, more: 480, address: '2001:db8::499' })
})
