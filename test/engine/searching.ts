/** What an engine finds by words, whatever it has for an index. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Engine, SearchPage, WordSearch } from '../../src/engine/engine.ts'
import type { Event, LogName } from '../../src/engine/event.ts'
import { SCANNED_EVENTS } from '../../src/engine/searching.ts'
import type { Subject } from './conformance.ts'

const LOG = 'room:1'

const message = (body: string, room = 1) => ({ kind: 'message', room, from: 'alice', body }) as const

/** The pages of a search. */
export function pagesOf(engine: Engine, search: Partial<WordSearch>, log: LogName = LOG): Promise<SearchPage[]> {
  return Array.fromAsync(engine.logs.search(log, { words: '', limit: 256, ...search }))
}

/** The texts that a search finds, newest first. */
export async function find(engine: Engine, words: string, search: Partial<WordSearch> = {}, log?: LogName) {
  const pages = await pagesOf(engine, { ...search, words }, log)
  return pages.flatMap(({ events }) => events.map(({ body }) => body))
}

export async function appendAll(engine: Engine, texts: readonly string[], room = 1): Promise<Event[]> {
  return Promise.all(texts.map((text) => engine.logs.append(`room:${room}`, message(text, room))))
}

export function searching(subject: () => Subject): void {
  it('finds messages with all words, newest first, whatever their case and diacritics', async () => {
    const { engine } = subject()
    await appendAll(engine, ['deploy the Crème brûlée', 'deployed', 'CREME! Deploy…', 'crème'])
    expect(await find(engine, 'creme deploy')).toEqual(['CREME! Deploy…', 'deploy the Crème brûlée'])
    expect(await find(engine, 'Brülëe')).toEqual(['deploy the Crème brûlée'])
    expect(await find(engine, 'depl*')).toEqual(['CREME! Deploy…', 'deployed', 'deploy the Crème brûlée'])
    expect(await find(engine, 'deploy nothing')).toEqual([])
  })

  it('finds phrases in quotes, words with punctuation, and texts without letters', async () => {
    const { engine } = subject()
    await appendAll(engine, ['the end of the line', 'of the end', "can't 🎉", 'cant', 'Straße ΟΔΟΣ', 'x-y', 'y-x'])
    expect(await find(engine, '"the end"')).toEqual(['of the end', 'the end of the line'])
    expect(await find(engine, '"end of" the')).toEqual(['the end of the line'])
    expect(await find(engine, '"the li"*')).toEqual(['the end of the line'])
    expect(await find(engine, 'x-y')).toEqual(['x-y'])
    expect(await find(engine, "can't")).toEqual(["can't 🎉"])
    expect(await find(engine, '🎉')).toEqual(["can't 🎉"])
    expect(await find(engine, 'straße οδος')).toEqual(['Straße ΟΔΟΣ'])
  })

  it('finds messages of one room, and nothing but messages', async () => {
    const { engine } = subject()
    await appendAll(engine, ['hello'], 2)
    await engine.logs.append(LOG, { kind: 'joined', room: 1, from: 'hello', body: 'hello' })
    await engine.logs.append('inbox:bob', { kind: 'private', room: 1, from: 'alice', to: 'bob', body: 'hello' })
    expect(await find(engine, 'hello')).toEqual([])
    expect(await find(engine, 'hello', {}, 'room:2')).toEqual(['hello'])
    expect(await find(engine, 'hello', {}, 'room:3')).toEqual([])
  })

  it('gives pages of bounded size, and what is older than an id', async () => {
    const { engine } = subject()
    const events = await appendAll(
      engine,
      Array.from({ length: 1_000 }, (_, n) => `number ${n} ${n % 2 ? 'odd' : 'even'}`),
    )
    const pages = await pagesOf(engine, { words: 'number', limit: 7 })
    for (const { events } of pages) expect(events.length).toBeLessThanOrEqual(7)
    expect(pages.flatMap(({ events }) => events)).toEqual(events.toReversed())
    expect(pages.at(-1)).toMatchObject({ end: 'beginning', from: 0 })
    // All that a page promises to have searched was given.
    let given = 0
    for (const { events: some, from } of pages) {
      given += some.length
      expect(given).toBeGreaterThanOrEqual(events.filter(({ id }) => id >= from).length)
    }
    expect(await find(engine, 'odd', { before: events[10]?.id ?? 0 })).toEqual(
      [9, 7, 5, 3, 1].map((n) => `number ${n} odd`),
    )
    expect(await find(engine, 'odd', { before: 0 })).toEqual([])
  })

  it('takes any text for words', async () => {
    const { engine } = subject()
    const texts = [
      'a AND b',
      'NOT "quoted" OR',
      'near(x y)',
      '^start col:umn {a b}: c',
      'ａ１ é\u0301 \u0000',
      "-- ' ; ) (",
    ]
    await appendAll(engine, texts)
    const part = fc.oneof(
      fc.constantFrom('"', '*', 'AND', 'a', 'b', 'quoted', '(', ':', '^', '-', "'", '\0'),
      fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
    )
    const property = fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
      for (const body of await find(engine, parts.join(' '))) expect(texts).toContain(body)
    })
    await fc.assert(property, { numRuns: 40 })
    for (const text of texts) expect(await find(engine, text)).toContain(text)
  })

  it(`looks at the newest ${SCANNED_EVENTS} events one by one at the most, and says so`, async () => {
    const { engine } = subject()
    await appendAll(engine, ['first needle'])
    await appendAll(
      engine,
      Array.from({ length: SCANNED_EVENTS - 1 }, (_, n) => `hay ${n}`),
    )
    expect((await pagesOf(engine, { words: 'needle' })).at(-1)).toMatchObject({ end: 'beginning' })
    const [last] = await appendAll(engine, ['last needle'])
    const pages = await pagesOf(engine, { words: 'needle' })
    // An index may have come to it by now.
    const found = pages.flatMap(({ events }) => events.map(({ body }) => body))
    if (pages.at(-1)?.end === 'bound') expect(found).toEqual(['last needle'])
    else expect(found).toEqual(['last needle', 'first needle'])
    const older = await find(engine, 'needle', { before: last?.id ?? 0 })
    expect(older).toEqual(['first needle'])
  })
}
