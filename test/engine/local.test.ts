import { readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { EngineFault, Gone, Unavailable } from '../../src/engine/errors.ts'
import { type Draft, type Event, idAt, type LogName } from '../../src/engine/event.ts'
import { LocalImport } from '../../src/engine/local/import.ts'
import { LocalEngine, type LocalOptions } from '../../src/engine/local/local.ts'
import { MIGRATIONS, migrate } from '../../src/engine/local/schema.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { blocksWith, createAccount, hasAccountLike, keepBlock, names } from '../support/records.ts'
import { clockBack, type World } from './clock-back.ts'
import { conformance, readAll, said, stateOf } from './conformance.ts'
import { expectEarlier, expectGoesOn } from './earlier.ts'
import { guestInboxes } from './guest-inboxes.ts'

const OPTIONS: LocalOptions = {
  file: ':memory:',
  sync: 'normal',
  keep: { days: 0, events: 0 },
  lobby: 'lobby',
  memory: { events: 1_000, bytes: 1_000_000 },
}

const QUIET = { trouble: () => {}, recovered: () => {}, died: () => {} }

function engineOn(options: Partial<LocalOptions> = {}): LocalEngine {
  return new LocalEngine({ ...OPTIONS, ...options }, QUIET)
}

async function makeIn(options: Partial<LocalOptions>, folder?: string) {
  const file = folder === undefined ? ':memory:' : join(folder, 'roomd.db')
  let engine = engineOn({ ...options, file })
  await engine.start()
  const restart = async () => {
    await engine.stop()
    engine = engineOn({ ...options, file })
    await engine.start()
    return engine
  }
  const cleanup = async () => {
    await engine.stop()
    if (folder !== undefined) await rm(folder, { recursive: true })
  }
  return folder === undefined ? { engine, cleanup } : { engine, cleanup, restart }
}

conformance('local, in memory', () => makeIn({}))
conformance('local, on a file', async () => makeIn({}, temporaryFolder()))
conformance('local, remembering next to nothing', () => makeIn({ memory: { events: 3, bytes: 500 } }), 'logs')

async function filledFile(): Promise<World> {
  const file = join(temporaryFolder(), 'roomd.db')
  return {
    target: async () => LocalImport.open(file),
    start: async (keep, watch) => {
      const engine = new LocalEngine({ ...OPTIONS, file, keep }, watch)
      await engine.start()
      return engine
    },
  }
}

clockBack('local', filledFile)
guestInboxes('local', filledFile)

describe('LocalEngine', () => {
  const running: LocalEngine[] = []
  let folder: string
  let file: string

  beforeEach(async () => {
    folder = temporaryFolder()
    file = join(folder, 'roomd.db')
  })
  afterEach(async () => {
    vi.useRealTimers()
    for (const engine of running.splice(0)) await engine.stop()
    await rm(folder, { recursive: true })
  })

  async function started(options: Partial<LocalOptions> = {}): Promise<LocalEngine> {
    const engine = engineOn({ file, ...options })
    await engine.start()
    running.push(engine)
    return engine
  }

  /** Why it does not start. */
  async function faultOf(options: Partial<LocalOptions> = {}): Promise<string> {
    const error: unknown = await engineOn({ file, ...options })
      .start()
      .then(
        () => expect.fail('it has started'),
        (error: unknown) => error,
      )
    if (!(error instanceof EngineFault)) throw error
    expect(error.message).not.toContain('\n')
    return error.message
  }

  it('keeps a second one off its file, and lets it in afterwards', async () => {
    const first = await started()
    expect(await faultOf()).toBe(`cannot open ${file}: it is in use by another process`)
    await expect(engineOn({ file }).start()).rejects.toMatchObject({ isInUse: true })
    await expect(engineOn({ file: '/dev/null/roomd.db' }).start()).rejects.toMatchObject({ isInUse: false })
    const near = relative('.', file)
    expect(await faultOf({ file: near })).toBe(`cannot open ${near}: it is in use by another process`)
    await first.logs.append('room:1', said('undisturbed'))
    await first.stop()
    expect(await readAll(await started(), 'room:1')).toHaveLength(1)
  })

  it('removes roles that have ended from its file, and finds them by an index', async () => {
    const engine = await started()
    const ban = (to: string, until: number): Draft => {
      const details = { role: 'banned', on: true, until } as const
      return { kind: 'role', room: 1, from: 'op', to, body: '', details }
    }
    const now = Date.now()
    const bans = Array.from({ length: 1_200 }, (_, n) => engine.logs.append('room:1', ban(`eve${n}`, now + 300)))
    await Promise.all([...bans, engine.logs.append('room:1', ban('mallory', now + 600_000))])
    const db = new DatabaseSync(file, { readOnly: true })
    onTestFinished(() => db.close())
    const keys = () => db.prepare('SELECT key FROM room_state').all()
    expect(keys()).toHaveLength(1_201)
    await eventually(() => expect(keys()).toEqual([{ key: 'banned:mallory' }]))
    const plan = db.prepare(
      "EXPLAIN QUERY PLAN SELECT 1 FROM room_state WHERE event ->> '$.details.until' <= ? LIMIT 1",
    )
    expect(plan.all(0)).toMatchObject([{ detail: expect.stringMatching(/^SEARCH .*room_state_until/) }])
  })

  it('refuses a schema that a newer one has written, and leaves it alone', async () => {
    const db = new DatabaseSync(file)
    db.exec('PRAGMA user_version = 99')
    db.close()
    expect(await faultOf()).toBe(
      `cannot open ${file}: it was written by a newer roomd (schema 99; this one knows ${MIGRATIONS.length})`,
    )
    const after = new DatabaseSync(file)
    expect(after.prepare('PRAGMA user_version').get()?.user_version).toBe(99)
    after.close()
  })

  it('makes the same tables of an empty file as the migrations do', () => {
    const shapeOf = (make: (db: DatabaseSync) => void) => {
      const db = new DatabaseSync(':memory:')
      make(db)
      const all = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all()
      const plain = all.map(({ sql, ...named }) => ({
        ...named,
        sql: String(sql)
          .replaceAll(/\s+/g, ' ')
          .replaceAll(/ ?([,()]) ?/g, '$1'),
      }))
      const { user_version: version } = db.prepare('PRAGMA user_version').get() ?? {}
      const rows = ['words_config', 'words_data', 'sqlite_sequence'].map((table) =>
        db.prepare(`SELECT * FROM ${table}`).all(),
      )
      db.close()
      return { plain, version, rows }
    }
    const fresh = shapeOf(migrate)
    const migrated = shapeOf((db) => {
      db.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1`)
      migrate(db)
    })
    expect(fresh).toEqual(migrated)
    expect(fresh.plain.length).toBeGreaterThan(30)
  })

  it('knows who had joined before names were kept', async () => {
    const db = new DatabaseSync(file)
    db.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1`)
    const insert = db.prepare("INSERT INTO events VALUES (1, ?, ?, 1, ?, NULL, '')")
    insert.run(1, 'joined', 'Äda')
    insert.run(2, 'message', 'nobody')
    insert.run(3, 'joined', 'äda')
    insert.run(4, 'joined', 'bob')
    db.close()
    const engine = await started()
    expect(await names(engine, 9)).toEqual(['Äda', 'bob'])
    expect(await engine.records.get('name', 'ÄDA')).toBe('Äda')
  })

  it('takes over what schema 4 holds, with the times that its ids tell', async () => {
    const db = new DatabaseSync(file)
    db.exec(await readFile(resolve(import.meta.dirname, '../fixtures/schema-4.sql'), 'utf8'))
    db.close()
    const engine = await started()
    const kept = await readAll(engine, 'room:2')
    expect(kept.map(({ kind, from, body, at }) => [kind, from, body, new Date(at).toISOString()])).toEqual([
      ['joined', 'Ann', '', '2026-11-26T07:20:22.326Z'],
      ['message', 'Ann', 'hello', '2026-11-26T07:20:22.448Z'],
      ['message', 'Ann', '/literally é😀', '2026-11-26T07:20:22.448Z'],
      ['left', 'Ann', '', '2026-11-26T07:20:22.450Z'],
      ['joined', 'bob', '', '2026-11-26T07:20:22.456Z'],
      ['message', 'bob', 'hi ann', '2026-11-26T07:20:22.457Z'],
      ['left', 'bob', '', '2026-11-26T07:20:22.459Z'],
    ])
    expect(await engine.rooms.find('ops')).toMatchObject({ id: 2 })
    expect(await engine.records.get('account', 'ANN')).toMatchObject({ name: 'Ann' })
    expect(await hasAccountLike(engine, 'Аnn')).toBe(true)
    expect(await createAccount(engine, 'Аnn', 'hash')).toBe(false)
    expect(await blocksWith(engine, 'ann')).toEqual([{ owner: 'ann', name: 'eve' }])
    const event = await engine.logs.append('room:2', said('new', 2))
    await engine.stop()
    expect(await readAll(await started(), 'room:2', { after: kept.at(-2)?.id ?? 0 })).toEqual([kept.at(-1), event])
  })

  it('takes over what schema 5 holds; of its rooms nobody knows who made them', async () => {
    const db = new DatabaseSync(file)
    db.exec(await readFile(resolve(import.meta.dirname, '../fixtures/schema-5.sql'), 'utf8'))
    db.close()
    const engine = await started()
    const rooms = await engine.rooms.list()
    expect(rooms.map(({ id, title, maker }) => [id, title, maker])).toEqual([
      [1, 'Public Chat', undefined],
      [2, 'ops', undefined],
      [3, 'Made at Globes', undefined],
    ])
    const maker = { address: 'here' }
    const made = await engine.rooms.create({ title: 'new', slug: 'new', visibility: 'public', maker })
    expect(made).toMatchObject({ id: 4, maker })
    expect(await engine.rooms.madeFrom('here')).toEqual([made])
    expect((await readAll(engine, 'room:2')).map(({ kind, from }) => [kind, from])).toEqual([
      ['joined', 'Ann'],
      ['message', 'Ann'],
      ['left', 'Ann'],
    ])
    expect(await engine.records.get('account', 'ANN')).toMatchObject({ name: 'Ann' })
  })

  it('takes over what schema 7 holds: ids, times, rooms, and what is kept of names', async () => {
    const db = new DatabaseSync(file)
    db.exec(await readFile(resolve(import.meta.dirname, '../fixtures/schema-7.sql'), 'utf8'))
    db.close()
    const engine = await started()
    await expectEarlier(engine, 1_795_687_196_123)
    expect(
      (await readAll(engine, 'room:2')).filter(({ kind }) => kind !== 'message').map(({ kind, from }) => [kind, from]),
    ).toEqual(['joined', 'left'].flatMap((kind) => ['Bob', 'Ünï😀', 'Ann'].map((from) => [kind, from])))
    // Whoever was in a room when it crashed.
    expect((await readAll(engine, 'room:3')).at(-1)).toMatchObject({ kind: 'left', from: 'Ann' })
    await engine.stop()
    const again = await started()
    await expectEarlier(again, 1_795_687_196_123)
    await expectGoesOn(again)
  })

  it('takes over what schema 9 holds, nonces and members included', async () => {
    const db = new DatabaseSync(file)
    db.exec(await readFile(resolve(import.meta.dirname, '../fixtures/schema-9.sql'), 'utf8'))
    // The nonces are a day old at most.
    const since = idAt(Date.now() - 3_600_000)
    db.exec(
      `UPDATE events SET id = id % 1000000 + ${since} WHERE nonce IS NOT NULL AND log = (SELECT id FROM logs WHERE name = 'inbox:ann')`,
    )
    db.exec(`UPDATE logs SET last = last % 1000000 + ${since} WHERE name = 'inbox:ann'`)
    db.close()
    const engine = await started()
    await expectEarlier(engine, 1_795_687_196_123)
    const kept = await readAll(engine, 'room:3')
    expect(kept.map(({ kind, from, body }) => [kind, from, body]).slice(-6)).toEqual([
      ['joined', 'Ünï😀', ''],
      ['message', 'Ünï😀', 'once é😀'],
      ['message', 'Ünï😀', 'with a colour'],
      ['joined', 'Zoe', ''],
      ['left', 'Zoe', ''],
      ['left', 'Ünï😀', ''],
    ])
    expect(kept.at(-5)).toMatchObject({ verified: true })
    expect(kept.at(-4)).toMatchObject({ sent: 1_700_000_000, color: 'red' })
    const [alone] = await readAll(engine, 'inbox:ann')
    expect(alone).toMatchObject({ kind: 'private', to: 'Ann', body: 'for Ann alone' })
    const again: Draft = { kind: 'private', room: 3, from: 'Ünï😀', to: 'Ann', body: 'twice', nonce: 'nonce-3' }
    await expect(engine.logs.append('inbox:ann', again)).rejects.toMatchObject({ id: alone?.id })
    expect(await stateOf(engine, 3)).toEqual([])
    await expectGoesOn(engine)
  })

  it('takes over what schema 14 holds, with a nonce that was used again after a day', async () => {
    const db = new DatabaseSync(file)
    db.exec(await readFile(resolve(import.meta.dirname, '../fixtures/schema-14.sql'), 'utf8'))
    // The newest events were appended a moment ago, and one two days before them.
    const { last } = db.prepare('SELECT last FROM logs').get() ?? {}
    const later = idAt(Date.now()) - Number(last)
    for (const table of ['events', 'nonces']) db.exec(`UPDATE ${table} SET id = id + ${later}`)
    db.exec(`UPDATE logs SET start = start + ${later}, last = last + ${later}`)
    db.close()
    const engine = await started()
    const events = await readAll(engine, 'room:1')
    expect(events.map(({ body }) => body)).toEqual(['yesterday', 'of bob', 'without', 'second', '', 'today'])
    const idOf = (text: string) => events.find(({ body }) => body === text)?.id
    const again = (from: string, nonce: string) => engine.logs.append('room:1', { ...said('again'), from, nonce })
    await expect(again('ann', 'a.1')).rejects.toMatchObject({ id: idOf('today') })
    await expect(again('bob', 'a.1')).rejects.toMatchObject({ id: idOf('of bob') })
    await expect(again('ann', 'a.2')).rejects.toMatchObject({ id: idOf('second') })
    await expect(again('ann', 'a.3')).rejects.toMatchObject({ id: expect.any(Number) })
    const { id } = await again('bob', 'a.2')
    expect(await engine.logs.withNonce('room:1', 'bob', 'a.2')).toBe(id)
  })

  it('finds the bans that schema 14 holds by user', async () => {
    const db = new DatabaseSync(file)
    db.exec(await readFile(resolve(import.meta.dirname, '../fixtures/schema-14.sql'), 'utf8'))
    const insert = db.prepare('INSERT INTO room_state VALUES (1, ?, ?)')
    const ban = (to: string, number: number) => {
      const details = { role: 'banned', on: true, address: `a${number}` }
      const event = { id: idAt(1_700_000_000_000) + number, at: 1_700_000_000_000, kind: 'role', room: 1, from: 'op' }
      insert.run(`banned:${to}`, JSON.stringify({ ...event, to, body: '', details }))
    }
    db.exec('BEGIN')
    for (let number = 0; number < 300; number++) ban(`raider${number}`, number)
    ban('troll*', 300)
    db.exec('COMMIT')
    db.close()
    const { logs } = await started()
    const bansOf = async (key: string, addressDigest: string) => {
      const { pages } = await logs.stateFor(1, { key, addressDigest })
      return (await Array.fromAsync(pages)).flat().map(({ to }) => to)
    }
    expect(await bansOf('raider7', 'none')).toEqual(['troll*', 'raider7'])
    expect(await bansOf('new', 'a8')).toEqual(['troll*', 'raider8'])
  })

  it('takes a nonce again after a day', async () => {
    const engine = await started({ file: ':memory:' })
    const draft: Draft = { ...said('once'), nonce: 'n' }
    const first = await engine.logs.append('room:1', draft)
    const at = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: first.at + ms })
    at(86_399_000)
    await expect(engine.logs.append('room:1', draft)).rejects.toMatchObject({ id: first.id })
    at(86_401_000)
    expect(await engine.logs.withNonce('room:1', draft.from, 'n')).toBeUndefined()
    const second = await engine.logs.append('room:1', draft)
    expect(await engine.logs.withNonce('room:1', draft.from, 'n')).toBe(second.id)
    await expect(engine.logs.append('room:1', draft)).rejects.toMatchObject({ id: second.id })
    expect(await readAll(engine, 'room:1')).toEqual([first, second])
  })

  it('still tells apart what looks like an account when another one that does is removed', async () => {
    await (await started({ file })).stop()
    const db = new DatabaseSync(file)
    // An earlier version has made both.
    const insert = db.prepare("INSERT INTO records (kind, key, value) VALUES ('account', ?, ?)")
    for (const name of ['admin', 'аdmin']) insert.run(name, JSON.stringify({ name, hash: 'hash' }))
    db.close()
    const engine = await started({ file })
    expect(await engine.records.delete('account', 'аdmin')).toMatchObject({ name: 'аdmin' })
    expect(await hasAccountLike(engine, 'аdmin')).toBe(true)
    expect(await createAccount(engine, 'аdmin', 'hash')).toBe(false)
    await engine.records.delete('account', 'admin')
    expect(await hasAccountLike(engine, 'аdmin')).toBe(false)
  })

  it('gives rising ids across logs within a millisecond', async () => {
    const engine = await started()
    const logs = Array.from({ length: 500 }, (_, n) => (n % 3 ? 'room:1' : 'inbox:bob'))
    const events = await Promise.all(logs.map((log, n) => engine.logs.append(log as LogName, said(String(n)))))
    const ids = events.map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('refuses to keep names and accounts once it is stopped', async () => {
    const engine = await started()
    await createAccount(engine, 'alice', 'hash')
    await engine.stop()
    await expect(createAccount(engine, 'bob', 'hash')).rejects.toThrow(Unavailable)
    await expect(engine.records.get('account', 'alice')).rejects.toThrow(Unavailable)
    await expect(keepBlock(engine, 'alice', 'bob')).rejects.toThrow(Unavailable)
    await expect(names(engine, 1)).rejects.toThrow(Unavailable)
  })

  it('refuses a file that is not a database, and leaves it alone', async () => {
    const text = 'dear diary, '.repeat(1_000)
    await writeFile(file, text)
    expect(await faultOf()).toBe(`cannot open ${file}: it is not a SQLite database`)
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  it('refuses a folder that cannot be', async () => {
    await writeFile(file, '')
    const why = `cannot make the folder ${join(file, 'x')}: ${file} is not a folder`
    expect(await faultOf({ file: join(file, 'x', 'roomd.db') })).toContain(why)
  })

  it('makes the folder it is to write to', async () => {
    const engine = await started({ file: join(folder, 'a', 'b', 'roomd.db') })
    await expect(engine.ping()).resolves.toBeUndefined()
  })

  // Once: the store's thread ends by itself after a fault, and its `exit` is taken for a death: whoever runs the engine is
  // told `the store has failed: its thread has ended` on top of the rejection.
  it('does not die of having failed to start', async () => {
    await writeFile(file, 'dear diary, '.repeat(1_000))
    const died = vi.fn()
    await expect(new LocalEngine({ ...OPTIONS, file }, { ...QUIET, died }).start()).rejects.toThrow(EngineFault)
    await new Promise((next) => setTimeout(next, 300))
    expect(died).not.toHaveBeenCalled()
  })

  it('gives the lobby its present slug', async () => {
    await (await started({ lobby: 'lobby' })).stop()
    const engine = await started({ lobby: 'hall' })
    expect(await engine.rooms.find('hall')).toMatchObject({
      id: 1,
      title: 'Public Chat',
      slug: 'hall',
      visibility: 'public',
    })
    expect(await engine.rooms.find('public chat')).toMatchObject({ id: 1 })
    expect(await engine.rooms.find('lobby')).toBeUndefined()
  })

  it('is unavailable when it is stopped', async () => {
    const engine = engineOn()
    await engine.start()
    await engine.stop()
    await expect(engine.ping()).rejects.toThrow(Unavailable)
    await expect(engine.logs.append('room:1', said('late'))).rejects.toThrow(Unavailable)
  })

  it.each([false, true])('removes the oldest beyond the count that is kept, followed: %j', async (followed) => {
    const engine = await started({ keep: { days: 0, events: 10 } })
    if (followed) engine.logs.follow('room:1', () => {})
    const events = await Promise.all(
      Array.from({ length: 25 }, (_, n) => engine.logs.append('room:1', said(String(n)))),
    )
    const few = await engine.logs.append('room:2', said('few'))
    await eventually(async () => expect(await readAll(engine, 'room:1')).toEqual(events.slice(-10)))
    const id = (index: number) => events.at(index)?.id ?? Number.NaN
    await expect(readAll(engine, 'room:1', { after: id(0) })).rejects.toThrow(Gone)
    await expect(readAll(engine, 'room:1', { after: id(-12) })).rejects.toThrow(Gone)
    // Nothing is missing after the last one that went.
    expect(await readAll(engine, 'room:1', { after: id(-11) })).toEqual(events.slice(-10))
    expect(await readAll(engine, 'room:1', { limit: 20 })).toEqual(events.slice(-10))
    expect(await readAll(engine, 'room:2')).toEqual([few])
  })

  it('goes on with each of more logs than it has in memory', async () => {
    const engine = await started({ file: ':memory:' })
    const logs = Array.from({ length: 10_001 }, (_, n): LogName => `inbox:user${n}`)
    const first = await Promise.all(logs.map((log) => engine.logs.append(log, said('first'))))
    const some = [0, 5_000, 10_000].flatMap((n) => (logs[n] && first[n] ? [{ log: logs[n], event: first[n] }] : []))
    for (const { log, event } of some) {
      const second = await engine.logs.append(log, said('second'))
      expect(await readAll(engine, log)).toEqual([event, second])
    }
  })

  it('removes what is older than it is kept', async () => {
    const engine = await started({ file })
    const events = await Promise.all(
      Array.from({ length: 20 }, (_, n) => engine.logs.append('room:1', said(String(n)))),
    )
    await engine.stop()
    const db = new DatabaseSync(file)
    const threeDays = idAt(3 * 86_400_000)
    db.exec(
      `UPDATE events SET id = id - ${threeDays} WHERE id < ${events[15]?.id}; UPDATE logs SET start = start - ${threeDays}`,
    )
    db.close()
    const again = await started({ file, keep: { days: 2, events: 0 } })
    await eventually(async () => expect(await readAll(again, 'room:1')).toEqual(events.slice(15)))
  })

  it('removes what is older than its room keeps, which is at most what all rooms keep', async () => {
    const engine = await started({ file })
    const keep = (room: number, days: number): Draft => ({
      kind: 'mode',
      room,
      from: 'op',
      body: '',
      details: { flag: 'keep', on: true, value: String(days) },
    })
    await Promise.all([1, 2, 3].map((room) => engine.logs.append(`room:${room}`, said('old', room))))
    await engine.logs.append('room:1', keep(1, 2))
    await engine.logs.append('room:3', keep(3, 9))
    await engine.stop()
    const db = new DatabaseSync(file)
    const threeDays = idAt(3 * 86_400_000)
    db.exec(`UPDATE events SET id = id - ${threeDays} WHERE body = 'old'; UPDATE logs SET start = start - ${threeDays}`)
    db.close()
    const again = await started({ file })
    const bodiesIn = async (room: number) => (await readAll(again, `room:${room}`)).map(({ body }) => body)
    await eventually(async () => expect(await bodiesIn(1)).toEqual(['']))
    expect(await bodiesIn(2)).toEqual(['old'])
    expect(await bodiesIn(3)).toEqual(['old', ''])
    await again.stop()
    const last = await started({ file, keep: { days: 2, events: 0 } })
    await eventually(async () => expect(await readAll(last, 'room:3')).toHaveLength(1))
  })

  it('removes a great many while others are said, and none too many', async () => {
    const engine = await started({ file })
    const old = Array.from({ length: 5_000 }, (_, n) => engine.logs.append('room:1', said(`old ${n}`)))
    await Promise.all(old)
    await engine.stop()
    const again = await started({ file, keep: { days: 0, events: 500 } })
    const heard: Event[] = []
    again.logs.follow('room:1', (event) => heard.push(event))
    const events: Event[] = []
    for (let n = 0; n < 600; n++) events.push(await again.logs.append('room:1', said(`new ${n}`)))
    expect(heard).toEqual(events)
    await eventually(async () => expect(await readAll(again, 'room:1')).toEqual(events.slice(-500)))
  })

  describe('when the clock has been set back', () => {
    async function appendedAndRead(engine: LocalEngine) {
      const event = await engine.logs.append('room:1', said('hello'))
      vi.useFakeTimers({ toFake: ['Date'], now: event.at - 3_600_000 })
      return { event, read: await readAll(engine, 'room:1') }
    }

    it('goes on behind the last id, dates by the clock, and says so once for each time', async () => {
      const told: number[] = []
      const engine = new LocalEngine(OPTIONS, { ...QUIET, clockWentBack: (ms) => told.push(ms) })
      await engine.start()
      running.push(engine)
      const real = Date.now()
      const set = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: real + ms })
      const HOUR_MS = 3_600_000
      const say = () => engine.logs.append('room:1', said('hello'))
      const first = await say()
      set(24 * HOUR_MS)
      const ahead = await say()
      expect(ahead).toMatchObject({ at: real + 24 * HOUR_MS, id: idAt(real + 24 * HOUR_MS) })
      expect(told).toEqual([])
      set(1_000)
      const behind = [await say(), await say()]
      expect(behind).toMatchObject([
        { at: real + 1_000, id: ahead.id + 1 },
        { at: real + 1_000, id: ahead.id + 2 },
      ])
      expect(told).toEqual([24 * HOUR_MS - 1_000])
      set(12 * HOUR_MS)
      behind.push(await say())
      set(11 * HOUR_MS)
      behind.push(await say())
      expect(behind.slice(2)).toMatchObject([
        { at: real + 12 * HOUR_MS, id: ahead.id + 3 },
        { at: real + 11 * HOUR_MS, id: ahead.id + 4 },
      ])
      expect(told.slice(1)).toEqual([HOUR_MS])
      // The clock has caught up.
      set(25 * HOUR_MS)
      const right = await say()
      expect(right).toMatchObject({ at: real + 25 * HOUR_MS, id: idAt(real + 25 * HOUR_MS) })
      expect(told).toHaveLength(2)
      expect(await readAll(engine, 'room:1')).toEqual([first, ahead, ...behind, right])
    })

    it('removes nothing while the clock is ahead, and may fall back', async () => {
      const engine = await started({ file: ':memory:', keep: { days: 1, events: 10 } })
      const events = await Promise.all(
        Array.from({ length: 10 }, (_, n) => engine.logs.append('room:1', said(String(n)))),
      )
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 400 * 86_400_000 })
      // One more than are kept: that it goes shows that a sweep has come by.
      const late = await engine.logs.append('room:1', said('late'))
      await eventually(async () => expect(await readAll(engine, 'room:1')).toEqual([...events.slice(1), late]))
    })

    it('reads what is committed, from memory', async () => {
      const engine = await started()
      engine.logs.follow('room:1', () => {})
      const { event, read } = await appendedAndRead(engine)
      expect(read).toEqual([event])
    })

    // Once: read() takes the clock for the end of the log where nobody follows it; what was committed by a clock that ran
    // ahead is not found until the clock has caught up. After a restart that is so for a followed log, too.
    it('reads what is committed, from the store', async () => {
      const { event, read } = await appendedAndRead(await started())
      expect(read).toEqual([event])
    })
  })
})
