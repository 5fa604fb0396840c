/** A log in whatever order its events come in: from the channel, as answers, and out of the log. */
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Event, idAt } from '../../src/engine/event.ts'
import { Recent } from '../../src/engine/recent.ts'
import { ActiveLogs } from '../../src/engine/redis/active-logs.ts'
import { ConnectionLost, type RedisConnection } from '../../src/engine/redis/connection.ts'
import { entryId, eventOf, fieldsOf, idOf } from '../../src/engine/redis/entry.ts'
import { Keys } from '../../src/engine/redis/keys.ts'
import { type LogSource, RedisLog } from '../../src/engine/redis/log.ts'
import { eventually } from '../support/eventually.ts'
import { said } from './conformance.ts'

const OWN = 'own'

/** A log as Redis would hold it, what is told of it, and the answers to a connection, which come in order. */
class Server {
  readonly events: Event[] = []
  /** What the channel brings. */
  readonly told: string[] = []
  readonly closed: string[] = []
  /** How often somebody has begun to read it. */
  read = 0
  /** Own batches that are done, by number: their first ids. */
  readonly #done = new Map<string, string>()
  /** Lets the answers to own batches go. */
  #held: PromiseWithResolvers<void>[] = []
  #tail = Promise.resolve()
  #connection = {}

  append(node: string, bodies: readonly string[], number = '0'): void {
    const prev = this.events.at(-1)?.id ?? 0
    const at = 1_000 + this.events.length
    const events = bodies.map((body, n): Event => ({ ...said(body), at, id: idAt(at) + n }))
    this.events.push(...events)
    const written = events.map((event) => [String(event.id), fieldsOf(event)])
    this.told.push(JSON.stringify([node, number, String(prev), written]))
  }

  other(count = 1, text = ''): string {
    const bodies = Array.from({ length: count }, (_, n) => `${this.events.length + n}${text}`)
    this.append('other', bodies)
    return this.told.at(-1) ?? ''
  }

  get underWay(): number {
    return this.#held.length
  }

  answer(): void {
    this.#held.shift()?.resolve()
  }

