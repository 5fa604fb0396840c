/** A followed log in whatever order its events come in: from the channel, as answers, and out of the log. */
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Event, idAt } from '../../src/engine/event.ts'
import { RecentTotal } from '../../src/engine/recent.ts'
import { entryId, fieldsOf, idOf } from '../../src/engine/redis/entry.ts'
import { Feed, type Source } from '../../src/engine/redis/feed.ts'
import type { Answers } from '../../src/engine/redis/scripts.ts'
import type { Told } from '../../src/engine/redis/told.ts'
import { eventually } from '../support/eventually.ts'
import { said } from './conformance.ts'

const OWN = 'own'

/** A log as Redis would hold it, and what was told of it. */
class Log implements Source {
  readonly events: Event[] = []
  readonly told: Told[] = []
  readonly closed: string[] = []
  /** How often somebody has begun to read it. */
  read = 0
  #number = 0

  append(node: string, count: number, text = ''): Told {
    const prev = this.events.at(-1)?.id ?? 0
    const at = 1_000 + this.events.length
    const events = Array.from({ length: count }, (_, n): Event => {
      return { ...said(`${this.events.length + n}${text}`), at, id: idAt(at) + n }
    })
    this.events.push(...events)
    const told = { node, number: ++this.#number, prev, events }
    this.told.push(told)
    return told
  }

  async run<S extends keyof Answers>(name: S): Promise<Answers[S]> {
    expect(name).toBe('sync')
    this.read++
    return ['0', String(this.events.at(-1)?.id ?? 0), '0'] as unknown as Answers[S]
  }

  async command([, , from = '', to = '', , count]: readonly string[]): Promise<unknown> {
    const some = this.events.filter(({ id }) => id >= idOf(from) && id <= idOf(to)).slice(0, Number(count))
    return some.map((event) => [entryId(event.id), fieldsOf(event)])
  }

  close(reason: string): void {
    this.closed.push(reason)
  }
}

function feedOn(isUnderWay: (told: Told) => boolean = () => false) {
  const feed = new Feed('room:1', 'channel', () => [], { events: 20, bytes: 10_000 }, new RecentTotal(), isUnderWay)
  const seen: Event[] = []
  feed.listeners = [(event) => seen.push(event)]
  return { feed, seen }
}

const settled = async () => {
  for (let n = 0; n < 5; n++) await turn()
}

test('a gap on the channel is read from the log, and what came before it is not told again', async () => {
  const log = new Log()
  const { feed, seen } = feedOn()
  log.append('other', 3)
  await feed.begin(log, async () => {})
  expect(seen).toEqual([])
  feed.heard(log.append('other', 2))
  expect(seen).toEqual(log.events.slice(3))
  log.append('other', 600)
  feed.heard(log.append('other', 1))
  feed.heard(log.append('other', 1))
  await settled()
  expect(seen).toEqual(log.events.slice(3))
  for (const told of log.told) feed.heard(told)
  expect(seen).toEqual(log.events.slice(3))
})

test('an own event is held back until it is answered, with what is behind it', async () => {
  const log = new Log()
  const underWay = new Set<number>()
  const { feed, seen } = feedOn(({ node, number }) => node === OWN && underWay.has(number))
  await feed.begin(log, async () => {})
  const own = log.append(OWN, 2)
  underWay.add(own.number)
  feed.heard(own)
  feed.heard(log.append('other', 1))
  await settled()
  expect(seen).toEqual([])
  underWay.delete(own.number)
  feed.committed(own.prev, own.events)
  expect(seen).toEqual(log.events)
})

test('an answer that is ahead of the channel waits for it, and memory is not asked meanwhile', async () => {
  const log = new Log()
  const { feed, seen } = feedOn()
  await feed.begin(log, async () => {})
  expect(feed.recent).toBeDefined()
  const other = log.append('other', 1)
  const own = log.append(OWN, 1)
  feed.committed(own.prev, own.events)
  expect(seen).toEqual([])
  expect(feed.recent).toBeUndefined()
  feed.heard(other)
  feed.heard(own)
  expect(seen).toEqual(log.events)
  expect(feed.recent?.last).toBe(own.events[0]?.id)
})

test('more than may wait is dropped and read', async () => {
  const log = new Log()
  let blocked = true
  const { feed, seen } = feedOn(({ node }) => blocked && node === OWN)
  await feed.begin(log, async () => {})
  feed.heard(log.append(OWN, 1))
  const text = '.'.repeat(100_000)
  const read = log.read
  for (let n = 0; n < 10; n++) feed.heard(log.append('other', 1, text))
  await settled()
  expect(log.read).toBe(read)
  feed.heard(log.append('other', 1, text))
  expect(log.read).toBe(read + 1)
  blocked = false
  // Nothing comes by any more that would show the gap.
  await eventually(() => expect(seen).toEqual(log.events))
})

/** What may happen to a log and whoever follows it. */
const step = fc.oneof(
  fc.record({
    do: fc.constant('append' as const),
    node: fc.constantFrom(OWN, 'other'),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    do: fc.constantFrom('hear' as const, 'answer' as const, 'miss' as const, 'break' as const, 'turn' as const),
  }),
)

test('whatever comes in whatever order, followers see the log: each event once, none before its answer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const log = new Log()
      const underWay = new Map<number, Told>()
      const isUnderWay = ({ node, number }: Told) => node === OWN && underWay.has(number)
      const { feed, seen } = feedOn(isUnderWay)
      const early: Event[] = []
      feed.listeners = [
        (event) => {
          for (const { events } of underWay.values()) if (events.includes(event)) early.push(event)
          seen.push(event)
        },
      ]
      let heard = 0
      const answer = () => {
        const [first] = underWay.values()
        if (!first) return
        underWay.delete(first.number)
        feed.committed(first.prev, first.events)
      }
      await feed.begin(log, async () => {})
      for (const next of steps) {
        if (next.do === 'append') {
          const told = log.append(next.node, next.count)
          // One batch of a log is under way at a time.
          if (next.node === OWN) {
            answer()
            underWay.set(told.number, told)
          }
        } else if (next.do === 'hear') {
          const told = log.told[heard]
          if (told) heard++
          if (told) feed.heard(told)
        } else if (next.do === 'miss') {
          if (heard < log.told.length) heard++
        } else if (next.do === 'answer') answer()
        else if (next.do === 'turn') {
          // Replies come in order on one connection: what the log is asked behind an append is answered behind it.
          answer()
          await turn()
        } else {
          answer()
          feed.down()
          heard = log.told.length
          await feed.read(log)
        }
      }
      answer()
      while (heard < log.told.length) feed.heard(log.told[heard++] ?? expect.fail())
      feed.heard(log.append('other', 1))
      await settled()
      expect(seen).toEqual(log.events)
      expect(early).toEqual([])
      expect(log.closed).toEqual([])
    }),
    { numRuns: 300 },
  )
})
