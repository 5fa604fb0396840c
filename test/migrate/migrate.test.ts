import { existsSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConfigError } from '../../src/config.ts'
import { migrate as migrateHere } from '../../src/migrate/migrate.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type Exit, RoomdProcess } from '../support/process.ts'
import { RedisServer, Wire, withRedis } from '../support/redis.ts'
import { fillMany } from './many.ts'
import { engineAt, fill, migrate, portrait, talk } from './world.ts'

// Dozens of processes, one after the other.
vi.setConfig({ testTimeout: 90_000 })

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

function roomd(where: string): RoomdProcess {
  const args = where.startsWith('redis:') ? ['--redis', where] : ['--data', where]
  const daemon = new RoomdProcess(['--line', '0', ...args])
  cleanups.unshift(() => daemon.child.kill('SIGKILL'))
  return daemon
}

async function stop(daemon: RoomdProcess): Promise<void> {
  daemon.child.kill('SIGTERM')
  expect(await daemon.exit).toMatchObject({ status: 0 })
}

withRedis('to migrate', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  beforeEach(() => server.command('FLUSHALL'))
  afterAll(() => server.stop())

  /** Moves without a process of its own; says what was said. */
  async function moved(from: string, to: string, prefix = 'roomd'): Promise<string> {
    let said = ''
    await migrateHere({ from, to, prefix }, { write: (text) => void (said += text) })
    return said
  }

  async function portraitAt(where: string): Promise<unknown> {
    const engine = await engineAt(where)
    try {
      return await portrait(engine)
    } finally {
      await engine.stop()
    }
  }

  describe('there and back', () => {
    it.each(['SQLite', 'Redis'])('everything is the same, from %s', async (first) => {
      const [folder, other] = [temporaryFolder(), temporaryFolder()]
      const way = first === 'SQLite' ? [folder, server.url, other] : [`${server.url}/1`, folder, `${server.url}/2`]
      const [a = '', b = '', c = ''] = way
      const engine = await engineAt(a, { days: 0, events: 2_000 })
      await fill(engine)
      const count = async () => {
        let events = 0
        for await (const page of engine.read('room:2', {})) events += page.length
        return events
      }
      await vi.waitFor(async () => expect(await count()).toBe(2_000), { timeout: 10_000, interval: 100 })
      await vi.waitFor(async () => expect(await engine.recall('soon')).toBeUndefined())
      const before = await portrait(engine)
      await engine.stop()
      expect(JSON.stringify(before)).toMatch(/"gone".*Ünï😀|Ünï😀.*"gone"/)

      const there = await moved(a, b)
      expect(there).toContain(
        'moved 2,005 events in 4 logs, 3 rooms, 2 accounts, 4 names, 3 blocks, 3 secrets and tickets from',
      )
      expect(await portraitAt(b)).toEqual(before)
      const back = await moved(b, c)
      expect(/checksum \w{64}$/m.exec(back)?.[0]).toBe(/checksum \w{64}$/m.exec(there)?.[0])
      expect(await portraitAt(c)).toEqual(before)
      expect(await portraitAt(a)).toEqual(before)

      for (const where of [b, c]) {
        const after = await engineAt(where)
        // Two rooms above those that are left were closed.
        expect(await after.createRoom({ title: 'New', lineName: 'new', visibility: 'public' })).toMatchObject({ id: 6 })
        const last = (await Array.fromAsync(after.read('room:2', { limit: 1 }))).flat().at(-1)
        const next = await after.append('room:2', { kind: 'message', room: 2, from: 'Ann', body: 'on' })
        expect(next.id).toBeGreaterThan(last?.id ?? Number.NaN)
        await after.keepBlock('Ann', 'Mallory')
        expect((await after.blocksWith('Ann')).map(({ name }) => name)).toEqual(['BOB', 'Ann', 'Mallory'])
        await after.stop()
      }
    })

    it('daemons give the same history, and passwords and private messages go on', async () => {
      const folder = temporaryFolder()
      const away = temporaryFolder()
      const asked = ['LOGIN ann geheim', 'JOIN ops', 'HISTORY', '/blocked']
      const historyOf = (lines: readonly string[]) => lines.filter((line) => /"body":"(one|two|three)"/.test(line))
      let daemon = roomd(folder)
      await talk(
        await daemon.ready(),
        'LOGIN ann',
        '/register geheim',
        '/block mallory',
        'JOIN ops',
        'one',
        'two',
        'three',
      )
      const first = historyOf(await talk(await daemon.ready(), ...asked))
      expect(first).toHaveLength(3)
      await stop(daemon)
      for (const [from, to] of [
        [folder, server.url],
        [server.url, away],
      ] as const) {
        await moved(from, to)
        daemon = roomd(to)
        const port = await daemon.ready()
        const told = await talk(port, ...asked)
        expect(historyOf(told)).toEqual(first)
        expect(told.join()).toContain('mallory')
        expect((await talk(port, 'LOGIN ann falsch')).join()).not.toContain('Username set')
        const bob = connect(port, '127.0.0.1')
        cleanups.unshift(() => bob.destroy())
        let heard = ''
        bob.on('data', (chunk) => {
          heard += chunk
        })
        bob.write('LOGIN bob\nJOIN ops\n')
        await vi.waitFor(() => expect(heard).toContain('Joined room'), { timeout: 5_000 })
        await talk(port, 'LOGIN ann geheim', 'JOIN ops', '/tell bob psst')
        await vi.waitFor(() => expect(heard).toContain('psst'), { timeout: 5_000 })
        bob.end()
        await stop(daemon)
      }
    })
  })

  describe('broken off', () => {
    /** Kills a migration once its first log is whole. */
    async function breakOff(from: string, to: string, signal: NodeJS.Signals): Promise<Exit> {
      const run = migrate('--from', from, '--to', to)
      const secondLog = async () => {
        if (to.startsWith('redis:')) return (await server.command('EXISTS', 'roomd:{room:2}:log')) === 1
        if (!existsSync(join(to, 'roomd.db'))) return false
        const db = new DatabaseSync(join(to, 'roomd.db'), { readOnly: true, timeout: 1_000 })
        try {
          return Number(db.prepare('SELECT count(*) AS count FROM logs').get()?.count) > 1
        } catch {
          return false
        } finally {
          db.close()
        }
      }
      while (!(await secondLog())) await new Promise((next) => setTimeout(next, 5))
      run.kill(signal)
      return run.exit
    }

    /** Changes an event of the log that is whole. */
    async function spoil(where: string): Promise<void> {
      if (where.startsWith('redis:')) {
        const [[id] = []] = (await server.command('XRANGE', 'roomd:{room:1}:log', '-', '+', 'COUNT', '1')) as string[][]
        await server.command('XDEL', 'roomd:{room:1}:log', String(id))
        // Its place is taken, so that the count is right.
        await server.command(
          'XADD',
          'roomd:{room:1}:log',
          '99999999999999-1',
          'kind',
          'message',
          'room',
          '1',
          'from',
          'x',
        )
        return
      }
      const db = new DatabaseSync(join(where, 'roomd.db'), { timeout: 5_000 })
      db.exec("UPDATE events SET body = body || '!' WHERE log = 1 AND id = (SELECT min(id) FROM events WHERE log = 1)")
      db.close()
    }

    it.each(['Redis', 'SQLite'])(
      'it goes on where it was, into %s; no daemon starts meanwhile',
      async (kind) => {
        const [folder, other] = [temporaryFolder(), temporaryFolder()]
        await fillMany(folder, 3, 8_000)
        if (kind === 'SQLite') await moved(folder, server.url)
        const [from, to] = kind === 'Redis' ? [folder, server.url] : [server.url, other]
        // The power fails, or a person thinks better of it.
        if (kind === 'Redis') expect(await breakOff(from, to, 'SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
        else {
          const stderr = 'roomd: broken off; the same command goes on from there\n'
          expect(await breakOff(from, to, 'SIGINT')).toMatchObject({ status: 1, stderr })
        }
        const refused = await roomd(to).exit
        expect(refused).toMatchObject({ status: 1 })
        expect(refused.stderr).toMatch(
          /^roomd: cannot use \S+.*: a migration from \S+.* into it is unfinished; [^\n]*\n$/,
        )
        const elsewhere = await migrate('--from', to, '--to', temporaryFolder()).exit
        expect(elsewhere).toMatchObject({ status: 2 })
        if (kind === 'Redis') {
          const another = temporaryFolder()
          await fillMany(another, 1, 1)
          const mixed = await migrate('--from', another, '--to', to).exit
          expect(mixed).toMatchObject({ status: 2 })
          expect(mixed.stderr).toMatch(
            /^roomd: another migration into \S+ \(prefix roomd\) is unfinished, from [^\n]*\n$/,
          )
        }

        await spoil(to)
        const found = await migrate('--from', from, '--to', to).exit
        expect(found).toMatchObject({ status: 1 })
        expect(found.stderr).toMatch(
          /^roomd: the two sides differ in the log room:\d; the same command goes on from there\n$/,
        )
        expect((await roomd(to).exit).status).toBe(1)

        expect(await moved(from, to)).toContain('moved 24,000 events in 3 logs, 3 rooms')
        expect(await portraitAt(to)).toEqual(await portraitAt(from))
        const daemon = roomd(to)
        await daemon.ready()
        await stop(daemon)
      },
      60_000,
    )
  })

  it('Redis is lost, and comes back', async () => {
    const folder = temporaryFolder()
    await fillMany(folder, 2, 4_000)
    const wire = await Wire.to(server.port)
    cleanups.unshift(() => wire.stop())
    const { url } = wire.place
    const moving = moved(folder, url)
    moving.catch(() => {})
    while ((await server.command('EXISTS', 'roomd:{room:1}:log')) === 0);
    wire.cut()
    await expect(moving).rejects.toThrow(/^Redis at redis:.*; the same command goes on from there$/)
    expect(await moved(folder, url)).toContain('moved 8,000 events in 2 logs')
    expect(await portraitAt(server.url)).toEqual(await portraitAt(folder))
  })

  describe('refused with one line', () => {
    /** With the status that the command ends with. */
    async function refusal(from: string, to: string, prefix?: string) {
      try {
        await moved(from, to, prefix)
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        expect(why).not.toContain('\n')
        return { status: error instanceof ConfigError ? 2 : 1, why }
      }
      throw new Error('it was not refused')
    }

    it('in the words and with the status of the command', async () => {
      const folder = temporaryFolder()
      const none = await migrate('--from', folder, '--to', server.url).exit
      expect(none).toMatchObject({
        status: 2,
        stderr: `roomd: there is no ${join(folder, 'roomd.db')} to migrate from\n`,
      })
      expect(await migrate('--from', folder).exit).toMatchObject({ status: 2 })
      await fillMany(folder, 1, 3)
      const away = await migrate('--from', folder, '--to', 'redis://127.0.0.1:1').exit
      expect(away).toMatchObject({ status: 1, stderr: expect.stringMatching(/^roomd: [^\n]+\n$/) })
      expect(await migrate('--from', folder, '--to', server.url).exit).toMatchObject({ status: 0, stderr: '' })
    })

    it('places that make no sense', async () => {
      const folder = temporaryFolder()
      await fillMany(folder, 1, 3)
      const { url } = server
      const misuse: [string, string, RegExp][] = [
        [temporaryFolder(), url, /^there is no .*roomd\.db to migrate from$/],
        [url, temporaryFolder(), /^there is nothing at redis:.* \(prefix roomd\)$/],
        [folder, `${folder}/../${folder.split('/').at(-1)}`, /^--from and --to are the same place$/],
        [url, `${url}/0`, /^--from and --to are the same place$/],
        ['redis://:secret@host/x', folder, /^--from is a folder, or such as redis:\/\/host:6379\/0/],
        [folder, 'http://secret', /^--to is a folder, or such as redis:\/\/host:6379\/0/],
        [':memory:', url, /^--from :memory: keeps nothing$/],
      ]
      for (const [from, to, why] of misuse) {
        const refused = await refusal(from, to)
        expect(refused).toEqual({ status: 2, why: expect.stringMatching(why) })
        expect(refused.why).not.toContain('secret')
      }
      expect(await refusal(folder, url, '{a}')).toMatchObject({ status: 2 })
      expect(await refusal(folder, 'redis://127.0.0.1:1')).toMatchObject({ status: 1 })
      await moved(folder, url)
      expect(await refusal(url, url.replace('127.0.0.1', 'localhost'))).toMatchObject({ status: 2 })
    })

    it('a target that is not empty', async () => {
      const [folder, other] = [temporaryFolder(), temporaryFolder()]
      await fillMany(folder, 1, 3)
      await fillMany(other, 1, 3)
      expect(await refusal(folder, other)).toEqual({
        status: 2,
        why: expect.stringMatching(/roomd\.db is not empty; .+$/),
      })
      await server.command('SET', 'roomd:{note:a}', 'b')
      expect(await refusal(folder, server.url)).toEqual({ status: 2, why: expect.stringMatching(/ is not empty; .+$/) })
      expect(await server.command('KEYS', '*')).toEqual(['roomd:{note:a}'])
      expect(await moved(folder, server.url, 'other')).toContain('moved')
    })

    it('a side that a daemon uses, or was killed on', async () => {
      const [folder, empty] = [temporaryFolder(), temporaryFolder()]
      for (const where of [folder, server.url]) {
        const daemon = roomd(where)
        const port = await daemon.ready()
        expect(await refusal(where, empty)).toEqual({ status: 1, why: expect.stringMatching(/in use by/) })
        const socket = connect(port, '127.0.0.1')
        cleanups.unshift(() => socket.destroy())
        socket.on('error', () => {})
        let heard = ''
        socket.on('data', (chunk) => {
          heard += chunk
        })
        socket.write('LOGIN ann\nJOIN ops\nhello\n')
        await vi.waitFor(() => expect(heard).toContain('hello'), { timeout: 5_000 })
        daemon.child.kill('SIGKILL')
        await daemon.exit
        const was = async () => (await refusal(where, empty)).why
        await vi.waitFor(async () => expect(await was()).toMatch(/was not left in order/), { timeout: 15_000 })
      }
      rmSync(empty, { recursive: true })
    })
  })
})
