import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guestPace, RateBucket, Throttle } from '../../src/transport/rate.ts'

describe('RateBucket', () => {
  it('lets everything through without a rate', () => {
    const pace = new RateBucket({ rate: 0, burst: 1 }, 0)
    for (let n = 0; n < 1_000; n++) expect(pace.take(0)).toBe(0)
  })

  it('lets a burst through, then asks for a pause', () => {
    const pace = new RateBucket({ rate: 10, burst: 20 }, 0)
    for (let n = 0; n < 20; n++) expect(pace.take(0)).toBe(0)
    expect(pace.take(0)).toBe(200)
    expect(pace.take(200)).toBe(0)
  })

  it('fills up again, to the burst and no further', () => {
    const pace = new RateBucket({ rate: 10, burst: 5 }, 0)
    for (let n = 0; n < 5; n++) expect(pace.take(0)).toBe(0)
    for (let n = 0; n < 5; n++) expect(pace.take(3_600_000)).toBe(0)
    expect(pace.take(3_600_000)).toBeGreaterThan(0)
  })

  it('never stops who keeps to the rate', () => {
    const pace = new RateBucket({ rate: 10, burst: 1 }, 0)
    for (let n = 0; n < 1_000; n++) expect(pace.take(n * 100)).toBe(0)
  })

  it('works with a rate below one', () => {
    const pace = new RateBucket({ rate: 0.5, burst: 1 }, 0)
    expect(pace.take(0)).toBe(0)
    const pause = pace.take(0)
    expect(pause).toBeGreaterThanOrEqual(2_000)
    expect(pace.take(pause + 2_000)).toBe(0)
  })

  it('holds a flood that heeds the pauses to the burst and the rate', () => {
    const options = fc.record({ rate: fc.integer({ min: 1, max: 1_000 }), burst: fc.integer({ min: 1, max: 200 }) })
    fc.assert(
      fc.property(options, (options) => {
        const pace = new RateBucket(options, 0)
        let lines = 0
        let now = 0
        while (now < 5_000) {
          lines++
          now += pace.take(now)
        }
        // The last line is let through before the pause it asks for.
        expect(lines).toBeLessThanOrEqual(options.burst + (now * options.rate) / 1_000 + 1)
        expect(lines).toBeGreaterThanOrEqual((5_000 * options.rate) / 1_000 / 2)
      }),
    )
  })

  // Once: the clock is Date.now(); when it is set back, the time that "passed" is negative and the bucket goes deep below
  // empty, so the connection is not read for as long as the clock was set back.
  it('does not stop anybody because the clock is set back', () => {
    const pace = new RateBucket({ rate: 10, burst: 20 }, 3_600_000)
    expect(pace.take(3_600_000)).toBe(0)
    expect(pace.take(0)).toBe(0)
  })
})

describe('guestPace', () => {
  const guest = { rate: 20, burst: 200 }

  it.each([
    [{ rate: 10_000, burst: 20_000 }, guest, guest],
    [{ rate: 0, burst: 1 }, guest, guest],
    [{ rate: 10, burst: 5 }, guest, { rate: 10, burst: 5 }],
    [{ rate: 100, burst: 50 }, guest, { rate: 20, burst: 50 }],
    [
      { rate: 100, burst: 50 },
      { rate: 0, burst: 200 },
      { rate: 100, burst: 50 },
    ],
  ])('is beside %j and %j: %j', (full, given, expected) => {
    expect(guestPace(full, given)).toEqual(expected)
  })
})

describe('Throttle', () => {
  const [slow, fast] = [
    { rate: 1, burst: 10 },
    { rate: 1, burst: 1_000 },
  ]
  const owner = () => ({
    pace: slow,
    pauses: 0,
    throttled() {
      this.pauses++
    },
    ready() {},
  })

  it('takes another pace with its next unit, with the whole burst of it', () => {
    const client = owner()
    const throttle = new Throttle(client)
    throttle.count(10)
    client.pace = fast
    throttle.count(1_000)
    expect(throttle.active).toBe(false)
    client.pace = slow
    throttle.count(11)
    expect(throttle.active).toBe(true)
    expect(client.pauses).toBe(1)
    throttle.release()
  })

  it('ends its pause when it is released, and makes no other', async () => {
    const client = owner()
    const throttle = new Throttle(client)
    throttle.count(1_000)
    const paced = throttle.paced()
    expect(throttle.active).toBe(true)
    throttle.release()
    await paced
    throttle.count(1_000)
    expect(throttle.active).toBe(false)
  })
})
