/** A migration that does not come to its end, and is done again. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { ConfigError } from '../../src/config.ts'
import { temporaryFolder } from '../support/folder.ts'
import type { Exit } from '../support/process.ts'
import { RedisServer, Wire, withRedis } from '../support/redis.ts'
import { fillMany } from './many.ts'
import { migrate, moved, portraitAt, roomd, startAt } from './world.ts'

/** Of a log: what is left of a migration when its first log is whole takes longer than to see that it is. */
const EVENTS = 6_000

withRedis('to go on with', () => {
  const server = RedisServer.forAll()
  beforeEach(() => server.command('FLUSHALL'))

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

    it.each(['Redis', 'SQLite'])('it goes on where it was, into %s; no daemon starts meanwhile', async (kind) => {
      const [folder, other] = [temporaryFolder(), temporaryFolder()]
      await fillMany(folder, 3, EVENTS)
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
      await expect(moved(to, temporaryFolder())).rejects.toThrow(ConfigError)
      if (kind === 'Redis') {
        const another = temporaryFolder()
        await fillMany(another, 1, 1)
        const mixed: unknown = await moved(another, to).catch((error: unknown) => error)
        expect(mixed).toBeInstanceOf(ConfigError)
        expect(String(mixed)).toMatch(/: another migration into \S+ \(prefix roomd\) is unfinished, from [^\n]*$/)
      }

      await spoil(to)
      const found: unknown = await moved(from, to).catch((error: unknown) => error)
      expect(found).not.toBeInstanceOf(ConfigError)
      expect(String(found)).toMatch(/: the two sides differ in the log room:\d; the same command goes on from there$/)
      expect((await roomd(to).exit).status).toBe(1)

      expect(await moved(from, to)).toContain(`moved ${(3 * EVENTS).toLocaleString('en')} events in 3 logs, 3 rooms`)
      expect(await portraitAt(to)).toEqual(await portraitAt(from))
      await (await startAt(to)).stop()
    })
  })

  it('Redis is lost, and comes back', async () => {
    const folder = temporaryFolder()
    await fillMany(folder, 2, 4_000)
    const wire = await Wire.to(server.port)
    onTestFinished(() => void wire.stop())
    const { url } = wire.place
    const moving = moved(folder, url)
    moving.catch(() => {})
    while ((await server.command('EXISTS', 'roomd:{room:1}:log')) === 0);
    wire.cut()
    await expect(moving).rejects.toThrow(/^Redis at redis:.*; the same command goes on from there$/)
    expect(await moved(folder, url)).toContain('moved 8,000 events in 2 logs')
    expect(await portraitAt(server.url)).toEqual(await portraitAt(folder))
  })
})
