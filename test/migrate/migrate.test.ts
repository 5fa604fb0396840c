import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { ConfigError } from '../../src/config.ts'
import { LocalTarget } from '../../src/engine/local/moving-in.ts'
import { eventsUntil, seed } from '../engine/clock-back.ts'
import { readAll } from '../engine/conformance.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { blocksWith, keepBlock } from '../support/records.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { fillMany } from './many.ts'
import { engineAt, fill, migrate, moved, portrait, portraitAt, roomd, startAt, talk } from './world.ts'

// Dozens of processes, one after the other.
vi.setConfig({ testTimeout: 90_000 })

withRedis('to migrate', () => {
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
        for await (const page of engine.read('room:2', {})) events += page.length
        return events
      }
      await eventually(async () => expect(await count()).toBe(2_000), 100)
      await eventually(async () => expect(await engine.records.get('secret', 'soon')).toBeUndefined())
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
        await keepBlock(after, 'Ann', 'Mallory')
        expect((await blocksWith(after, 'Ann')).map(({ name }) => name)).toEqual(['BOB', 'Ann', 'Mallory'])
        await after.stop()
      }
    })

    it('events keep times that their ids do not tell', async () => {
      const [folder, other] = [temporaryFolder(), temporaryFolder()]
      const events = eventsUntil(Date.now())
      await seed(await LocalTarget.open(join(folder, 'roomd.db')), 'room:1', events)
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
      const asked = ['LOGIN ann geheim', 'JOIN ops', 'HISTORY', '/blocked']
      const historyOf = (lines: readonly string[]) => lines.filter((line) => /"body":"(one|two|three)"/.test(line))
      let daemon = await startAt(folder)
      await talk(daemon.line, 'LOGIN ann', '/register geheim', '/block mallory', 'JOIN ops', 'one', 'two', 'three')
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
        await talk(port, 'LOGIN ann geheim', 'JOIN ops', '/tell bob psst')
        await eventually(() => expect(heard).toContain('psst'))
        bob.end()
        await daemon.stop()
      }
    })
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
        onTestFinished(() => void socket.destroy())
        socket.on('error', () => {})
        let heard = ''
        socket.on('data', (chunk) => {
          heard += chunk
        })
        socket.write('LOGIN ann\nJOIN ops\nhello\n')
        await eventually(() => expect(heard).toContain('hello'))
        daemon.child.kill('SIGKILL')
        await daemon.exit
        const was = async () => (await refusal(where, empty)).why
        await eventually(async () => expect(await was()).toMatch(/was not left in order/), 250)
      }
      rmSync(empty, { recursive: true })
    })
  })
})
