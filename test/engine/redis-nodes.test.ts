import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Closed, Shared, Unavailable } from '../../src/engine/errors.ts'
import type { RedisEngine } from '../../src/engine/redis/redis.ts'
import { eventually, TIMED } from '../support/eventually.ts'
import { createAccount } from '../support/records.ts'
import { withRedis } from '../support/redis.ts'
import { readAll, said } from './conformance.ts'
import { callOf, expectRising, follow, isUp, join, LOG, Load, present, SHORT, Stage, told } from './stage.ts'

withRedis('several nodes on Redis', () => {
  const stage = new Stage()
  const node = stage.node.bind(stage)
  const wired = stage.wired.bind(stage)

  describe('several nodes', () => {
    it('see one order, each event once', async () => {
      const three = await Promise.all([node(), node(), node()])
      const seen = three.map(({ engine }) => follow(engine))
      await Promise.all(three.map(({ engine }) => isUp(engine)))
      // From when on all of them follow.
      await eventually(async () => {
        await three[0]?.engine.logs.append(LOG, said('?'))
        for (const events of seen) expect(events.length).toBeGreaterThan(0)
      })
      const loads = three.map(({ engine }, place) => new Load(engine, `node ${place}`))
      await delay(700)
      for (const load of loads) await load.stop()
      const log = (await readAll((await node()).engine, LOG)).filter(({ body }) => body !== '?')
      expectRising(log)
      expect(log.length).toBe(loads.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0))
      for (const events of seen) {
        const heard = () => events.filter(({ body }) => body !== '?')
        await eventually(() => expect(heard()).toHaveLength(log.length))
        expect(heard()).toEqual(log)
      }
    })

    it('know who is in a room, from its `joined` until its `left`, and not for how long its name is held', async () => {
      const [one, other] = [(await node()).engine, (await node()).engine]
      await one.memberships.claim(1, 'Ann')
      expect(await other.memberships.inside(1)).toEqual([])
      await one.logs.append(LOG, present('joined', 'Ann'))
      await join(other, 'bob')
      expect(await other.memberships.inside(1)).toEqual(['Ann', 'bob'])
      await one.logs.append(LOG, present('left', 'Ann'))
      expect(await other.memberships.inside(1)).toEqual(['bob'])
      expect(await other.memberships.members(1)).toEqual(['Ann', 'bob'])
    })

    it('know of each other’s names, rooms and accounts', async () => {
      const [one, other] = [(await node()).engine, (await node()).engine]
      const changed: number[] = []
      other.rooms.watch((room) => changed.push(room))
      const room = await one.rooms.create({ title: 'Tech', slug: 'tech', visibility: 'public' })
      expect(await other.rooms.find('tech')).toEqual(room)
      await eventually(() => expect(changed).toContain(room.id))
      expect(await other.rooms.list()).toContainEqual(room)
      await join(one, 'Ann', room.id)
      expect(await other.memberships.claim(room.id, 'ANN')).toBe(false)
      expect(await other.memberships.claim(room.id, 'bob')).toBe(true)
      expect(await one.memberships.members(room.id)).toEqual(['Ann', 'bob'])
      expect(await one.memberships.counts()).toEqual(new Map([[room.id, 2]]))
      expect(await other.memberships.heldIn('ann')).toEqual([room.id])
      await other.memberships.release(room.id, 'Ann')
      expect(await one.memberships.members(room.id)).toEqual(['Ann', 'bob'])
      expect(await createAccount(one, 'Ann', 'hash')).toBe(true)
      expect(await createAccount(other, 'ann', 'hash')).toBe(false)
      expect(await other.records.get('account', 'ann')).toMatchObject({ name: 'Ann', hash: 'hash' })
      const renamed = await other.rooms.change(room.id, { title: 'Tec', slug: 'tec', visibility: 'hidden' })
      await eventually(async () => expect(await one.rooms.find(room.id)).toEqual(renamed))
      expect(await one.rooms.close(room.id)).toBe(true)
      await eventually(async () => expect(await other.rooms.list()).toHaveLength(1))
      await expect(other.logs.append(`room:${room.id}`, said('late', room.id))).rejects.toThrow(Closed)
      expect(await other.rooms.close(room.id)).toBe(false)
    })

    it('hear of accounts that another one has changed or removed', async () => {
      const [one, other] = [(await node()).engine, (await node()).engine]
      await createAccount(one, 'Ann', 'hash')
      // From here on it is remembered.
      expect(await other.records.get('account', 'ann')).toMatchObject({ hash: 'hash' })
      await one.records.change('account', 'ann', (account) => ({ ...account, hash: 'new' }))
      expect(await one.records.get('account', 'ann')).toMatchObject({ hash: 'new' })
      await eventually(async () => expect(await other.records.get('account', 'ann')).toMatchObject({ hash: 'new' }))
      await one.records.delete('account', 'ann')
      await eventually(async () => expect(await other.records.get('account', 'ann')).toBeUndefined())
    })

    it('hand on the end of a room that another one has closed', async () => {
      const [one, other] = [(await node()).engine, (await node()).engine]
      const { id } = await one.rooms.create({ title: 'Tech', slug: 'tech', visibility: 'public' })
      const seen = follow(other, `room:${id}`)
      await join(other, 'ann', id)
      await one.rooms.close(id)
      await eventually(() => expect(told(seen)).toEqual(['joined ann', 'left ann', 'closed ']))
    })
  })

  describe('a name that several nodes share', () => {
    const shared = { shared: true }
    const come = async (engine: RedisEngine, name = 'ann') => {
      expect(await engine.memberships.claim(1, name, shared)).toBe(true)
      return engine.logs.append(LOG, present('joined', name))
    }

    it('takes no guest along that becomes its user while it is in the room through another node', async () => {
      const [one, other] = [(await node()).engine, (await node()).engine]
      await join(one, 'guest')
      await come(other)
      expect(await one.memberships.claim(1, 'ann', shared)).toBe(true)
      const both = () =>
        one.logs.appendAll(LOG, [
          { ...present('left', 'guest'), details: { renamed: 'ann' } },
          { ...present('joined', 'ann'), details: { renamed: 'guest' } },
        ])
      for (const refused of both()) await expect(refused).rejects.toThrow(Shared)
      await other.logs.append(LOG, present('left', 'ann'))
      await other.memberships.release(1, 'ann')
      await Promise.all(both())
      expect(told(await readAll(one, LOG))).toEqual([
        'joined guest',
        'joined ann',
        'left ann',
        'left guest',
        'joined ann',
      ])
    })

    it('comes and goes by turns, whoever of them comes and goes in whatever order', async () => {
      const nodes = await Promise.all([node(), node(), node()])
      const seen = nodes.map(({ engine }) => follow(engine))
      let inside = 0
      const visits = nodes.map(async ({ engine }, place) => {
        for (let round = 0; round < 60; round++) {
          const joined = await come(engine).catch((error: unknown) => error)
          if (joined instanceof Error) expect(joined).toBeInstanceOf(Shared)
          // It is seen to be in by whoever is in.
          const last = seen[place]?.findLast(({ kind }) => kind !== 'message')
          expect(last?.kind).toBe('joined')
          inside++
          if (round % 3 === place) await delay(Math.random() * 5)
          inside--
          const left = await engine.logs.append(LOG, present('left', 'ann')).catch((error: unknown) => error)
          if (left instanceof Error) expect(left).toBeInstanceOf(Shared)
          await engine.memberships.release(1, 'ann')
        }
      })
      await Promise.all(visits)
      expect(inside).toBe(0)
      const log = await readAll((await node()).engine, LOG)
      expect(told(log)).toEqual(log.map((_, n) => (n % 2 === 0 ? 'joined ann' : 'left ann')))
      expect(log.length % 2).toBe(0)
      expect(log.length).toBeLessThan(2 * 3 * 60)
      expect(await nodes[0]?.engine.memberships.members(1)).toEqual([])
      expect(await stage.server.command('KEYS', `${stage.prefix}:{room:1}:*`)).not.toContainEqual(
        expect.stringMatching(/joined|names|claims|inside/),
      )
      for (const events of seen) await eventually(() => expect(events).toEqual(log))
    })

    it.each(['first', 'last'])('has left with the last of them, when the one that came %s dies', async (which) => {
      const dying = await wired()
      const { engine } = await node()
      const [first, last] = which === 'first' ? [dying.engine, engine] : [engine, dying.engine]
      await come(first)
      await expect(come(last)).rejects.toThrow(Shared)
      await join(dying.engine, 'bob')
      dying.wire.close()
      await eventually(async () => expect(await engine.memberships.heldIn('bob')).toEqual([]))
      expect(await engine.memberships.members(1)).toEqual(['ann'])
      expect(told(await readAll(engine, LOG))).toEqual(['joined ann', 'joined bob', 'left bob'])
      await engine.logs.append(LOG, present('left', 'ann'))
      await engine.memberships.release(1, 'ann')
      expect(await engine.memberships.heldIn('ann')).toEqual([])
      expect(told(await readAll(engine, LOG)).at(-1)).toBe('left ann')
    })

    it('has left once when all of them die, and when its room is closed', async () => {
      const [one, other] = [await wired(), await wired()]
      const { engine } = await node()
      await come(one.engine)
      await expect(come(other.engine)).rejects.toThrow(Shared)
      for (const { wire } of [one, other]) wire.close()
      await eventually(async () => expect(told(await readAll(engine, LOG))).toEqual(['joined ann', 'left ann']))
      await eventually(async () => expect(await engine.memberships.heldIn('ann')).toEqual([]))

      const { id } = await engine.rooms.create({ title: 'Tech', slug: 'tech', visibility: 'public' })
      const { engine: third } = await node()
      await engine.memberships.claim(id, 'ann', shared)
      await third.memberships.claim(id, 'ann', shared)
      await engine.logs.append(`room:${id}`, present('joined', 'ann', id))
      await expect(third.logs.append(`room:${id}`, present('joined', 'ann', id))).rejects.toThrow(Shared)
      const seen = follow(third, `room:${id}`)
      await third.logs.append(`room:${id}`, said('both are here', id))
      await engine.rooms.close(id)
      await eventually(() => expect(told(seen)).toEqual(['message alice', 'left ann', 'closed ']))
      await eventually(async () => expect(await engine.memberships.heldIn('ann')).toEqual([]))
    })

    it('is told of behind what came before it', async () => {
      const { engine, wire } = await wired({ timing: { leaseMs: 60_000, renewalMs: 30_000 } })
      const { engine: other } = await node()
      const seen = follow(engine)
      // Over the channel, so it is listened to by now.
      await eventually(async () => {
        await other.logs.append(LOG, said('before'))
        expect(seen.at(-1)?.body).toBe('before')
      })
      wire.holdChannels()
      await come(other)
      await engine.memberships.claim(1, 'ann', shared)
      const joined = engine.logs.append(LOG, present('joined', 'ann')).catch((error: unknown) => error)
      expect(await Promise.race([joined, delay(200, 'waits')])).toBe('waits')
      expect(told(seen)).not.toContain('joined ann')
      wire.go()
      expect(await joined).toBeInstanceOf(Shared)
      expect(told(seen).at(-1)).toBe('joined ann')
    })

    it('is told of, or refused, when the connection breaks over the answer', async () => {
      const { engine, wire } = await wired({ timing: { leaseMs: 60_000, renewalMs: 30_000 } })
      const { engine: other } = await node()
      await come(other)
      follow(engine)
      await engine.memberships.claim(1, 'ann', shared)
      for (let round = 0; round < 6; round++) {
        const appending = wire.passes(callOf('append'))
        const joined = engine.logs.append(LOG, present('joined', 'ann')).catch((error: unknown) => error)
        await appending
        // On its way there, or back.
        if (round % 2 === 0) setImmediate(() => wire.cut())
        else await delay(2).then(() => wire.cut())
        const isIn = (await joined) instanceof Shared
        await isUp(engine)
        const left = await engine.logs.append(LOG, present('left', 'ann')).catch((error: unknown) => error)
        expect(left).toBeInstanceOf(isIn ? Shared : Closed)
      }
      expect(told(await readAll(engine, LOG))).toEqual(['joined ann'])
    })
  })

  describe('a node that dies', () => {
    it('has left each room once, whoever sees to it, and its names are free', TIMED, async () => {
      const dying = await wired()
      const others = await Promise.all([node(), node(), node()])
      const seen = others.map(({ engine }) => follow(engine))
      const [one] = others.map(({ engine }) => engine)
      if (!one) throw new Error('there are three')
      await join(dying.engine, 'Ann')
      await join(dying.engine, 'bob')
      await join(dying.engine, 'eve', 7)
      await dying.engine.memberships.claim(1, 'shy')
      await join(one, 'carol')
      await dying.engine.logs.append(LOG, present('left', 'bob'))
      dying.wire.close()
      const gone = performance.now()
      await eventually(async () => expect(await one.memberships.members(1)).toEqual(['carol']))
      await eventually(async () => expect(await one.memberships.heldIn('eve')).toEqual([]))
      expect(performance.now() - gone).toBeLessThan(10_000)
      expect(await one.memberships.claim(1, 'ann')).toBe(true)
      await delay(300)
      const expected = ['joined Ann', 'joined bob', 'joined carol', 'left bob', 'left Ann']
      expect(told(await readAll(one, LOG))).toEqual(expected)
      expect(told(await readAll(one, 'room:7'))).toEqual(['joined eve', 'left eve'])
      for (const events of seen) {
        await eventually(() => expect(told(events).slice(-1)).toEqual(['left Ann']))
      }
    })

    it('is dealt with whole, however much it held and whatever fails over it', async () => {
      const dying = await wired()
      const { engine } = await node()
      const names = Array.from({ length: 700 }, (_, n) => `name${n}`)
      await Promise.all(names.map((name) => join(dying.engine, name)))
      // One of them cannot be removed from where it is noted who is where.
      const note = `${stage.prefix}:{name:name0}:held`
      await stage.server.command('SET', note, 'in the way')
      await stage.server.command('CONFIG', 'RESETSTAT')
      dying.wire.close()
      const failed = async () =>
        /cmdstat_srem:.*failed_calls=[1-9]/.test(String(await stage.server.command('INFO', 'commandstats')))
      await eventually(async () => expect(await failed()).toBe(true))
      await stage.server.command('DEL', note)
      await eventually(async () => expect(await stage.server.command('KEYS', `${stage.prefix}:{name:*`)).toEqual([]))
      expect(await engine.memberships.members(1)).toEqual([])
      const left = (await readAll(engine, LOG)).filter(({ kind }) => kind === 'left').map(({ from }) => from)
      expect(left.toSorted()).toEqual(names.toSorted())
    })

    it('costs Redis what it held, and not what all hold', async () => {
      const [dying, { engine, said: notices }] = [await wired(), await node()]
      await join(engine, 'ann')
      await join(dying.engine, 'bob')
      const others = `for n = ARGV[1], ARGV[1] + 4999 do
        redis.call('HSET', KEYS[1], 'n' .. n, n .. ' other.' .. n .. ' n' .. n)
        redis.call('HSET', KEYS[2], 'n' .. n, 'other n' .. n)
      end`
      const keys = [`${stage.prefix}:{room:1}:names`, `${stage.prefix}:{room:1}:joined`]
      for (let n = 0; n < 30_000; n += 5_000) await stage.server.command('EVAL', others, '2', ...keys, String(n))
      await stage.server.command('CONFIG', 'SET', 'slowlog-log-slower-than', '100000')
      await stage.server.command('SLOWLOG', 'RESET')
      dying.wire.close()
      await eventually(async () => expect(await engine.memberships.heldIn('bob')).toEqual([]))
      await stage.server.command('DEL', `${stage.prefix}:{nodes}:epoch`)
      await eventually(() => expect(notices).toContain('lost'))
      await isUp(engine)
      expect(await stage.server.command('SLOWLOG', 'GET')).toEqual([])
    })

    it('over closing a room leaves none that is listed and that nobody gets into', async () => {
      const [{ engine: dying }, { engine }] = [await node(), await node()]
      const tech = { title: 'Tech', slug: 'tech', visibility: 'public' } as const
      const { id } = await dying.rooms.create(tech)
      // The first half of it.
      await dying.logs.append(`room:${id}`, { kind: 'closed', room: id, from: '', body: '' })
      expect(await engine.memberships.claim(id, 'ann')).toBe(true)
      await expect(engine.logs.append(`room:${id}`, present('joined', 'ann', id))).rejects.toThrow(Closed)
      expect(await engine.rooms.list()).toHaveLength(1)
      expect((await engine.rooms.create(tech)).id).toBeGreaterThan(id)
    })

    it('and returns is another one, has nothing of what it had, and hears so', async () => {
      const sleepy = await wired()
      const { engine: other } = await node()
      const seen = follow(sleepy.engine)
      const before = sleepy.engine.node
      await join(sleepy.engine, 'ann')
      await sleepy.engine.logs.append(LOG, said('hello'))
      // Nothing gets through, and nobody says so: a node that was stopped, as far as the others can tell.
      sleepy.wire.hold()
      const late = sleepy.engine.logs.append(LOG, said('asleep')).catch((error: unknown) => error)
      await eventually(async () => expect(await other.memberships.members(1)).toEqual([]))
      expect(await other.memberships.claim(1, 'ANN')).toBe(true)
      await other.logs.append(LOG, present('joined', 'ANN'))
      sleepy.wire.go()
      expect(await late).toBeInstanceOf(Unavailable)
      await isUp(sleepy.engine)
      expect(sleepy.engine.node).not.toBe(before)
      const expected = ['joined ann', 'message alice', 'left ann', 'joined ANN']
      await eventually(() => expect(told(seen)).toEqual(expected))
      // What the core does for a session that it takes to be in the room still.
      await expect(sleepy.engine.logs.append(LOG, present('left', 'ann'))).rejects.toThrow(Closed)
      await sleepy.engine.memberships.release(1, 'ann')
      expect(await other.memberships.members(1)).toEqual(['ANN'])
      await sleepy.engine.logs.append(LOG, said('awake'))
      expect(told(await readAll(other, LOG))).toEqual([...expected, 'message alice'])
      expect(sleepy.said).toEqual(['trouble', 'recovered'])
    })

    it('and returns, and loses the connection over it, has nothing of what it had all the same', async () => {
      const { engine, wire, said: notices } = await wired()
      const { engine: other, said: others } = await node()
      const seen = follow(other)
      await join(engine, 'ann')
      wire.close()
      await eventually(() => expect(told(seen)).toEqual(['joined ann', 'left ann']))
      const burying = wire.passes(callOf('bury'))
      wire.open()
      await burying
      wire.cut()
      await isUp(engine)
      // Has them say what they hold.
      await stage.server.command('DEL', `${stage.prefix}:{nodes}:epoch`)
      for (const heard of [notices, others]) await eventually(() => expect(heard).toContain('lost'))
      for (const both of [engine, other]) await isUp(both)
      expect(await other.memberships.members(1)).toEqual([])
      await engine.logs.append(LOG, said('I am another one'))
      await eventually(() => expect(told(seen)).toEqual(['joined ann', 'left ann', 'message alice']))
    })

    it('is not taken for dead because Redis was away', async () => {
      const [one, other] = [await wired(), await wired()]
      await join(one.engine, 'ann')
      await join(other.engine, 'bob')
      for (const { wire } of [one, other]) wire.close()
      await delay(1.5 * SHORT.leaseMs)
      for (const { wire } of [one, other]) wire.open()
      for (const { engine } of [one, other]) await isUp(engine)
      await delay(300)
      expect(await one.engine.memberships.members(1)).toEqual(['ann', 'bob'])
      expect(told(await readAll(one.engine, LOG))).toEqual(['joined ann', 'joined bob'])
    })
  })

  it('a room that is closed is none of its nodes’ any more', async () => {
    const [one, other] = [(await node()).engine, (await node()).engine]
    const { id } = await one.rooms.create({ title: 'Tech', slug: 'tech', visibility: 'public' })
    const entered = async () => {
      const logs = [one, other].map((engine) =>
        stage.server.command('SMEMBERS', `${stage.prefix}:{nodes}:logs:${engine.node}`),
      )
      return Promise.all(logs)
    }
    await join(one, 'ann', id)
    await join(other, 'bob', id)
    await join(other, 'eve')
    expect(await entered()).toEqual([[`room:${id}`], expect.arrayContaining([LOG, `room:${id}`])])
    await one.rooms.close(id)
    await eventually(async () => expect(await entered()).toEqual([[], [LOG]]))
  })
})
