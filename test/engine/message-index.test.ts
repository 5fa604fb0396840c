import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Draft, LogName } from '../../src/engine/event.ts'
import { openDatabase } from '../../src/engine/local/database.ts'
import { LocalEngine } from '../../src/engine/local/local.ts'
import { columnsOfRows, type Row } from '../../src/engine/local/rows.ts'
import { LocalStore } from '../../src/engine/local/store.ts'
import { matcherOf, termsOf } from '../../src/engine/words.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { said } from './conformance.ts'
import { appendAll, find, pagesOf } from './searching.ts'

let file: string
beforeEach(() => {
  file = join(temporaryFolder(), 'roomd.db')
})

async function started(search = true) {
  const engine = new LocalEngine(
    {
      file,
      sync: 'normal',
      keep: { days: 0, events: 0 },
      lobby: 'lobby',
      memory: { events: 10, bytes: 10_000 },
      search,
    },
    { trouble: (reason) => expect.fail(reason), recovered: () => {}, died: () => {} },
  )
  await engine.start()
  onTestFinished(() => engine.stop())
  return engine
}

function rowOf(draft: Omit<Draft, 'details'> & { readonly details: string | null }): Row {
  const { kind, room, from, body, details } = draft
  return [`room:${room}`, kind, room, from, null, body, null, null, null, null, details]
}

/** A value of the database, which another connection may be using. */
function value(sql: string): unknown {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    return Object.values(db.prepare(sql).get() ?? {})[0]
  } finally {
    db.close()
  }
}

const documents = () => value('SELECT count(*) FROM documents')
const behind = () => value("SELECT count(*) FROM logs WHERE name LIKE 'room:%' AND indexed < last")

