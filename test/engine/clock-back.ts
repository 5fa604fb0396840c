/** A log whose clock was a year ahead for a while, as one suite for every engine. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Engine, Range } from '../../src/engine/engine.ts'
import { Gone } from '../../src/engine/errors.ts'
import { type Event, idAt, type LogName } from '../../src/engine/event.ts'
import type { EngineObserver, Retention } from '../../src/engine/observer.ts'
import type { ImportTarget } from '../../src/engine/transfer.ts'
import { eventually } from '../support/eventually.ts'
import { readAll, said } from './conformance.ts'

export interface World {
  /** Where events of any ids and times are put before an engine starts. */
  target(): Promise<ImportTarget>
  /** Starts an engine on that. */
  start(keep: Retention, watch: EngineObserver): Promise<Engine>
}

const LOG: LogName = 'room:1'
const DAY_MS = 86_400_000
const LEAD_MS = 365 * DAY_MS
const FOREVER = { days: 0, events: 0 }
const bodies = (events: readonly Event[]) => events.map(({ body }) => body)

/** Puts events into a log of a place where nothing is. */
export async function seed(target: ImportTarget, log: LogName, events: readonly Event[]): Promise<void> {
  const [first, last] = [events[0]?.id ?? 0, events.at(-1)?.id ?? 0]
  await target.beginLog({ name: log, start: first - 1, last })
  for (let from = 0; from < events.length; from += 250) await target.addEvents(events.slice(from, from + 250))
  await target.endLog()
  await target.finish()
  target.close()
}

/** What a log holds: before the clock was wrong, while it was, and behind that, ending days ago. */
export function eventsUntil(end: number): Event[] {
  const events: Event[] = []
  const say = (name: string, id: number, at: number) => {
    events.push({ id, at, kind: 'message', room: 1, from: 'alice', body: `${name} ${events.length}` })
  }
  const begin = end - DAY_MS
  for (let n = 0; n < 300; n++) say('before', idAt(begin + n * 10), begin + n * 10)
  for (let n = 0; n < 300; n++) say('ahead', idAt(begin + LEAD_MS + n), begin + LEAD_MS + n)
  const last = events.at(-1)?.id ?? 0
  for (let n = 0; n < 300; n++) say('behind', last + 1 + n, begin + 10_000 + n * 1_000)
  return events
}

