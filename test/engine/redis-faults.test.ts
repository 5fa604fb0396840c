/** Several engines on one Redis, and what goes wrong between them. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Closed, Gone, Unavailable } from '../../src/engine/engine.ts'
import type { Draft, Event, LogName } from '../../src/engine/event.ts'
import { RedisEngine, type RedisOptions } from '../../src/engine/redis/redis.ts'
import { loadScripts, type ScriptName } from '../../src/engine/redis/scripts.ts'
import { placeOf } from '../../src/engine/redis/url.ts'
import { placeAt, RedisServer, Wire, withRedis } from '../support/redis.ts'
import { readAll, said } from './conformance.ts'

const OPTIONS: Omit<RedisOptions, 'place' | 'prefix'> = {
  lobby: 'lobby',
  keep: { days: 0, events: 0 },
  memory: { events: 1_000, bytes: 1_000_000 },
  timing: { lease: 600, renew: 100 },
}
/** For what takes a while on a machine that has much else to do. */
const UNHURRIED = { lease: 1_500, renew: 100 }
const LOG = 'room:1'
const PATIENT = { timeout: 15_000, interval: 10 }

const present = (kind: 'joined' | 'left', from: string, room = 1): Draft => ({ kind, room, from, body: '' })
const told = (events: readonly Event[]) => events.map(({ kind, from }) => `${kind} ${from}`)

/** An engine and what it has said of itself. */
interface Node {
  readonly engine: RedisEngine
  /** `trouble` once, however many reasons there were. */
  readonly said: string[]
  readonly reasons: string[]
  readonly warnings: string[]
}

const scripts = loadScripts()
/** What stands in a call of a script. */
const callOf = (name: ScriptName) => scripts.get(name)?.sha ?? expect.fail()

/** Strictly rising, so nothing is there twice. */
function expectRising(events: readonly Event[]): void {
  for (const [place, { id, at }] of events.entries()) {
    const before = events[place - 1]
    if (before && (before.id >= id || before.at > at)) expect.fail(`${id} comes after ${before.id}`)
  }
}

/** Speaks without a pause, so many lines at a time, and writes down what became of each. */
class Load {
  readonly acknowledged: Event[] = []
  readonly refused: string[] = []
  readonly failures: unknown[] = []
  readonly #engine: RedisEngine
  readonly #name: string
  readonly #log: LogName
  #number = 0
  #stopped = false
  readonly #done: Promise<unknown>

  constructor(engine: RedisEngine, name: string, log: LogName = LOG, atOnce = 16) {
    this.#engine = engine
    this.#name = name
    this.#log = log
    this.#done = Promise.all(Array.from({ length: atOnce }, () => this.#speak()))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
  }

  async #speak(): Promise<void> {
    while (!this.#stopped) {
      const body = `${this.#name} ${this.#number++}`
      try {
        this.acknowledged.push(await this.#engine.append(this.#log, said(body)))
      } catch (error) {
        if (error instanceof Unavailable) this.refused.push(body)
        else this.failures.push(error)
        await delay(5)
      }
    }
  }
}

/** The log holds each acknowledged event once, and no refused one; who followed saw just what it holds. */
async function check(engine: RedisEngine, loads: readonly Load[], followers: readonly (readonly Event[])[]) {
  // One that follows nothing, so what it reads is in Redis.
  const log = await readAll(engine, LOG)
  expectRising(log)
  const byBody = new Map(log.map((event) => [event.body, event]))
  expect(byBody.size).toBe(log.length)
  for (const { acknowledged, refused, failures } of loads) {
    expect(failures).toEqual([])
    for (const event of acknowledged) if (byBody.get(event.body)?.id !== event.id) expect.fail(`lost: ${event.body}`)
    for (const body of refused) if (byBody.has(body)) expect.fail(`refused, and there: ${body}`)
  }
  expect(log).toHaveLength(loads.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0))
  for (const seen of followers) {
    await vi.waitFor(() => expect(seen.length).toBe(log.length), PATIENT)
    expect(seen).toEqual(log)
  }
  return log
}

