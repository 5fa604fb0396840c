/** An import that does not come to its end, and one of many events. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { ConfigError } from '../../src/config.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { RedisServer, Wire, withRedis } from '../support/redis.ts'
import { fillMany } from './many.ts'
import { content, exported, imported, moved, portraitAt, roomd, run, startAt } from './world.ts'

/** Events in all; `SOAK=1` makes it a million, which takes minutes. */
const MANY = process.env.SOAK ? 1_000_000 : 8_000

withRedis('to import', () => {
  const server = RedisServer.forAll()
  beforeEach(() => server.command('FLUSHALL'))

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'into Redis, interrupted by %s: no daemon starts, and the same command begins anew',
    async (signal) => {
      const folder = temporaryFolder()
      await fillMany(folder, 3, 700)
      const { file, text } = await exported(folder)
      const importing = run('import', '--redis', server.url)
      // All but the end: it waits for that.
      importing.stdin.write(text.slice(0, -200))
      await eventually(async () => expect(await server.command('EXISTS', 'roomd:{room:2}:log')).toBe(1))
      importing.kill(signal)
      const stderr = signal === 'SIGINT' ? 'roomd: interrupted; run the same command again\n' : ''
      expect(await importing.exit).toMatchObject({ status: signal === 'SIGINT' ? 1 : null, stderr })
      const refused = await roomd(server.url).exit
      expect(refused).toMatchObject({ status: 1 })
      expect(refused.stderr).toMatch(
        /^roomd: cannot use \S+.*: an import into it is unfinished; run roomd import again\n$/,
      )
      await expect(exported(server.url)).rejects.toThrow(ConfigError)
      expect(await imported(server.url, file)).toContain('imported 2,100 events in 3 logs, 3 rooms')
      expect(content((await exported(server.url)).text)).toBe(content(text))
      await (await startAt(server.url)).stop()
    },
  )

  it.each(['SIGKILL', 'SIGINT', 'SIGHUP'] as const)(
    'into SQLite, interrupted by %s: there is nothing, and the same command begins anew',
    async (signal) => {
      const [folder, other] = [temporaryFolder(), temporaryFolder()]
      await fillMany(folder, 3, 700)
      const { file, text } = await exported(folder)
      const importing = run('--data', other, 'import')
      importing.stdin.write(text.slice(0, -200))
      await eventually(() => expect(existsSync(join(other, 'roomd.db-wal'))).toBe(true))
      // No daemon starts meanwhile, and no other import.
      expect((await roomd(other).exit).stderr).toMatch(
        /in use by another process; --data FOLDER chooses another; is roomd running already\?\n$/,
      )
      await expect(imported(other, file)).rejects.toThrow(/in use by another process$/)
      importing.kill(signal)
      expect(await importing.exit).toMatchObject({ status: signal === 'SIGINT' ? 1 : null })
      expect(await imported(other, file)).toContain('imported 2,100 events in 3 logs, 3 rooms')
      expect(content((await exported(other)).text)).toBe(content(text))
    },
  )

  it('into Redis twice at the same time: one of the two at most goes on', async () => {
    const folder = temporaryFolder()
    await fillMany(folder, 1, 10)
    const { file, text } = await exported(folder)
    const waiting = run('import', '--redis', server.url)
    waiting.stdin.write(text.slice(0, -200))
    await eventually(async () => expect(await server.command('EXISTS', 'roomd:{rooms}:records')).toBe(1))
    await expect(imported(server.url, file)).rejects.toThrow(/^another import into .* is under way$/)
    waiting.stdin.end(text.slice(-200))
    expect(await waiting.exit).toMatchObject({ status: 0 })
    expect(content((await exported(server.url)).text)).toBe(content(text))
  })

  it('Redis is lost, and comes back', async () => {
    const folder = temporaryFolder()
    await fillMany(folder, 2, 4_000)
    const { file } = await exported(folder)
    const wire = await Wire.to(server.port)
    onTestFinished(() => void wire.stop())
    const { url } = wire.place
    const importing = imported(url, file)
    importing.catch(() => {})
    await eventually(async () => expect(await server.command('EXISTS', 'roomd:{room:1}:log')).toBe(1), 1)
    wire.cut()
    await expect(importing).rejects.toThrow(/^nothing was imported: Redis at redis:.*/)
    expect(await imported(url, file)).toContain('imported 8,000 events in 2 logs')
    expect(await portraitAt(server.url)).toEqual(await portraitAt(folder))
  })

  it(`${MANY.toLocaleString('en')} events go there and back, equal to the byte`, { timeout: 1_200_000 }, async () => {
    const [folder, other] = [temporaryFolder(), temporaryFolder()]
    await fillMany(folder, 4, MANY / 4)
    const there = await moved(folder, server.url)
    expect(await moved(server.url, other)).toBe(there)
    expect(content((await exported(other)).text)).toBe(there)
  })
})
