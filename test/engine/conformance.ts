/** What src/engine/engine.ts says of every engine, as one suite. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Engine, Range } from '../../src/engine/engine.ts'
import { Closed, Gone, Repeated, Shared, Taken } from '../../src/engine/errors.ts'
import type { Draft, Event, EventDetails, LogName, Role } from '../../src/engine/event.ts'
import type { ClaimOptions } from '../../src/engine/memberships.ts'
import { type AccountRecord, blockKey } from '../../src/engine/records.ts'
import { skeletonsOf } from '../../src/engine/skeleton.ts'
import { eventually } from '../support/eventually.ts'

import { blocksWith, createAccount, hasAccountLike, keepBlock, names } from '../support/records.ts'
import { searching } from './searching.ts'

export interface Subject {
  /** Started. */
  readonly engine: Engine
  /** Stops the engine and starts another one on the same data; only where data outlives an engine. */
  readonly restart?: () => Promise<Engine>
  /** Starts one more engine on the same data; only where several may run. */
  readonly another?: () => Promise<Engine>
  /** Stops whatever runs and removes what it has left. */
  readonly cleanup: () => Promise<void>
}

export function said(body: string, room = 1, from = 'alice'): Draft {
  return { kind: 'message', room, from, body }
}

export async function pages(engine: Engine, log: LogName, range: Range = {}): Promise<(readonly Event[])[]> {
  const all: (readonly Event[])[] = []
  for await (const page of engine.logs.read(log, range)) all.push(page)
  return all
}

export async function readAll(engine: Engine, log: LogName, range: Range = {}): Promise<Event[]> {
  return (await pages(engine, log, range)).flat()
}

export async function stateOf(engine: Engine, room: number): Promise<Event[]> {
  const all: Event[] = []
  for await (const events of engine.logs.state(room)) all.push(...events)
  return all
}

const LOG = 'room:1'
const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index))
const bodies = (events: readonly Event[]) => events.map(({ body }) => body)
const tick = () => new Promise((next) => setTimeout(next, 3))

