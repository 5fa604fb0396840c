/** What becomes of engines while Redis is away, and behind that. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RoomRecord } from '../../src/engine/engine.ts'
import { Unavailable } from '../../src/engine/errors.ts'
import { redisLocationOf } from '../../src/engine/redis/url.ts'
import { eventually, TIMED } from '../support/eventually.ts'
import { placeAt, RedisServer, withRedis } from '../support/redis.ts'
import { readAll, said } from './conformance.ts'
import { callOf, check, follow, isUp, join, LOG, Load, Stage } from './stage.ts'

withRedis('Redis that goes away', () => {
  const stage = new Stage()
  const node = stage.node.bind(stage)
  const wired = stage.wired.bind(stage)

  describe('Redis away', () => {
    it('is said once and at once, and over by itself', TIMED, async () => {
      const { engine, wire, said: notices } = await wired()
      const seen = follow(engine)
      await engine.logs.append(LOG, said('before'))
      const changed: number[] = []
      engine.rooms.watch((room) => changed.push(room))
      wire.close()
      await eventually(() => expect(notices).toEqual(['trouble']))
      await expect(engine.ping()).rejects.toThrow(Unavailable)
      const asked = performance.now()
      await expect(engine.logs.append(LOG, said('refused'))).rejects.toThrow(Unavailable)
      await expect(readAll(engine, LOG)).rejects.toThrow(Unavailable)
      await expect(engine.memberships.claim(1, 'ann')).rejects.toThrow(Unavailable)
      await expect(engine.rooms.find(1)).rejects.toThrow(Unavailable)
      await expect(engine.rooms.list()).rejects.toThrow(Unavailable)
      await expect(engine.records.get('account', 'ann')).rejects.toThrow(Unavailable)
      expect(performance.now() - asked).toBeLessThan(500)
      const { engine: other } = await node()
      await other.logs.append(LOG, said('meanwhile'))
      wire.open()
      await isUp(engine)
      expect(changed).toEqual([1])
      await engine.logs.append(LOG, said('after'))
      await eventually(() => expect(seen.map(({ body }) => body)).toEqual(['before', 'meanwhile', 'after']))
      expect(notices).toEqual(['trouble', 'recovered'])
    })

    it('is sought ever more patiently, and nothing else is done meanwhile', async () => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const { engine } = await node({ place: placeAt(own.port), timing: { leaseMs: 3_200, renewalMs: 100 } })
      follow(engine)
      await engine.logs.append(LOG, said('before'))
      await own.kill()
      let knocks = 0
      const door = createServer((socket) => {
        knocks++
        socket.destroy()
      })
      await once(door.listen(own.port, '127.0.0.1'), 'listening')
      const before = process.threadCpuUsage()
      await delay(3_000)
      const { user, system } = process.threadCpuUsage(before)
      expect((user + system) / 1_000).toBeLessThan(1_000)
      await new Promise((closed) => door.close(closed))
      // Two for each attempt. Half of 50 ms is waited before the first at least, then half of twice as much, and of 800 ms at most, which makes 20
      // or fewer; without longer waits there are more than 120.
      expect(knocks).toBeGreaterThanOrEqual(4)
      expect(knocks).toBeLessThan(60)
      await own.run()
      await isUp(engine)
      await engine.logs.append(LOG, said('after'))
    })

    it('frees a name that was released meanwhile', async () => {
      const { engine, wire } = await wired()
      const { engine: other } = await node()
      await engine.memberships.claim(1, 'ann')
      wire.close()
      await eventually(() => expect(engine.ping()).rejects.toThrow(Unavailable))
      await engine.memberships.release(1, 'ann')
      wire.open()
      await isUp(engine)
      expect(await other.memberships.claim(1, 'ann')).toBe(true)
    })

    it('frees at once what was claimed and not noted', async () => {
      const [{ engine }, { engine: other }] = [await node(), await node()]
      const note = `${stage.prefix}:{name:ann}:held`
      await stage.server.command('SET', note, 'in the way')
      await expect(engine.memberships.claim(1, 'ann')).rejects.toThrow(Unavailable)
      await stage.server.command('DEL', note)
      expect(await other.memberships.members(1)).toEqual([])
      expect(await other.memberships.claim(1, 'ann')).toBe(true)
    })

    it('tells of a room that was closed meanwhile, and keeps nothing of it', async () => {
      const { engine, wire } = await wired()
      const { engine: other } = await node()
      const { id } = await engine.rooms.create({ title: 'Tech', slug: 'tech', visibility: 'public' })
      await join(engine, 'ann', id)
      const rooms: (readonly string[])[] = []
      wire.close()
      await eventually(() => expect(engine.ping()).rejects.toThrow(Unavailable))
      expect(await other.rooms.close(id)).toBe(true)
      engine.rooms.watch((room) => {
        // Where Redis is away again, the next connection tells of it.
        const list = (all: readonly RoomRecord[]) => void rooms.push(all.map(({ title }) => title))
        if (room === id) engine.rooms.list().then(list, () => {})
      })
      wire.open()
      await eventually(() => expect(rooms).toEqual([['Public Chat']]))
      await eventually(async () => expect(await stage.server.command('KEYS', `${stage.prefix}:{name:*`)).toEqual([]))
    })

    it('leaves no append unanswered or answered wrongly, whose answer was lost on the way', async () => {
      const { engine, wire } = await wired()
      const { engine: other } = await node()
      const seen = follow(engine)
      const followed = follow(other)
      await engine.logs.append(LOG, said('first'))
      const results: string[] = []
      for (let round = 0; round < 10; round++) {
        await isUp(engine)
        const bodies = Array.from({ length: 5 }, (_, n) => `${round} ${n}`)
        const appends = bodies.map((body) => engine.logs.append(LOG, said(body)))
        const heard = eventually(() => expect(followed.at(-1)?.body).toBe(bodies.at(-1)))
        // Either on its way there or, when the other one has heard of it, on its way back.
        if (round % 2 === 0) setImmediate(() => setImmediate(() => wire.cut()))
        else await heard.finally(() => wire.cut())
        heard.catch(() => {})
        for (const [place, { status }] of (await Promise.allSettled(appends)).entries()) {
          if (status === 'fulfilled') results.push(bodies[place] ?? '')
        }
      }
      await isUp(engine)
      expect((await readAll(other, LOG)).map(({ body }) => body)).toEqual(['first', ...results])
      await eventually(() => expect(seen.map(({ body }) => body)).toEqual(['first', ...results]))
    })

    it('and back, over and over, loses nothing and doubles nothing', async () => {
      const some = [await wired(), await wired()]
      const { engine: calm } = await node()
      const seen = [...some, { engine: calm }].map(({ engine }) => follow(engine))
      await delay(100)
      const loads = [...some, { engine: calm }].map(({ engine }, place) => new Load(engine, `node ${place}`))
      for (let round = 0; round < 15; round++) {
        await delay(Math.random() * 150)
        some[round % 2]?.wire.cut()
      }
      await Promise.all(loads.map((load) => load.stop()))
      for (const { engine } of some) await isUp(engine)
      const log = await check((await node()).engine, loads, seen)
      expect(log.length).toBeGreaterThan(300)
    })

    it('is said again for each other reason, once', async () => {
      const secret = (password: string) =>
        stage.server.command('ACL', 'SETUSER', stage.prefix, 'on', `>${password}`, '~*', '&*', '+@all')
      await secret('old')
      const place = redisLocationOf(`redis://${stage.prefix}:old@127.0.0.1:${stage.server.port}`) ?? expect.fail()
      const { engine, said: notices, reasons } = await node({ place })
      await stage.server.command('ACL', 'SETUSER', stage.prefix, 'resetpass', '>new')
      const tries = async () =>
        Number(/total_connections_received:(\d+)/.exec(String(await stage.server.command('INFO', 'stats')))?.[1])
      const before = await tries()
      await stage.server.command('CLIENT', 'KILL', 'USER', stage.prefix)
      // Asking counts, too.
      await eventually(async () => expect(await tries()).toBeGreaterThan(before + 20))
      await expect(engine.ping()).rejects.toThrow('WRONGPASS')
      await secret('old')
      await isUp(engine)
      const at = `Redis at redis://127.0.0.1:${stage.server.port}:`
      expect(reasons).toHaveLength(2)
      expect(reasons[1]).toBe(`${at} WRONGPASS invalid username-password pair or user is disabled.`)
      expect(notices).toEqual(['trouble', 'recovered'])
    })

    it('to whom it does not let listen says so, until it does', async () => {
      const allow = (...rules: readonly string[]) => stage.server.command('ACL', 'SETUSER', stage.prefix, ...rules)
      await allow('on', '>secret', '~*', '+@all', 'resetchannels', `&${stage.prefix}:control`)
      const place = redisLocationOf(`redis://${stage.prefix}:secret@127.0.0.1:${stage.server.port}`) ?? expect.fail()
      const [{ engine, reasons }, { engine: other }] = [await node({ place }), await node()]
      const seen = follow(engine)
      await eventually(() => expect(reasons).toHaveLength(1))
      expect(reasons[0]).toMatch(/: NOPERM .* channels /)
      await allow('&*')
      await isUp(engine)
      await other.logs.append(LOG, said('hello'))
      await eventually(() => expect(seen.map(({ body }) => body)).toEqual(['hello']))
    })

    it('before a new connection is taken up ends that one, too', async () => {
      const { engine, wire } = await wired()
      const resuming = wire.passes(callOf('renew'))
      wire.cut()
      await resuming
      wire.strand()
      await isUp(engine)
      const clients = String(await stage.server.command('CLIENT', 'LIST')).split('\n')
      expect(clients.filter((client) => client.includes(' name=roomd-'))).toHaveLength(1)
    })

    it('and back: what is followed just then is heard', async () => {
      const { engine, wire } = await wired()
      const { engine: other } = await node()
      // Redis knows by now what is listened to.
      const resuming = wire.passes(callOf('lobby'))
      wire.cut()
      await resuming
      await expect(engine.ping()).rejects.toThrow(Unavailable)
      const seen = follow(engine)
      await isUp(engine)
      await engine.logs.append(LOG, said('own'))
      await other.logs.append(LOG, said('other'))
      await eventually(() => expect(seen.map(({ body }) => body)).toEqual(['own', 'other']))
    })

    it('paused is waited for', async () => {
      const { engine, said: notices } = await node({ timing: { leaseMs: 3_000, renewalMs: 500 } })
      const seen = follow(engine)
      const load = new Load(engine, 'node')
      await delay(100)
      await stage.server.command('CLIENT', 'PAUSE', '1000', 'ALL')
      await delay(1_300)
      await load.stop()
      expect(load.refused).toEqual([])
      expect(notices).toEqual([])
      await check((await node()).engine, [load], [seen])
    })

    it('hanging for long is left, and what was under way then is known in the end', async () => {
      const { engine, wire, said: notices } = await wired()
      const seen = follow(engine)
      const load = new Load(engine, 'node')
      await delay(100)
      wire.hold()
      await eventually(() => expect(notices).toEqual(['trouble']))
      wire.go()
      await isUp(engine)
      await delay(100)
      await load.stop()
      await check((await node()).engine, [load], [seen])
    })

    it('hanging where channels are heard is left, and nothing is missed', async () => {
      const { engine, wire, said: notices, reasons } = await wired()
      const { engine: other } = await node()
      const seen = follow(engine)
      await engine.logs.append(LOG, said('one'))
      await other.logs.append(LOG, said('two'))
      await eventually(() => expect(seen).toHaveLength(2))
      wire.holdChannels()
      await other.logs.append(LOG, said('three'))
      await engine.logs.append(LOG, said('four'))
      await eventually(() => expect(seen.map(({ body }) => body)).toEqual(['one', 'two', 'three', 'four']))
      await isUp(engine)
      expect(notices).toEqual(['trouble', 'recovered'])
      expect(reasons[0]).toMatch(/: it does not answer$/)
    })

    it('refuses more than may wait', async () => {
      const { engine, wire } = await wired({ timing: { leaseMs: 30_000, renewalMs: 500 } })
      wire.hold()
      const results = Array.from({ length: 50_010 }, (_, n) => engine.logs.append(LOG, said(String(n))))
      await expect(results[50_000]).rejects.toThrow('too much is waiting')
      wire.go()
      const settled = await Promise.allSettled(results)
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(50_000)
    })
  })

  it('Redis killed under load and started again has all that was acknowledged', async () => {
    const own = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
    onTestFinished(() => own.stop())
    const place = placeAt(own.port)
    // Away for longer than that in the end.
    const timing = { leaseMs: 2_000, renewalMs: 100 }
    const two = [await node({ place, timing }), await node({ place, timing })]
    const seen = two.map(({ engine }) => follow(engine))
    await Promise.all(two.map(({ engine }, n) => join(engine, `member${n}`, 2)))
    await delay(100)
    const loads = two.map(({ engine }, n) => new Load(engine, `node ${n}`))
    for (let round = 0; round < 3; round++) {
      await delay(300)
      await own.kill()
      await delay(round * 1_100)
      await own.run()
      for (const { engine } of two) await isUp(engine)
    }
    await Promise.all(loads.map((load) => load.stop()))
    const [one] = two
    if (!one) throw new Error('there are two')
    await check((await node({ place })).engine, loads, seen)
    await delay(2_200)
    expect((await one.engine.memberships.members(2)).toSorted()).toEqual(['member0', 'member1'])
    expect(await readAll(one.engine, 'room:2')).toHaveLength(2)
    for (const { said: notices } of two) expect(notices.filter((notice) => notice === 'lost')).toEqual([])
  })
})
