import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { EngineFault, Gone } from '../../src/engine/errors.ts'
import type { Draft, LogName } from '../../src/engine/event.ts'
import { RedisImport } from '../../src/engine/redis/import.ts'
import { problemOf, reasonOf, warningOf } from '../../src/engine/redis/reasons.ts'
import { RedisEngine, type RedisOptions } from '../../src/engine/redis/redis.ts'
import { redisLocationOf } from '../../src/engine/redis/url.ts'
import { eventually } from '../support/eventually.ts'
import { createAccount, hasAccountLike } from '../support/records.ts'
import { placeAt, RedisServer, withRedis } from '../support/redis.ts'
import { clockBack, type World } from './clock-back.ts'
import { conformance, readAll, said, stateOf } from './conformance.ts'
import { expectEarlier, expectGoesOn } from './earlier.ts'
import { guestInboxes } from './guest-inboxes.ts'

const OPTIONS: Omit<RedisOptions, 'place' | 'prefix'> = {
  lobby: 'lobby',
  keep: { days: 0, events: 0 },
  memory: { events: 1_000, bytes: 1_000_000 },
}
const QUIET = { trouble: () => {}, recovered: () => {}, died: () => {} }

withRedis('the redis engine', () => {
  const server = RedisServer.forAll()
  let prefixes = 0

  async function make(options: Partial<RedisOptions> = {}) {
    const whole = { ...OPTIONS, place: placeAt(server.port), prefix: `test${prefixes++}`, ...options }
    const start = async () => {
      const made = new RedisEngine(whole, QUIET)
      await made.start()
      return made
    }
    let engine = await start()
    const others: RedisEngine[] = []
    const another = async () => {
      const other = await start()
      others.push(other)
      return other
    }
    const restart = async () => {
      await engine.stop()
      engine = await start()
      return engine
    }
    const cleanup = async () => {
      for (const one of [engine, ...others]) await one.stop()
    }
    return { engine, restart, another, cleanup }
  }

  conformance('redis', () => make())
  conformance('redis, remembering next to nothing', () => make({ memory: { events: 3, bytes: 500 } }), 'logs')

  it('knows the looks of accounts that an earlier version has made, also beside it', async () => {
    const prefix = `earlier${prefixes++}`
    const account = (name: string) =>
      server.command('HSET', `${prefix}:{people}:accounts`, name.toLowerCase(), JSON.stringify({ name, hash: 'h' }))
    const many = Array.from({ length: 3_000 }, (_, n) => `User ${n.toString(36)}z`)
    const pairs = many.flatMap((name) => [name.toLowerCase(), JSON.stringify({ name, hash: 'h' })])
    await server.command('HSET', `${prefix}:{people}:accounts`, ...pairs)
    const { engine, restart, cleanup } = await make({ prefix })
    expect(await hasAccountLike(engine, 'usеr 2bz')).toBe(true)
    expect(await hasAccountLike(engine, 'usеr 2b')).toBe(false)
    expect(await createAccount(engine, 'Carol', 'h')).toBe(true)
    await account('Dave')
    const later = await restart()
    for (const name of ['саrоl', 'dаve', 'usеr 2bz']) expect(await hasAccountLike(later, name), name).toBe(true)
    await cleanup()
  })

  it('still tells apart what looks like an account when another one that does is removed', async () => {
    const prefix = `earlier${prefixes++}`
    // An earlier version has made both, without the time.
    for (const name of ['admin', 'аdmin']) {
      await server.command('HSET', `${prefix}:{people}:accounts`, name, JSON.stringify({ name, hash: 'h' }))
    }
    const { engine, cleanup } = await make({ prefix })
    expect(await engine.records.delete('account', 'аdmin')).toEqual({ name: 'аdmin', hash: 'h' })
    expect(await hasAccountLike(engine, 'аdmin')).toBe(true)
    expect(await createAccount(engine, 'аdmin', 'hash')).toBe(false)
    await engine.records.delete('account', 'admin')
    expect(await hasAccountLike(engine, 'аdmin')).toBe(false)
    expect(await createAccount(engine, 'аdmin', 'hash')).toBe(true)
    await cleanup()
  })

  it('takes over what version 0.1 kept: ids, times, rooms, and what is kept of names', async () => {
    const text = await readFile(resolve(import.meta.dirname, '../fixtures/redis-0.1.json'), 'utf8')
    for (const command of JSON.parse(text) as string[][]) await server.command(...command)
    const { engine, restart, another, cleanup } = await make({ prefix: 'roomd' })
    await expectEarlier(engine, 1_795_687_197_023)
    await expectEarlier(await another(), 1_795_687_197_023)
    const later = await restart()
    await expectEarlier(later, 1_795_687_197_023)
    await expectGoesOn(later)
    const keys = (await server.command('KEYS', 'roomd:{people}:*')) as string[]
    expect(keys.filter((key) => /blocks-|:skeletons|people}:order/.test(key))).toEqual([])
    await cleanup()
  })

  it('finds the bans of a large state that came without an index, and drops both with the room', async () => {
    const prefix = `bans${prefixes++}`
    const { engine, cleanup } = await make({ prefix })
    const { id } = await engine.rooms.create({ title: 'Raided', slug: 'raided', visibility: 'public' })
    const ban = (to: string, address: string): Draft => {
      // What a moderator writes is not taken for an address.
      const body = '"details","{"address":"abc"}'
      return { kind: 'role', room: id, from: 'op', to, body, details: { role: 'banned', on: true, address } }
    }
    for (let n = 0; n < 300; n++) void engine.logs.append(`room:${id}`, ban(`raider${n}`, `d${n}x`))
    await engine.logs.append(`room:${id}`, ban('troll*', 'none'))
    const keys = async (end: string) => (await server.command('KEYS', `${prefix}:{room:${id}}:${end}`)) as string[]
    const [index = expect.fail()] = await keys('keys')
    const bansOf = async (key: string, addressDigest: string) => {
      const { pages } = await engine.logs.stateFor(id, { key, addressDigest })
      return new Set((await Array.fromAsync(pages)).flat().map(({ to }) => to))
    }
    const expectFound = async () => {
      expect(await bansOf('raider7', 'abc')).toEqual(new Set(['troll*', 'raider7']))
      expect(await bansOf('new', 'd8x')).toEqual(new Set(['troll*', 'raider8']))
    }
    await expectFound()
    await server.command('DEL', index)
    await expectFound()
    expect(await keys('keys')).toEqual([index])
    // A version that does not know the index lifts one ban, and makes another one.
    const [state = expect.fail()] = await keys('state')
    const value = (await server.command('HGET', state, 'banned:raider8')) as string
    await server.command('HDEL', state, 'banned:raider9')
    await server.command('HSET', state, 'banned:late*', value.replaceAll('raider8', 'late*'))
    await server.command('HSET', state, 'banned:later*', value.replaceAll('raider8', 'later*'))
    expect(await bansOf('new', 'd8x')).toEqual(new Set(['troll*', 'late*', 'later*', 'raider8']))
    await engine.rooms.close(id)
    expect([...(await keys('keys')), ...(await keys('state'))]).toEqual([])
    await cleanup()
  })

  it('does not write to the index of a large state where nothing in it changes', async () => {
    const prefix = `bans${prefixes++}`
    const { engine, cleanup } = await make({ prefix })
    const { id } = await engine.rooms.create({ title: 'Crowd', slug: 'crowd', visibility: 'public' })
    const voiced = Array.from({ length: 300 }, (_, n) => {
      const details = { role: 'voiced', on: true, account: `${n}` } as const
      return engine.logs.append(`room:${id}`, { kind: 'role', room: id, from: 'op', to: `v${n}`, body: '', details })
    })
    await Promise.all(voiced)
    const writes = async () => {
      const stats = String(await server.command('INFO', 'commandstats'))
      return ['hset', 'hdel', 'zadd', 'zrem', 'del'].map((name) => stats.match(`cmdstat_${name}:calls=(\\d+)`)?.[1])
    }
    const left = { kind: 'topic', room: id, from: 'op', body: '' } as const
    // Resets what the first of its kind writes.
    await engine.logs.append(`room:${id}`, left)
    const before = await writes()
    for (let n = 0; n < 5; n++) await engine.logs.append(`room:${id}`, left)
    const [hset, ...rest] = await writes()
    expect(rest).toEqual(before.slice(1))
    // The log alone.
    expect(Number(hset) - Number(before[0])).toBe(5)
    await cleanup()
  })

  const filledServer = async (): Promise<World> => {
    const [place, prefix] = [placeAt(server.port), `clock${prefixes++}`]
    return {
      target: () => RedisImport.open(place, prefix),
      start: async (keep, watch) => {
        const engine = new RedisEngine({ ...OPTIONS, place, prefix, keep }, watch)
        await engine.start()
        return engine
      },
    }
  }

  clockBack('redis', filledServer)
  guestInboxes('redis', filledServer)

  describe('RedisEngine', () => {
    const running: RedisEngine[] = []
    afterEach(async () => {
      for (const engine of running.splice(0)) await engine.stop()
    })
    async function started(options: Partial<RedisOptions> = {}): Promise<RedisEngine> {
      const { engine } = await make(options)
      running.push(engine)
      return engine
    }

    it('says Gone of what was trimmed, and of no more than that', async () => {
      const engine = await started({ keep: { days: 0, events: 150 } })
      const events = await Promise.all(
        Array.from({ length: 777 }, (_, n) => engine.logs.append('room:1', said(String(n)))),
      )
      await eventually(async () => expect(await readAll(engine, 'room:1')).toHaveLength(150))
      const id = (place: number) => events.at(place)?.id ?? Number.NaN
      expect(await readAll(engine, 'room:1', { after: id(-151) })).toEqual(events.slice(-150))
      expect(await readAll(engine, 'room:1', { after: id(-2) })).toEqual(events.slice(-1))
      await expect(readAll(engine, 'room:1', { after: id(-152) })).rejects.toThrow(Gone)
      await expect(readAll(engine, 'room:1', { after: id(0) })).rejects.toThrow(Gone)
    })

    it('removes what is too old, from memory too, wherever it is followed', async () => {
      const prefix = `old${prefixes++}`
      const other = await started({ prefix })
      other.logs.follow('room:1', () => {})
      const event = await other.logs.append('room:1', said('soon gone'))
      await eventually(async () => expect(await readAll(other, 'room:1')).toEqual([event]))
      // One that starts two days later: a clock that jumps so far is doubted.
      vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 2 * 86_400_000)
      const one = await started({ prefix, keep: { days: 1, events: 0 } })
      await one.logs.append('inbox:bob', said('something else'))
      // Whoever sweeps all logs does so once a minute.
      await server.command('DEL', `${prefix}:{nodes}:sweep`)
      await eventually(async () => expect(await readAll(other, 'room:1')).toEqual([]))
      vi.restoreAllMocks()
      expect(await readAll(other, 'room:1', { after: event.id })).toEqual([])
      await expect(readAll(one, 'room:1', { after: event.id - 1 })).rejects.toThrow(Gone)
    })

    it('removes what is older than its room keeps, also where all else is kept', async () => {
      const prefix = `keep${prefixes++}`
      const other = await started({ prefix })
      const keep = { flag: 'keep', on: true, value: '1' } as const
      for (const room of [1, 2]) await other.logs.append(`room:${room}`, said('old', room))
      await other.logs.append('room:1', { kind: 'mode', room: 1, from: 'op', body: '', details: keep })
      // As an import may bring it.
      const odd = { ...keep, value: 'forever' }
      await other.logs.append('room:2', { kind: 'mode', room: 2, from: 'op', body: '', details: odd })
      vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 2 * 86_400_000)
      await started({ prefix })
      await eventually(async () => {
        // Until it is the later one that sweeps.
        await server.command('DEL', `${prefix}:{nodes}:sweep-unlimited`)
        expect(await readAll(other, 'room:1')).toEqual([])
      }, 200)
      expect(await readAll(other, 'room:2')).toHaveLength(2)
      // The mode itself is too old as well, and stays in force.
      expect(await stateOf(other, 1)).toMatchObject([{ details: keep }])
      vi.restoreAllMocks()
    })

    it('removes roles that have ended from Redis when it reads them, unless they were set anew', async () => {
      const prefix = `ended${prefixes++}`
      const engine = await started({ prefix })
      const ban = (to: string, until: number) => {
        const details = { role: 'banned', on: true, until } as const
        return engine.logs.append('room:1', { kind: 'role', room: 1, from: 'op', to, body: '', details })
      }
      const past = Date.now() - 1
      await Promise.all(Array.from({ length: 600 }, (_, n) => ban(`eve${n}`, past)))
      const key = `${prefix}:{room:1}:state`
      expect(await server.command('HLEN', key)).toBe(600)
      const reading = stateOf(engine, 1)
      const again = await ban('eve599', past + 600_000)
      expect((await reading).filter(({ id }) => id !== again.id)).toEqual([])
      expect(await stateOf(engine, 1)).toEqual([again])
      expect(await server.command('HKEYS', key)).toEqual(['banned:eve599'])
    })

    it('gives rising ids across the logs of a room', async () => {
      const engine = await started()
      const logs = Array.from({ length: 500 }, (_, n): LogName => (n % 3 ? 'room:1' : 'inbox:bob'))
      const before = engine.logs.append('room:1', said('under way'))
      await new Promise((next) => setImmediate(next))
      const events = await Promise.all([before, ...logs.map((log, n) => engine.logs.append(log, said(String(n))))])
      const ids = events.map(({ id }) => id)
      expect(ids).toEqual(ids.toSorted((a, b) => a - b))
      expect(new Set(ids).size).toBe(ids.length)
    })

    it('keeps apart what has another prefix', async () => {
      const [one, other] = [await started(), await started()]
      await one.logs.append('room:1', said('mine'))
      expect(await readAll(other, 'room:1')).toEqual([])
      await createAccount(one, 'ann', 'hash')
      expect(await other.records.get('account', 'ann')).toBeUndefined()
    })

    describe('of several databases of one server', () => {
      /** An engine in a database, and what it hears: events of room 1 and signals. */
      async function listening(prefix: string, database: number) {
        const place = redisLocationOf(`${server.url}/${database}`) ?? expect.fail()
        const engine = await started({ prefix, place })
        const heard: string[] = []
        engine.logs.follow('room:1', ({ body }) => body !== 'first' && heard.push(body))
        engine.broadcast.onBroadcast('test', (text) => text !== undefined && heard.push(text))
        // Room 1 is followed from here on.
        await engine.logs.append('room:1', said('first'))
        return { engine, heard }
      }

      it.each([
        [0, 1],
        [1, 2],
        [1, 11],
      ])('%d hears nothing of %d, and everything of its own', async (own, other) => {
        const prefix = `databases${prefixes++}`
        const [here, beside, there] = [
          await listening(prefix, own),
          await listening(prefix, own),
          await listening(prefix, other),
        ]
        await there.engine.logs.append('room:1', said('elsewhere'))
        there.engine.broadcast.publish('test', 'a signal elsewhere')
        await there.engine.rooms.create({ title: 'Elsewhere', slug: 'elsewhere', visibility: 'public' })
        beside.engine.broadcast.publish('test', 'a signal')
        await beside.engine.logs.append('room:1', said('here'))
        await eventually(() => expect(here.heard.toSorted()).toEqual(['a signal', 'here']))
        expect(beside.heard).toEqual(['here'])
        expect(await here.engine.rooms.find('elsewhere')).toBeUndefined()
        expect(await readAll(here.engine, 'room:1')).toHaveLength(3)
      })

      it('0 has the channels that it always had', async () => {
        const prefix = `databases${prefixes++}`
        await listening(prefix, 0)
        const channels = (await server.command('PUBSUB', 'CHANNELS', `${prefix}:*`)) as string[]
        expect(channels.toSorted()).toEqual([`${prefix}:control`, `${prefix}:{room:1}:log`])
      })
    })

    it('leaves nothing of itself behind when it stops', async () => {
      const prefix = `clean${prefixes++}`
      const { engine } = await make({ prefix })
      await engine.memberships.claim(1, 'ann')
      await engine.stop()
      const left = (await server.command('KEYS', `${prefix}:*`)) as string[]
      expect(left.toSorted().filter((key) => !key.startsWith(`${prefix}:{rooms}`))).toEqual([
        `${prefix}:{nodes}:dead`,
        `${prefix}:{nodes}:epoch`,
        `${prefix}:{nodes}:pulse`,
        `${prefix}:{room:1}:info`,
        `${prefix}:{room:1}:nodes`,
      ])
    })

    it('says in one line that it cannot be reached', async () => {
      const nowhere = new RedisEngine({ ...OPTIONS, place: placeAt(1), prefix: 'x' }, QUIET)
      const error: unknown = await nowhere.start().catch((error: unknown) => error)
      expect(error).toBeInstanceOf(EngineFault)
      expect(String(error)).toBe(
        'EngineFault: cannot reach Redis at redis://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
      )
    })

    it('says in one line why it cannot be used, and shows no password', async () => {
      const own = await RedisServer.start()
      try {
        const fault = async (auth: string, path = '') => {
          const place = redisLocationOf(`redis://${auth}127.0.0.1:${own.port}${path}`) ?? expect.fail()
          const refused = new RedisEngine({ ...OPTIONS, place, prefix: 'x' }, QUIET)
          const error: unknown = await refused.start().catch((error: unknown) => error)
          expect(error).toBeInstanceOf(EngineFault)
          const [, reason] = String(error).split(`cannot use Redis at redis://127.0.0.1:${own.port}${path}: `)
          return reason
        }
        expect(await fault('', '/99')).toBe('ERR DB index is out of range')
        await own.command('ACL', 'SETUSER', 'ann', 'on', '>secret', '~*', '&*', '+@all', '-zadd')
        expect(await fault('ann:secret@')).toBe(
          "ERR The user executing the script can't run this command or subcommand",
        )
        await own.command('ACL', 'SETUSER', 'ann', '+zadd', '-evalsha')
        expect(await fault('ann:secret@')).toBe("NOPERM this user has no permissions to run the 'evalsha' command")
        expect(await fault('ann:other@')).toBe('WRONGPASS invalid username-password pair or user is disabled.')
        await own.command('CONFIG', 'SET', 'maxmemory', '1')
        expect(await fault('')).toBe("OOM command not allowed when used memory > 'maxmemory'.")
        await own.command('CONFIG', 'SET', 'maxmemory', '0')
        await own.command('CONFIG', 'SET', 'requirepass', 'pass word')
        expect(await fault('')).toBe('NOAUTH Authentication required.')
        const place = redisLocationOf(`redis://:pass%20word@127.0.0.1:${own.port}/3`) ?? expect.fail()
        const right = new RedisEngine({ ...OPTIONS, place, prefix: 'x' }, QUIET)
        await right.start()
        await right.stop()
      } finally {
        await own.stop()
      }
    })

    it('refuses a lobby that is the name of another room', async () => {
      const prefix = `lobby${prefixes++}`
      const engine = await started({ prefix })
      await engine.rooms.create({ title: 'Plaza', slug: 'plaza', visibility: 'public' })
      await expect(started({ prefix, lobby: 'Plaza' })).rejects.toThrow('--lobby Plaza is the name of another room')
    })
  })
})

