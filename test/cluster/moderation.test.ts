/** docs/protocols/moderation.md, section 5, on two nodes: who acts is on one, whom it concerns on the other. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { moderationCommands } from '../protocols/line/moderation-commands.ts'
import { moderationPoints } from '../protocols/line/moderation-points.ts'
import { anotherAddress, enter, guest, OK, owner, roomOf } from '../protocols/line/moderation-stage.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { startNodes } from './nodes.ts'

withRedis('moderation across nodes', () => {
  const server = RedisServer.forAll()
  const nodes: TestDaemon[] = []
  const start = async () => {
    const options = { http: 0, 'max-registrations': 0, 'max-rate': 0, 'guest-rate': 0 }
    const daemon = await startTestDaemon({ ...options, redis: server.url, 'redis-prefix': 'moderation' })
    nodes.push(daemon)
    return daemon
  }
  beforeAll(async () => void (await Promise.all([start(), start()])))
  afterAll(async () => void (await Promise.all(nodes.map((daemon) => daemon.stop()))))
  const sites = () => ({ actor: nodes[0] ?? expect.fail(), target: nodes[1] ?? expect.fail() })

  moderationCommands(sites, 'c')
  moderationPoints(sites, 'c')

  test('1, 3. a node that starts later knows topic, roles, bans and modes, until they end', async () => {
    const room = 'late'
    const { ann, bob } = await roomOf(sites(), room)
    const address = anotherAddress()
    await guest(sites().target, 'raider', room, address)
    await ann.hears('userJoined raider')
    for (const command of ['/topic kept', '/op bob', '/ban raider 2h']) {
      expect(await ann.ask(command)).toEqual(OK)
    }
    for (const command of ['/mute shout* 2h', '/ban troll*'])
      expect(await ann.outcome(command)).toMatch(/; nobody here matches it$/)
    await bob.hears('role ann troll* banned')
    const node = await start()
    const evader = await guest(node, 'evader', undefined, address)
    expect(await evader.outcome(`JOIN ${room}`)).toBe('banned')
    const shouter = await guest(node, 'shouter', room, anotherAddress())
    expect(await shouter.outcome('HM')).toBe('muted')
    expect(await (await guest(node, 'troll1')).outcome(`JOIN ${room}`)).toBe('banned')
    const dan = await guest(node, 'dan', room, anotherAddress())
    expect(await dan.outcome('/topic')).toBe('kept (ann)')
    expect(await dan.outcome('/kick bob')).toBe('not-permitted')
    expect(await bob.ask('/op dan')).toEqual(OK)
    await dan.hears('role bob dan operator')
    expect(await dan.ask('/bans')).toMatchObject({ bans: [{ to: 'raider' }, { to: 'troll*' }] })
    const now = Date.now
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 2 * 3_600_000)
    try {
      expect(await shouter.outcome('ah')).toBe('OK')
      await enter(evader, 'evader', room)
      expect(await (await guest(node, 'troll2')).outcome(`JOIN ${room}`)).toBe('banned')
    } finally {
      clock.mockRestore()
    }
  })

  test('9. of an account with sessions on two nodes, the kill -9 of one node ends one', async () => {
    const room = 'killed'
    const processes = await startNodes([server.url, server.url])
    const [here, there] = processes
    if (!here || !there) throw new Error('there are two')
    const ann = await owner(here.daemon, 'ann', room)
    const fay = await owner(here.daemon, 'fay', room)
    await ann.hears('userJoined fay')
    const other = await owner(there.daemon, 'fay')
    expect(await other.ask(`JOIN ${room}`)).toMatchObject({ type: 'commandResult' })
    await guest(there.daemon, 'gus', room)
    await ann.hears('userJoined gus')
    there.signal('SIGKILL')
    await other.line.closed
    // Its lease has run out.
    await ann.hears('userLeft gus')
    expect(await fay.ask('still here')).toEqual(OK)
    await ann.hears('message fay still here')
    expect(await ann.ask('/kick fay')).toEqual(OK)
    await fay.hears('userKicked ann fay')
    await enter(fay, 'fay', room)
    expect(await ann.presenceOf('fay')).toEqual(['userJoined', 'userKicked', 'userJoined'])
  })
})
