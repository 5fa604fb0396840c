/** The inboxes of guests' clients, which end, as one suite for every engine. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Engine } from '../../src/engine/engine.ts'
import { Gone } from '../../src/engine/errors.ts'
import { type Draft, type Event, GUEST_INBOX_MS, idAt, type LogName } from '../../src/engine/event.ts'
import { eventually } from '../support/eventually.ts'
import type { World } from './clock-back.ts'
import { readAll } from './conformance.ts'

const FOREVER = { days: 0, events: 0 }
const HOUR_MS = 3_600_000
/** Inboxes that have ended, the first one with more than is removed at once. */
const ENDED: LogName[] = Array.from({ length: 60 }, (_, n) => `inbox:ann/c${n}` as const)
const MANY = 1_200
const KEPT: LogName[] = ['inbox:ann/young', 'inbox:ann', 'room:1']

const draft = (body: string): Draft => ({ kind: 'private', room: 0, from: 'bob', to: 'ann', body })

export function guestInboxes(name: string, make: () => Promise<World>): void {
  describe(`the engine ${name}, with inboxes of guests that have ended`, () => {
    let engine: Engine
    let troubles: string[]
    const left = new Map<LogName, readonly Event[]>()

    beforeEach(async () => {
      const world = await make()
      troubles = []
      left.clear()
      const target = await world.target()
      for (const log of [...ENDED, ...KEPT]) {
        const at = Date.now() - GUEST_INBOX_MS + (log === 'inbox:ann/young' ? HOUR_MS : -HOUR_MS)
        const texts = Array.from({ length: log === ENDED[0] ? MANY : 2 }, (_, n) => `${log} ${n}`)
        const events = texts.map((body, n) => ({ ...draft(body), id: idAt(at + n), at: at + n }))
        await target.beginLog({ name: log, start: idAt(at) - 1, last: events.at(-1)?.id ?? 0 })
        await target.addEvents(events)
        await target.endLog()
        left.set(log, events)
      }
      await target.finish()
      target.close()
      engine = await world.start(FOREVER, {
        trouble: (reason) => troubles.push(reason),
        recovered: () => {},
        lost: (reason) => troubles.push(reason),
        died: ({ message }) => troubles.push(message),
      })
    })
    afterEach(() => engine.stop())

    it('removes them, and no other log', async () => {
      for (const log of ENDED) await eventually(async () => expect(await readAll(engine, log)).toEqual([]))
      for (const log of ENDED) {
        await eventually(async () => expect(await engine.logs.extent(log)).toEqual({ start: 0, last: 0 }))
      }
      for (const log of KEPT) expect(await readAll(engine, log)).toEqual(left.get(log))
      expect(troubles).toEqual([])
    })

    it('goes on with one that is used again, for those who follow it and those who read', async () => {
      const [log = 'inbox:ann/none'] = ENDED
      const seen: Event[] = []
      engine.logs.follow(log, (event) => seen.push(event))
      await eventually(async () => expect(await engine.logs.extent(log)).toMatchObject({ last: 0 }))
      const before = left.get(log)?.at(-1)?.id ?? 0
      await expect(readAll(engine, log, { after: before - 1 })).rejects.toThrow(Gone)
      const events: Event[] = []
      for (const body of ['one', 'two']) events.push(await engine.logs.append(log, draft(body)))
      expect(events[0]?.id).toBeGreaterThan(before)
      await eventually(() => expect(seen).toEqual(events))
      expect(await readAll(engine, log)).toEqual(events)
      expect(await readAll(engine, log, { after: events[0]?.id ?? 0 })).toEqual(events.slice(1))
      await expect(readAll(engine, log, { after: before - 1 })).rejects.toThrow(Gone)
      expect(troubles).toEqual([])
    })
  })
}
