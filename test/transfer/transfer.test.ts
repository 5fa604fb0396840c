import { existsSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { ConfigError } from '../../src/config.ts'
import { LocalImport } from '../../src/engine/local/import.ts'
import { eventsUntil, seed } from '../engine/clock-back.ts'
import { readAll } from '../engine/conformance.ts'
import { expectEarlier, expectGoesOn } from '../engine/earlier.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { blocksWith, keepBlock } from '../support/records.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { fillMany } from './many.ts'
import {
  content,
  engineAt,
  exported,
  fill,
  imported,
  moved,
  portrait,
  portraitAt,
  roomd,
  run,
  startAt,
  talk,
} from './world.ts'

withRedis('to export and import', () => {
  const server = RedisServer.forAll()
  beforeEach(() => server.command('FLUSHALL'))

  describe('there and back', () => {
    it.each(['SQLite', 'Redis'])('everything is the same, from %s', async (first) => {
      const [folder, other] = [temporaryFolder(), temporaryFolder()]
      const way = first === 'SQLite' ? [folder, server.url, other] : [`${server.url}/1`, folder, `${server.url}/2`]
      const [a = '', b = '', c = ''] = way
      const engine = await engineAt(a, { days: 0, events: 2_000 })
      await fill(engine)
      const count = async () => {
        let events = 0
        for await (const page of engine.logs.read('room:2', {})) events += page.length
        return events
      }
      await eventually(async () => expect(await count()).toBe(2_000), 100)
      await eventually(async () => expect(await engine.records.get('secret', 'soon')).toBeUndefined())
      const before = await portrait(engine)
      await engine.stop()
      expect(JSON.stringify(before)).toMatch(/"gone".*Ünï😀|Ünï😀.*"gone"/)

      const { file, said, text } = await exported(a)
      expect(said).toMatch(/^exported 2,005 events in 4 logs, 3 rooms, 15 records from .*; sha256 [0-9a-f]{64}$/)
      expect(await imported(b, file)).toMatch(
        /^imported 2,005 events in 4 logs, 3 rooms, 15 records into .*; sha256 [0-9a-f]{64}$/,
      )
      // Equal to the byte when exported again.
      expect(await moved(b, c)).toBe(content(text))
      expect(content((await exported(c)).text)).toBe(content(text))
      expect(await portraitAt(b)).toEqual(before)
      expect(await portraitAt(c)).toEqual(before)
      expect(await portraitAt(a)).toEqual(before)

      for (const where of [b, c]) {
        const after = await engineAt(where)
        // Two rooms above those that are left were closed.
        expect(await after.rooms.create({ title: 'New', slug: 'new', visibility: 'public' })).toMatchObject({ id: 6 })
        const last = (await Array.fromAsync(after.logs.read('room:2', { limit: 1 }))).flat().at(-1)
        const next = await after.logs.append('room:2', { kind: 'message', room: 2, from: 'Ann', body: 'on' })
        expect(next.id).toBeGreaterThan(last?.id ?? Number.NaN)
        await keepBlock(after, 'Ann', 'Mallory')
        expect((await blocksWith(after, 'Ann')).map(({ name }) => name)).toEqual(['BOB', 'Ann', 'Mallory'])
        await after.stop()
      }
    })

    it('events keep times that their ids do not tell', async () => {
      const [folder, other] = [temporaryFolder(), temporaryFolder()]
      const events = eventsUntil(Date.now())
      await seed(await LocalImport.open(join(folder, 'roomd.db')), 'room:1', events)
      const begun = await engineAt(folder)
      await begun.stop()
      await moved(folder, server.url)
      await moved(server.url, other)
      for (const place of [server.url, other]) {
        const engine = await engineAt(place)
        expect(await readAll(engine, 'room:1')).toEqual(events)
        const to = (events[700]?.at ?? 0) + 1
        expect(await readAll(engine, 'room:1', { to, limit: 3 })).toEqual(events.slice(698, 701))
        await engine.stop()
      }
    })

    it('daemons give the same history, and passwords and private messages go on', async () => {
      const folder = temporaryFolder()
      const away = temporaryFolder()
      const asked = ['LOGIN ann geheimnis', 'JOIN ops', 'HISTORY', '/blocked']
      const historyOf = (lines: readonly string[]) => lines.filter((line) => /"body":"(one|two|three)"/.test(line))
      let daemon = await startAt(folder)
      await talk(daemon.line, 'LOGIN ann', '/register geheimnis', '/block mallory', 'JOIN ops', 'one', 'two', 'three')
      const first = historyOf(await talk(daemon.line, ...asked))
      expect(first).toHaveLength(3)
      await daemon.stop()
      for (const [from, to] of [
        [folder, server.url],
        [server.url, away],
      ] as const) {
        await moved(from, to)
        daemon = await startAt(to)
        const port = daemon.line
        const told = await talk(port, ...asked)
        expect(historyOf(told)).toEqual(first)
        expect(told.join()).toContain('mallory')
        expect((await talk(port, 'LOGIN ann falsch')).join()).not.toContain('Username set')
        const bob = connect(port, '127.0.0.1')
        onTestFinished(() => void bob.destroy())
        let heard = ''
        bob.on('data', (chunk) => {
          heard += chunk
        })
        bob.write('LOGIN bob\nJOIN ops\n')
        await eventually(() => expect(heard).toContain('Joined room'))
        await talk(port, 'LOGIN ann geheimnis', 'JOIN ops', '/tell bob psst')
        await eventually(() => expect(heard).toContain('psst'))
        bob.end()
        await daemon.stop()
      }
    })
  })

  it('takes over what version 0.1 kept, without a daemon that has started on it', async () => {
    const text = await readFile(resolve(import.meta.dirname, '../fixtures/redis-0.1.json'), 'utf8')
    for (const command of JSON.parse(text) as string[][]) await server.command(...command)
    const folder = temporaryFolder()
    await moved(server.url, folder)
    const engine = await engineAt(folder)
    await expectEarlier(engine, 1_795_687_197_023)
    await expectGoesOn(engine)
    await engine.stop()
    const old = temporaryFolder()
    const db = new DatabaseSync(join(old, 'roomd.db'))
    db.exec(await readFile(resolve(import.meta.dirname, '../fixtures/schema-7.sql'), 'utf8'))
    db.close()
    await server.command('FLUSHALL')
    await moved(old, server.url)
    const other = await engineAt(server.url)
    await expectEarlier(other, 1_795_687_196_123)
    await expectGoesOn(other)
    await other.stop()
  })

  it('one room goes with its log, and nothing else', async () => {
    const [folder, other] = [temporaryFolder(), temporaryFolder()]
    const engine = await engineAt(folder)
    await fill(engine)
    const events = await readAll(engine, 'room:2')
    const room = await engine.rooms.find(2)
    await engine.stop()
    const { file, said, text } = await exported(folder, { room: 'OPS' })
    expect(said).toContain(`exported ${events.length.toLocaleString('en')} events in 1 log, 1 room, 0 records from`)
    expect(text).not.toContain('"type":"record"')
    await imported(other, file)
    const copy = await engineAt(other)
    expect(await readAll(copy, 'room:2')).toEqual(events)
    expect((await copy.rooms.list()).slice(1)).toEqual([room])
    await copy.stop()
  })

  describe.each(['SQLite', 'Redis'])('a running daemon on %s', (kind) => {
    it('is exported as it is at that moment; whoever is inside has left', async () => {
      const [where, other] = [kind === 'SQLite' ? temporaryFolder() : server.url, temporaryFolder()]
      const daemon = roomd(where)
      const port = await daemon.ready()
      const socket = connect(port, '127.0.0.1')
      onTestFinished(() => void socket.destroy())
      socket.on('error', () => {})
      let heard = ''
      socket.on('data', (chunk) => {
        heard += chunk
      })
      socket.write('LOGIN ann\nJOIN ops\nhello\n')
      await eventually(() => expect(heard).toContain('"body":"hello"'))
      // It goes on talking meanwhile.
      let said = 0
      const talking = setInterval(() => socket.write(`line ${said++}\n`), 1)
      onTestFinished(() => clearInterval(talking))
      await eventually(() => expect(heard).toContain('"body":"line 5"'))
      const { file, text } = await exported(where)
      clearInterval(talking)
      socket.write('last\n')
      await eventually(() => expect(heard.includes('"body":"last"')).toBe(true))
      daemon.child.kill('SIGTERM')
      await daemon.exit
      await imported(other, file)
      expect(content((await exported(other)).text)).toBe(content(text))
      const [from, to] = [await engineAt(where), await engineAt(other)]
      const events = await readAll(from, 'room:2')
      const copied = await readAll(to, 'room:2')
      expect(copied.length).toBeGreaterThan(7)
      expect(copied.slice(0, -1)).toEqual(events.slice(0, copied.length - 1))
      expect(copied.at(-1)).toMatchObject({ kind: 'left', from: 'ann' })
      await to.stop()
      await from.stop()
    })
  })

  describe('refused with one line', () => {
    /** With the status that the command ends with. */
    async function refusal(work: Promise<unknown>) {
      try {
        await work
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        expect(why).not.toContain('\n')
        return { status: error instanceof ConfigError ? 2 : 1, why }
      }
      throw new Error('it was not refused')
    }

    it('in the words and with the status of the command', async () => {
      const folder = temporaryFolder()
      const none = await run('export', '--data', folder).exit
      expect(none).toMatchObject({ status: 2, stderr: `roomd: there is no ${join(folder, 'roomd.db')}\n` })
      await fillMany(folder, 1, 3)
      const away = await run('export', '--redis', 'redis://127.0.0.1:1').exit
      expect(away).toMatchObject({ status: 1, stderr: expect.stringMatching(/^roomd: [^\n]+\n$/), stdout: '' })
      const output = join(temporaryFolder(), 'export')
      const written = await run('export', '--data', folder, '--output', output).exit
      expect(written).toMatchObject({
        status: 0,
        stderr: expect.stringMatching(/^exported 3 events [^\n]+\n$/),
        stdout: '',
      })
      expect(statSync(output).mode & 0o777).toBe(0o600)
      const shown = await run('export', '--data', folder).exit
      expect(content(shown.stdout)).toBe(content(await readFile(output, 'utf8')))
      const from = run('import', '--redis', server.url)
      from.stdin.end(shown.stdout)
      expect(await from.exit).toMatchObject({
        status: 0,
        stderr: expect.stringMatching(/^imported 3 events [^\n]+\n$/),
      })
      const missing = await run('import', '--data', temporaryFolder(), '/nowhere/export').exit
      expect(missing).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^roomd: nothing was imported: \/nowhere\/export: there is no such file\n$/),
      })
      const unwritable = await run('export', '--data', folder, '--output', '/nowhere/export').exit
      expect(unwritable).toMatchObject({
        status: 1,
        stderr: 'roomd: cannot write the export: there is no such folder\n',
      })
    })

    it('a database that is damaged', async () => {
      const folder = temporaryFolder()
      await fillMany(folder, 1, 3_000)
      const file = join(folder, 'roomd.db')
      const bytes = await readFile(file)
      await writeFile(file, bytes.fill(0xff, bytes.length / 2))
      const why = expect.stringMatching(/^cannot read \/.*roomd\.db: the database file is damaged: /)
      expect(await refusal(exported(folder))).toEqual({ status: 1, why })
    })

    it('places that make no sense', async () => {
      const { url } = server
      const misuse: [string, RegExp, Record<string, string>?][] = [
        [temporaryFolder(), /^there is no .*roomd\.db$/],
        [url, /^there is nothing at redis:.* \(prefix roomd\)$/],
        ['redis://:secret@host/x', /^--redis is a URL such as redis:\/\/|--redis/],
        [':memory:', /^--data :memory: keeps nothing$/],
        [url, /^--redis-prefix/, { 'redis-prefix': '{a}' }],
      ]
      for (const [where, why, options] of misuse) {
        const refused = await refusal(exported(where, options))
        expect(refused).toEqual({ status: 2, why: expect.stringMatching(why) })
        expect(refused.why).not.toContain('secret')
      }
      const folder = temporaryFolder()
      await fillMany(folder, 1, 3)
      expect(await refusal(exported(folder, { room: 'none' }))).toMatchObject({
        status: 2,
        why: expect.stringMatching(/^there is no room none at /),
      })
    })

    it('a target that is not empty', async () => {
      const [folder, other] = [temporaryFolder(), temporaryFolder()]
      await fillMany(folder, 1, 3)
      await fillMany(other, 1, 3)
      const { file } = await exported(folder)
      expect(await refusal(imported(other, file))).toEqual({
        status: 2,
        why: expect.stringMatching(/roomd\.db is not empty; .+$/),
      })
      await server.command('SET', 'roomd:{note:a}', 'b')
      expect(await refusal(imported(server.url, file))).toEqual({
        status: 2,
        why: expect.stringMatching(/ is not empty; .+$/),
      })
      expect(await server.command('KEYS', '*')).toEqual(['roomd:{note:a}'])
      expect(await imported(server.url, file, { 'redis-prefix': 'other' })).toContain('imported')
    })

    it('a target that a daemon uses', async () => {
      const { file } = await exported(await filled())
      for (const where of [temporaryFolder(), server.url]) {
        const daemon = roomd(where)
        await daemon.ready()
        expect(await refusal(imported(where, file))).toMatchObject({
          why: expect.stringMatching(/in use by|is not empty/),
        })
        daemon.child.kill('SIGTERM')
        await daemon.exit
      }
    })

    it.each([
      ['', 'the export is empty'],
      ['hello\n', 'line 1 is not one of an export'],
      ['{"type":"header","format":99}\n', 'the export has format 99; this roomd reads format 1'],
    ])('a file that begins like no export: %j; no folder is made', async (text, why) => {
      const [folder, file] = [join(temporaryFolder(), 'data'), join(temporaryFolder(), 'file')]
      await writeFile(file, text)
      expect(await refusal(imported(folder, file))).toEqual({ status: 1, why: `nothing was imported: ${why}` })
      expect(existsSync(folder)).toBe(false)
    })

    describe('an export that is not whole', () => {
      const damages: [string, (lines: string[]) => string[], RegExp][] = [
        ['cut off', (lines) => lines.slice(0, -2), /its trailer is missing$/],
        ['without some lines', (lines) => lines.toSpliced(5, 1), /the export is damaged: /],
        [
          'with a line twice',
          (lines) => lines.toSpliced(6, 0, lines[6] ?? ''),
          /line 8 of the export is out of order: event$/,
        ],
        [
          'changed',
          (lines) => lines.map((line) => line.replace('message 2 ', 'message 9 ')),
          /the export is damaged: /,
        ],
        ['no export', () => ['hello', 'world'], /line 1 is not one of an export$/],
        [
          'with a room that has no title',
          (lines) => lines.map((line) => line.replace('"title"', '"titel"')),
          /line 3 is not one of an export$/,
        ],
        [
          'of a later version',
          (lines) => lines.map((line) => line.replace('"format":1', '"format":99')),
          /format 99; this roomd reads format 1$/,
        ],
        ['with more behind it', (lines) => [...lines, lines[1] ?? ''], /out of order: lastRoom$/],
      ]
      it.each(damages)('%s', async (_, damage, why) => {
        const folder = await filled()
        const { text } = await exported(folder)
        const lines = text.trimEnd().split('\n')
        const file = join(temporaryFolder(), 'damaged')
        await writeFile(file, `${damage(lines).join('\n')}\n`)
        for (const where of [temporaryFolder(), server.url]) {
          const refused = await refusal(imported(where, file))
          expect(refused).toEqual({ status: 1, why: expect.stringMatching(why) })
          expect(refused.why).toMatch(/^nothing was imported: /)
          if (where === server.url) expect(await server.command('KEYS', '*')).toEqual([])
          // It is empty still.
          const good = join(temporaryFolder(), 'good')
          await writeFile(good, text)
          expect(await imported(where, good)).toContain('imported 3 events')
        }
      })
    })
  })
})

async function filled(): Promise<string> {
  const folder = temporaryFolder()
  await fillMany(folder, 1, 3)
  return folder
}
