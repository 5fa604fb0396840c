/** The text of a deleted message is nowhere: not in a file, not in a key. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createClient, RESP_TYPES } from 'redis'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Engine } from '../../src/engine/engine.ts'
import type { Draft, Event } from '../../src/engine/event.ts'
import { LocalEngine } from '../../src/engine/local/local.ts'
import { Keys } from '../../src/engine/redis/keys.ts'
import { RedisEngine } from '../../src/engine/redis/redis.ts'
import { loadScripts } from '../../src/engine/redis/scripts.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { placeAt, RedisServer, withRedis } from '../support/redis.ts'
import { readAll, said } from './conformance.ts'

const LOG = 'room:1'
const OPTIONS = {
  lobby: 'lobby',
  keep: { days: 0, events: 0 },
  memory: { events: 10, bytes: 100_000 },
  sync: 'normal',
} as const
const QUIET = { trouble: () => {}, recovered: () => {}, died: () => {} }

const redacted = ({ id }: Event): Draft => ({
  kind: 'redacted',
  room: 1,
  from: 'op',
  body: '',
  details: { target: id },
})
const textOf = (n: number) => `<secret ${n} ${'s'.repeat(n % 50 === 0 ? 6_000 : (n * 7) % 90)} terces ${n}>`

/** Says lines, some in other logs so that pages are split, and deletes every `step`-th. Resolves with what stays and what must not. */
async function deleteSome(engine: Engine, count: number, step: number) {
  const appended: Promise<Event>[] = []
  for (let n = 0; n < count; n++) {
    appended.push(engine.logs.append(LOG, { ...said(textOf(n)), nonce: `n${n}` }))
    for (const room of [2, 3]) void engine.logs.append(`room:${room}`, said(`other ${n}`, room))
    if (n % 50 === 0) await appended.at(-1)
  }
  const events = await Promise.all(appended)
  const gone = events.filter((_, n) => n % step === 0)
  const marks = await Promise.all(gone.map((event) => engine.logs.append(LOG, redacted(event))))
  const stays = [...events.filter((_, n) => n % step !== 0), ...marks]
  return { stays, gone }
}

/** The parts of deleted texts that some bytes have. */
function remains(bytes: Buffer, gone: readonly Event[]): string[] {
  const parts = gone.flatMap(({ body }) => [body.slice(0, 13), body.slice(-12)])
  return parts.filter((part) => bytes.includes(part))
}

describe('the files of the local engine', () => {
  const filesIn = (folder: string) => Buffer.concat(readdirSync(folder).map((file) => readFileSync(join(folder, file))))

  async function start(folder: string) {
    const trouble: string[] = []
    const watch = { ...QUIET, trouble: (reason: string) => void trouble.push(reason) }
    const engine = new LocalEngine({ ...OPTIONS, file: join(folder, 'roomd.db') }, watch)
    await engine.start()
    onTestFinished(() => engine.stop())
    return { engine, trouble }
  }

  it('have none of the text a second later, and everything else', async () => {
    const folder = temporaryFolder()
    const { engine, trouble } = await start(folder)
    const { stays, gone } = await deleteSome(engine, 1_500, 5)
    expect(remains(Buffer.from(gone.map(({ body }) => body).join('')), gone)).toHaveLength(600)
    await eventually(() => expect(remains(filesIn(folder), gone)).toEqual([]))
    expect(await readAll(engine, LOG)).toEqual(stays)
    expect(trouble).toEqual([])
  })

  it('have none of it, nor its words in the index, when the engine stops right after', async () => {
    const folder = temporaryFolder()
    const { engine } = await start(folder)
    const secret = await engine.logs.append(LOG, said('zanzibarquux'))
    // In the message and in the index.
    await eventually(() => expect(filesIn(folder).toString('latin1').split(secret.body).length).toBeGreaterThan(2))
    await engine.logs.append(LOG, redacted(secret))
    await engine.stop()
    expect(filesIn(folder).includes(secret.body)).toBe(false)
  })

  it('have it until another process has read what it reads, which holds up nobody', async () => {
    const folder = temporaryFolder()
    const { engine } = await start(folder)
    const secret = await engine.logs.append(LOG, said('a secret that nobody forgets'))
    const reader = new DatabaseSync(join(folder, 'roomd.db'), { readOnly: true })
    reader.exec('BEGIN; SELECT count(*) FROM events')
    await engine.logs.append(LOG, redacted(secret))
    for (let n = 0; n < 30; n++) {
      const before = performance.now()
      await engine.logs.append(LOG, said(`line ${n}`))
      expect(performance.now() - before).toBeLessThan(4_000)
      await new Promise((next) => setTimeout(next, 50))
    }
    expect(filesIn(folder).includes(secret.body)).toBe(true)
    reader.close()
    await eventually(() => expect(filesIn(folder).includes(secret.body)).toBe(false))
  })
})