withRedis('what goes wrong with Redis', () => {
  let server: RedisServer
  let prefix: string
  let tests = 0
  const nodes: Node[] = []
  const wires: Wire[] = []

  beforeAll(async () => {
    server = await RedisServer.start('--appendonly', 'yes')
  })
  afterAll(() => server.stop())
  afterEach(async () => {
    for (const wire of wires) wire.open()
    await Promise.all(nodes.splice(0).map(({ engine }) => engine.stop()))
    for (const wire of wires.splice(0)) wire.stop()
  })

  async function node(options: Partial<RedisOptions> = {}): Promise<Node> {
    const said: string[] = []
    const reasons: string[] = []
    const warnings: string[] = []
    const watch = {
      trouble: (reason: string) => {
        reasons.push(reason)
        if (said.at(-1) !== 'trouble') said.push('trouble')
      },
      warning: (reason: string) => warnings.push(reason),
      recovered: () => said.push('recovered'),
      lost: () => said.push('lost'),
      died: () => said.push('died'),
    }
    const engine = new RedisEngine({ ...OPTIONS, place: placeAt(server.port), prefix, ...options }, watch)
    await engine.start()
    const made = { engine, said, reasons, warnings }
    nodes.push(made)
    return made
  }

  /** A node whose connection the test holds in its hand. */
  async function wired(options: Partial<RedisOptions> = {}) {
    const wire = await Wire.to(server.port)
    wires.push(wire)
    return { wire, ...(await node({ place: wire.place, ...options })) }
  }

  function follow(engine: RedisEngine, log: LogName = LOG): Event[] {
    const seen: Event[] = []
    engine.follow(log, (event) => seen.push(event))
    return seen
  }

  const isUp = (engine: RedisEngine) => vi.waitFor(() => engine.ping(), PATIENT)

  async function join(engine: RedisEngine, name: string, room = 1): Promise<void> {
    expect(await engine.claim(room, name)).toBe(true)
    await engine.append(`room:${room}`, present('joined', name, room))
  }

  beforeAll(() => {
    prefix = 'test'
  })
  afterEach(() => {
    prefix = `test${++tests}`
  })

  describe('several nodes', () => {
    it('see one order, each event once', async () => {
      const three = await Promise.all([node(), node(), node()])
      const seen = three.map(({ engine }) => follow(engine))
      await Promise.all(three.map(({ engine }) => isUp(engine)))
      // From when on all of them follow.
      await vi.waitFor(async () => {
        await three[0]?.engine.append(LOG, said('?'))
        for (const events of seen) expect(events.length).toBeGreaterThan(0)
      }, PATIENT)
      const loads = three.map(({ engine }, place) => new Load(engine, `node ${place}`))
      await delay(700)
      for (const load of loads) await load.stop()
      const log = (await readAll((await node()).engine, LOG)).filter(({ body }) => body !== '?')
      expectRising(log)
      expect(log.length).toBe(loads.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0))
      for (const events of seen) {
        const heard = () => events.filter(({ body }) => body !== '?')
        await vi.waitFor(() => expect(heard()).toHaveLength(log.length), PATIENT)
        expect(heard()).toEqual(log)
      }
    })

    it('know of each other’s names, rooms and accounts', async () => {
      const [one, other] = [(await node()).engine, (await node()).engine]
      const changed: number[] = []
      other.watchRooms((room) => changed.push(room))
      const room = await one.createRoom({ title: 'Tech', lineName: 'tech', visibility: 'public' })
      expect(await other.findRoom('tech')).toEqual(room)
      await vi.waitFor(() => expect(changed).toContain(room.id))
      expect(await other.rooms()).toContainEqual(room)
      await join(one, 'Ann', room.id)
      expect(await other.claim(room.id, 'ANN')).toBe(false)
      expect(await other.claim(room.id, 'bob')).toBe(true)
      expect(await one.members(room.id)).toEqual(['Ann', 'bob'])
      expect(await one.memberCounts()).toEqual(new Map([[room.id, 2]]))
      expect(await other.heldIn('ann')).toEqual([room.id])
      await other.release(room.id, 'Ann')
      expect(await one.members(room.id)).toEqual(['Ann', 'bob'])
      expect(await one.createAccount('Ann', 'hash')).toBe(true)
      expect(await other.createAccount('ann', 'hash')).toBe(false)
      expect(await other.findAccount('ann')).toEqual({ name: 'Ann', hash: 'hash' })
      const renamed = await other.changeRoom(room.id, { title: 'Tec', lineName: 'tec', visibility: 'hidden' })
      await vi.waitFor(async () => expect(await one.findRoom(room.id)).toEqual(renamed))
      expect(await one.closeRoom(room.id)).toBe(true)
      await vi.waitFor(async () => expect(await other.rooms()).toHaveLength(1))
      await expect(other.append(`room:${room.id}`, said('late', room.id))).rejects.toThrow(Closed)
      expect(await other.closeRoom(room.id)).toBe(false)
    })

    it('hand on the end of a room that another one has closed', async () => {
      const [one, other] = [(await node()).engine, (await node()).engine]
      const { id } = await one.createRoom({ title: 'Tech', lineName: 'tech', visibility: 'public' })
      const seen = follow(other, `room:${id}`)
      await join(other, 'ann', id)
      await one.closeRoom(id)
      await vi.waitFor(() => expect(told(seen)).toEqual(['joined ann', 'left ann', 'closed ']))
    })
  })

  describe('a node that dies', () => {
    it('has left each room once, whoever sees to it, and its names are free', async () => {
      const dying = await wired()
      const others = await Promise.all([node(), node(), node()])
      const seen = others.map(({ engine }) => follow(engine))
      const [one] = others.map(({ engine }) => engine)
      if (!one) throw new Error('there are three')
      await join(dying.engine, 'Ann')
      await join(dying.engine, 'bob')
      await join(dying.engine, 'eve', 7)
      await dying.engine.claim(1, 'shy')
      await join(one, 'carol')
      await dying.engine.append(LOG, present('left', 'bob'))
      dying.wire.close()
      const gone = performance.now()
      await vi.waitFor(async () => expect(await one.members(1)).toEqual(['carol']), PATIENT)
      await vi.waitFor(async () => expect(await one.heldIn('eve')).toEqual([]), PATIENT)
      expect(performance.now() - gone).toBeLessThan(10_000)
      expect(await one.claim(1, 'ann')).toBe(true)
      await delay(300)
      const expected = ['joined Ann', 'joined bob', 'joined carol', 'left bob', 'left Ann']
      expect(told(await readAll(one, LOG))).toEqual(expected)
      expect(told(await readAll(one, 'room:7'))).toEqual(['joined eve', 'left eve'])
      for (const events of seen) {
        await vi.waitFor(() => expect(told(events).slice(-1)).toEqual(['left Ann']))
      }
    })

    it('is dealt with whole, however much it held and whatever fails over it', async () => {
      const dying = await wired({ timing: UNHURRIED })
      const { engine } = await node({ timing: UNHURRIED })
      const names = Array.from({ length: 700 }, (_, n) => `name${n}`)
      await Promise.all(names.map((name) => join(dying.engine, name)))
      // One of them cannot be removed from where it is noted who is where.
      const note = `${prefix}:{name:name0}:held`
      await server.command('SET', note, 'in the way')
      await server.command('CONFIG', 'RESETSTAT')
      dying.wire.close()
      const failed = async () =>
        /cmdstat_srem:.*failed_calls=[1-9]/.test(String(await server.command('INFO', 'commandstats')))
      await vi.waitFor(async () => expect(await failed()).toBe(true), PATIENT)
      await server.command('DEL', note)
      await vi.waitFor(async () => expect(await server.command('KEYS', `${prefix}:{name:*`)).toEqual([]), PATIENT)
      expect(await engine.members(1)).toEqual([])
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
      const keys = [`${prefix}:{room:1}:names`, `${prefix}:{room:1}:joined`]
      for (let n = 0; n < 30_000; n += 5_000) await server.command('EVAL', others, '2', ...keys, String(n))
      await server.command('CONFIG', 'SET', 'slowlog-log-slower-than', '100000')
      await server.command('SLOWLOG', 'RESET')
      dying.wire.close()
      await vi.waitFor(async () => expect(await engine.heldIn('bob')).toEqual([]), PATIENT)
      await server.command('DEL', `${prefix}:{nodes}:beats`)
      await vi.waitFor(() => expect(notices).toContain('lost'), PATIENT)
      await isUp(engine)
      expect(await server.command('SLOWLOG', 'GET')).toEqual([])
    })

    it('over closing a room leaves none that is listed and that nobody gets into', async () => {
      const [{ engine: dying }, { engine }] = [await node(), await node()]
      const tech = { title: 'Tech', lineName: 'tech', visibility: 'public' } as const
      const { id } = await dying.createRoom(tech)
      // The first half of it.
      await dying.append(`room:${id}`, { kind: 'closed', room: id, from: '', body: '' })
      expect(await engine.claim(id, 'ann')).toBe(true)
      await expect(engine.append(`room:${id}`, present('joined', 'ann', id))).rejects.toThrow(Closed)
      expect(await engine.rooms()).toHaveLength(1)
      expect((await engine.createRoom(tech)).id).toBeGreaterThan(id)
    })

    it('and returns is another one, has nothing of what it had, and hears so', async () => {
      const sleepy = await wired()
      const { engine: other } = await node()
      const seen = follow(sleepy.engine)
      const before = sleepy.engine.node
      await join(sleepy.engine, 'ann')
      await sleepy.engine.append(LOG, said('hello'))
      // Nothing gets through, and nobody says so: a node that was stopped, as far as the others can tell.
      sleepy.wire.hold()
      const late = sleepy.engine.append(LOG, said('asleep')).catch((error: unknown) => error)
      await vi.waitFor(async () => expect(await other.members(1)).toEqual([]), PATIENT)
      expect(await other.claim(1, 'ANN')).toBe(true)
      await other.append(LOG, present('joined', 'ANN'))
      sleepy.wire.go()
      expect(await late).toBeInstanceOf(Unavailable)
      await isUp(sleepy.engine)
      expect(sleepy.engine.node).not.toBe(before)
      const expected = ['joined ann', 'message alice', 'left ann', 'joined ANN']
      await vi.waitFor(() => expect(told(seen)).toEqual(expected))
      // What the core does for a session that it takes to be in the room still.
      await expect(sleepy.engine.append(LOG, present('left', 'ann'))).rejects.toThrow(Closed)
      await sleepy.engine.release(1, 'ann')
      expect(await other.members(1)).toEqual(['ANN'])
      await sleepy.engine.append(LOG, said('awake'))
      expect(told(await readAll(other, LOG))).toEqual([...expected, 'message alice'])
      expect(sleepy.said).toEqual(['trouble', 'recovered'])
    })

    it('and returns, and loses the connection over it, has nothing of what it had all the same', async () => {
      const { engine, wire, said: notices } = await wired()
      const { engine: other } = await node()
      const seen = follow(other)
      await join(engine, 'ann')
      wire.close()
      await vi.waitFor(() => expect(told(seen)).toEqual(['joined ann', 'left ann']), PATIENT)
      const burying = wire.passes(callOf('bury'))
      wire.open()
      await burying
      wire.cut()
      await isUp(engine)
      // Has them say what they hold.
      await server.command('DEL', `${prefix}:{nodes}:beats`)
      await vi.waitFor(() => expect(notices).toContain('lost'), PATIENT)
      await isUp(engine)
      expect(await other.members(1)).toEqual([])
      await engine.append(LOG, said('I am another one'))
      await vi.waitFor(() => expect(told(seen)).toEqual(['joined ann', 'left ann', 'message alice']))
    })

    it('is not taken for dead because Redis was away', async () => {
      const [one, other] = [await wired(), await wired()]
      await join(one.engine, 'ann')
      await join(other.engine, 'bob')
      for (const { wire } of [one, other]) wire.close()
      await delay(1_500)
      for (const { wire } of [one, other]) wire.open()
      for (const { engine } of [one, other]) await isUp(engine)
      await delay(300)
      expect(await one.engine.members(1)).toEqual(['ann', 'bob'])
      expect(told(await readAll(one.engine, LOG))).toEqual(['joined ann', 'joined bob'])
    })
  })

  describe('Redis away', () => {
    it('is said once and at once, and over by itself', async () => {
      const { engine, wire, said: notices } = await wired()
      const seen = follow(engine)
      await engine.append(LOG, said('before'))
      const changed: number[] = []
      engine.watchRooms((room) => changed.push(room))
      wire.close()
      await vi.waitFor(() => expect(notices).toEqual(['trouble']))
      await expect(engine.ping()).rejects.toThrow(Unavailable)
      const asked = performance.now()
      await expect(engine.append(LOG, said('refused'))).rejects.toThrow(Unavailable)
      await expect(readAll(engine, LOG)).rejects.toThrow(Unavailable)
      await expect(engine.claim(1, 'ann')).rejects.toThrow(Unavailable)
      await expect(engine.findRoom(1)).rejects.toThrow(Unavailable)
      await expect(engine.rooms()).rejects.toThrow(Unavailable)
      await expect(engine.findAccount('ann')).rejects.toThrow(Unavailable)
      expect(performance.now() - asked).toBeLessThan(500)
      const { engine: other } = await node()
      await other.append(LOG, said('meanwhile'))
      wire.open()
      await isUp(engine)
      expect(changed).toEqual([1])
      await engine.append(LOG, said('after'))
      await vi.waitFor(() => expect(seen.map(({ body }) => body)).toEqual(['before', 'meanwhile', 'after']))
      expect(notices).toEqual(['trouble', 'recovered'])
    })

    it('is sought ever more patiently, and nothing else is done meanwhile', async () => {
      const own = await RedisServer.start()
      onTestFinished(() => own.stop())
      const { engine } = await node({ place: placeAt(own.port), timing: { lease: 3_200, renew: 100 } })
      follow(engine)
      await engine.append(LOG, said('before'))
      await own.kill()
      const knocks: number[] = []
      const door = createServer((socket) => {
        knocks.push(performance.now())
        socket.destroy()
      })
      await once(door.listen(own.port, '127.0.0.1'), 'listening')
      const before = performance.eventLoopUtilization()
      await delay(3_000)
      expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.3)
      await new Promise((closed) => door.close(closed))
      // Two sockets belong to an attempt, and come together.
      const attempts = knocks.filter((at, place) => at - (knocks[place - 1] ?? 0) > 40)
      const waits = attempts.slice(1).map((at, place) => at - (attempts[place] ?? 0))
      expect(waits.length).toBeGreaterThanOrEqual(2)
      // Half of 50 ms before the first at least, then half of twice as much.
      for (const [place, wait] of waits.entries()) expect(wait).toBeGreaterThan(Math.min(50 * 2 ** place, 800) - 5)
      await own.run()
      await isUp(engine)
      await engine.append(LOG, said('after'))
    })

    it('frees a name that was released meanwhile', async () => {
      const { engine, wire } = await wired()
      const { engine: other } = await node()
      await engine.claim(1, 'ann')
      wire.close()
      await vi.waitFor(() => expect(engine.ping()).rejects.toThrow(Unavailable))
      await engine.release(1, 'ann')
      wire.open()
      await isUp(engine)
      expect(await other.claim(1, 'ann')).toBe(true)
    })

    it('frees at once what was claimed and not noted', async () => {
      const [{ engine }, { engine: other }] = [await node(), await node()]
      const note = `${prefix}:{name:ann}:held`
      await server.command('SET', note, 'in the way')
      await expect(engine.claim(1, 'ann')).rejects.toThrow(Unavailable)
      await server.command('DEL', note)
      expect(await other.members(1)).toEqual([])
      expect(await other.claim(1, 'ann')).toBe(true)
    })

    it('tells of a room that was closed meanwhile, and keeps nothing of it', async () => {
      const { engine, wire } = await wired()
      const { engine: other } = await node()
      const { id } = await engine.createRoom({ title: 'Tech', lineName: 'tech', visibility: 'public' })
      await join(engine, 'ann', id)
      const rooms: (readonly string[])[] = []
      wire.close()
      await vi.waitFor(() => expect(engine.ping()).rejects.toThrow(Unavailable))
      expect(await other.closeRoom(id)).toBe(true)
      engine.watchRooms((room) => {
        if (room === id) void engine.rooms().then((all) => rooms.push(all.map(({ title }) => title)))
      })
      wire.open()
      await vi.waitFor(() => expect(rooms).toEqual([['Public Chat']]), PATIENT)
      await vi.waitFor(async () => expect(await server.command('KEYS', `${prefix}:{name:*`)).toEqual([]), PATIENT)
    })

    it('leaves no append unanswered or answered wrongly, whose answer was lost on the way', async () => {
      const { engine, wire } = await wired()
      const { engine: other } = await node()
      const seen = follow(engine)
      const followed = follow(other)
      await engine.append(LOG, said('first'))
      const results: string[] = []
      for (let round = 0; round < 10; round++) {
        await isUp(engine)
        const bodies = Array.from({ length: 5 }, (_, n) => `${round} ${n}`)
        const appends = bodies.map((body) => engine.append(LOG, said(body)))
        const heard = vi.waitFor(() => expect(followed.at(-1)?.body).toBe(bodies.at(-1)), PATIENT)
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
      await vi.waitFor(() => expect(seen.map(({ body }) => body)).toEqual(['first', ...results]))
    })

    it('and back, over and over, loses nothing and doubles nothing', { timeout: 60_000 }, async () => {
      const some = [await wired(), await wired()]
      const { engine: calm } = await node()
      const seen = [...some, { engine: calm }].map(({ engine }) => follow(engine))
      await delay(100)
      const loads = [...some, { engine: calm }].map(({ engine }, place) => new Load(engine, `node ${place}`))
      for (let round = 0; round < 25; round++) {
        await delay(Math.random() * 150)
        some[round % 2]?.wire.cut()
      }
      await Promise.all(loads.map((load) => load.stop()))
      for (const { engine } of some) await isUp(engine)
      const log = await check((await node()).engine, loads, seen)
      expect(log.length).toBeGreaterThan(500)
    })

    it('is said again for each other reason, once', async () => {
      const secret = (password: string) =>
        server.command('ACL', 'SETUSER', prefix, 'on', `>${password}`, '~*', '&*', '+@all')
      await secret('old')
      const place = placeOf(`redis://${prefix}:old@127.0.0.1:${server.port}`) ?? expect.fail()
      const { engine, said: notices, reasons } = await node({ place })
      await server.command('ACL', 'SETUSER', prefix, 'resetpass', '>new')
      const tries = async () =>
        Number(/total_connections_received:(\d+)/.exec(String(await server.command('INFO', 'stats')))?.[1])
      const before = await tries()
      await server.command('CLIENT', 'KILL', 'USER', prefix)
      // Asking counts, too.
      await vi.waitFor(async () => expect(await tries()).toBeGreaterThan(before + 20), PATIENT)
      await expect(engine.ping()).rejects.toThrow('WRONGPASS')
      await secret('old')
      await isUp(engine)
      const at = `Redis at redis://127.0.0.1:${server.port}:`
      expect(reasons).toHaveLength(2)
      expect(reasons[1]).toBe(`${at} WRONGPASS invalid username-password pair or user is disabled.`)
      expect(notices).toEqual(['trouble', 'recovered'])
    })

    it('to whom it does not let listen says so, until it does', async () => {
      const allow = (...rules: readonly string[]) => server.command('ACL', 'SETUSER', prefix, ...rules)
      await allow('on', '>secret', '~*', '+@all', 'resetchannels', `&${prefix}:control`)
      const place = placeOf(`redis://${prefix}:secret@127.0.0.1:${server.port}`) ?? expect.fail()
      const [{ engine, reasons }, { engine: other }] = [await node({ place }), await node()]
      const seen = follow(engine)
      await vi.waitFor(() => expect(reasons).toHaveLength(1))
      expect(reasons[0]).toMatch(/: NOPERM .* channels /)
      await allow('&*')
      await isUp(engine)
      await other.append(LOG, said('hello'))
      await vi.waitFor(() => expect(seen.map(({ body }) => body)).toEqual(['hello']))
    })

    it('before a new connection is taken up ends that one, too', async () => {
      const { engine, wire } = await wired()
      const resuming = wire.passes(callOf('renew'))
      wire.cut()
      await resuming
      wire.strand()
      await isUp(engine)
      const clients = String(await server.command('CLIENT', 'LIST')).split('\n')
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
      await engine.append(LOG, said('own'))
      await other.append(LOG, said('other'))
      await vi.waitFor(() => expect(seen.map(({ body }) => body)).toEqual(['own', 'other']))
    })

    it('paused is waited for', async () => {
      const { engine, said: notices } = await node({ timing: { lease: 3_000, renew: 500 } })
      const seen = follow(engine)
      const load = new Load(engine, 'node')
      await delay(100)
      await server.command('CLIENT', 'PAUSE', '1000', 'ALL')
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
      await vi.waitFor(() => expect(notices).toEqual(['trouble']), PATIENT)
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
      await engine.append(LOG, said('one'))
      await other.append(LOG, said('two'))
      await vi.waitFor(() => expect(seen).toHaveLength(2))
      wire.holdChannels()
      await other.append(LOG, said('three'))
      await engine.append(LOG, said('four'))
      await vi.waitFor(() => expect(seen.map(({ body }) => body)).toEqual(['one', 'two', 'three', 'four']), PATIENT)
      await isUp(engine)
      expect(notices).toEqual(['trouble', 'recovered'])
      expect(reasons[0]).toMatch(/: it does not answer$/)
    })

    it('refuses more than may wait', async () => {
      const { engine, wire } = await wired({ timing: { lease: 30_000, renew: 500 } })
      wire.hold()
      const results = Array.from({ length: 50_010 }, (_, n) => engine.append(LOG, said(String(n))))
      await expect(results[50_000]).rejects.toThrow('too much is waiting')
      wire.go()
      const settled = await Promise.allSettled(results)
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(50_000)
    })
  })

  describe('Redis that is full', () => {
    const full = (yes: boolean) => server.command('CONFIG', 'SET', 'maxmemory', yes ? '1' : '0')
    afterEach(() => full(false))

    it('is told of once, while it lasts, whether or not anybody says something', async () => {
      const { engine, wire, said: notices, reasons } = await wired()
      await engine.append(LOG, said('before'))
      await full(true)
      await expect(engine.append(LOG, said('refused'))).rejects.toThrow(/^OOM [^:]*$/)
      await vi.waitFor(() => expect(notices).toEqual(['trouble']))
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
      await vi.waitFor(() => expect(notices).toEqual(['trouble', 'recovered', 'trouble']), PATIENT)
    })

    it('is warned of before, where it would make room for itself', async () => {
      await server.command('CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', 'volatile-lru')
      try {
        const { warnings, said: notices, engine, wire } = await wired()
        expect(warnings).toHaveLength(1)
        expect(warnings[0]).toMatch(/^Redis at redis:\S+: when it is full .* volatile-lru, and must be noeviction$/)
        wire.cut()
        await vi.waitFor(() => expect(notices).toEqual(['trouble', 'recovered']), PATIENT)
        await isUp(engine)
        expect(warnings).toHaveLength(1)
      } finally {
        await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
      }
    })
  })

  it('an append that Redis refuses while it takes others is warned of, and no trouble', async () => {
    const { engine, said: notices, warnings } = await node()
    await server.command('SET', `${prefix}:{room:7}:log`, 'not a log')
    for (let n = 0; n < 3; n++) await expect(engine.append('room:7', said('refused', 7))).rejects.toThrow('WRONGTYPE')
    await vi.waitFor(() => expect(warnings).toHaveLength(1))
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

  it('a room that is closed is none of its nodes’ any more', async () => {
    const [one, other] = [(await node()).engine, (await node()).engine]
    const { id } = await one.createRoom({ title: 'Tech', lineName: 'tech', visibility: 'public' })
    const entered = async () => {
      const logs = [one, other].map((engine) => server.command('SMEMBERS', `${prefix}:{nodes}:logs:${engine.node}`))
      return Promise.all(logs)
    }
    await join(one, 'ann', id)
    await join(other, 'bob', id)
    await join(other, 'eve')
    expect(await entered()).toEqual([[`room:${id}`], expect.arrayContaining([LOG, `room:${id}`])])
    await one.closeRoom(id)
    await vi.waitFor(async () => expect(await entered()).toEqual([[], [LOG]]))
  })

  it('Redis killed under load and started again has all that was acknowledged', { timeout: 60_000 }, async () => {
    const own = await RedisServer.start('--appendonly', 'yes')
    try {
      const place = placeAt(own.port)
      const two = [await node({ place }), await node({ place })]
      const seen = two.map(({ engine }) => follow(engine))
      await Promise.all(two.map(({ engine }, n) => join(engine, `member${n}`, 2)))
      await delay(100)
      const loads = two.map(({ engine }, n) => new Load(engine, `node ${n}`))
      for (let round = 0; round < 3; round++) {
        await delay(300)
        await own.kill()
        await delay(round * 400)
        await own.run()
        for (const { engine } of two) await isUp(engine)
      }
      await Promise.all(loads.map((load) => load.stop()))
      const [one] = two
      if (!one) throw new Error('there are two')
      await check((await node({ place })).engine, loads, seen)
      await delay(800)
      expect((await one.engine.members(2)).toSorted()).toEqual(['member0', 'member1'])
      expect(await readAll(one.engine, 'room:2')).toHaveLength(2)
      for (const { said: notices } of two) expect(notices.filter((notice) => notice === 'lost')).toEqual([])
    } finally {
      await Promise.all(nodes.splice(0).map(({ engine }) => engine.stop()))
      await own.stop()
    }
  })

  describe('Redis that has lost everything', () => {
    it('is told of, gets back who is here and in what rooms, and ids go on rising', async () => {
      const own = await RedisServer.start()
      try {
        const place = placeAt(own.port)
        const [one, other] = [await node({ place }), await node({ place })]
        const seen = [one, other].map(({ engine }) => follow(engine))
        const room = await one.engine.createRoom({ title: 'Tech', lineName: 'tech', visibility: 'public' })
        await one.engine.createAccount('Ann', 'hash')
        expect(await other.engine.findAccount('ann')).toBeDefined()
        await join(one.engine, 'ann')
        await join(one.engine, 'eve', room.id)
        await join(other.engine, 'bob')
        await vi.waitFor(() => expect(seen.map((events) => events.length)).toEqual([2, 2]))
        await own.command('FLUSHALL')
        await vi.waitFor(() => {
          expect(one.said).toContain('lost')
          expect(other.said).toContain('lost')
        }, PATIENT)
        for (const { engine } of [one, other]) await isUp(engine)
        await vi.waitFor(async () => expect((await one.engine.members(1)).toSorted()).toEqual(['ann', 'bob']), PATIENT)
        expect(await other.engine.members(room.id)).toEqual(['eve'])
        expect(await other.engine.findRoom('tech')).toMatchObject({ id: room.id, title: 'Tech' })
        expect((await one.engine.createRoom({ title: 'N', lineName: 'n', visibility: 'public' })).id).toBe(room.id + 1)
        expect(await other.engine.findAccount('ann')).toBeUndefined()
        await one.engine.append(LOG, said('going on'))
        await vi.waitFor(() => expect(seen.map((events) => events.at(-1)?.body)).toEqual(['going on', 'going on']))
        for (const events of seen) {
          expectRising(events)
          expect(told(events).slice(2).toSorted()).toEqual(['joined ann', 'joined bob', 'message alice'])
        }
        expect(await one.engine.claim(1, 'bob')).toBe(false)
        for (const { said: notices } of [one, other]) expect(notices).not.toContain('died')
      } finally {
        await Promise.all(nodes.splice(0).map(({ engine }) => engine.stop()))
        await own.stop()
      }
    })

    it('or the newest of it, as after a failover: has in the end what the nodes say', { timeout: 40_000 }, async () => {
      const own = await RedisServer.start()
      try {
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
        await vi.waitFor(() => expect(told(seen.slice(before))).toEqual(['left leaves', 'joined comes']))
        expectRising(seen)
        expect(await engine.members(1)).toEqual(['stays', 'comes'])
        expect(await engine.heldIn('leaves')).toEqual([])
        expect(await engine.findRoom('tech')).toEqual(room)
        expect((await readAll(engine, LOG)).map(({ body }) => body)).not.toContain('forgotten')
        // Something that came after it is missing.
        await expect(readAll(engine, LOG, { after: kept.id })).rejects.toThrow(Gone)
      } finally {
        await Promise.all(nodes.splice(0).map(({ engine }) => engine.stop()))
        await own.stop()
      }
    })

    it('or what came behind the last renewal: each node finds that by itself', async () => {
      const own = await RedisServer.start()
      try {
        const timing = { lease: 60_000, renew: 30_000 }
        const wire = await Wire.to(own.port)
        wires.push(wire)
        const one = await node({ place: placeAt(own.port), timing })
        const other = await node({ place: wire.place, timing })
        const seen = follow(other.engine)
        await join(one.engine, 'ann')
        await own.command('SAVE')
        await join(other.engine, 'bob')
        const last = await other.engine.append(LOG, said('forgotten'))
        await vi.waitFor(() => expect(told(seen)).toEqual(['joined ann', 'joined bob', 'message alice']))
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
        await vi.waitFor(() => expect(told(seen).slice(-2)).toEqual(['message alice', 'joined bob']))
        // Something that came after it is missing.
        await expect(readAll(one.engine, LOG, { after: joined })).rejects.toThrow(Gone)
        expect(told(await readAll(one.engine, LOG, { after: newer.id }))).toEqual(['joined bob'])
      } finally {
        await Promise.all(nodes.splice(0).map(({ engine }) => engine.stop()))
        await own.stop()
      }
    })

    it('or the newest rooms and what was changed of others: has them again, and no number twice', async () => {
      const own = await RedisServer.start()
      try {
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
        await vi.waitFor(async () => expect(await other.engine.rooms()).toHaveLength(4))
        await own.kill()
        await own.run()
        for (const { engine } of [one, other]) await isUp(engine)
        expect([one, other].flatMap(({ said: notices }) => notices)).toContain('lost')
        for (const { engine } of [one, other]) {
          await vi.waitFor(async () =>
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
      } finally {
        await Promise.all(nodes.splice(0).map(({ engine }) => engine.stop()))
        await own.stop()
      }
    })

    it('gets back a little at a time what one connection is too short for', async () => {
      const { engine, wire, said: notices } = await wired({ timing: UNHURRIED })
      const names = Array.from({ length: 2_000 }, (_, n) => `name${n}`)
      await Promise.all(names.map((name) => join(engine, name)))
      // The scripts take some of it, and what is left is less than half of what is to be put back.
      wire.breakAfter(250_000)
      await server.command('FLUSHALL')
      await vi.waitFor(() => expect(notices).toContain('recovered'), PATIENT)
      expect((await engine.members(1)).toSorted()).toEqual(names.toSorted())
      expect(await engine.heldIn('name1999')).toEqual([1])
      expect(await readAll(engine, LOG)).toHaveLength(2_000)
    })

    it('under load goes on, without a refusal that nobody answers and without an id that falls', async () => {
      const own = await RedisServer.start()
      try {
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
        await vi.waitFor(() => expect(seen.at(-1)?.body).toBe('last'))
      } finally {
        await Promise.all(nodes.splice(0).map(({ engine }) => engine.stop()))
        await own.stop()
      }
    })
  })
})