describe('the index of a store', () => {
  let database: ReturnType<typeof openDatabase>
  let store: LocalStore
  beforeEach(() => open())
  afterEach(() => database.close())

  function open(search = true) {
    database = openDatabase(file, 'normal')
    store = new LocalStore(database.db, () => {}, search)
  }
  function reopen(search = true) {
    database.close()
    open(search)
  }
  function say(texts: readonly string[], room = 1): readonly number[] {
    return store.appender.append(columnsOfRows(texts.map((text) => rowOf({ ...said(text, room), details: null })))).ids
  }
  function indexAll(): number {
    return [...store.indexing.run()].length
  }
  /** Erases what is removed. Returns the words that are left after each slice. */
  function eraseAll(): number[] {
    const words = database.db.prepare('SELECT count(*) AS count FROM temp.vocabulary')
    return Array.from(store.indexing.finishErasure(), () => Number(words.get()?.count))
  }
  function indexed(words: string, log: LogName = 'room:1'): string[] {
    const texts: string[] = []
    const expressions = store.indexing.expressions(words)
    for (let to = Number.MAX_SAFE_INTEGER; to > 0; ) {
      const { events, from } = store.indexing.find(log, { words, limit: 50 }, expressions, to)
      texts.push(...events.map(({ body }) => body))
      expect(from).toBeLessThan(to + 1)
      to = from - 1
    }
    return texts
  }
  /** Texts that no file may have any more; the files are as after a stop. */
  function remaining(texts: readonly string[]): string[] {
    database.close()
    const folder = join(file, '..')
    const bytes = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
    open()
    return texts.filter((text) => bytes.includes(text))
  }
  const intact = () => database.db.prepare('PRAGMA integrity_check').get()

  test('finds what comparing every text finds', () => {
    const words = ['red', 'green', 'grey', 'blue', 'réd', 'greenish']
    const text = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 }).map((some) => some.join(' '))
    const texts = fc.sample(text, { numRuns: 1_500, seed: 1 }).map((body, n) => `${body} n${n}`)
    for (let start = 0; start < texts.length; start += 500) {
      say(texts.slice(start, start + 500))
      say(['red elsewhere'], 2)
      indexAll()
    }
    const term = fc.oneof(
      fc.constantFrom(...words),
      fc.constantFrom('gre*', 'n129*', 'n7', '"red green"', '"blue gre"*', 'n*', 'nothing', 'noth*'),
    )
    const property = fc.property(fc.array(term, { minLength: 1, maxLength: 3 }), (terms) => {
      const query = terms.join(' ')
      // One that stands for too many words only is left to the caller.
      if (store.indexing.expressions(query).length === 0) expect(new Set(terms)).toEqual(new Set(['n*']))
      else expect(indexed(query)).toEqual(texts.filter(matcherOf(termsOf(query))).toReversed())
    })
    fc.assert(property, { numRuns: 30 })
    expect(indexed('red', 'room:2')).toHaveLength(3)
    expect(intact()).toEqual({ integrity_check: 'ok' })
  })

  test('splits and folds words as FTS5 does', () => {
    const letters = [
      [0x20, 0x7e],
      [0xa0, 0x24f],
      [0x300, 0x331],
      [0x370, 0x52f],
      [0x1e00, 0x1eff],
      [0x4e00, 0x4eff],
    ] as const
    // Characters that are not assigned yet may be so in only one of the two.
    const letter = fc
      .oneof(...letters.map(([min, max]) => fc.integer({ min, max })))
      .map((code) => String.fromCodePoint(code))
      .filter((char) => /\P{Cn}/u.test(char))
    const word = fc.string({ unit: letter, minLength: 1, maxLength: 6 }).map((text) => `x${text}`)
    const texts = fc.sample(word, { numRuns: 500, seed: 2 })
    say(texts)
    indexAll()
    const missed = texts.filter((text) => !indexed(`"${text.replaceAll('"', ' ')}"`).includes(text))
    expect(missed).toEqual([])
  })

  test('is made a slice at a time, and goes on where it was after a restart', () => {
    say(Array.from({ length: 2_000 }, (_, n) => `word${n % 10} ${'x'.repeat(50)}`))
    const work = store.indexing.run()
    for (let slices = 0; slices < 5; slices++) work.next()
    const before = Number(documents())
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(1_000)
    reopen()
    expect(indexAll()).toBeGreaterThan(5)
    expect(documents()).toBe(2_000)
    expect(indexed('word3')).toHaveLength(200)
    expect(indexAll()).toBe(0)
  })

  test('loses what retention and the end of a room remove', () => {
    store.rooms.ensureLobby('lobby')
    say(Array.from({ length: 300 }, (_, n) => `word${n} all`))
    say(['all of another room'], 2)
    indexAll()
    const log = store.logs.find('room:1') ?? expect.fail()
    expect(store.trimmer.trim(log, 250, Number.MAX_SAFE_INTEGER)).toBe(250)
    expect(documents()).toBe(51)
    expect(indexed('all')).toHaveLength(50)
    expect([indexed('word249'), indexed('word250')]).toEqual([[], ['word250 all']])
    // Also without the option, as the index would be wrong when it is used again.
    reopen(false)
    const again = store.logs.find('room:1') ?? expect.fail()
    while (!store.trimmer.erase(again, 20));
    expect(documents()).toBe(1)
    reopen()
    say(['all anew'])
    indexAll()
    expect(indexed('all')).toEqual(['all anew'])
    expect(indexed('all', 'room:2')).toEqual(['all of another room'])
    expect(intact()).toEqual({ integrity_check: 'ok' })
  })

  test('loses a redacted message: its words are in no file', () => {
    const texts = Array.from({ length: 1_500 }, (_, n) => `${1_500 + ((n * 7_919) % 1_500)}secret${1_500 + n} common`)
    const ids = texts.flatMap((_, n) => (n % 100 === 0 ? say(texts.slice(n, n + 100)) : []))
    say(
      texts.map((text) => text.replaceAll('secret', 'other')),
      2,
    )
    indexAll()
    const gone = texts.filter((_, n) => n % 3 === 0)
    const redacted = { kind: 'redacted', room: 1, from: 'ann', body: '' } as const
    for (const [n, target] of ids.entries()) {
      if (n % 3 === 0)
        store.appender.append(columnsOfRows([rowOf({ ...redacted, details: JSON.stringify({ target }) })]))
    }
    expect(indexed('common')).toHaveLength(1_000)
    // Retention meanwhile takes nothing from what is not erased yet.
    const log = store.logs.find('room:1') ?? expect.fail()
    expect(store.trimmer.trim(log, 2, Number.MAX_SAFE_INTEGER)).toBe(2)
    reopen()
    eraseAll()
    expect(remaining(gone.map((text) => text.split(' ')[0] ?? ''))).toEqual([])
    expect(documents()).toBe(2_498)
    expect(indexed('common')).toHaveLength(998)
    expect(indexed('1500secr*')).toEqual([])
    for (const text of texts.slice(3, 33)) expect(indexed(text)).toEqual(gone.includes(text) ? [] : [text])
    expect(intact()).toEqual({ integrity_check: 'ok' })
  })

  test('loses a long message a little at a time', () => {
    const word = (n: number) => `${((n * 7_919) % 30_000).toString(36)}word`
    for (let n = 0; n < 4_000; n += 500) {
      say(Array.from({ length: 500 }, (_, m) => Array.from({ length: 5 }, (_, w) => word((n + m) * 5 + w)).join(' ')))
      if (n % 1_000 === 0) indexAll()
    }
    const secrets = Array.from({ length: 1_000 }, (_, n) => `${n.toString(36)}secret`)
    const [target] = say([`${secrets.slice(0, 900).join(' ')} ${secrets.slice(900).join('·')}`])
    say(['after it'])
    indexAll()
    const words = database.db.prepare('SELECT count(*) AS count FROM temp.vocabulary')
    const before = Number(words.get()?.count)
    store.appender.append(
      columnsOfRows([rowOf({ ...said(''), kind: 'redacted', details: JSON.stringify({ target }) })]),
    )
    expect(words.get()).toEqual({ count: before })
    expect(documents()).toBe(4_002)
    expect(indexed('zsecret')).toEqual([])
    const left = [before, ...eraseAll()]
    expect(left.at(-1)).toBe(before - 1_000)
    const removed = left.slice(1).map((count, slice) => (left[slice] ?? 0) - count)
    expect(Math.max(...removed)).toBeLessThan(150)
    expect(documents()).toBe(4_001)
    say(['said later'])
    indexAll()
    expect(remaining(secrets)).toEqual([])
    expect([indexed('after'), indexed('later')]).toEqual([['after it'], ['said later']])
    expect(intact()).toEqual({ integrity_check: 'ok' })
  })
})

