/** docs/protocols/irc.md, section 8. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { IrcHeartbeat } from '../../../src/protocols/irc/heartbeat.ts'

test('a silent client gets a PING, and its connection ends when it does not answer', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const pings = new IrcHeartbeat({ silenceMs: 120_000, answerMs: 60_000 })
  const told: string[] = []
  const client = (name: string) => {
    const beating = {
      heardAt: performance.now(),
      ask: () => told.push(`${name} asked`),
      lose: () => {
        told.push(`${name} lost`)
        pings.remove(beating)
      },
    }
    pings.add(beating)
    return beating
  }
  const [ann, bob] = [client('ann'), client('bob')]
  vi.advanceTimersByTime(119_000)
  expect(told).toEqual([])
  bob.heardAt = performance.now()
  vi.advanceTimersByTime(1_000)
  expect(told).toEqual(['ann asked'])
  vi.advanceTimersByTime(59_000)
  ann.heardAt = performance.now()
  vi.advanceTimersByTime(1_000 + 60_000)
  expect(told).toEqual(['ann asked', 'bob asked'])
  vi.advanceTimersByTime(60_000)
  expect(told).toEqual(['ann asked', 'bob asked', 'ann asked', 'bob lost'])
  pings.remove(ann)
  expect(vi.getTimerCount()).toBe(0)
})
