import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { operate, operateHere, rowsOf } from '../support/operator.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { CHANGED, client, REMOVED, start, toTheEnd } from './stage.ts'

withRedis('operators on Redis', () => {
  const server = RedisServer.forAll()

  test('they are one more node: every daemon ends its sessions and writes it down', async () => {
    const redis = ['--redis', server.url, '--redis-prefix', 'operated']
    const data = temporaryFolder()
    const [nothing, ...nodes] = await Promise.all([
      operate(['room', 'list', '--redis', server.url, '--redis-prefix', 'nothing']),
      start(...redis, '--lobby', 'hall', '--data', data),
      start(...redis, '--lobby', 'hall', '--data', data),
    ])
    expect(nothing).toEqual({ status: 2, stdout: '', stderr: 'roomd: the store is empty\n' })
    const [one, other] = nodes
    const ann = await client(one.port, 'LOGIN Ann', '/register the first', 'JOIN ops')
    const alsoAnn = await client(other.port, 'LOGIN Ann the first', 'JOIN dev')
    const bob = await client(other.port, 'LOGIN bob', 'JOIN ops')

    const made = await operateHere(['token', 'create', 'ann', 'ci', '--may', 'read', ...redis])
    const token = made.stdout.trimEnd()
    const [bot, alsoBot] = await Promise.all(nodes.map(({ port }) => client(port, `LOGIN ann ${token}`)))
    expect(rowsOf(await operateHere(['token', 'list', 'ann', ...redis]))).toMatchObject([{ NAME: 'ci', MAY: 'read' }])
    expect(await operateHere(['token', 'revoke', 'ann', 'ci', ...redis])).toMatchObject({ status: 0 })
    for (const session of [bot, alsoBot])
      expect((await toTheEnd(session ?? expect.fail())).at(-1)).toContain('"code":"token-ended"')

    const rooms = rowsOf(await operateHere(['room', 'list', ...redis]))
    expect(rooms.map(({ NAME, MEMBERS }) => `${NAME} ${MEMBERS}`)).toEqual(['hall 0', 'ops 2', 'dev 1'])
    expect(await operateHere(['room', 'close', 'ops', ...redis])).toMatchObject({
      status: 0,
      stdout: 'closed room ops\n',
    })
    await bob.until((line) => line.type === 'userLeft' && line.from === 'bob')
    const password = await operateHere(['account', 'password', 'ann', ...redis], { input: 'the second' })
    expect(password).toMatchObject({ status: 0, stdout: 'changed the password of Ann\n' })
    for (const session of [ann, alsoAnn]) expect((await toTheEnd(session)).at(-1)).toBe(CHANGED)
    expect(await (await client(other.port)).ask('LOGIN ann the first')).toMatchObject({ error: 'Password incorrect' })
    const sessions = await Promise.all(nodes.map(({ port }) => client(port, 'LOGIN ann the second')))
    expect(rowsOf(await operateHere(['account', 'list', ...redis]))).toMatchObject([{ NAME: 'Ann' }])
    expect(await operate(['account', 'remove', 'ann', ...redis])).toMatchObject({
      status: 0,
      stdout: 'removed account Ann\n',
    })
    for (const session of sessions) expect((await toTheEnd(session)).at(-1)).toBe(REMOVED)
    for (const { daemon, port } of nodes) {
      await daemon.logged('account removed by the operator')
      const done = daemon.log.filter(({ msg }) => String(msg).endsWith('by the operator'))
      expect(done).toMatchObject([{ title: 'ops' }, { name: 'Ann' }, { name: 'Ann' }])
      await client(port, 'LOGIN ann')
    }
    expect(existsSync(join(data, 'control.sock'))).toBe(false)
  })
})