/** `part` is `'logs'` for engines that differ in what they remember of logs, which changes nothing for rooms and records. */
export function conformance(name: string, make: () => Promise<Subject>, part: 'all' | 'logs' = 'all'): void {
  describe(`the engine ${name}`, () => {
    const describeAll = part === 'all' ? describe : () => {}
    let subject: Subject
    let engine: Engine

    beforeEach(async () => {
      subject = await make()
      engine = subject.engine
    })
    afterEach(async () => subject.cleanup())

    /** Appended one after the other, each in a millisecond of its own. */
    async function spread(texts: readonly string[]): Promise<Event[]> {
      const events: Event[] = []
      for (const text of texts) {
        events.push(await engine.logs.append(LOG, said(text)))
        await tick()
      }
      return events
    }

    it('answers a ping', async () => {
      await expect(engine.ping()).resolves.toBeUndefined()
    })

    describe('search', () => searching(() => subject))

    describe('append', () => {
      it('resolves with what was appended, an id and a time', async () => {
        const before = Date.now()
        const event = await engine.logs.append(LOG, said('hello'))
        expect(event).toEqual({ ...said('hello'), id: expect.any(Number), at: expect.any(Number) })
        expect(event.at).toBeGreaterThanOrEqual(before)
        expect(event.at).toBeLessThanOrEqual(Date.now())
        expect(await readAll(engine, LOG)).toEqual([event])
      })

      it('keeps every member of an event, whatever its text', async () => {
        const body = 'é😀\n\t\u202e\' " \\ ; DROP TABLE events'
        const event = await engine.logs.append('inbox:bob', {
          kind: 'private',
          room: 7,
          from: 'Al ice',
          to: 'Bob',
          body,
        })
        expect(await readAll(engine, 'inbox:bob')).toEqual([event])
        expect(event).toMatchObject({ kind: 'private', room: 7, from: 'Al ice', to: 'Bob', body })
      })

      it("keeps the second of the sender's clock, where there is one", async () => {
        const events = [
          await engine.logs.append(LOG, { ...said('hello'), sent: 1_524_700_000 }),
          await engine.logs.append(LOG, { ...said('long ago'), sent: 0 }),
          await engine.logs.append(LOG, said('now')),
        ]
        expect(events.map(({ sent }) => sent)).toEqual([1_524_700_000, 0, undefined])
        expect(await readAll(engine, LOG)).toEqual(events)
      })

      it('appends a draft with a nonce once for each nickname and log', async () => {
        const draft = { ...said('once'), nonce: 'a:1' }
        const first = await engine.logs.append(LOG, draft)
        expect(first).not.toHaveProperty('nonce')
        const [again, other, inRoom, third] = await Promise.allSettled([
          engine.logs.append(LOG, { ...draft, body: 'another text' }),
          engine.logs.append(LOG, { ...draft, from: 'bob' }),
          engine.logs.append('room:2', { ...draft, room: 2 }),
          engine.logs.append(LOG, { ...draft, nonce: 'a:2' }),
        ])
        expect(again).toMatchObject({ status: 'rejected', reason: { name: 'Repeated', id: first.id } })
        expect([other, inRoom, third]).toMatchObject(Array(3).fill({ status: 'fulfilled' }))
        const found = [
          engine.logs.withNonce(LOG, 'alice', 'a:1'),
          engine.logs.withNonce(LOG, 'alice', 'a:2'),
          engine.logs.withNonce(LOG, 'bob', 'a:2'),
          engine.logs.withNonce('room:3', 'alice', 'a:1'),
        ]
        const id = third.status === 'fulfilled' ? third.value.id : undefined
        expect(await Promise.all(found)).toEqual([first.id, id, undefined, undefined])
        const twice = await Promise.allSettled(
          [1, 2].map(() => engine.logs.append(LOG, { ...draft, nonce: 'at once' })),
        )
        const [one] = twice.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
        expect(twice.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { id: one?.id } })
        const log = await readAll(engine, LOG)
        expect(log.map(({ from, body }) => `${from} ${body}`)).toEqual([
          'alice once',
          'bob once',
          'alice once',
          'alice once',
        ])
        if (!subject.restart) return
        engine = await subject.restart()
        await expect(engine.logs.append(LOG, draft)).rejects.toThrow(Repeated)
      })

      it('appends messages together, without those that are repeated', async () => {
        const draft = { ...said('first'), nonce: 'n' }
        const first = await engine.logs.append(LOG, draft)
        const texts = ['a', 'é'.repeat(4_000), 'b'.repeat(4_000), ...numbers(400)]
        const alone = numbers(100).map((text) => engine.logs.append(LOG, said(text.padEnd(2_000))))
        const together = engine.logs.appendAll(LOG, [draft, ...texts.map((text) => said(text))])
        const behind = engine.logs.append(LOG, said('behind'))
        await expect(together[0]).rejects.toMatchObject({ name: 'Repeated', id: first.id })
        const events = await Promise.all([...alone, ...together.slice(1), behind])
        expect(events.slice(100, -1).map(({ body }) => body)).toEqual(texts)
        expect(await readAll(engine, LOG)).toEqual([first, ...events])
        expect(engine.logs.appendAll(LOG, [])).toEqual([])
      })

      it('gives rising ids and times that never fall, in the order of calls', async () => {
        const texts = numbers(3_000)
        const events = await Promise.all(texts.map((text) => engine.logs.append(LOG, said(text))))
        events.push(...(await Promise.all(texts.map((text) => engine.logs.append(LOG, said(text))))))
        expect(bodies(events)).toEqual([...texts, ...texts])
        let last = events[0]
        for (const event of events.slice(1)) {
          if (last && (event.id <= last.id || event.at < last.at)) expect.fail(`${event.id} after ${last.id}`)
          last = event
        }
      })

      it('keeps the order of each log when several are written at once', async () => {
        const logs: LogName[] = ['room:1', 'room:2', 'inbox:bob']
        await Promise.all(numbers(90).map((text, index) => engine.logs.append(logs[index % 3] ?? LOG, said(text))))
        for (const [place, log] of logs.entries()) {
          const expected = numbers(90).filter((_, index) => index % 3 === place)
          expect(bodies(await readAll(engine, log))).toEqual(expected)
        }
      })
    })

    describe('follow', () => {
      it("hands over one log's events in order, each once", async () => {
        const seen: Event[] = []
        engine.logs.follow(LOG, (event) => seen.push(event))
        const appended = await Promise.all(
          numbers(200).flatMap((text) => [
            engine.logs.append(LOG, said(text)),
            engine.logs.append('room:2', said(text, 2)),
          ]),
        )
        expect(seen).toEqual(appended.filter(({ room }) => room === 1))
      })

      it('hands over nothing before the turn in which the promise resolves', async () => {
        const order: string[] = []
        let turn = 0
        let counting = true
        const count = () => {
          turn++
          if (counting) setImmediate(count)
        }
        setImmediate(count)
        let followed = -1
        engine.logs.follow(LOG, () => {
          order.push('followed')
          followed = turn
        })
        await engine.logs.append(LOG, said('hello'))
        order.push('resolved')
        expect(followed === turn || followed === -1).toBe(true)
        await tick()
        counting = false
        expect(order.toSorted()).toEqual(['followed', 'resolved'])
      })

      it('begins with what is committed from now on and ends when told to', async () => {
        await engine.logs.append(LOG, said('before'))
        const one: Event[] = []
        const other: Event[] = []
        const unfollow = engine.logs.follow(LOG, (event) => one.push(event))
        engine.logs.follow(LOG, (event) => other.push(event))
        await engine.logs.append(LOG, said('during'))
        unfollow()
        await engine.logs.append(LOG, said('after'))
        expect(bodies(one)).toEqual(['during'])
        expect(bodies(other)).toEqual(['during', 'after'])
      })

      it('goes on where the last one ends it and another one comes at once', async () => {
        const other = (await subject.another?.()) ?? engine
        for (let round = 0; round < 3; round++) {
          const before: Event[] = []
          const unfollow = engine.logs.follow(LOG, (event) => before.push(event))
          await engine.logs.append(LOG, said('own'))
          await other.logs.append(LOG, said('other'))
          await eventually(() => expect(bodies(before)).toEqual(['own', 'other']))
          const seen: Event[] = []
          unfollow()
          engine.logs.follow(LOG, () => {})()
          const end = engine.logs.follow(LOG, (event) => seen.push(event))
          await engine.logs.append(LOG, said('own'))
          await other.logs.append(LOG, said('other'))
          await eventually(() => expect(bodies(seen)).toEqual(['own', 'other']))
          end()
        }
      })
    })

    // What is read must not depend on whether somebody follows: that decides where an engine finds it.
    describe.each([false, true])('read, followed: %j', (followed) => {
      beforeEach(() => {
        if (followed) engine.logs.follow(LOG, () => {})
      })

      it('gives nothing of a log that has nothing', async () => {
        expect(await readAll(engine, LOG)).toEqual([])
        expect(await readAll(engine, LOG, { from: 0, to: Date.now(), limit: 3 })).toEqual([])
      })

      it('gives everything in bounded pages, also when it is much', async () => {
        const appended = await Promise.all(numbers(2_500).map((text) => engine.logs.append(LOG, said(text))))
        const all = await pages(engine, LOG)
        expect(all.flat()).toEqual(appended)
        expect(all.length).toBeGreaterThan(1)
        expect(Math.max(...all.map((page) => page.length))).toBeLessThanOrEqual(1_000)
        expect(await readAll(engine, LOG, { limit: 2_200 })).toEqual(appended.slice(-2_200))
        expect(await readAll(engine, LOG, { limit: 9_999 })).toEqual(appended)
      })

      it('takes both times as inclusive', async () => {
        const events = await spread(numbers(5))
        const at = (index: number) => events[index]?.at ?? Number.NaN
        expect(await readAll(engine, LOG, { from: at(1), to: at(3) })).toEqual(events.slice(1, 4))
        expect(await readAll(engine, LOG, { from: at(1) + 1, to: at(3) - 1 })).toEqual(events.slice(2, 3))
        expect(await readAll(engine, LOG, { from: at(4) })).toEqual(events.slice(4))
        expect(await readAll(engine, LOG, { to: at(0) })).toEqual(events.slice(0, 1))
        expect(await readAll(engine, LOG, { from: at(3), to: at(1) })).toEqual([])
      })

      it('takes times that are far away', async () => {
        const events = await spread(numbers(2))
        expect(await readAll(engine, LOG, { from: 0, to: Date.UTC(2999, 0) })).toEqual(events)
        expect(await readAll(engine, LOG, { from: Date.UTC(2999, 0) })).toEqual([])
        expect(await readAll(engine, LOG, { to: 0 })).toEqual([])
        expect(await readAll(engine, LOG, { from: -1e15, to: 1e15 })).toEqual(events)
      })

      it('gives the newest so many of the range', async () => {
        const events = await spread(numbers(6))
        expect(await readAll(engine, LOG, { limit: 2 })).toEqual(events.slice(4))
        expect(await readAll(engine, LOG, { limit: 2, to: events[3]?.at ?? 0 })).toEqual(events.slice(2, 4))
        expect(await readAll(engine, LOG, { limit: 9, from: events[3]?.at ?? 0 })).toEqual(events.slice(3))
      })

      it('gives what came after an id', async () => {
        const events = await Promise.all(numbers(6).map((text) => engine.logs.append(LOG, said(text))))
        for (const [index, { id }] of events.entries()) {
          expect(await readAll(engine, LOG, { after: id })).toEqual(events.slice(index + 1))
        }
        const after = events[1]?.id ?? 0
        expect(await readAll(engine, LOG, { after, limit: 2 })).toEqual(events.slice(4))
        expect(await readAll(engine, LOG, { after, from: Date.UTC(2999, 0) })).toEqual([])
      })

      it('gives the bounds of a log', async () => {
        expect(await engine.logs.extent(LOG)).toEqual({ start: 0, last: 0 })
        const [first, last] = await spread(numbers(2))
        const { start, ...extent } = await engine.logs.extent(LOG)
        expect(extent).toEqual({ last: last?.id })
        expect(start).toBeLessThan(first?.id ?? 0)
        expect(await readAll(engine, LOG, { after: start })).toEqual([first, last])
        await engine.logs.clear(LOG)
        await eventually(async () => expect(await engine.logs.extent(LOG)).toEqual({ start: last?.id, last: last?.id }))
      })

      it('refuses an id that is too old, too new or of a log that does not exist', async () => {
        await expect(readAll(engine, LOG, { after: 5 })).rejects.toThrow(Gone)
        const { id } = await engine.logs.append(LOG, said('hello'))
        await expect(readAll(engine, LOG, { after: 0 })).rejects.toThrow(Gone)
        await expect(readAll(engine, LOG, { after: id - 10_000_000 })).rejects.toThrow(Gone)
        await expect(readAll(engine, LOG, { after: id + 1 })).rejects.toThrow(Gone)
        await expect(readAll(engine, 'room:99', { after: id })).rejects.toThrow(Gone)
      })

      it('gives of any range what a list of all events gives', async () => {
        const events: Event[] = []
        for (let burst = 0; burst < 12; burst++) {
          const some = Array.from({ length: 1 + (burst % 4) }, (_, n) => engine.logs.append(LOG, said(`${burst} ${n}`)))
          events.push(...(await Promise.all(some)))
          await tick()
        }
        const place = fc.nat(events.length - 1)
        const time = fc.option(fc.tuple(place, fc.integer({ min: -2, max: 2 })), { nil: undefined })
        const asked = fc.record({
          from: time,
          to: time,
          after: fc.option(place),
          limit: fc.option(fc.integer({ min: 1, max: 40 })),
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
            expect(await readAll(engine, LOG, range)).toEqual(limit === null ? expected : expected.slice(-limit))
          }),
          { numRuns: 150 },
        )
      })

      it('leaves out what is committed after the call', async () => {
        const before = await Promise.all(numbers(1_500).map((text) => engine.logs.append(LOG, said(text))))
        await tick()
        const reading = engine.logs.read(LOG, {})[Symbol.asyncIterator]()
        const first = await reading.next()
        await tick()
        await engine.logs.append(LOG, said('late'))
        const seen: Event[] = first.done ? [] : [...first.value]
        for (let page = await reading.next(); !page.done; page = await reading.next()) seen.push(...page.value)
        expect(seen).toEqual(before)
      })
    })

    it('finds what happened before somebody followed, and after', async () => {
      const events = await spread(['a', 'b'])
      engine.logs.follow(LOG, () => {})
      events.push(...(await spread(['c', 'd'])))
      expect(await readAll(engine, LOG)).toEqual(events)
      expect(await readAll(engine, LOG, { limit: 1 })).toEqual(events.slice(3))
      expect(await readAll(engine, LOG, { limit: 3 })).toEqual(events.slice(1))
      for (const [index, { id }] of events.entries()) {
        expect(await readAll(engine, LOG, { after: id })).toEqual(events.slice(index + 1))
      }
    })

    describeAll('names in a room', () => {
      it('are held once, compared folded', async () => {
        expect(await engine.memberships.claim(1, 'Alice')).toBe(true)
        expect(await engine.memberships.claim(1, 'ALICE')).toBe(false)
        expect(await engine.memberships.claim(1, 'Ａｌｉｃｅ')).toBe(false)
        expect(await engine.memberships.claim(2, 'alice')).toBe(true)
        await engine.memberships.release(1, 'aLiCe')
        expect(await engine.memberships.claim(1, 'alice')).toBe(true)
        expect(await engine.memberships.members(1)).toEqual(['alice'])
      })

      it('are looked up one by one, and whether private messages reach whoever holds them', async () => {
        await engine.memberships.claim(1, 'Alice')
        await engine.memberships.claim(1, 'Bob Ross', { carriesPrivate: false })
        await engine.memberships.claim(2, 'Carol')
        expect(await engine.memberships.member(1, 'ALICE')).toMatchObject({ name: 'Alice', carriesPrivate: true })
        expect(await engine.memberships.member(1, 'bob ross')).toMatchObject({
          name: 'Bob Ross',
          carriesPrivate: false,
        })
        expect(await engine.memberships.member(1, 'carol')).toBeUndefined()
        expect(engine.memberships.holds(1, 'ALICE')).toBe(true)
        await engine.memberships.release(1, 'alice')
        expect(engine.memberships.holds(1, 'alice')).toBe(false)
        expect(await engine.memberships.member(1, 'alice')).toBeUndefined()
      })

      it('go to exactly one of those who ask at the same time', async () => {
        const won = await Promise.all(['bob', 'BOB', 'Bob', 'bOb'].map((name) => engine.memberships.claim(1, name)))
        expect(won.filter(Boolean)).toHaveLength(1)
      })

      it('are as many as a claim allows at most, also of those who ask at the same time on several nodes', async () => {
        const other = (await subject.another?.()) ?? engine
        const claim = (on: Engine, name: string, more: ClaimOptions = {}) =>
          on.memberships.claim(1, name, { most: 2, ...more }).catch((error: unknown) => (error as Error).name)
        expect(await claim(engine, 'ann', { shared: true })).toBe(true)
        const names = ['bob', 'cat', 'dan', 'eve']
        const asked = await Promise.all(names.map((name, place) => claim(place % 2 ? other : engine, name)))
        expect(asked.filter((answer) => answer === true)).toHaveLength(1)
        expect(asked.filter((answer) => answer === 'Full')).toHaveLength(3)
        expect(await engine.memberships.members(1)).toHaveLength(2)
        expect(await claim(engine, 'ann', { most: 1 })).toBe(false)
        expect(await claim(engine, 'fay', { most: 3 })).toBe(true)
        // A user who is in the room through another node needs no place.
        if (other !== engine) expect(await claim(other, 'Ann', { shared: true, most: 1 })).toBe(true)
        for (const on of new Set([engine, other])) await on.memberships.release(1, 'ann')
        expect(await claim(engine, 'gus')).toBe('Full')
        await engine.memberships.release(1, 'fay')
        expect(await claim(other, 'gus')).toBe(true)
      })

      it('are listed as written, in order of claiming', async () => {
        for (const name of ['Carol', 'alice', 'Bob']) await engine.memberships.claim(1, name)
        expect(await engine.memberships.members(1)).toEqual(['Carol', 'alice', 'Bob'])
        expect(await engine.memberships.counts()).toEqual(new Map([[1, 3]]))
        await engine.memberships.release(1, 'carol')
        await engine.memberships.claim(1, 'Carol')
        expect(await engine.memberships.members(1)).toEqual(['alice', 'Bob', 'Carol'])
      })

      it('may be held by several nodes where each of them shares it, and count once', async () => {
        const shared = { shared: true }
        expect(await engine.memberships.claim(1, 'Ann', { shared: true, carriesPrivate: false })).toBe(true)
        // Of one node once.
        expect(await engine.memberships.claim(1, 'ann', shared)).toBe(false)
        expect(await engine.memberships.claim(1, 'ann')).toBe(false)
        await engine.memberships.claim(1, 'Bob')
        await engine.memberships.share(1, 'nobody')
        const other = await subject.another?.()
        if (other) {
          expect(await other.memberships.claim(1, 'ann')).toBe(false)
          expect(await other.memberships.claim(1, 'bob', shared)).toBe(false)
          expect(await engine.memberships.member(1, 'ann')).toMatchObject({ name: 'Ann', carriesPrivate: false })
          expect(await other.memberships.claim(1, 'ANN', shared)).toBe(true)
          await engine.memberships.share(1, 'bob')
          expect(await other.memberships.claim(1, 'bob', shared)).toBe(true)
          expect(await other.memberships.claim(1, 'bob', shared)).toBe(false)
          expect(await engine.memberships.member(1, 'ann')).toMatchObject({ name: 'Ann', carriesPrivate: true })
        }
        const last = other ?? engine
        expect(await last.memberships.members(1)).toEqual(['Ann', 'Bob'])
        expect(await engine.memberships.counts()).toEqual(new Map([[1, 2]]))
        expect(await last.memberships.heldIn('ann')).toEqual([1])
        if (other) {
          await engine.memberships.release(1, 'Ann')
          expect([engine.memberships.holds(1, 'ann'), other.memberships.holds(1, 'ann')]).toEqual([false, true])
          expect(await engine.memberships.members(1)).toEqual(['Ann', 'Bob'])
          expect(await engine.memberships.claim(1, 'ann')).toBe(false)
        }
        await last.memberships.release(1, 'ann')
        expect(await last.memberships.members(1)).toEqual(['Bob'])
        expect(await last.memberships.heldIn('ann')).toEqual([])
        expect(await engine.memberships.claim(1, 'ann')).toBe(true)
      })

      it('may be held by several nodes for one client, until they are shared', async () => {
        const { memberships } = engine
        const client = 'c1'
        expect(await memberships.claim(1, 'Ann', { client, carriesPrivate: false, address: 'a1' })).toBe(true)
        const ann = { name: 'Ann', carriesPrivate: false, address: 'a1', client }
        expect(await memberships.member(1, 'ann')).toMatchObject(ann)
        expect(await memberships.claim(1, 'ann', { client })).toBe(false)
        // Of guests who look alike the first one stays.
        expect(await memberships.resembles('аnn')).toBe(true)
        const other = await subject.another?.()
        if (other) {
          for (const options of [{}, { client: 'c2' }, { shared: true }]) {
            expect(await other.memberships.claim(1, 'ann', options)).toBe(false)
          }
          expect(await other.memberships.claim(1, 'ann', { client })).toBe(true)
          await memberships.release(1, 'ann')
          expect(await other.memberships.member(1, 'ann')).toMatchObject({ carriesPrivate: true, client })
          expect(await memberships.claim(1, 'ann', { client })).toBe(true)
          await other.memberships.release(1, 'ann')
        }
        await memberships.share(1, 'ann')
        expect((await memberships.member(1, 'ann'))?.client).toBeUndefined()
        if (other) {
          expect(await other.memberships.claim(1, 'ann', { client })).toBe(false)
          expect(await other.memberships.claim(1, 'ann', { shared: true })).toBe(true)
          await other.memberships.release(1, 'ann')
        }
        await memberships.release(1, 'ann')
        expect(await memberships.members(1)).toEqual([])
        expect(await memberships.resembles('аnn')).toBe(false)
      })

      it.each([{ shared: true }, { client: 'c1' }])(
        'of one user, %o, come once and go once, with whoever comes first and goes last',
        async (options) => {
          const other = await subject.another?.()
          const present = (kind: 'joined' | 'left'): Draft => ({ kind, room: 1, from: 'Ann', body: '' })
          const come = async (on: Engine) => {
            expect(await on.memberships.claim(1, 'Ann', options)).toBe(true)
            return on.logs.append(LOG, present('joined'))
          }
          const go = async (on: Engine) => {
            try {
              return await on.logs.append(LOG, present('left'))
            } finally {
              await on.memberships.release(1, 'Ann')
            }
          }
          const expected = [await come(engine)]
          if (other) {
            await expect(come(other)).rejects.toThrow(Shared)
            await expect(go(engine)).rejects.toThrow(Shared)
            await expect(engine.logs.append(LOG, present('left'))).rejects.toThrow(Closed)
            await expect(come(engine)).rejects.toThrow(Shared)
            await expect(go(other)).rejects.toThrow(Shared)
          }
          expected.push(await go(engine))
          expected.push(await come(other ?? engine), await go(other ?? engine))
          expect(await readAll(engine, LOG)).toEqual(expected)
        },
      )

      it('of one user who has released its name without a `left` are not those of the next one', async () => {
        const other = (await subject.another?.()) ?? engine
        const joined: Draft = { kind: 'joined', room: 1, from: 'Ann', body: '' }
        for (const [on, options] of [
          [engine, { client: 'c1' }],
          [other, { client: 'c2' }],
          [engine, { shared: true }],
          [other, { client: 'c1' }],
        ] as const) {
          expect(await on.memberships.claim(1, 'Ann', options)).toBe(true)
          expect(await on.logs.append(LOG, joined)).toMatchObject(joined)
          await on.memberships.release(1, 'Ann')
        }
      })

      it('may be released without being held', async () => {
        await engine.memberships.release(1, 'nobody')
        await engine.memberships.release(99, 'nobody')
        expect(await engine.memberships.counts()).toEqual(new Map())
        expect(await engine.memberships.members(99)).toEqual([])
      })
    })

    describeAll('rooms', () => {
      const tech = { title: 'Tech Talk', slug: 'tech', visibility: 'public' } as const

      it('begin with the lobby', async () => {
        const [lobby, ...others] = await engine.rooms.list()
        expect(lobby).toMatchObject({ id: 1, visibility: 'public' })
        expect(others).toEqual([])
      })

      it('get a slug with their number where theirs is empty or taken', async () => {
        const plain = await engine.rooms.create({ title: 'a_b', slug: 'ab', stem: 'ab', visibility: 'public' })
        expect(plain.slug).toBe('ab')
        const taken = await engine.rooms.create({ title: 'a-b', slug: 'ab', stem: 'ab', visibility: 'public' })
        expect(taken).toMatchObject({ title: 'a-b', slug: `ab${taken.id}`, visibility: 'public' })
        const empty = await engine.rooms.create({ title: '日本', slug: '', stem: 'room', visibility: 'public' })
        expect(empty.slug).toBe(`room${empty.id}`)
        const next = empty.id + 2
        await engine.rooms.create({ title: `ab${next}`, slug: `ab${next}`, visibility: 'public' })
        const unlucky = await engine.rooms.create({ title: 'a.b', slug: 'ab', stem: 'ab', visibility: 'public' })
        expect(unlucky.slug).toBe(`ab${next}${unlucky.id}`)
        for (const room of [plain, taken, empty, unlucky]) expect(await engine.rooms.find(room.slug)).toEqual(room)
        const again = { title: 'A_B', slug: 'ab', stem: 'ab', visibility: 'public' } as const
        await expect(engine.rooms.create(again)).rejects.toThrow(Taken)
      })

      it('are watched: being made, a joined, a released name', async () => {
        const seen: number[] = []
        const unwatch = engine.rooms.watch((room) => seen.push(room))
        const { id } = await engine.rooms.create(tech)
        expect(seen).toContain(id)
        seen.length = 0
        await engine.memberships.claim(id, 'ann')
        await engine.logs.append(`room:${id}`, { kind: 'joined', room: id, from: 'ann', body: '' })
        expect(seen).toContain(id)
        expect(await engine.memberships.members(id)).toEqual(['ann'])
        seen.length = 0
        await engine.logs.append(`room:${id}`, { kind: 'left', room: id, from: 'ann', body: '' })
        await engine.memberships.release(id, 'ann')
        expect(seen).toContain(id)
        expect(await engine.memberships.members(id)).toEqual([])
        seen.length = 0
        unwatch()
        await engine.memberships.claim(1, 'ann')
        await engine.memberships.release(1, 'ann')
        expect(seen).toEqual([])
      })

      it('are found by title or slug, without regard to case', async () => {
        const made = await engine.rooms.create(tech)
        expect(made).toEqual({
          ...tech,
          id: made.id,
          description: '',
          createdAt: made.createdAt,
          changedAt: made.createdAt,
        })
        expect(Math.abs(made.createdAt - Date.now())).toBeLessThan(5_000)
        expect(made.id).toBeGreaterThan(1)
        for (const name of ['tech', 'TECH', 'tech talk', 'Tech Talk'])
          expect(await engine.rooms.find(name)).toEqual(made)
        expect(await engine.rooms.find('techno')).toBeUndefined()
        expect(await engine.rooms.list()).toContainEqual(made)
      })

      it('keep who made them, and are found by that', async () => {
        const [here, there] = [{ address: 'here', name: 'Ann' }, { address: 'there' }]
        const room = await engine.rooms.create({ ...tech, maker: here })
        expect(room.maker).toEqual(here)
        const second = await engine.rooms.create({ title: 'b', slug: 'b', visibility: 'public', maker: there })
        expect(second.maker).toEqual(there)
        const third = await engine.rooms.create({ title: 'c', slug: 'c', visibility: 'public', maker: here })
        await engine.rooms.create({ title: 'd', slug: 'd', visibility: 'public' })
        expect(await engine.rooms.madeFrom('there')).toEqual([second])
        const changed = await engine.rooms.change(room.id, { title: 'Tec', slug: 'tec', visibility: 'hidden' })
        expect(changed?.maker).toEqual(here)
        const found = await engine.rooms.madeFrom('here')
        expect(found.toSorted((a, b) => a.id - b.id)).toEqual([changed, third])
        await engine.rooms.close(third.id)
        expect(await engine.rooms.madeFrom('here')).toEqual([changed])
        expect(await engine.rooms.madeFrom('nowhere')).toEqual([])
      })

      it('are made once, whichever of their names is another room’s', async () => {
        await engine.rooms.create(tech)
        const tries = [
          ['TECH TALK', 'other'],
          ['other', 'TECH'],
          ['Tech', 'other'],
          ['other', 'Tech Talk'],
        ] as const
        for (const [title, slug] of tries) {
          await expect(engine.rooms.create({ ...tech, title, slug })).rejects.toThrow(Taken)
        }
        expect(await engine.rooms.list()).toHaveLength(2)
        expect(await engine.rooms.count()).toBe(2)
        expect(await engine.rooms.find('other')).toBeUndefined()
      })

      it('are made by exactly one of those who ask at the same time', async () => {
        const made = await Promise.allSettled(
          ['a', 'A', 'a'].map((n) => engine.rooms.create({ ...tech, title: n, slug: n })),
        )
        expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      })
    })

    describeAll('rooms in which something is said', () => {
      const make = (title: string) => engine.rooms.create({ title, slug: title, visibility: 'hidden' })
      const say = (room: number) => engine.logs.append(`room:${room}`, said('hello', room))
      const silent = async (time: number) => (await Array.fromAsync(engine.rooms.silentSince(time))).flat()
      const ids = (rooms: readonly { id: number }[]) => rooms.map(({ id }) => id).toSorted((a, b) => a - b)

      it('are listed with the time, and are not silent', async () => {
        const [quiet, loud, gone] = [await make('quiet'), await make('loud'), await make('gone')]
        await tick()
        const time = Date.now()
        await tick()
        const young = await make('young')
        expect(await engine.rooms.spokenSince(0)).toEqual([])
        expect(ids(await silent(time))).toEqual([1, quiet.id, loud.id, gone.id])
        expect(ids(await silent(quiet.createdAt))).not.toContain(quiet.id)
        for (const { id } of [loud, loud, gone]) await say(id)
        await engine.logs.append(`room:${quiet.id}`, { kind: 'joined', room: quiet.id, from: 'ann', body: '' })
        await engine.logs.append('inbox:bob', { kind: 'private', room: quiet.id, from: 'ann', to: 'bob', body: 'psst' })
        await engine.rooms.close(gone.id)
        const [spoken, ...others] = await engine.rooms.spokenSince(time)
        expect(others).toEqual([])
        expect(spoken?.room).toEqual(loud)
        expect(spoken?.saidAt).toBeGreaterThanOrEqual(time)
        expect(spoken?.saidAt).toBeLessThanOrEqual(Date.now())
        expect(await engine.rooms.spokenSince((spoken?.saidAt ?? 0) + 1)).toEqual([])
        expect(ids(await silent(time))).toEqual([1, quiet.id])
        expect(ids(await silent(Date.now() + 1_000))).toEqual([1, quiet.id, loud.id, young.id])
      })

      it('are listed, however many, and so are those that are silent', async () => {
        const made = await Promise.all(numbers(1_100).map((n) => make(`room${n}`)))
        await Promise.all(made.map(({ id }) => say(id)))
        expect(ids((await engine.rooms.spokenSince(0)).map(({ room }) => room))).toEqual(ids(made))
        const all = [1, ...ids(made)]
        expect((await engine.rooms.list()).map(({ id }) => id)).toEqual(all)
        const pages = await Array.fromAsync(engine.rooms.silentSince(Date.now() + 1_000))
        expect([...new Set(ids(pages.flat()))]).toEqual(all)
        for (const page of pages) expect(page.length).toBeLessThan(1_100)
      })
    })

    describeAll('a room that changes', () => {
      const old = { title: 'Old', slug: 'old', visibility: 'private', hash: 'h', description: 'about' } as const

      it('is found by its new names and no longer by the old ones, and keeps the rest', async () => {
        const room = await engine.rooms.create(old)
        expect(room).toMatchObject(old)
        const seen: number[] = []
        engine.rooms.watch((id) => seen.push(id))
        const change = { title: 'New One', slug: 'NewOne', visibility: 'hidden' } as const
        const changed = await engine.rooms.change(room.id, change)
        expect(changed).toEqual({ ...room, ...change, changedAt: changed?.changedAt })
        expect(changed?.changedAt).toBeGreaterThan(room.changedAt)
        expect(seen).toContain(room.id)
        expect(await engine.rooms.find('old')).toBeUndefined()
        for (const name of ['new one', 'newone', room.id]) expect(await engine.rooms.find(name)).toEqual(changed)
        expect(await engine.rooms.change(room.id, { description: 'other' })).toMatchObject({ ...change, hash: 'h' })
        const open = await engine.rooms.change(room.id, { visibility: 'public', hash: null })
        expect(open).toMatchObject({ title: 'New One', slug: 'NewOne', description: 'other', visibility: 'public' })
        expect(open).not.toHaveProperty('hash')
        expect(await engine.rooms.change(room.id, { hash: 'again' })).toMatchObject({ hash: 'again' })
        expect(await engine.rooms.create(old)).toMatchObject(old)
      })

      it('keeps its slug with its title, and the lobby in any case', async () => {
        const room = await engine.rooms.create({ ...old, title: 'a-b', slug: 'ab', stem: 'ab' })
        const same = await engine.rooms.change(room.id, {
          title: 'A-B',
          slug: 'AB',
          stem: 'AB',
          visibility: 'private',
        })
        expect(same).toMatchObject({ title: 'A-B', slug: 'AB' })
        const [lobby] = await engine.rooms.list()
        const renamed = await engine.rooms.change(1, { title: 'Plaza', slug: 'Plaza', visibility: 'public' })
        expect(renamed).toMatchObject({ title: 'Plaza', slug: lobby?.slug })
      })

      it('takes no other room’s names, and nothing has changed then', async () => {
        await engine.rooms.create({ title: 'Tech', slug: 'tech', visibility: 'public' })
        const room = await engine.rooms.create(old)
        await expect(engine.rooms.change(room.id, { ...old, title: 'TECH', slug: 'other' })).rejects.toThrow(Taken)
        await expect(engine.rooms.change(room.id, { ...old, title: 'other', slug: 'tech' })).rejects.toThrow(Taken)
        expect(await engine.rooms.find(room.id)).toEqual(room)
        expect(await engine.rooms.change(99, old)).toBeUndefined()
      })
    })

    describe('a room that is closed', () => {
      const presence = (room: number, kind: 'joined' | 'left', from: string): Draft => ({ kind, room, from, body: '' })

      it('ends its log behind a left for everybody, and is not found', async () => {
        const { id } = await engine.rooms.create({ title: 'Short', slug: 'short', visibility: 'public' })
        const log: LogName = `room:${id}`
        const told: string[] = []
        engine.logs.follow(log, ({ kind, from }) => told.push(`${kind} ${from}`.trim()))
        const seen: number[] = []
        engine.rooms.watch((room) => seen.push(room))
        for (const name of ['ann', 'bob', 'eve']) {
          await engine.memberships.claim(id, name)
          await engine.logs.append(log, presence(id, 'joined', name))
        }
        await engine.logs.append(log, presence(id, 'left', 'bob'))
        told.length = 0
        seen.length = 0
        const said1 = engine.logs.append(log, said('before', id))
        const closed = engine.rooms.close(id)
        const behind = engine.logs.append(log, said('behind', id)).catch((error: unknown) => error)
        await said1
        expect(await closed).toBe(true)
        expect(await behind).toBeInstanceOf(Closed)
        await expect(engine.logs.append(log, presence(id, 'left', 'ann'))).rejects.toThrow(Closed)
        expect(told[0]).toBe('message alice')
        expect(told.slice(1, -1).toSorted()).toEqual(['left ann', 'left eve'])
        expect(told.at(-1)).toBe('closed')
        expect(seen).toContain(id)
        for (const name of [id, 'short']) expect(await engine.rooms.find(name)).toBeUndefined()
        expect(await engine.memberships.members(id)).toEqual([])
        expect(await engine.memberships.heldIn('ann')).toEqual([])
        expect(await engine.rooms.close(id)).toBe(false)
      })

      it('leaves its names free and its number unused', async () => {
        const tech = { title: 'Tech', slug: 'tech', visibility: 'public' } as const
        const first = await engine.rooms.create(tech)
        expect(await engine.rooms.close(first.id)).toBe(true)
        const second = await engine.rooms.create(tech)
        expect(second.id).toBeGreaterThan(first.id)
        const event = await engine.logs.append(`room:${second.id}`, said('hello', second.id))
        expect(await readAll(engine, `room:${second.id}`)).toEqual([event])
        expect(await engine.rooms.close(99)).toBe(false)
      })

      it('is closed by exactly one of those who ask at the same time', async () => {
        const { id } = await engine.rooms.create({ title: 'Tech', slug: 'tech', visibility: 'public' })
        const closed = await Promise.all([engine.rooms.close(id), engine.rooms.close(id), engine.rooms.close(id)])
        expect(closed.toSorted()).toEqual([false, false, true])
      })

      it('loses what its log held, in time', async () => {
        const { id } = await engine.rooms.create({ title: 'Tech', slug: 'tech', visibility: 'public' })
        await Promise.all(numbers(1_200).map((text) => engine.logs.append(`room:${id}`, said(text, id))))
        await engine.rooms.close(id)
        await eventually(async () => expect(await readAll(engine, `room:${id}`)).toEqual([]))
      })
    })

    describeAll('notes', () => {
      it('are kept, replaced and forgotten', async () => {
        expect(await engine.records.get('secret', 'a')).toBeUndefined()
        await engine.records.put('secret', 'a', 'one')
        await engine.records.put('secret', 'a', 'two', { expiresAt: Date.now() + 60_000 })
        await engine.records.put('secret', 'b', 'other')
        expect(await engine.records.get('secret', 'a')).toBe('two')
        await engine.records.delete('secret', 'a')
        await engine.records.delete('secret', 'never')
        expect(await engine.records.get('secret', 'a')).toBeUndefined()
        expect(await engine.records.get('secret', 'b')).toBe('other')
      })

      it('end at their time', async () => {
        await engine.records.put('secret', 'a', 'one', { expiresAt: Date.now() + 30 })
        await eventually(async () => expect(await engine.records.get('secret', 'a')).toBeUndefined())
        expect(await engine.records.insertOrGet('secret', 'a', 'two')).toBe('two')
      })

      it('are the first one’s, of several who ask at the same time', async () => {
        const kept = await Promise.all(numbers(20).map((text) => engine.records.insertOrGet('secret', 'secret', text)))
        expect(new Set(kept).size).toBe(1)
        expect(await engine.records.insertOrGet('secret', 'secret', 'late')).toBe(kept[0])
        expect(await engine.records.get('secret', 'secret')).toBe(kept[0])
      })
    })

    describeAll('records', () => {
      const texts = async (...range: Parameters<typeof engine.records.list<'name'>>) =>
        (await Array.fromAsync(engine.records.list(...range))).flat()

      it('resolve with what was there when they are deleted', async () => {
        await engine.records.put('secret', 'a', 'one')
        await engine.records.put('name', 'Ann', 'Ann')
        await engine.records.put('block', blockKey('ann', 'Bob'), { owner: 'ann', name: 'Bob' })
        expect(await engine.records.delete('secret', 'a')).toBe('one')
        expect(await engine.records.delete('name', 'ANN')).toBe('Ann')
        expect(await engine.records.delete('block', blockKey('Ann', 'BOB'))).toEqual({ owner: 'ann', name: 'Bob' })
        for (const kind of ['secret', 'name', 'block'] as const) {
          expect(await engine.records.delete(kind, 'a')).toBeUndefined()
          expect((await Array.fromAsync(engine.records.list(kind))).flat()).toEqual([])
        }
      })

      it('are inserted only where there is none', async () => {
        for (const kind of ['secret', 'name'] as const) {
          expect(await engine.records.insert(kind, 'a', 'one')).toBe(true)
          expect(await engine.records.insert(kind, 'a', 'two')).toBe(false)
          expect(await engine.records.get(kind, 'a')).toBe('one')
          const key = kind === 'name' ? 'A' : 'a'
          await engine.records.put(kind, key, 'three')
          expect(await engine.records.get(kind, 'a')).toBe('three')
        }
        expect(await engine.records.get('secret', 'A')).toBeUndefined()
      })

      it('keep texts of any form', async () => {
        for (const text of ['', '=', '{"a":1}', 'é😀\u2028\n"\\/', '0']) {
          await engine.records.put('secret', '{odd} *', text)
          expect(await engine.records.get('secret', '{odd} *')).toBe(text)
          await engine.records.put('name', text, text)
          expect(await engine.records.get('name', text)).toBe(text)
          const block = { owner: 'a/b', name: text }
          await engine.records.put('block', blockKey('a/b', text), block)
          expect(await engine.records.get('block', blockKey('a/b', text))).toEqual(block)
        }
      })

      it('end at their time, also where they are listed', async () => {
        await engine.records.put('ticket', 'a', 'over', { expiresAt: Date.now() + 30 })
        await engine.records.put('ticket', 'b', 'good', { expiresAt: Date.now() + 60_000 })
        await engine.records.put('secret', 'c', 'other')
        await eventually(async () => expect(await engine.records.get('ticket', 'a')).toBeUndefined())
        expect((await Array.fromAsync(engine.records.list('ticket'))).flat()).toEqual(['good'])
        expect(await engine.records.delete('ticket', 'a')).toBeUndefined()
        await engine.records.put('ticket', 'b', 'endless')
        expect(await engine.records.get('ticket', 'b')).toBe('endless')
      })

      it('are listed in order of appearance and in bounded pages, where the kind is ordered', async () => {
        const names = numbers(2_500).map((n) => `name ${n}`)
        await Promise.all(names.map((name) => engine.records.put('name', name, name)))
        await engine.records.put('name', 'NAME 3', 'Name 3')
        const all = names.with(3, 'Name 3')
        expect(await texts('name')).toEqual(all)
        for await (const page of engine.records.list('name')) expect(page.length).toBeLessThanOrEqual(1_000)
        expect(await texts('name', { skip: 900, limit: 1_200 })).toEqual(all.slice(900, 2_100))
        expect(await texts('name', { skip: 2_499 })).toEqual(all.slice(2_499))
        expect(await texts('name', { limit: 0 })).toEqual([])
        await engine.records.delete('name', 'name 2499')
        await engine.records.delete('name', 'name 0')
        await engine.records.put('name', 'name 0', 'again')
        expect((await texts('name')).slice(-2)).toEqual(['name 2498', 'again'])
      })

      it('are changed by everybody who asks at the same time, one after the other', async () => {
        await createAccount(engine, 'Alice', '')
        const changes = numbers(20).map((n) =>
          engine.records.change('account', 'ALICE', (account) => ({ ...account, hash: `${account.hash} ${n}` })),
        )
        const before = (await Promise.all(changes)).map((account) => account?.hash)
        const { hash = '' } = (await engine.records.get('account', 'alice')) ?? {}
        expect(hash.trim().split(' ').toSorted()).toEqual(numbers(20).toSorted())
        expect(new Set(before).size).toBe(20)
        expect(await engine.records.isTaken('account', skeletonsOf('Alice'))).toBe(true)
      })

      it('of which one is removed while it is changed stay removed', async () => {
        await createAccount(engine, 'Alice', 'hash')
        const change = (account: AccountRecord) => ({ ...account, hash: 'new' })
        await Promise.all([
          engine.records.change('account', 'alice', change),
          engine.records.delete('account', 'alice'),
        ])
        expect(await engine.records.get('account', 'alice')).toBeUndefined()
        expect(await engine.records.isTaken('account', skeletonsOf('Alice'))).toBe(false)
      })
    })

    it('tells in which rooms a name is held', async () => {
      expect(await engine.memberships.heldIn('alice')).toEqual([])
      await engine.memberships.claim(1, 'Alice')
      await engine.memberships.claim(7, 'alice')
      await engine.memberships.claim(7, 'bob')
      expect((await engine.memberships.heldIn('ALICE')).toSorted()).toEqual([1, 7])
      await engine.memberships.release(1, 'alice')
      expect(await engine.memberships.heldIn('alice')).toEqual([7])
    })

    it('tells whether a name looks like another one that was claimed first, in any room and on any node', async () => {
      const other = (await subject.another?.()) ?? engine
      const looks = (name: string) => other.memberships.resembles(name)
      const { memberships } = engine
      await memberships.claim(1, 'Bob')
      await memberships.claim(2, 'bob')
      expect([await looks('bob'), await looks('ＢOB'), await looks('rob')]).toEqual([false, false, false])
      expect([await looks('bоb'), await looks('B0b')]).toEqual([true, true])
      // Of those that come at the same moment the first one stays.
      await other.memberships.claim(3, 'b0b')
      expect([await looks('bob'), await looks('b0b')]).toEqual([false, true])
      await memberships.release(1, 'bob')
      expect(await looks('b0b')).toBe(true)
      await memberships.release(2, 'bob')
      expect([await looks('bob'), await looks('b0b')]).toEqual([true, false])
      await other.memberships.release(3, 'b0b')
      expect(await looks('bob')).toBe(false)
      // An upper I looks like an l, and accounts are not asked here.
      await memberships.claim(1, 'AIice')
      await memberships.claim(1, 'carol', { shared: true })
      expect([await looks('alice'), await looks('aiice'), await looks('caroI')]).toEqual([true, false, false])
      const { id } = await engine.rooms.create({ title: 'brief', slug: 'brief', visibility: 'public' })
      await memberships.claim(id, 'dora')
      expect(await looks('d0ra')).toBe(true)
      await engine.rooms.close(id)
      await eventually(async () => expect(await looks('d0ra')).toBe(false))
    })

    it('finds a room by its number', async () => {
      const room = await engine.rooms.create({ title: '1', slug: 'one', visibility: 'public' })
      expect(await engine.rooms.find(1)).toMatchObject({ id: 1, title: 'Public Chat' })
      expect(await engine.rooms.find(room.id)).toEqual(room)
      expect(await engine.rooms.find('1')).toEqual(room)
      expect(await engine.rooms.find(99)).toBeUndefined()
    })

    describeAll('accounts', () => {
      it('are found by name, without regard to case, as registered', async () => {
        expect(await engine.records.get('account', 'alice')).toBeUndefined()
        expect(await createAccount(engine, 'Alice', 'hash')).toBe(true)
        for (const name of ['Alice', 'ALICE', 'Ａｌｉｃｅ']) {
          expect(await engine.records.get('account', name)).toEqual({
            name: 'Alice',
            hash: 'hash',
            createdAt: expect.any(Number),
          })
        }
        expect(Math.abs(((await engine.records.get('account', 'alice'))?.createdAt ?? 0) - Date.now())).toBeLessThan(
          5_000,
        )
        expect(await engine.records.get('account', 'alic')).toBeUndefined()
      })

      it('are made once, by exactly one of those who ask at the same time', async () => {
        const tries = numbers(50).map((n) => createAccount(engine, Number(n) % 2 ? 'bob' : 'BOB', `hash ${n}`))
        const won = (await Promise.all(tries)).flatMap((made, n) => (made ? [n] : []))
        expect(won).toHaveLength(1)
        expect(await engine.records.get('account', 'bob')).toMatchObject({ hash: `hash ${won[0]}` })
      })
    })

    describeAll('accounts, of which some go', () => {
      const all = async () => {
        const names = (await Array.fromAsync(engine.records.list('account'))).flat().map(({ name }) => name)
        return [...new Set(names)].toSorted()
      }

      it('are listed, however many', async () => {
        expect(await all()).toEqual([])
        const names = numbers(1_200).map((n) => `name${n}`)
        await Promise.all(names.map((name) => createAccount(engine, name, 'hash')))
        expect(await all()).toEqual(names.toSorted())
      })

      it('get another hash, and keep the rest', async () => {
        await createAccount(engine, 'Alice', 'hash')
        const before = await engine.records.get('account', 'alice')
        expect(await engine.records.change('account', 'ALICE', (account) => ({ ...account, hash: 'other' }))).toEqual(
          before,
        )
        expect(await engine.records.get('account', 'alice')).toEqual({ ...before, hash: 'other' })
        expect(
          await engine.records.change('account', 'nobody', (account) => ({ ...account, hash: 'hash' })),
        ).toBeUndefined()
        expect(await all()).toEqual(['Alice'])
      })

      it('are removed once, and may be made again', async () => {
        await createAccount(engine, 'Alice', 'hash')
        await createAccount(engine, 'bob', 'hash')
        const before = await engine.records.get('account', 'alice')
        const removed = await Promise.all(
          ['Alice', 'ALICE', 'alice'].map((name) => engine.records.delete('account', name)),
        )
        expect(removed.filter((account) => account !== undefined)).toEqual([before])
        expect(await engine.records.get('account', 'alice')).toBeUndefined()
        expect(await all()).toEqual(['bob'])
        // That it was seen stays.
        expect(await engine.records.get('name', 'alice')).toBe('Alice')
        expect(await createAccount(engine, 'ALICE', 'new')).toBe(true)
        expect(await engine.records.get('account', 'alice')).toMatchObject({ name: 'ALICE', hash: 'new' })
      })
    })

    describe('a log that is cleared', () => {
      it.each([false, true])('holds nothing, and goes on, followed: %j', async (followed) => {
        const heard: Event[] = []
        if (followed) engine.logs.follow('inbox:ann', (event) => heard.push(event))
        const draft: Draft = { kind: 'private', room: 1, from: 'bob', to: 'ann', body: 'psst' }
        const before = await Promise.all(numbers(1_200).map(() => engine.logs.append('inbox:ann', draft)))
        const other = await engine.logs.append('inbox:bob', draft)
        await engine.logs.clear('inbox:ann')
        await eventually(async () => expect(await readAll(engine, 'inbox:ann')).toEqual([]))
        expect(await readAll(engine, 'inbox:ann', { limit: 5 })).toEqual([])
        const after = await engine.logs.append('inbox:ann', draft)
        expect(after.id).toBeGreaterThan(before.at(-1)?.id ?? Number.NaN)
        expect(await readAll(engine, 'inbox:ann')).toEqual([after])
        await expect(readAll(engine, 'inbox:ann', { after: before[0]?.id ?? 0 })).rejects.toThrow(Gone)
        expect(await readAll(engine, 'inbox:ann', { after: before.at(-1)?.id ?? 0 })).toEqual([after])
        expect(await readAll(engine, 'inbox:bob')).toEqual([other])
        if (followed) expect(heard).toEqual([...before, after])
        await engine.logs.clear('inbox:nobody')
      })
    })

    describeAll('kept blocks', () => {
      it('are found by owner and by whom they are against, in order of keeping', async () => {
        expect(await blocksWith(engine, 'alice')).toEqual([])
        for (const name of ['Zoe', 'Bob', 'bob']) await keepBlock(engine, 'Alice', name)
        await keepBlock(engine, 'carol', 'ALICE')
        const own = [
          { owner: 'alice', name: 'Zoe' },
          { owner: 'alice', name: 'bob' },
        ]
        expect(await blocksWith(engine, 'aLiCe')).toEqual([...own, { owner: 'carol', name: 'ALICE' }])
        expect(await blocksWith(engine, 'BOB')).toEqual(own.slice(1))
        await engine.records.delete('block', blockKey('ALICE', 'zoe'))
        await engine.records.delete('block', blockKey('alice', 'nobody'))
        expect(await blocksWith(engine, 'zoe')).toEqual([])
      })
    })

    describeAll('names of accounts', () => {
      it('are told apart from those that look like them', async () => {
        expect(await hasAccountLike(engine, 'admin')).toBe(false)
        expect(await createAccount(engine, 'Admin', 'hash')).toBe(true)
        const alike = ['admin', 'ADMIN', 'аdmin', 'АDMIN', 'adrnin', 'ａｄｍｉｎ']
        for (const name of alike) expect(await hasAccountLike(engine, name), name).toBe(true)
        for (const name of ['admit', 'adnin', 'admin2']) expect(await hasAccountLike(engine, name), name).toBe(false)
        expect(await createAccount(engine, 'аdmin', 'other')).toBe(false)
        expect(await engine.records.get('account', 'аdmin')).toBeUndefined()
        expect(await engine.records.get('account', 'admin')).toMatchObject({ name: 'Admin', hash: 'hash' })
        const made = await Promise.all(['bob', 'ВОВ', 'b0b', 'Bob'].map((name) => createAccount(engine, name, 'hash')))
        expect(made.filter(Boolean)).toHaveLength(1)
        await Promise.all(Array.from({ length: 50 }, (_, n) => createAccount(engine, `user${n}`, 'hash')))
        expect(await hasAccountLike(engine, 'user4l')).toBe(true)
        expect(await hasAccountLike(engine, 'user5l')).toBe(false)
      })

      it('keep nobody from those that look like them once they are removed', async () => {
        await createAccount(engine, 'Admin', 'hash')
        await createAccount(engine, 'bob', 'hash')
        await engine.records.delete('account', 'admin')
        expect(await hasAccountLike(engine, 'admin')).toBe(false)
        expect(await hasAccountLike(engine, 'b0b')).toBe(true)
        expect(await createAccount(engine, 'аdmin', 'hash')).toBe(true)
        expect(await hasAccountLike(engine, 'admin')).toBe(true)
        expect(await createAccount(engine, 'b0b', 'hash')).toBe(false)
      })
    })

    describeAll('names seen', () => {
      it('are those that have joined or registered, each once, in order of appearance', async () => {
        const join = (from: string) => engine.logs.append(LOG, { kind: 'joined', room: 1, from, body: '' })
        expect(await names(engine, 9)).toEqual([])
        for (const name of ['Zoe', 'ZOE', 'bob']) await join(name)
        await engine.logs.append(LOG, said('hello', 1, 'carol'))
        await createAccount(engine, 'Dave', 'hash')
        await createAccount(engine, 'Bob', 'hash')
        expect(await names(engine, 9)).toEqual(['Zoe', 'Bob', 'Dave'])
        expect(await names(engine, 2)).toEqual(['Zoe', 'Bob'])
        expect(await names(engine, 9, 1)).toEqual(['Bob', 'Dave'])
        expect(await names(engine, 1, 1)).toEqual(['Bob'])
        expect(await names(engine, 9, 3)).toEqual([])
        expect(await engine.records.get('name', 'zoe')).toBe('Zoe')
        expect(await engine.records.get('name', 'BOB')).toBe('Bob')
        expect(await engine.records.get('name', 'carol')).toBeUndefined()
      })
    })

    describe('the state of a room', () => {
      const role = (to: string, on: boolean, guest?: true): Draft => ({
        kind: 'role',
        room: 1,
        from: 'op',
        to,
        body: 'why',
        details: { role: 'voiced', on, ...(guest && { guest }) },
      })
      const topic = (body: string): Draft => ({ kind: 'topic', room: 1, from: 'op', body })
      const moderated = (on: boolean): Draft => ({
        kind: 'mode',
        room: 1,
        from: 'op',
        body: '',
        details: { flag: 'moderated', on },
      })
      const state = async (room = 1) => (await stateOf(engine, room)).sort((a, b) => a.id - b.id)

      it('has the last event of each key that is set', async () => {
        expect(await state()).toEqual([])
        const drafts = [topic('one'), role('Ann', true), moderated(true), role('bob', true), topic('two')]
        drafts.push(role('ANN', false), moderated(false), role('eve', true))
        const events = await Promise.all(drafts.map((draft) => engine.logs.append(LOG, draft)))
        expect(await state()).toEqual([events[3], events[4], events[7]])
        expect(await state(2)).toEqual([])
        expect(await readAll(engine, LOG)).toEqual(events)
        await engine.logs.append(LOG, topic(''))
        expect(await state()).toEqual([events[3], events[7]])
      })

      it('loses the role of a guest with their left or kicked', async () => {
        for (const from of ['Ann', 'bob']) await engine.logs.append(LOG, { kind: 'joined', room: 1, from, body: '' })
        await engine.logs.append(LOG, role('ann', true, true))
        await engine.logs.append(LOG, role('bob', true, true))
        const account = await engine.logs.append(LOG, role('ann', true))
        await engine.logs.append(LOG, { kind: 'left', room: 1, from: 'Ann', body: '' })
        expect((await state()).map(({ to }) => to)).toEqual(['bob', 'ann'])
        await engine.logs.append(LOG, { kind: 'kicked', room: 1, from: 'op', to: 'bob', body: '' })
        expect(await state()).toEqual([account])
      })

      it('has no role of a guest who is not there, and none of the guest before', async () => {
        const presence = (kind: 'joined' | 'left', from: string): Draft => ({ kind, room: 1, from, body: '' })
        await expect(engine.logs.append(LOG, role('ann', true, true))).rejects.toThrow(Closed)
        const leaving = [presence('joined', 'Ann'), presence('left', 'Ann'), role('Ann', true, true)]
        leaving.push(presence('joined', 'Ann'))
        const done = await Promise.allSettled(leaving.map((draft) => engine.logs.append(LOG, draft)))
        expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
        expect(done[2]).toMatchObject({ reason: { name: 'Closed' } })
        expect(await state()).toEqual([])
        const given = await engine.logs.append(LOG, role('ANN', true, true))
        expect(await state()).toEqual([given])
        // As after a crash that nobody has noticed.
        await engine.logs.append(LOG, presence('joined', 'Ann'))
        expect(await state()).toEqual([])
        const founder = { ...presence('joined', 'Ann'), details: { role: 'operator', guest: true } } as const
        const founded = await engine.logs.append(LOG, founder)
        expect(await state()).toEqual([founded])
        await engine.logs.append(LOG, presence('left', 'Ann'))
        await expect(engine.logs.append(LOG, role('ann', false, true))).rejects.toThrow(Closed)
        // An account need not be there.
        const account = await engine.logs.append(LOG, role('ann', true))
        expect(await state()).toEqual([account])
      })

      it('can be read by a single key', async () => {
        const about = await engine.logs.append(LOG, topic('about'))
        const voiced = await engine.logs.append(LOG, role('Ann', true))
        expect(await engine.logs.stateOfKey(1, 'topic')).toEqual(about)
        expect(await engine.logs.stateOfKey(1, 'voiced:ann')).toEqual(voiced)
        expect(await engine.logs.stateOfKey(1, 'owner')).toBeUndefined()
        expect(await engine.logs.stateOfKey(2, 'topic')).toBeUndefined()
      })

      it('is read in pages when it is large, and has all that is committed before and whole', async () => {
        const names = numbers(1_100).map((number) => `name${number}`)
        const roles = await Promise.all(names.map((name) => engine.logs.append(LOG, role(name, true))))
        const pages: (readonly Event[])[] = []
        const changes: Promise<Event>[] = []
        for await (const page of engine.logs.state(1)) {
          pages.push(page)
          // Changes between the pages move none of the other keys.
          changes.push(engine.logs.append(LOG, role(names[pages.length] ?? '', false)))
          changes.push(engine.logs.append(LOG, role(`late${pages.length}`, true)))
          await Promise.all(changes)
        }
        expect(pages.length).toBeGreaterThan(2)
        expect(Math.max(...pages.map(({ length }) => length))).toBeLessThan(300)
        const changed = new Set((await Promise.all(changes)).map(({ to }) => to))
        const found = pages.flat().filter(({ to }) => !changed.has(to))
        const expected = roles.filter(({ to }) => !changed.has(to))
        expect(found.sort((a, b) => a.id - b.id)).toEqual(expected)
      })

      it('is read for a user without the bans, mutes and invitations of others when it is large', async () => {
        const of = (to: string, role: Role, details: EventDetails = {}): Draft => {
          return { kind: 'role', room: 1, from: 'op', to, body: '', details: { role, on: true, ...details } }
        }
        const small = [topic('about'), of('Eve', 'banned'), of('mallory', 'banned')]
        const first = await Promise.all(small.map((draft) => engine.logs.append(LOG, draft)))
        const partFor = async (key: string, addressDigest?: string) => {
          const { isWhole, pages } = await engine.logs.stateFor(1, { key, addressDigest })
          const events = (await Array.fromAsync(pages)).flat()
          const ids = new Set(events.map(({ id }) => id))
          return { isWhole, has: (event?: Event) => event !== undefined && ids.has(event.id), size: ids.size }
        }
        const whole = await partFor('ann')
        expect([whole.isWhole, whole.size]).toEqual([true, 3])

        const others = numbers(600).map((n) =>
          of(`raider${n}`, (['banned', 'muted', 'invited'] as const)[Number(n) % 3] ?? 'banned', { address: `d${n}x` }),
        )
        const mine = [
          of('Ann', 'banned', { until: Date.now() + 60_000 }),
          of('Ann', 'muted'),
          of('Ann', 'invited', { account: '7' }),
          of('a*', 'banned'),
          of('*z*', 'muted'),
          of('bob', 'operator', { account: '8' }),
          of('bob', 'voiced', { account: '8' }),
          of('was', 'muted', { address: 'abc' }),
          of('other', 'banned', { address: 'abc' }),
        ]
        const appended = await Promise.all([...others, ...mine].map((draft) => engine.logs.append(LOG, draft)))
        const part = await partFor('ann', 'abc')
        expect(part.isWhole).toBe(false)
        for (const event of [first[0], ...appended.slice(600)]) expect(part.has(event), event?.to).toBe(true)
        expect(part.size).toBeLessThan(20)
        // Only the nickname, with its letters as they were given, or an address of another one.
        expect((await partFor('eve')).has(first[1])).toBe(true)
        expect((await partFor('eve')).has(first[2])).toBe(false)
        expect((await partFor('new', 'd17x')).has(appended[17])).toBe(true)
        expect((await partFor('new', 'd17x')).has(appended[18])).toBe(false)
        await engine.logs.append(LOG, of('raider17', 'invited', { on: false }))
        expect((await partFor('raider17', 'd17x')).has(appended[17])).toBe(false)
        const [was, other] = appended.slice(-2)
        await engine.logs.append(LOG, of('Other', 'banned', { on: false }))
        const again = await engine.logs.append(LOG, of('WAS', 'muted', { address: 'def' }))
        const [old, present] = [await partFor('new', 'abc'), await partFor('new', 'def')]
        expect([old.has(was), old.has(other), old.has(again)]).toEqual([false, false, false])
        expect([present.has(was), present.has(again)]).toEqual([false, true])
        await engine.logs.append(LOG, topic('news'))
        expect((await partFor('ann')).has(first[0])).toBe(false)
      })

      it('has no role that has ended', async () => {
        const ban = (to: string, until: number): Draft => {
          const details = { role: 'banned', on: true, until } as const
          return { kind: 'role', room: 1, from: 'op', to, body: '', details }
        }
        const now = Date.now()
        for (let n = 0; n < 600; n++) void engine.logs.append(LOG, ban(`ended${n}`, now - 1))
        const lasting = await engine.logs.append(LOG, ban('eve', now + 60_000))
        const soon = await engine.logs.append(LOG, ban('mallory', Date.now() + 200))
        expect(await engine.logs.stateOfKey(1, 'banned:ended5')).toBeUndefined()
        await eventually(async () => expect(await state()).toEqual([lasting]))
        expect(soon.details?.until).toBeLessThanOrEqual(Date.now())
      })

      it('ends with the room', async () => {
        const { id } = await engine.rooms.create({ title: 'Short', slug: 'short', visibility: 'public' })
        await engine.logs.append(`room:${id}`, { ...topic('about'), room: id })
        expect(await state(id)).toHaveLength(1)
        await engine.rooms.close(id)
        expect(await state(id)).toEqual([])
      })

      it('is there after a restart', async ({ skip }) => {
        if (!subject.restart) return skip('nothing outlives this engine')
        const set = await engine.logs.append(LOG, topic('about'))
        engine = await subject.restart()
        expect(await state()).toEqual([set])
      })
    })

    describe('a user who is kicked', () => {
      const presence = (kind: 'joined' | 'left', from: string): Draft => ({ kind, room: 1, from, body: '' })
      const kicked: Draft = { kind: 'kicked', room: 1, from: 'op', to: 'Bob', body: 'why' }

      it('is out of the room once, without a left', async () => {
        await engine.memberships.claim(1, 'Bob')
        await expect(engine.logs.append(LOG, kicked)).rejects.toThrow(Closed)
        await engine.logs.append(LOG, presence('joined', 'Bob'))
        const both = await Promise.allSettled(
          [kicked, presence('left', 'Bob'), kicked].map((d) => engine.logs.append(LOG, d)),
        )
        expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
        expect(both[1]).toMatchObject({ reason: { name: 'Closed' } })
        // The name is given up by whoever holds it.
        expect(await engine.memberships.members(1)).toEqual(['Bob'])
        await engine.memberships.release(1, 'Bob')
        await engine.memberships.claim(1, 'Bob')
        await engine.logs.append(LOG, presence('joined', 'Bob'))
        expect((await readAll(engine, LOG)).map(({ kind }) => kind)).toEqual(['joined', 'kicked', 'joined'])
      })

      it('does not come back under another nickname', async () => {
        const renamed = (from: string, to: string): Draft[] => [
          { ...presence('left', from), details: { renamed: to } },
          { ...presence('joined', to), details: { renamed: from } },
        ]
        for (const name of ['Bob', 'rob', 'Rob']) await engine.memberships.claim(1, name)
        await engine.logs.append(LOG, presence('joined', 'Bob'))
        await Promise.all(engine.logs.appendAll(LOG, renamed('Bob', 'rob')))
        await Promise.all(engine.logs.appendAll(LOG, renamed('rob', 'Rob')))
        const refused = [
          ...engine.logs.appendAll(LOG, renamed('Bob', 'rob')),
          ...engine.logs.appendAll(LOG, renamed('eve', 'rob')),
        ]
        for (const one of refused) await expect(one).rejects.toThrow(Closed)
        const late = [
          engine.logs.append(LOG, { ...kicked, to: 'Rob' }),
          ...engine.logs.appendAll(LOG, renamed('Rob', 'Bob')),
        ]
        expect((await Promise.allSettled(late)).map(({ status }) => status)).toEqual([
          'fulfilled',
          'rejected',
          'rejected',
        ])
        const told = (await readAll(engine, LOG)).map(({ kind, from }) => `${kind} ${from}`)
        expect(told).toEqual(['joined Bob', 'left Bob', 'joined rob', 'left rob', 'joined Rob', 'kicked op'])
        // The room is there still, and whoever has been kicked comes again.
        expect(await engine.rooms.find(1)).toBeDefined()
        await engine.logs.append(LOG, presence('joined', 'Bob'))
      })

      it('gets no left after a crash', async ({ skip }) => {
        if (!subject.restart) return skip('nothing outlives this engine')
        await engine.memberships.claim(1, 'Bob')
        await engine.logs.append(LOG, presence('joined', 'Bob'))
        await engine.logs.append(LOG, kicked)
        engine = await subject.restart()
        expect((await readAll(engine, LOG)).map(({ kind }) => kind)).toEqual(['joined', 'kicked'])
      })
    })

    describe('a message that is redacted', () => {
      const redacted = (target: number): Draft => ({
        kind: 'redacted',
        room: 1,
        from: 'op',
        to: 'alice',
        body: '',
        details: { target },
      })

      it('is gone from the log and from memory; ids and limits are not affected', async () => {
        const seen: Event[] = []
        engine.logs.follow(LOG, (event) => seen.push(event))
        const events = await spread(['one', 'two', 'three'])
        const mark = await engine.logs.append(LOG, redacted(events[1]?.id ?? 0))
        await eventually(() => expect(seen).toHaveLength(4))
        expect(await readAll(engine, LOG)).toEqual([events[0], events[2], mark])
        expect(await readAll(engine, LOG, { limit: 2 })).toEqual([events[2], mark])
        expect(await readAll(engine, LOG, { after: events[0]?.id ?? 0 })).toEqual([events[2], mark])
        expect(await readAll(engine, LOG, { after: events[1]?.id ?? 0 })).toEqual([events[2], mark])
        // A second time, and something that is no message.
        await engine.logs.append(LOG, redacted(events[1]?.id ?? 0))
        expect((await engine.logs.append(LOG, said('four'))).id).toBeGreaterThan(mark.id)
      })
    })

    describe('a message with a nonce that is redacted', () => {
      it('is not appended when it is sent again, by its sender and to its log only', async () => {
        const draft = { ...said('once'), nonce: 'a:1' }
        const { id } = await engine.logs.append(LOG, draft)
        const other = await engine.logs.append(LOG, said('other'))
        const mark: Draft = { kind: 'redacted', room: 1, from: 'op', body: '', details: { target: id } }
        const marked = await engine.logs.append(LOG, mark)
        for (let n = 0; n < 2; n++) {
          await expect(engine.logs.append(LOG, draft)).rejects.toMatchObject({ name: 'Repeated', id })
        }
        expect(await engine.logs.withNonce(LOG, draft.from, draft.nonce)).toBe(id)
        expect(await readAll(engine, LOG)).toEqual([other, marked])
        expect(await readAll(engine, LOG, { limit: 2 })).toEqual([other, marked])
        const bob = await engine.logs.append(LOG, { ...draft, from: 'bob' })
        await engine.logs.append('room:2', { ...draft, room: 2 })
        expect(await readAll(engine, LOG)).toEqual([other, marked, bob])
        if (!subject.restart) return
        engine = await subject.restart()
        await expect(engine.logs.append(LOG, draft)).rejects.toMatchObject({ name: 'Repeated', id })
      })
    })

    describe('after a restart', () => {
      async function restarted(skip: (note: string) => never): Promise<Engine> {
        if (!subject.restart) return skip('nothing outlives this engine')
        engine = await subject.restart()
        return engine
      }

      it('everything that was committed is there, and ids go on rising', async ({ skip }) => {
        const events = await Promise.all(numbers(600).map((text) => engine.logs.append(LOG, said(text))))
        events.push(await engine.logs.append(LOG, { ...said('by my clock'), sent: 1_524_700_000 }))
        const room = await engine.rooms.create({ title: 'Tech', slug: 'tech', visibility: 'hidden' })
        const rooms = [...(await engine.rooms.list())]
        await restarted(skip)
        expect(await readAll(engine, LOG)).toEqual(events)
        expect(await readAll(engine, LOG, { after: events[300]?.id ?? 0 })).toEqual(events.slice(301))
        expect(await engine.rooms.find('TECH')).toEqual(room)
        expect(await engine.rooms.list()).toEqual(rooms)
        const next = await engine.logs.append(LOG, said('next'))
        expect(next.id).toBeGreaterThan(events.at(-1)?.id ?? Number.NaN)
        expect(next.at).toBeGreaterThanOrEqual(events.at(-1)?.at ?? Number.NaN)
        const other = await engine.rooms.create({ title: 'Other', slug: 'other', visibility: 'public' })
        expect(other.id).toBeGreaterThan(room.id)
      })

      it('a room as it was changed, closed rooms and notes are there', async ({ skip }) => {
        const gone = await engine.rooms.create({ title: 'Gone', slug: 'gone', visibility: 'public' })
        const tech = { title: 'Tech', slug: 'tech', visibility: 'hidden', hash: 'h' } as const
        const room = await engine.rooms.create({ ...tech, maker: { address: 'here', name: 'Ann' } })
        const changed = await engine.rooms.change(room.id, { title: 'Tec', slug: 'tec', visibility: 'private' })
        await engine.logs.append(`room:${gone.id}`, { kind: 'joined', room: gone.id, from: 'ann', body: '' })
        await engine.rooms.close(gone.id)
        await engine.records.put('secret', 'a', 'one')
        const event = await engine.logs.append(LOG, { ...said('blue'), color: 'blue', verified: true })
        await restarted(skip)
        expect(await engine.rooms.find(room.id)).toEqual(changed)
        expect(await engine.rooms.madeFrom('here')).toEqual([changed])
        expect(await engine.rooms.find(gone.id)).toBeUndefined()
        expect((await engine.rooms.create({ title: 'Gone', slug: 'gone', visibility: 'public' })).id).toBeGreaterThan(
          room.id,
        )
        expect(await engine.records.get('secret', 'a')).toBe('one')
        expect((await readAll(engine, LOG)).at(-1)).toEqual(event)
        expect(event).toMatchObject({ color: 'blue', verified: true })
      })

      it('accounts, kept blocks and names are there', async ({ skip }) => {
        await createAccount(engine, 'Alice', 'hash')
        await createAccount(engine, 'gone', 'hash')
        await engine.records.delete('account', 'gone')
        await keepBlock(engine, 'Alice', 'Bob')
        await engine.logs.append(LOG, { kind: 'joined', room: 1, from: 'carol', body: '' })
        await restarted(skip)
        expect(await engine.records.get('account', 'alice')).toMatchObject({ name: 'Alice', hash: 'hash' })
        expect(await createAccount(engine, 'ALICE', 'other')).toBe(false)
        expect(await hasAccountLike(engine, 'аlice')).toBe(true)
        expect(await hasAccountLike(engine, 'carol')).toBe(false)
        expect(await blocksWith(engine, 'bob')).toEqual([{ owner: 'alice', name: 'Bob' }])
        expect(await engine.records.get('account', 'gone')).toBeUndefined()
        expect(await names(engine, 9)).toEqual(['Alice', 'gone', 'carol'])
      })

      it('what waited when it was stopped is there too', async ({ skip }) => {
        const waiting = numbers(50).map((text) => engine.logs.append(LOG, said(text)))
        await restarted(skip)
        expect(await readAll(engine, LOG)).toEqual(await Promise.all(waiting))
      })

      it('whoever was in a room has left it and holds no name, once', async ({ skip }) => {
        const present = (kind: 'joined' | 'left', from: string): Draft => ({ kind, room: 1, from, body: '' })
        await engine.memberships.claim(1, 'Alice')
        await engine.logs.append(LOG, present('joined', 'Alice'))
        await engine.logs.append(LOG, present('joined', 'bob'))
        await engine.logs.append(LOG, present('left', 'bob'))
        await engine.logs.append('room:2', { ...present('joined', 'Alice'), room: 2 })
        await restarted(skip)
        expect(await engine.memberships.members(1)).toEqual([])
        const told = (events: readonly Event[]) => events.map(({ kind, from }) => `${kind} ${from}`)
        expect(told(await readAll(engine, LOG))).toEqual(['joined Alice', 'joined bob', 'left bob', 'left Alice'])
        expect(told(await readAll(engine, 'room:2'))).toEqual(['joined Alice', 'left Alice'])
        await restarted(skip)
        expect(await readAll(engine, LOG)).toHaveLength(4)
        expect(await engine.memberships.claim(1, 'alice')).toBe(true)
      })
    })
  })
}