describe('a server', () => {
  it.each([
    ['redis_version:7.0.15\r\nredis_mode:standalone', undefined],
    ['redis_version:6.2.0\r\nredis_mode:sentinel', undefined],
    ['redis_version:10.0.0', undefined],
    ['redis_version:6.0.16\r\nredis_mode:standalone', 'it is version 6.0.16, and must be at least 6.2'],
    ['redis_version:7.2.1\r\nredis_mode:cluster', 'it is a node of a Redis Cluster, which is not supported'],
    ['hello', 'it does not say its version'],
  ])('is usable or not: %j', (about, problem) => expect(problemOf(about)).toBe(problem))
})

describe('a server that is full', () => {
  const policy =
    'when it is full it removes what it has confirmed: its maxmemory-policy is volatile-lru, and must be noeviction'
  it.each([
    ['maxmemory:1000\r\nmaxmemory_policy:volatile-lru\r\n', policy],
    ['maxmemory:1000\r\nmaxmemory_policy:noeviction\r\n', undefined],
    ['maxmemory:0\r\nmaxmemory_policy:volatile-lru\r\n', undefined],
    ['hello', undefined],
  ])('removes something or not: %j', (about, warning) => expect(warningOf(about)).toBe(warning))
})

describe('what Redis refuses', () => {
  const sha = '91a5'.repeat(10)
  it.each([
    [`READONLY You can't write. script: ${sha}, on @user_script:15.`, "READONLY You can't write."],
    // As 6.2 says it.
    [`ERR Error running script (call to f_${sha}): @user_script:15: @user_script: 15: -OOM command`, 'OOM command'],
    ['NOAUTH Authentication required.', 'NOAUTH Authentication required.'],
  ])('is said without the script in which it was: %j', (message, reason) => {
    expect(reasonOf(new Error(message))).toBe(reason)
  })
})

describe('the place of Redis', () => {
  it.each([
    ['redis://localhost', 'redis://localhost:6379'],
    ['redis://localhost:6380/2', 'redis://localhost:6380/2'],
    ['rediss://user:secret@redis.example/', 'rediss://redis.example:6379'],
    ['redis://:secret@[::1]:7000/0', 'redis://[::1]:7000/0'],
  ])('%s is shown as %s', (url, shown) => expect(redisLocationOf(url)?.shown).toBe(shown))

  it.each([
    'localhost:6379',
    'http://localhost',
    'redis://',
    'redis:///2',
    'redis://localhost/two',
    'redis://localhost:99999',
    'redis://localhost?db=2',
    '',
  ])('%j is none', (url) => expect(redisLocationOf(url)).toBeUndefined())
})
