import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/engine/event.ts'
import { type MemoryLimits, Recent } from '../../src/engine/recent.ts'

function event(id: number, body = ''): Event {
  return { id, at: id, kind: 'message', room: 1, from: 'al', body }
}

const weight = ({ from, body }: Event) => 100 + 2 * (from.length + body.length)

/** The same, as plainly as can be. */
class Model {
  events: Event[] = []
  readonly #limits: MemoryLimits

  constructor(limits: MemoryLimits) {
    this.#limits = limits
  }

  push(event: Event): void {
    this.events.push(event)
    const bytes = () => this.events.reduce((sum, event) => sum + weight(event), 0)
    while (this.events.length > this.#limits.events || bytes() > this.#limits.bytes) this.events.shift()
  }

  trim(id: number): void {
    this.events = this.events.filter((event) => event.id > id)
  }

  range(from: number, to: number): Event[] {
    return this.events.filter(({ id }) => from <= id && id <= to)
  }
}

describe('Recent', () => {
  it('is empty at first', () => {
    const recent = new Recent({ events: 10, bytes: 10_000 })
    expect([recent.size, recent.first, recent.last]).toEqual([0, Number.POSITIVE_INFINITY, 0])
    expect(recent.page(0, 100, 10, 1_000)).toEqual([])
    expect(recent.back(0, 100, 10)).toBeUndefined()
  })

  it('holds nothing of an event that is larger than its bounds', () => {
    const recent = new Recent({ events: 10, bytes: 200 })
    recent.push(event(1))
    recent.push(event(2, 'x'.repeat(100)))
    expect(recent.size).toBe(0)
    expect(recent.first).toBe(Number.POSITIVE_INFINITY)
    recent.push(event(3))
    expect(recent.page(0, 10, 10, 1_000)).toEqual([event(3)])
  })

  it('keeps to its bounds over many events', () => {
    const recent = new Recent({ events: 300, bytes: 1_000_000 })
    for (let id = 1; id <= 5_000; id++) recent.push(event(id))
    expect([recent.size, recent.first, recent.last]).toEqual([300, 4_701, 5_000])
    recent.trim(4_900)
    expect([recent.size, recent.first, recent.last]).toEqual([100, 4_901, 5_000])
  })

  it('is what a plain array is', () => {
    const limits = fc.record({ events: fc.integer({ min: 1, max: 600 }), bytes: fc.integer({ min: 0, max: 80_000 }) })
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 400 }), body: fc.nat(300) }) },
      { weight: 1, arbitrary: fc.record({ trim: fc.nat(3_000) }) },
    )
    const bound = fc.nat(4_000)
    fc.assert(
      fc.property(
        limits,
        fc.array(step, { maxLength: 8 }),
        bound,
        bound,
        fc.integer({ min: 1, max: 50 }),
        fc.nat(10_000),
        (limits, steps, from, to, limit, bytes) => {
          const recent = new Recent(limits)
          const model = new Model(limits)
          let id = 0
          for (const step of steps) {
            if ('trim' in step) {
              recent.trim(step.trim)
              model.trim(step.trim)
              continue
            }
            for (let n = 0; n < step.push; n++) {
              id += 1 + (n % 3)
              const next = event(id, 'x'.repeat(step.body % (n + 2)))
              recent.push(next)
              model.push(next)
            }
          }
          expect(recent.size).toBe(model.events.length)
          expect(recent.first).toBe(model.events[0]?.id ?? Number.POSITIVE_INFINITY)
          if (model.events.length > 0) expect(recent.last).toBe(id)
          const range = model.range(from, to)
          const page = recent.page(from, to, limit, bytes + 1)
          expect(page).toEqual(range.slice(0, page.length))
          const bytesOf = (events: Event[]) => events.reduce((sum, event) => sum + weight(event), 0)
          if (page.length < Math.min(limit, range.length)) expect(bytesOf(page)).toBeGreaterThan(bytes)
          expect(bytesOf(page.slice(0, -1))).toBeLessThanOrEqual(bytes)
          const newest = range.slice(-limit)
          const held = newest.length === limit || from >= recent.first
          const back = recent.back(from, to, limit)
          if (held) expect(range.filter(({ id }) => id >= (back ?? Number.NaN))).toEqual(newest)
          else expect(back).toBeUndefined()
        },
      ),
      { numRuns: 60 },
    )
  })
})