withRedis('the keys of the Redis engine', () => {
  const server = RedisServer.forAll('--rdbcompression', 'no')
  let prefixes = 0

  async function start(prefix = `erase${prefixes++}`, keep = { days: 0, events: 0 }, rewriteRestMs = 50) {
    const options = { ...OPTIONS, place: placeAt(server.port), prefix, keep, rewriteRestMs }
    const engine = new RedisEngine(options, QUIET)
    await engine.start()
    onTestFinished(() => engine.stop())
    return { engine, prefix, info: `${prefix}:{${LOG}}:info` }
  }

  /** The dumps of all keys. */
  async function dumps(): Promise<Buffer> {
    const client = createClient({ url: server.url, RESP: 2 })
    await client.connect()
    try {
      const raw = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
      const keys = await client.keys('*')
      const found = await Promise.all(keys.map((key) => raw.sendCommand(['DUMP', key])))
      return Buffer.concat(found.flatMap((dump) => (dump instanceof Buffer ? [dump] : [])))
    } finally {
      client.destroy()
    }
  }

  const marks = (info: string) => server.command('HMGET', info, 'erase', 'erased-to')
  const erased = (info: string) => eventually(async () => expect(await marks(info)).toEqual([null, null]))

  it('have none of the text, and everything else, also in a saved file', async () => {
    const { engine, prefix, info } = await start()
    const seen: Event[] = []
    engine.logs.follow(LOG, (event) => seen.push(event))
    const { stays, gone } = await deleteSome(engine, 1_500, 5)
    await erased(info)
    expect(remains(await dumps(), gone)).toEqual([])
    await server.command('SAVE')
    const file = readFileSync(join(server.folder, 'dump.rdb'))
    expect(file.includes('terces 1>')).toBe(true)
    expect(remains(file, gone)).toEqual([])
    const { engine: other } = await start(prefix)
    expect(await readAll(other, LOG)).toEqual(stays)
    expect(await server.command('XLEN', `${prefix}:{${LOG}}:log`)).toBe(stays.length)
    const next = await other.logs.append(LOG, said('next'))
    expect(next.id).toBeGreaterThan(stays.at(-1)?.id ?? Number.NaN)
    await eventually(() => expect(seen.at(-1)).toEqual(next))
    expect(seen).toHaveLength(stays.length + gone.length + 1)
  })

  it('lose nothing that is appended, deleted or trimmed while a stream is rewritten', async () => {
    const { engine, prefix, info } = await start()
    const events: Event[] = []
    for (let n = 0; n < 4_000; n += 500) {
      const some = Array.from({ length: 500 }, (_, i) => engine.logs.append(LOG, said(`<secret ${n + i} terces>`)))
      events.push(...(await Promise.all(some)))
    }
    const [first, middle, last] = [events[600], events[2_000], events[3_999]]
    if (!first || !middle || !last) return expect.fail()
    const all = [...events, await engine.logs.append(LOG, redacted(middle))]
    // The first slices of a copy, which the sweep of the engine continues.
    const { source } = loadScripts().get('erase') ?? expect.fail()
    const keys = new Keys(prefix).ofLog(LOG, '')
    for (let n = 0; n < 2; n++) await server.command('EVAL', source, String(keys.length), ...keys, '500', '60000', '50')
    // The engine may have gone on with it already.
    expect(await marks(info)).toEqual([null, expect.stringMatching(/^\d+$/)])
    for (const event of [first, last]) all.push(await engine.logs.append(LOG, redacted(event)))
    all.push(await engine.logs.append(LOG, said('said meanwhile')))
    // A node that keeps less.
    const { engine: other } = await start(prefix, { days: 0, events: 3_500 })
    all.push(await other.logs.append(LOG, said('by another')))
    await erased(info)
    const kept = all.filter((event) => ![first, middle, last].includes(event))
    await eventually(async () => expect(await readAll(other, LOG)).toEqual(kept.slice(-3_500)))
    await erased(info)
    const bytes = await dumps()
    for (const { body } of [first, middle, last]) expect(bytes.includes(body)).toBe(false)
    expect(await server.command('KEYS', `${prefix}:{${LOG}}:copy`)).toEqual([])
  })

  it('have it for a while after a rewrite, so that deletions one after the other cost one more', async () => {
    const { engine, prefix, info } = await start(undefined, undefined, 3_000)
    const place = () => server.command('HGET', info, 'erase-after').then(Number)
    await engine.logs.append(LOG, redacted(await engine.logs.append(LOG, said('the first secret'))))
    await erased(info)
    const after = await place()
    expect(after - Date.now()).toBeGreaterThan(1_000)
    for (const text of ['the second secret', 'the third secret']) {
      await engine.logs.append(LOG, redacted(await engine.logs.append(LOG, said(text))))
    }
    const { source } = loadScripts().get('erase') ?? expect.fail()
    const keys = new Keys(prefix).ofLog(LOG, '')
    const args = [source, String(keys.length), ...keys, '500', '60000', '3000']
    expect(await server.command('EVAL', ...args)).toBe(0)
    expect((await dumps()).includes('the third secret')).toBe(true)
    await erased(info)
    expect(Date.now()).toBeGreaterThan(after - 50)
    expect(await place()).toBeGreaterThan(after)
    const bytes = await dumps()
    for (const text of ['second', 'third']) expect(bytes.includes(`the ${text} secret`)).toBe(false)
  })

  it('are finished by another node when the one that deleted is gone', async () => {
    const { engine, prefix, info } = await start()
    const event = await engine.logs.append(LOG, said('a secret that nobody forgets'))
    const mark = await engine.logs.append(LOG, redacted(event))
    await engine.stop()
    // As if it had died before its sweep, and had begun a copy that has expired.
    await server.command('HSET', info, 'erased-to', String(event.id))
    await server.command('HDEL', info, 'erase')
    await server.command('DEL', `${prefix}:{nodes}:sweep-unlimited`)
    const { engine: other } = await start(prefix)
    await erased(info)
    expect((await dumps()).includes(event.body)).toBe(false)
    expect(await readAll(other, LOG)).toEqual([mark])
  })

  it('are gone at once with a log that is cleared, and a closed room still expires', async () => {
    const { engine, prefix, info } = await start()
    const event = await engine.logs.append(LOG, said('a secret that nobody forgets'))
    await engine.logs.append(LOG, redacted(event))
    await engine.logs.clear(LOG)
    expect(await marks(info)).toEqual([null, null])
    expect((await dumps()).includes(event.body)).toBe(false)
    const { id } = await engine.rooms.create({ title: 'Ops', slug: 'ops', visibility: 'public' })
    const secret = await engine.logs.append(`room:${id}`, said('another one', id))
    await engine.logs.append(`room:${id}`, { ...redacted(secret), room: id })
    await engine.rooms.close(id)
    await erased(`${prefix}:{room:${id}}:info`)
    expect((await dumps()).includes('another one')).toBe(false)
    expect(Number(await server.command('PTTL', `${prefix}:{room:${id}}:log`))).toBeGreaterThan(0)
  })
})
