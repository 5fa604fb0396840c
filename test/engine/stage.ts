/** Engines on one Redis, and what stands between. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect } from 'vitest'
import { Unavailable } from '../../src/engine/errors.ts'
import type { Draft, Event, LogName } from '../../src/engine/event.ts'
import { RedisEngine, type RedisOptions } from '../../src/engine/redis/redis.ts'
import { loadScripts, type ScriptName } from '../../src/engine/redis/scripts.ts'
import { eventually } from '../support/eventually.ts'
import { placeAt, RedisServer, Wire } from '../support/redis.ts'
import { readAll, said } from './conformance.ts'

const OPTIONS: Omit<RedisOptions, 'place' | 'prefix'> = {
  lobby: 'lobby',
  keep: { days: 0, events: 0 },
  memory: { events: 1_000, bytes: 1_000_000 },
  timing: { leaseMs: 5_000, renewalMs: 100 },
}
/** Of a node that is to be taken for dead, or to give up, before long, and not because the machine is busy. */
export const SHORT = { leaseMs: 3_000, renewalMs: 100 }
export const LOG = 'room:1'

export const present = (kind: 'joined' | 'left', from: string, room = 1): Draft => ({ kind, room, from, body: '' })
export const told = (events: readonly Event[]) => events.map(({ kind, from }) => `${kind} ${from}`)

/** An engine and what it has said of itself. */
export interface Node {
  readonly engine: RedisEngine
  /** `trouble` once, however many reasons there were. */
  readonly said: string[]
  readonly reasons: string[]
  readonly warnings: string[]
}

const scripts = loadScripts()
/** What stands in a call of a script. */
export const callOf = (name: ScriptName) => scripts.get(name)?.sha ?? expect.fail()

/** Strictly rising, so nothing is there twice. */
export function expectRising(events: readonly Event[]): void {
  for (const [place, { id, at }] of events.entries()) {
    const before = events[place - 1]
    if (before && (before.id >= id || before.at > at)) expect.fail(`${id} comes after ${before.id}`)
  }
}

/** Speaks all the time, so many lines at once, and writes down what became of each. */
export class Load {
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
        this.acknowledged.push(await this.#engine.logs.append(this.#log, said(body)))
        await delay(2)
      } catch (error) {
        if (error instanceof Unavailable) this.refused.push(body)
        else this.failures.push(error)
        await delay(5)
      }
    }
  }
}

/** The log holds each acknowledged event once, and no refused one; who followed saw just what it holds. */
export async function check(engine: RedisEngine, loads: readonly Load[], followers: readonly (readonly Event[])[]) {
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
    await eventually(() => expect(seen.length).toBe(log.length))
    expect(seen).toEqual(log)
  }
  return log
}

/** A Redis for the tests of a file, and for each of them a prefix and nodes of its own. */
export class Stage {
  prefix = ''
  readonly server = RedisServer.forAll('--appendonly', 'yes')
  #tests = 0
  readonly #nodes: Node[] = []
  readonly #wires: Wire[] = []

  constructor() {
    beforeEach(() => {
      this.prefix = `test${++this.#tests}`
    })
    afterEach(async () => {
      for (const wire of this.#wires) wire.open()
      await Promise.all(this.#nodes.splice(0).map(({ engine }) => engine.stop()))
      for (const wire of this.#wires.splice(0)) wire.stop()
    })
  }

  async node(options: Partial<RedisOptions> = {}): Promise<Node> {
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
    const place = placeAt(this.server.port)
    const engine = new RedisEngine({ ...OPTIONS, place, prefix: this.prefix, ...options }, watch)
    await engine.start()
    const made = { engine, said, reasons, warnings }
    this.#nodes.push(made)
    return made
  }

  /** A node whose connection the test holds in its hand. */
  async wired(options: Partial<RedisOptions> = {}, { port } = this.server) {
    const wire = await Wire.to(port)
    this.#wires.push(wire)
    return { wire, ...(await this.node({ place: wire.place, timing: SHORT, ...options })) }
  }
}

export function follow(engine: RedisEngine, log: LogName = LOG): Event[] {
  const seen: Event[] = []
  engine.logs.follow(log, (event) => seen.push(event))
  return seen
}

export const isUp = (engine: RedisEngine) => eventually(() => engine.ping())

export async function join(engine: RedisEngine, name: string, room = 1): Promise<void> {
  expect(await engine.memberships.claim(room, name)).toBe(true)
  await engine.logs.append(`room:${room}`, present('joined', name, room))
}