test('a store of an earlier version is indexed while it is used', async () => {
  const db = new DatabaseSync(file)
  db.exec(await readFile(resolve(import.meta.dirname, '../fixtures/schema-7.sql'), 'utf8'))
  db.close()
  const engine = await started()
  const lines = [4, 3, 2, 1, 0].map((n) => expect.stringContaining(`line ${n}`))
  const found = await find(engine, 'line', {}, 'room:2')
  expect(found.length).toBeGreaterThan(0)
  await eventually(() => expect(behind()).toBe(0))
  expect(Number(documents())).toBeGreaterThan(found.length)
  expect(await find(engine, 'line', {}, 'room:2')).toEqual(found)
  expect(found).toEqual(lines.slice(-found.length))
})

test('without --search nothing is indexed, and searches are bounded; with it what is missing is indexed', async () => {
  const engine = await started(false)
  await appendAll(engine, ['the first needle'])
  for (let n = 0; n < 12; n++)
    await appendAll(
      engine,
      Array.from({ length: 1_000 }, (_, m) => `hay ${n} ${m}`),
    )
  expect((await pagesOf(engine, { words: 'needle' })).at(-1)).toMatchObject({ end: 'bound' })
  await engine.stop()
  expect(documents()).toBe(0)
  const again = await started()
  expect((await pagesOf(again, { words: 'needle' })).at(-1)).toMatchObject({ end: 'bound' })
  await eventually(async () => expect(await find(again, 'needle')).toEqual(['the first needle']))
  expect(await find(again, 'nee* first')).toEqual(['the first needle'])
  await again.logs.append('room:1', said('a new needle'))
  expect(await find(again, 'needle')).toEqual(['a new needle', 'the first needle'])
})
