/** A Redis that refuses, and one that has lost what it had. */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { Closed, Gone, Unavailable } from '../../src/engine/engine.ts'
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
      await engine.append(LOG, said('before'))
      await full(true)
      await expect(engine.append(LOG, said('refused'))).rejects.toThrow(/^OOM [^:]*$/)
      await eventually(() => expect(notices).toEqual(['trouble']))
      await expect(engine.ping()).rejects.toThrow('OOM')
      for (let renewal = 0; renewal < 3; renewal++) {
        await wire.passes(callOf('renew'))
        await expect(engine.append(LOG, said('refused'))).rejects.toThrow(Unavailable)
      }
      expect(reasons).toEqual([`Redis at ${wire.place.shown}: OOM command not allowed when used memory > 'maxmemory'.`])
      await full(false)
      await isUp(engine)
      await engine.append(LOG, said('after'))
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
    for (let n = 0; n < 3; n++) await expect(engine.append('room:7', said('refused', 7))).rejects.toThrow('WRONGTYPE')
    await eventually(() => expect(warnings).toHaveLength(1))
    await expect(engine.append(LOG, present('left', 'nobody'))).rejects.toThrow(Closed)
    await engine.append(LOG, said('goes on'))
    await engine.ping()
    expect(warnings[0]).toMatch(/^Redis at redis:\S+: WRONGTYPE [^:]*$/)
    expect(notices).toEqual([])
  })

  it('a follower that throws has not made what is committed fail', async () => {
    const { engine } = await node()
    engine.follow(LOG, () => {
      throw new Error('of a follower')
    })
    // It is nobody's to catch: the process would end here, and so would the test.
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    try {
      const thrown = once(process, 'unhandledRejection')
      const event = await engine.append(LOG, said('committed'))
      expect(await thrown).toMatchObject([{ message: 'of a follower' }, expect.anything()])
      expect(await readAll((await node()).engine, LOG)).toEqual([event])
    } finally {
      for (const listener of listeners) process.on('unhandledRejection', listener)
    }
  })

  describe('Redis that has lost everything', () => {
    it('is told of, gets back who is here and in what rooms, and ids go on rising', async () => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const place = placeAt(own.port)
      const [one, other] = [await node({ place }), await node({ place })]
      const seen = [one, other].map(({ engine }) => follow(engine))
      const room = await one.engine.createRoom({ title: 'Tech', lineName: 'tech', visibility: 'public' })
      await createAccount(one.engine, 'Ann', 'hash')
      expect(await other.engine.records.get('account', 'ann')).toBeDefined()
      await join(one.engine, 'ann')
      await join(one.engine, 'eve', room.id)
      await join(other.engine, 'bob')
      await eventually(() => expect(seen.map((events) => events.length)).toEqual([2, 2]))
      await own.command('FLUSHALL')
      await eventually(() => {
        expect(one.said).toContain('lost')
        expect(other.said).toContain('lost')
      })
      for (const { engine } of [one, other]) await isUp(engine)
      await eventually(async () => expect((await one.engine.members(1)).toSorted()).toEqual(['ann', 'bob']))
      expect(await other.engine.members(room.id)).toEqual(['eve'])
      expect(await other.engine.findRoom('tech')).toMatchObject({ id: room.id, title: 'Tech' })
      expect((await one.engine.createRoom({ title: 'N', lineName: 'n', visibility: 'public' })).id).toBe(room.id + 1)
      expect(await other.engine.records.get('account', 'ann')).toBeUndefined()
      await one.engine.append(LOG, said('going on'))
      await eventually(() => expect(seen.map((events) => events.at(-1)?.body)).toEqual(['going on', 'going on']))
      for (const events of seen) {
        expectRising(events)
        expect(told(events).slice(2).toSorted()).toEqual(['joined ann', 'joined bob', 'message alice'])
      }
      expect(await one.engine.claim(1, 'bob')).toBe(false)
      for (const { said: notices } of [one, other]) expect(notices).not.toContain('died')
    })

    it('or the newest of it, as after a failover: has in the end what the nodes say', async () => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const { engine, said: notices } = await node({ place: placeAt(own.port) })
      const seen = follow(engine)
      const leave = async (name: string) => {
        await engine.append(LOG, present('left', name))
        await engine.release(1, name)
      }
      await join(engine, 'stays')
      await join(engine, 'leaves')
      await engine.claim(1, 'watches')
      const kept = await engine.append(LOG, said('kept'))
      await own.command('SAVE')
      await leave('leaves')
      await join(engine, 'comes')
      await engine.release(1, 'watches')
      await engine.append(LOG, said('forgotten'))
      const room = await engine.createRoom({ title: 'Tech', lineName: 'tech', visibility: 'public' })
      // Until a renewal has been confirmed that will be forgotten.
      await delay(300)
      const before = seen.length
      await own.kill()
      await own.run()
      await isUp(engine)
      expect(notices).toEqual(['trouble', 'lost', 'recovered'])
      await eventually(() => expect(told(seen.slice(before))).toEqual(['left leaves', 'joined comes']))
      expectRising(seen)
      expect(await engine.members(1)).toEqual(['stays', 'comes'])
      expect(await engine.heldIn('leaves')).toEqual([])
      expect(await engine.findRoom('tech')).toEqual(room)
      expect((await readAll(engine, LOG)).map(({ body }) => body)).not.toContain('forgotten')
      // Something that came after it is missing.
      await expect(readAll(engine, LOG, { after: kept.id })).rejects.toThrow(Gone)
    })

    it('or what came behind the last renewal: each node finds that by itself', async () => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const timing = { lease: 60_000, renew: 30_000 }
      const one = await node({ place: placeAt(own.port), timing })
      const { wire, ...other } = await wired({ timing }, own)
      const seen = follow(other.engine)
      await join(one.engine, 'ann')
      await own.command('SAVE')
      await join(other.engine, 'bob')
      const last = await other.engine.append(LOG, said('forgotten'))
      await eventually(() => expect(told(seen)).toEqual(['joined ann', 'joined bob', 'message alice']))
      const joined = seen.at(1)?.id ?? 0
      wire.close()
      await own.kill()
      await own.run()
      await isUp(one.engine)
      // Behind this nobody sees that the log had ended earlier.
      const newer = await one.engine.append(LOG, said('newer'))
      expect(newer.id).toBeGreaterThan(last.id)
      wire.open()
      await isUp(other.engine)
      expect(other.said).toEqual(['trouble', 'lost', 'recovered'])
      expect(await one.engine.members(1)).toEqual(['ann', 'bob'])
      expect(await one.engine.claim(1, 'bob')).toBe(false)
      expect(await one.engine.heldIn('bob')).toEqual([1])
      await eventually(() => expect(told(seen).slice(-2)).toEqual(['message alice', 'joined bob']))
      // Something that came after it is missing.
      await expect(readAll(one.engine, LOG, { after: joined })).rejects.toThrow(Gone)
      expect(told(await readAll(one.engine, LOG, { after: newer.id }))).toEqual(['joined bob'])
    })

    it('or the newest rooms and what was changed of others: has them again, and no number twice', async () => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const timing = { lease: 60_000, renew: 30_000 }
      const [one, other] = [
        await node({ place: placeAt(own.port), timing }),
        await node({ place: placeAt(own.port), timing }),
      ]
      const make = (title: string) => one.engine.createRoom({ title, lineName: title, visibility: 'public' })
      const changed = await make('changed')
      const closed = await make('closed')
      await own.command('SAVE')
      const secret = { title: 'Secret', lineName: 'secret', visibility: 'private', hash: 'hash' } as const
      const made = await one.engine.createRoom(secret)
      const now = await one.engine.changeRoom(changed.id, { title: 'Other', lineName: 'other', visibility: 'hidden' })
      const gone = await make('gone')
      await one.engine.closeRoom(gone.id)
      await eventually(async () => expect(await other.engine.rooms()).toHaveLength(4))
      await own.kill()
      await own.run()
      for (const { engine } of [one, other]) await isUp(engine)
      expect([one, other].flatMap(({ said: notices }) => notices)).toContain('lost')
      for (const { engine } of [one, other]) {
        await eventually(async () =>
          expect(await engine.rooms()).toEqual([
            await engine.findRoom(1),
            { ...now, changedAt: expect.any(Number) },
            closed,
            made,
          ]),
        )
        expect(await engine.findRoom('changed')).toBeUndefined()
      }
      expect((await make('next')).id).toBeGreaterThan(gone.id)
    })

    it('gets back a little at a time what one connection is too short for', async () => {
      const { engine, wire, said: notices } = await wired({ timing: { lease: 1_500, renew: 100 } })
      const names = Array.from({ length: 2_000 }, (_, n) => `name${n}`)
      await Promise.all(names.map((name) => join(engine, name)))
      // The scripts take some of it, and what is left is less than half of what is to be put back.
      wire.breakAfter(250_000)
      await stage.server.command('FLUSHALL')
      await eventually(() => expect(notices).toContain('recovered'))
      expect((await engine.members(1)).toSorted()).toEqual(names.toSorted())
      expect(await engine.heldIn('name1999')).toEqual([1])
      expect(await readAll(engine, LOG)).toHaveLength(2_000)
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
      await engine.append(LOG, said('last'))
      await eventually(() => expect(seen.at(-1)?.body).toBe('last'))
    })
  })
})