  /** Breaks the connection: nothing that was asked on it is answered. */
  break(): void {
    this.#connection = {}
    for (const { reject } of this.#held.splice(0)) reject(new ConnectionLost('broken'))
    this.#tail = Promise.resolve()
  }

  connect(): LogSource {
    const connection = this.#connection
    const inTurn = async () => {
      await this.#tail
      if (connection !== this.#connection) throw new ConnectionLost('broken')
    }
    return {
      eval: async (script, _keys, args) => {
        // Whoever asks knows what the script answers.
        if (script === 'append') return (await this.#append(args)) as never
        if (script === 'probe') return (this.#done.get(args[1] ?? '') ?? null) as never
        expect(script).toBe('sync')
        this.read++
        const state = ['0', String(this.events.at(-1)?.id ?? 0), '0']
        await inTurn()
        return state as never
      },
      call: async (_key, command, from = '', to = '', _count, count) => {
        expect(command).toBe('XRANGE')
        const some = this.events.filter(({ id }) => id >= idOf(from) && id <= idOf(to)).slice(0, Number(count))
        await inTurn()
        return some.map((event) => [entryId(event.id), fieldsOf(event)])
      },
      close: (reason) => {
        if (connection === this.#connection) this.closed.push(reason)
      },
    }
  }

  async #append(args: readonly string[]): Promise<unknown> {
    const [node = '', number = '', , , , ...drafts] = args
    const bodies: string[] = []
    for (let at = 0; at < drafts.length; at += 3 + Number(drafts[at + 2])) {
      bodies.push(eventOf(0, drafts.slice(at + 3, at + 3 + Number(drafts[at + 2]))).body)
    }
    const prev = String(this.events.at(-1)?.id ?? 0)
    this.append(node, bodies, number)
    const first = this.events.at(-bodies.length)
    this.#done.set(number, `${number} ${first?.id}  ${first?.at}`)
    const held = Promise.withResolvers<void>()
    this.#held.push(held)
    this.#tail = this.#tail.then(() => held.promise).catch(() => {})
    await held.promise
    return ['ok', prev, String(first?.id), '', '0', String(first?.at)]
  }
}

/** A followed log of a node, and what its follower has seen. */
async function following() {
  const server = new Server()
  let port = server.connect()
  /** Own texts that were acknowledged. */
  const acknowledged = new Set<string>()
  const logs = new ActiveLogs(
    new Keys('test'),
    { connection: port as RedisConnection, eval: (...asked) => port.eval(...asked) },
    { id: OWN, isAdmitted: () => true, enter: async () => {}, noticeLoss: () => {}, noticeDeath: () => {} },
    { events: 20, bytes: 10_000 },
    { measured: () => {}, timed: () => {}, refused: () => {} },
  )
  const recent = new Recent({ events: 20, bytes: 10_000 })
  const log = new RedisLog('room:1', logs, recent)
  const seen: Event[] = []
  /** Own texts that were seen before they were acknowledged. */
  const early: string[] = []
  let texts = 0
  const own = new Set<string>()
  const refused = new Set<string>()
  const listener = (event: Event) => {
    if (own.has(event.body) && !acknowledged.has(event.body)) early.push(event.body)
    seen.push(event)
  }
  log.listen(listener)
  await log.begin(port, async () => {})
  const say = () => {
    const body = `own ${texts++}`
    own.add(body)
    const resolve = () => void acknowledged.add(body)
    const draft = said(body)
    const reject = () => void refused.add(body)
    log.outgoing.push({ log: log.name, draft, size: 1, behind: undefined, withNext: 0, sent: false, resolve, reject })
    logs.commit()
  }
  let heard = 0
  const hear = (count = 1) => {
    for (; count > 0 && heard < server.told.length; count--) log.onMessage(server.told[heard++] ?? '')
  }
  const miss = () => {
    if (heard < server.told.length) heard++
  }
  const reconnect = async () => {
    server.break()
    log.down()
    log.outgoing.down('broken')
    await settled()
    port = server.connect()
    heard = server.told.length
    await log.outgoing.settle(port as RedisConnection)
    await log.read(port)
  }
  return { server, log, listener, seen, early, refused, say, hear, miss, reconnect }
}

const settled = async () => {
  for (let n = 0; n < 5; n++) await turn()
}

test('a gap on the channel is read from the log, and what came before it is not told again', async () => {
  const { server, log, seen } = await following()
  log.onMessage(server.other(2))
  expect(seen).toEqual(server.events)
  server.other(600)
  log.onMessage(server.other())
  log.onMessage(server.other())
  await settled()
  expect(seen).toEqual(server.events)
  for (const told of server.told) log.onMessage(told)
  expect(seen).toEqual(server.events)
})

test('an own event is held back until it is answered, with what is behind it', async () => {
  const { server, seen, say, hear } = await following()
  say()
  server.other()
  const { read } = server
  hear(2)
  await settled()
  expect([seen, server.read]).toEqual([[], read])
  server.answer()
  await settled()
  expect([seen, server.read]).toEqual([server.events, read])
})

test('an own event is handed on as it was appended, without being parsed again', async () => {
  const { server, log, seen, say, hear } = await following()
  say()
  server.answer()
  await settled()
  expect(seen).toEqual(server.events)
  const told = server.told[0] ?? ''
  server.told[0] = `${told.slice(0, told.indexOf(',', 8))},not parsed`
  hear()
  log.onMessage(server.other())
  expect(seen).toEqual(server.events)
})

test('an answer that is ahead of the channel waits for it, and memory is not asked meanwhile', async () => {
  const { server, log, seen, say, hear } = await following()
  expect(log.recent).toBeDefined()
  server.other()
  say()
  server.answer()
  await settled()
  expect(seen).toEqual([])
  expect(log.recent).toBeUndefined()
  const { read } = server
  hear()
  expect(seen).toEqual(server.events)
  hear()
  expect([seen, server.read]).toEqual([server.events, read])
  expect(log.recent?.last).toBe(server.events.at(-1)?.id)
})

test('an answer that the channel has come to without what is before it is read from the log', async () => {
  const { server, seen, say, hear, miss } = await following()
  server.other()
  say()
  server.answer()
  await settled()
  miss()
  hear()
  await settled()
  expect(seen).toEqual(server.events)
})

test('more than may wait is dropped and read', async () => {
  const { server, log, seen, say, hear } = await following()
  say()
  hear()
  const text = '.'.repeat(100_000)
  const { read } = server
  for (let n = 0; n < 10; n++) log.onMessage(server.other(1, text))
  await settled()
  expect(server.read).toBe(read)
  log.onMessage(server.other(1, text))
  expect(server.read).toBe(read + 1)
  server.answer()
  // Nothing comes by any more that would show the gap.
  await eventually(() => expect(seen).toEqual(server.events))
})

test('what was asked for a follower of before does not reach the next one', async () => {
  const { server, log, listener, seen } = await following()
  const port = server.connect()
  server.other(3)
  const reading = log.read(port)
  log.unlisten(listener)
  log.listen(listener)
  await Promise.all([reading, log.begin(port, async () => {})])
  expect(seen).toEqual([])
  log.onMessage(server.other())
  expect(seen).toEqual(server.events.slice(-1))
})

/** What may happen to a log and whoever follows it. */
const step = fc.constantFrom('say', 'other', 'hear', 'answer', 'miss', 'break', 'turn')

test('whatever comes in whatever order, followers see the log: each event once, none before its answer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const { server, log, seen, early, refused, say, hear, miss, reconnect } = await following()
      for (const next of steps) {
        if (next === 'say') say()
        if (next === 'other') server.other()
        if (next === 'hear') hear()
        if (next === 'miss') miss()
        if (next === 'answer') server.answer()
        if (next === 'turn') await turn()
        if (next === 'break') await reconnect()
      }
      for (let calm = 0; calm < 2; ) {
        calm = server.underWay === 0 ? calm + 1 : 0
        server.answer()
        await settled()
      }
      hear(server.told.length)
      log.onMessage(server.other())
      await settled()
      expect(seen).toEqual(server.events)
      expect(early).toEqual([])
      expect(seen.filter(({ body }) => refused.has(body))).toEqual([])
      expect(server.closed).toEqual([])
    }),
    { numRuns: 300 },
  )
})
