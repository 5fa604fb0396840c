import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LineClient } from '../support/client.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { keptLog } from '../support/log.ts'
import { RedisServer, withRedis } from '../support/redis.ts'

withRedis('a file with the URL of Redis', () => {
  const server = RedisServer.forAll()

  test('is read again for each connection, so the password can be changed without a restart', async () => {
    const file = join(temporaryFolder(), 'redis.url')
    const use = (password: string, port = server.port) => {
      writeFileSync(file, `redis://chat:${password}@127.0.0.1:${port}\n`)
    }
    const allow = async (password: string) => {
      await server.command('ACL', 'SETUSER', 'chat', 'on', 'resetpass', `>${password}`, '~*', '&*', '+@all')
      await server.command('CLIENT', 'KILL', 'USER', 'chat')
    }
    await allow('first')
    use('first')
    const { log, logged } = keptLog()
    const daemon = await startTestDaemon({ 'redis-file': file, data: temporaryFolder() }, log)
    onTestFinished(() => daemon.stop())
    const ann = await LineClient.connect(daemon)
    onTestFinished(() => void ann.socket.destroy())
    await ann.ask('LOGIN ann')
    const ends = () => logged().split('commits work again').length - 1

    await allow('second')
    await eventually(() => expect(logged()).toContain('WRONGPASS'))
    use('second')
    await eventually(() => expect(ends()).toBe(1))
    expect((await ann.ask('/rooms')).type).toBe('commandResult')

    // A file that is gone, or names another server, changes nothing.
    for (const change of [() => use('third', 1), () => rmSync(file)]) {
      change()
      const before = ends()
      await allow('second')
      await eventually(() => expect(ends()).toBe(before + 1))
    }
    expect((await ann.ask('/rooms')).type).toBe('commandResult')
  })
})
