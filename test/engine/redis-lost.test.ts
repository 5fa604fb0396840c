/** A Redis that refuses, and one that has lost what it had. */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { Closed, Gone, Unavailable } from '../../src/engine/errors.ts'
import { eventually } from '../support/eventually.ts'
import { createAccount } from '../support/records.ts'
import { placeAt, RedisServer, withRedis } from '../support/redis.ts'
import { readAll, said } from './conformance.ts'
import { callOf, expectRising, follow, isUp, join, LOG, Load, present, Stage, told } from './stage.ts'

withRedis('Redis that refuses or forgets', () => {
  const stage = new Stage()
  const node = stage.node.bind(stage)
  const wired = stage.wired.bind(stage)

  describe('Redis that is full', () => {
    const full = (yes: boolean) => stage.server.command('CONFIG', 'SET', 'maxmemory', yes ? '1' : '0')
    afterEach(() => full(false))

    it('is told of once, while it lasts, whether or not anybody says something', async () => {
      const { engine, wire, said: notices, reasons } = await wired()
      await engine.logs.append(LOG, said('before'))
      await full(true)
      await expect(engine.logs.append(LOG, said('refused'))).rejects.toThrow(/^OOM [^:]*$/)
      await eventually(() => expect(notices).toEqual(['trouble']))
      await expect(engine.ping()).rejects.toThrow('OOM')
      for (let renewal = 0; renewal < 3; renewal++) {
        await wire.passes(callOf('renew'))
        await expect(engine.logs.append(LOG, said('refused'))).rejects.toThrow(Unavailable)
      }
      expect(reasons).toEqual([`Redis at ${wire.place.shown}: OOM command not allowed when used memory > 'maxmemory'.`])
      await full(false)
      await isUp(engine)
      await engine.logs.append(LOG, said('after'))
      expect(notices).toEqual(['trouble', 'recovered'])
      await full(true)
      await eventually(() => expect(notices).toEqual(['trouble', 'recovered', 'trouble']))
    })

    it('is warned of before, where it would make room for itself', async () => {
      await stage.server.command('CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', 'volatile-lru')
      try {
        const { warnings, said: notices, engine, wire } = await wired()
        expect(warnings).toHaveLength(1)
        expect(warnings[0]).toMatch(/^Redis at redis:\S+: when it is full .* volatile-lru, and must be noeviction$/)
        wire.cut()
        await eventually(() => expect(notices).toEqual(['trouble', 'recovered']))
        await isUp(engine)
        expect(warnings).toHaveLength(1)
      } finally {
        await stage.server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
      }
    })
  })

  it('an append that Redis refuses while it takes others is warned of, and no trouble', async () => {
    const { engine, said: notices, warnings } = await node()
    await stage.server.command('SET', `${stage.prefix}:{room:7}:log`, 'not a log')
    for (let n = 0; n < 3; n++)
      await expect(engine.logs.append('room:7', said('refused', 7))).rejects.toThrow('WRONGTYPE')
    await eventually(() => expect(warnings).toHaveLength(1))
    await expect(engine.logs.append(LOG, present('left', 'nobody'))).rejects.toThrow(Closed)
    await engine.logs.append(LOG, said('goes on'))
    await engine.ping()
    expect(warnings[0]).toMatch(/^Redis at redis:\S+: WRONGTYPE [^:]*$/)
    expect(notices).toEqual([])
  })

  it('a follower that throws has not made what is committed fail', async () => {
    const { engine } = await node()
    engine.logs.follow(LOG, () => {
      throw new Error('of a follower')
    })
    // It is nobody's to catch: the process would end here, and so would the test.
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    try {
      const thrown = once(process, 'unhandledRejection')
      const event = await engine.logs.append(LOG, said('committed'))
      expect(await thrown).toMatchObject([{ message: 'of a follower' }, expect.anything()])
      expect(await readAll((await node()).engine, LOG)).toEqual([event])
    } finally {
      for (const listener of listeners) process.on('unhandledRejection', listener)
    }
  })

  describe('Redis that has lost everything', () => {
    it('is told of once, has nothing of it any more, and gives no id and no number twice', async () => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const place = placeAt(own.port)
      const [one, other] = [await node({ place }), await node({ place })]
      const seen = [one, other].map(({ engine }) => follow(engine))
      const room = await one.engine.rooms.create({ title: 'Tech', slug: 'tech', visibility: 'public' })
      await createAccount(one.engine, 'Ann', 'hash')
      expect(await other.engine.records.get('account', 'ann')).toBeDefined()
      await join(one.engine, 'ann')
      await join(one.engine, 'eve', room.id)
      await join(other.engine, 'bob')
      await eventually(() => expect(seen.map((events) => events.length)).toEqual([2, 2]))
      const before = [one, other].map(({ engine }) => engine.node)
      const changed: number[] = []
      other.engine.rooms.watch((id) => changed.push(id))
      await own.command('FLUSHALL')
      await eventually(() => {
        expect(one.said).toEqual(['trouble', 'lost', 'recovered'])
        expect(other.said).toEqual(['trouble', 'lost', 'recovered'])
      })
      for (const [place, { engine }] of [one, other].entries()) expect(engine.node).not.toBe(before[place])
      expect([
        one.engine.memberships.holds(1, 'ann'),
        one.engine.memberships.holds(room.id, 'eve'),
        other.engine.memberships.holds(1, 'bob'),
      ]).toEqual([false, false, false])
      expect(await one.engine.memberships.counts()).toEqual(new Map())
      expect(await other.engine.memberships.heldIn('ann')).toEqual([])
      expect(changed).toContain(room.id)
      expect(await other.engine.rooms.find('tech')).toBeUndefined()
      expect(await other.engine.rooms.list()).toHaveLength(1)
      expect((await one.engine.rooms.create({ title: 'N', slug: 'n', visibility: 'public' })).id).toBe(room.id + 1)
      expect(await other.engine.records.get('account', 'ann')).toBeUndefined()
      await one.engine.logs.append(LOG, said('going on'))
      await eventually(() => expect(seen.map((events) => events.at(-1)?.body)).toEqual(['going on', 'going on']))
      for (const events of seen) {
        expectRising(events)
        expect(told(events)).toHaveLength(3)
      }
      expect(await one.engine.memberships.claim(1, 'bob')).toBe(true)
    })

    it('is found by whoever writes first, and no number is given twice before that', async () => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const { engine, said: notices } = await node({
        place: placeAt(own.port),
        timing: { leaseMs: 60_000, renewalMs: 30_000 },
      })
      const make = (title: string) => engine.rooms.create({ title, slug: title, visibility: 'public' })
      const { id } = await make('before')
      await join(engine, 'ann')
      await own.command('FLUSHALL')
      expect((await make('after')).id).toBe(id + 1)
      await expect(engine.logs.append(LOG, said('refused'))).rejects.toThrow(Unavailable)
      await isUp(engine)
      expect(notices).toEqual(['trouble', 'lost', 'recovered'])
      expect((await engine.rooms.list()).map(({ title }) => title)).toEqual(['Public Chat', 'after'])
      expect(engine.memberships.holds(1, 'ann')).toBe(false)
    })

    it('or the newest of it, as after a failover: nobody of the node is there any more, and all have left', async () => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const { engine, said: notices } = await node({ place: placeAt(own.port) })
      const seen = follow(engine)
      const leave = async (name: string) => {
        await engine.logs.append(LOG, present('left', name))
        await engine.memberships.release(1, name)
      }
      await join(engine, 'stays')
      await join(engine, 'leaves')
      await engine.memberships.claim(1, 'watches')
      const kept = await engine.logs.append(LOG, said('kept'))
      await own.command('SAVE')
      await leave('leaves')
      await join(engine, 'comes')
      await engine.memberships.release(1, 'watches')
      await engine.logs.append(LOG, said('forgotten'))
      await engine.rooms.create({ title: 'Tech', slug: 'tech', visibility: 'public' })
      const before = seen.length
      await own.kill()
      await own.run()
      await isUp(engine)
      expect(notices).toEqual(['trouble', 'lost', 'recovered'])
      await eventually(() => expect(told(seen.slice(before)).toSorted()).toEqual(['left leaves', 'left stays']))
      expectRising(seen)
      expect(await engine.memberships.members(1)).toEqual([])
      expect(engine.memberships.holds(1, 'stays')).toBe(false)
      for (const name of ['stays', 'leaves', 'comes', 'watches'])
        expect(await engine.memberships.heldIn(name)).toEqual([])
      expect(await engine.rooms.find('tech')).toBeUndefined()
      expect((await readAll(engine, LOG)).map(({ body }) => body)).not.toContain('forgotten')
      // Something that came after it is missing.
      await expect(readAll(engine, LOG, { after: kept.id })).rejects.toThrow(Gone)
    })

    it('or what came behind the last renewal: each node finds that by itself', async () => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const timing = { leaseMs: 60_000, renewalMs: 30_000 }
      const one = await node({ place: placeAt(own.port), timing })
      const { wire, ...other } = await wired({ timing }, own)
      const seen = follow(other.engine)
      await join(one.engine, 'ann')
      await own.command('SAVE')
      await join(other.engine, 'bob')
      const last = await other.engine.logs.append(LOG, said('forgotten'))
      await eventually(() => expect(told(seen)).toEqual(['joined ann', 'joined bob', 'message alice']))
      const joined = seen.at(1)?.id ?? 0
      wire.close()
      await own.kill()
      await own.run()
      await isUp(one.engine)
      // Behind this nobody sees that the log had ended earlier.
      const newer = await one.engine.logs.append(LOG, said('newer'))
      expect(newer.id).toBeGreaterThan(last.id)
      wire.open()
      await isUp(other.engine)
      expect(one.said).toEqual(['trouble', 'recovered'])
      expect(other.said).toEqual(['trouble', 'lost', 'recovered'])
      expect(await one.engine.memberships.members(1)).toEqual(['ann'])
      expect(other.engine.memberships.holds(1, 'bob')).toBe(false)
      expect(await one.engine.memberships.heldIn('bob')).toEqual([])
      expect(await one.engine.memberships.claim(1, 'bob')).toBe(true)
      expect(told(seen).at(-1)).toBe('message alice')
      // Something that came after it is missing.
      await expect(readAll(one.engine, LOG, { after: joined })).rejects.toThrow(Gone)
      expect(await readAll(one.engine, LOG, { after: newer.id })).toEqual([])
    })

    it.each(['claimed', 'released'])('or that a name was %s, of which no log tells', async (what) => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const timing = { leaseMs: 60_000, renewalMs: 30_000 }
      const [one, other] = [
        await node({ place: placeAt(own.port), timing }),
        await node({ place: placeAt(own.port), timing }),
      ]
      // A room of which nobody follows the log.
      await one.engine.memberships.claim(9, 'bob')
      if (what === 'released') await one.engine.memberships.claim(9, 'ann')
      await own.command('SAVE')
      if (what === 'released') await one.engine.memberships.release(9, 'ann')
      else await one.engine.memberships.claim(9, 'ann')
      await own.kill()
      await own.run()
      for (const { engine } of [one, other]) await isUp(engine)
      expect([one.said, other.said]).toEqual([
        ['trouble', 'lost', 'recovered'],
        ['trouble', 'recovered'],
      ])
      for (const name of ['ann', 'bob']) {
        expect(one.engine.memberships.holds(9, name)).toBe(false)
        expect(await other.engine.memberships.claim(9, name)).toBe(true)
      }
    })

    it('or the newest rooms and what was changed of others: has them as they were, and no number twice', async () => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const timing = { leaseMs: 60_000, renewalMs: 30_000 }
      const [one, other] = [
        await node({ place: placeAt(own.port), timing }),
        await node({ place: placeAt(own.port), timing }),
      ]
      const make = (title: string) => one.engine.rooms.create({ title, slug: title, visibility: 'public' })
      const changed = await make('changed')
      const closed = await make('closed')
      await own.command('SAVE')
      const made = await make('made')
      await one.engine.rooms.change(changed.id, { title: 'Other', slug: 'other', visibility: 'hidden' })
      const gone = await make('gone')
      await one.engine.rooms.close(gone.id)
      await eventually(async () => expect(await other.engine.rooms.list()).toHaveLength(4))
      await own.kill()
      await own.run()
      for (const { engine } of [one, other]) await isUp(engine)
      expect([one, other].flatMap(({ said: notices }) => notices)).toContain('lost')
      for (const { engine } of [one, other]) {
        expect(await engine.rooms.list()).toEqual([await engine.rooms.find(1), changed, closed])
        for (const name of ['other', 'made', made.id]) expect(await engine.rooms.find(name)).toBeUndefined()
      }
      expect((await make('next')).id).toBeGreaterThan(gone.id)
    })

    it('is dealt with whole, however often the connection breaks over it', async () => {
      const { engine, wire, said: notices } = await wired({ timing: { leaseMs: 10_000, renewalMs: 100 } })
      const names = Array.from({ length: 2_000 }, (_, n) => `name${n}`)
      await Promise.all(names.map((name) => join(engine, name)))
      await stage.server.command('DEL', `${stage.prefix}:{nodes}:epoch`)
      for (let time = 0; time < 2; time++) {
        await wire.passes(callOf('reap'))
        wire.cut()
      }
      await eventually(async () => expect(await stage.server.command('KEYS', `${stage.prefix}:{name:*`)).toEqual([]))
      await isUp(engine)
      expect(notices.filter((notice) => notice === 'lost')).toEqual(['lost'])
      expect(await engine.memberships.members(1)).toEqual([])
      const left = (await readAll(engine, LOG)).filter(({ kind }) => kind === 'left').map(({ from }) => from)
      expect(left.toSorted()).toEqual(names.toSorted())
    })

    it('under load goes on, without a refusal that nobody answers and without an id that falls', async () => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const { engine } = await node({ place: placeAt(own.port) })
      const seen = follow(engine)
      const load = new Load(engine, 'node')
      for (let round = 0; round < 3; round++) {
        await delay(200)
        await own.command('FLUSHALL')
      }
      await delay(200)
      await load.stop()
      await isUp(engine)
      expect(load.failures).toEqual([])
      expectRising(load.acknowledged.toSorted((a, b) => a.id - b.id))
      expectRising(seen)
      await engine.logs.append(LOG, said('last'))
      await eventually(() => expect(seen.at(-1)?.body).toBe('last'))
    })
  })
})
