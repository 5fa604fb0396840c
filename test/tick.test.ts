import { expect, onTestFinished, test, vi } from 'vitest'
import { atTickEnd, committed, nextRound, tickEnd } from '../src/tick.ts'

/** Says what it delivers, all at once. */
class Slow {
  readonly told: number[][] = []
  /** How long writing that takes. */
  ms = 40
  #waiting: number[] = []

  say(...numbers: readonly number[]): void {
    if (this.#waiting.length === 0) atTickEnd('deliver', this)
    this.#waiting.push(...numbers)
    committed(numbers.length, 0)
  }

  deliver(): void {
    this.told.push(this.#waiting)
    this.#waiting = []
    atTickEnd('flush', this)
  }

  flush(): void {
    pass(this.ms)
  }
}

/** Time, in ms, which passes by {@link pass} alone, whatever else the machine does. */
let now = performance.now()

function pass(ms: number): void {
  now += ms
}

test('where writing much takes long, what comes a little later is written with the rest', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  onTestFinished(() => {
    clock.mockRestore()
    vi.useRealTimers()
  })
  const slow = new Slow()
  slow.say(1, 2, 3, 4, 5, 6, 7, 8)
  await tickEnd()
  slow.say(9)
  await nextRound()
  pass(1)
  vi.advanceTimersByTime(1)
  expect(slow.told).toHaveLength(1)
  slow.say(10, 11, 12, 13, 14, 15, 16)
  await nextRound()
  await nextRound()
  expect(slow.told).toEqual([
    [1, 2, 3, 4, 5, 6, 7, 8],
    [9, 10, 11, 12, 13, 14, 15, 16],
  ])
  // Nobody waits for more than that, nor for ever, nor where little is said.
  slow.say(17)
  const ended = tickEnd()
  await nextRound()
  expect(slow.told).toHaveLength(2)
  pass(20)
  vi.advanceTimersByTime(20)
  await ended
  slow.say(18)
  await tickEnd()
  expect(slow.told.slice(2)).toEqual([[17], [18]])
  // For the tests that come after it in this process.
  slow.ms = 0
  slow.say(19)
  await tickEnd()
})