export function clockBack(name: string, make: () => Promise<World>): void {
  describe(`the engine ${name}, when the clock has gone back`, () => {
    let world: World
    let engine: Engine
    let events: Event[]
    let reported: number[]

    beforeEach(async () => {
      world = await make()
      reported = []
    })
    afterEach(() => engine.stop())

    /** Starts on a log that ends so many days ago. */
    async function start(daysAgo: number, keep: Retention = FOREVER): Promise<void> {
      events = eventsUntil(Date.now() - daysAgo * DAY_MS)
      await seed(await world.target(), LOG, events)
      engine = await world.start(keep, {
        trouble: () => {},
        recovered: () => {},
        died: () => {},
        clockWentBack: (ms) => reported.push(ms),
      })
    }

    it('ids go on rising and times are those of the clock, for everybody alike', async () => {
      await start(0)
      const heard: Event[] = []
      engine.logs.follow(LOG, (event) => heard.push(event))
      const before = Date.now()
      const said1 = await engine.logs.append(LOG, said('one'))
      const more = await Promise.all(Array.from({ length: 50 }, (_, n) => engine.logs.append(LOG, said(`more ${n}`))))
      const told = [said1, ...more]
      const after = Date.now()
      let last = events.at(-1)?.id ?? 0
      for (const { id, at } of told) {
        expect(id).toBe(++last)
        expect(at).toBeGreaterThanOrEqual(before)
        expect(at).toBeLessThanOrEqual(after)
      }
      await eventually(() => expect(heard).toEqual(told))
      // From memory, from the store, and over both.
      expect(await readAll(engine, LOG, { after: events.at(-1)?.id ?? 0 })).toEqual(told)
      expect(await readAll(engine, LOG)).toEqual([...events, ...told])
      expect(await readAll(engine, LOG, { limit: 60 })).toEqual([...events, ...told].slice(-60))
      const other = await engine.logs.append('room:2', said('in a log that was not ahead', 2))
      expect(other.id).toBeLessThan(idAt(Date.now() + 1_000))
      await expect(readAll(engine, LOG, { after: last + 1 })).rejects.toThrow(Gone)
    })

    it('is said once, with how far', async () => {
      await start(0)
      expect(reported).toEqual([])
      for (let n = 0; n < 3; n++) await engine.logs.append(LOG, said('hello'))
      expect(reported).toHaveLength(1)
      expect(Math.abs((reported[0] ?? 0) - LEAD_MS)).toBeLessThan(2 * DAY_MS)
    })

    it('the end of a room is dated by the clock too', async () => {
      await start(0)
      const room = await engine.rooms.create({ title: 'Ops', slug: 'ops', visibility: 'public' })
      const log: LogName = `room:${room.id}`
      const heard: Event[] = []
      engine.logs.follow(log, (event) => heard.push(event))
      await engine.memberships.claim(room.id, 'bob')
      await engine.logs.append(log, { kind: 'joined', room: room.id, from: 'bob', body: '' })
      const before = Date.now()
      expect(await engine.rooms.close(room.id)).toBe(true)
      await eventually(() => expect(heard.map(({ kind }) => kind)).toEqual(['joined', 'left', 'closed']))
      for (const { at } of heard.slice(1)) expect(Math.abs(at - before)).toBeLessThan(60_000)
    })

    it.each([false, true])('a range of times gives the events of these times, followed: %j', async (followed) => {
      await start(0)
      if (followed) engine.logs.follow(LOG, () => {})
      for (let n = 0; n < 300; n++) events.push(await engine.logs.append(LOG, said(`now ${n}`)))
      const place = fc.nat(events.length - 1)
      const time = fc.option(fc.tuple(place, fc.integer({ min: -1, max: 1 })), { nil: undefined })
      const asked = fc.record({
        from: time,
        to: time,
        after: fc.option(place),
        limit: fc.option(fc.integer({ min: 1, max: 700 })),
      })
      await fc.assert(
        fc.asyncProperty(asked, async ({ from, to, after, limit }) => {
          const at = ([index, shift]: [number, number]) => (events[index]?.at ?? 0) + shift
          const range: Range = {
            ...(from && { from: at(from) }),
            ...(to && { to: at(to) }),
            ...(after !== null && { after: events[after]?.id ?? 0 }),
            ...(limit !== null && { limit }),
          }
          const { from: start = 0, to: end = Number.MAX_SAFE_INTEGER, after: last = 0 } = range
          const expected = events.filter((event) => event.at >= start && event.at <= end && event.id > last)
          const read = await readAll(engine, LOG, range)
          expect(bodies(read)).toEqual(bodies(limit === null ? expected : expected.slice(-limit)))
        }),
        { numRuns: 60 },
      )
    })

    it('what is older than it is kept goes, and what came while the clock was ahead', async () => {
      await start(5, { days: 2, events: 0 })
      const fresh = await engine.logs.append(LOG, said('fresh'))
      await eventually(async () => expect(bodies(await readAll(engine, LOG))).toEqual(['fresh']), 100)
      expect(await readAll(engine, LOG, { after: events.at(-1)?.id ?? 0 })).toEqual([fresh])
      await expect(readAll(engine, LOG, { after: events.at(-2)?.id ?? 0 })).rejects.toThrow(Gone)
    })

    it('of what is younger nothing goes', async () => {
      // The middle of what came behind the wrong clock is two days old.
      await start(1)
      await engine.stop()
      const middle = (events[750]?.at ?? 0) - 1
      engine = await world.start(
        { days: (Date.now() - middle) / DAY_MS, events: 0 },
        { trouble() {}, recovered() {}, died() {} },
      )
      const fresh = await engine.logs.append(LOG, said('fresh'))
      const left = [...events.slice(750), fresh]
      await eventually(async () => {
        const [oldest] = await readAll(engine, LOG)
        expect(events.findIndex(({ id }) => id === oldest?.id)).toBeGreaterThanOrEqual(750)
      }, 50)
      const kept = await readAll(engine, LOG)
      // Some more may have grown too old meanwhile.
      expect(left.slice(-kept.length)).toEqual(kept)
      expect(kept.length).toBeGreaterThan(10)
    })
  })
}
