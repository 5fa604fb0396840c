import { EngineFault, type RoomRecord } from '../engine.ts'
import type { Event, LogName } from '../event.ts'
import { disorderly, type KeptRecord, type LogRecord, type Source, Unfit, unfinished } from '../moving.ts'
import { declarationOf, isOrdered, KIND_NAMES, type Kind } from '../records.ts'
import { Connection, faultOf } from './connection.ts'
import { type Entry, eventOf, idOf } from './entry.ts'
import { Keys, roomOf } from './keys.ts'
import { reasonOf } from './reasons.ts'
import { shown } from './rooms.ts'
import type { Place } from './url.ts'

const PAGE = 1_000

/** What a Redis that no daemon uses keeps under a prefix. Needs Redis 7, which can tell when a note ends. */
export class RedisSource implements Source {
  readonly shown: string
  readonly identity: string
  protected readonly keys: Keys
  protected readonly connection: Connection
  readonly #place: Place
  /** When a daemon was here last, as it was found. */
  #pulse: unknown

  /** Rejects with {@link Unfit} or {@link EngineFault}. */
  static async open(place: Place, prefix: string): Promise<RedisSource> {
    const { connection, identity } = await connect(place, prefix)
    const source = new RedisSource(place, prefix, connection, identity)
    try {
      await source.#check()
      return source
    } catch (error) {
      source.close()
      throw error
    }
  }

  protected constructor(place: Place, prefix: string, connection: Connection, identity: string) {
    this.#place = place
    this.shown = `${place.shown} (prefix ${prefix})`
    this.identity = identity
    this.keys = new Keys(prefix)
    this.connection = connection
  }

  async #check(): Promise<void> {
    const [leases = '', , , pulse = ''] = this.keys.nodes
    const from = await this.ask('GET', this.keys.migration)
    if (typeof from === 'string') throw new Unfit(unfinished(this.shown, from))
    if ((await this.ask('EXISTS', this.keys.rooms[0] ?? '')) === 0) throw new Unfit(`there is nothing at ${this.shown}`)
    // The reply to TIME.
    const [seconds] = (await this.ask('TIME')) as readonly [string, string]
    const living = await this.ask('ZCOUNT', leases, `${seconds}000`, '+inf')
    if (living !== 0) throw new EngineFault(`${this.shown} is in use by a daemon`)
    this.#pulse = await this.ask('GET', pulse)
    for await (const logs of this.scan(this.keys.every('info'))) {
      const joined = logs.map((key) => this.ask('HLEN', this.keys.besides(key, 'info', 'joined')))
      if ((await Promise.all(joined)).some((count) => count !== 0)) throw new EngineFault(disorderly(this.shown))
    }
  }

  async *logs(): AsyncGenerator<LogRecord> {
    const [records = '', , given = ''] = this.keys.rooms
    // The reply to HKEYS.
    const rooms = new Set((await this.ask('HKEYS', records)) as readonly string[])
    const highest = Number(await this.ask('GET', given))
    for await (const keys of this.scan(this.keys.every('info'))) {
      for (const log of await Promise.all(keys.map((key) => this.#logAt(key)))) {
        const room = log && roomOf(log.name)
        const ended = room !== undefined && room <= highest && !rooms.has(String(room))
        if (log && !ended) yield log
      }
    }
  }

  async #logAt(key: string): Promise<LogRecord | undefined> {
    const name = this.keys.logOf(key, 'info')
    if (name === undefined) return undefined
    const [known, count] = await Promise.all([
      this.ask('HMGET', key, 'start', 'last', 'closed'),
      this.ask('XLEN', this.keys.log(name)),
    ])
    // The reply to HMGET.
    const [start, last, closed] = known as readonly (string | null)[]
    if (typeof start !== 'string' || typeof last !== 'string' || typeof closed === 'string') return undefined
    return { name, start: Number(start), last: Number(last), count: Number(count) }
  }

  async *events(log: LogName): AsyncGenerator<readonly Event[]> {
    for (let from = '-'; ; ) {
      // The reply to XRANGE.
      const entries = (await this.ask(
        'XRANGE',
        this.keys.log(log),
        from,
        '+',
        'COUNT',
        String(PAGE),
      )) as readonly Entry[]
      if (entries.length > 0) yield entries.map(([id, fields]) => eventOf(idOf(id), fields))
      const last = entries.at(-1)
      if (!last || entries.length < PAGE) return
      from = `(${last[0]}`
    }
  }

  async *records(livingAt: number): AsyncGenerator<readonly KeptRecord[]> {
    const [records = '', , given = ''] = this.keys.rooms
    yield [{ is: 'given', id: Number(await this.ask('GET', given)) }]
    for await (const page of this.scanHash(records)) {
      const rooms = page.map(([, record]) => shown(JSON.parse(record)))
      const there = await Promise.all(rooms.map((room) => this.#isOpen(room)))
      yield rooms.filter((_, place) => there[place]).map((room) => ({ is: 'room', room }))
    }
    for (const kind of KIND_NAMES) {
      if (declarationOf(kind).expires) yield* this.#expiring(kind, livingAt)
      else if (isOrdered(kind)) yield* this.#inOrder(kind)
      else {
        const [hash = ''] = this.keys.records(kind)
        for await (const page of this.scanHash(hash)) {
          yield page.map(([key, text]) => ({ is: 'record', kind, key, text }))
        }
      }
    }
  }

  async undisturbed(): Promise<void> {
    const [, , , pulse = ''] = this.keys.nodes
    if ((await this.ask('GET', pulse)) !== this.#pulse)
      throw new EngineFault(`a daemon has used ${this.shown} meanwhile`)
  }

  close(): void {
    this.connection.close('it is closed')
  }

  protected ask(...args: readonly string[]): Promise<unknown> {
    return this.connection.command(args).catch((error: unknown) => {
      throw new EngineFault(`Redis at ${this.#place.shown}: ${reasonOf(error)}`, { cause: error })
    })
  }

  /** Keys of a pattern, each once. */
  protected async *scan(pattern: string): AsyncGenerator<readonly string[]> {
    const seen = new Set<string>()
    for (let cursor = ''; cursor !== '0'; ) {
      const found = await this.ask('SCAN', cursor || '0', 'MATCH', pattern, 'COUNT', String(PAGE))
      // The reply to SCAN.
      const [next, keys] = found as readonly [string, readonly string[]]
      const fresh = keys.filter((key) => !seen.has(key))
      for (const key of fresh) seen.add(key)
      if (fresh.length > 0) yield fresh
      cursor = next
    }
  }

  /** Fields and values of a hash, each once. */
  protected async *scanHash(key: string): AsyncGenerator<readonly (readonly [string, string])[]> {
    const seen = new Set<string>()
    for (let cursor = ''; cursor !== '0'; ) {
      // The reply to HSCAN.
      const [next, flat] = (await this.ask('HSCAN', key, cursor || '0', 'COUNT', String(PAGE))) as readonly [
        string,
        readonly string[],
      ]
      const pairs: (readonly [string, string])[] = []
      for (let place = 0; place + 1 < flat.length; place += 2) {
        const [field = '', value = ''] = flat.slice(place, place + 2)
        if (!seen.has(field)) pairs.push([field, value])
        seen.add(field)
      }
      if (pairs.length > 0) yield pairs
      cursor = next
    }
  }

  /** Whoever has ended a room's log may have died before it removed the room. */
  async #isOpen({ id }: RoomRecord): Promise<boolean> {
    const [, info = ''] = this.keys.ofLog(`room:${id}`, '')
    return (await this.ask('HEXISTS', info, 'closed')) === 0
  }

  async *#inOrder(kind: Kind): AsyncGenerator<readonly KeptRecord[]> {
    const [records = '', order = ''] = this.keys.records(kind)
    for (let start = 0; ; start += PAGE) {
      // The replies to ZRANGE and HMGET.
      const keys = (await this.ask('ZRANGE', order, String(start), String(start + PAGE - 1))) as readonly string[]
      if (keys.length === 0) return
      const found = (await this.ask('HMGET', records, ...keys)) as readonly (string | null)[]
      yield found.flatMap((text, place) => (text === null ? [] : { is: 'record', kind, key: keys[place] ?? '', text }))
    }
  }

  async *#expiring(kind: Kind, livingAt: number): AsyncGenerator<readonly KeptRecord[]> {
    const begin = this.keys.expiring(kind, '').slice(0, -1)
    for await (const keys of this.scan(`${begin}*`)) {
      const found = keys.map(async (key): Promise<readonly KeptRecord[]> => {
        const [text, end] = await Promise.all([this.ask('GET', key), this.ask('PEXPIRETIME', key)])
        const until = Number(end)
        if (typeof text !== 'string' || (until >= 0 && until <= livingAt)) return []
        const record = { is: 'record', kind, key: key.slice(begin.length, -1), text } as const
        return [until < 0 ? record : { ...record, expiresAt: until }]
      })
      yield (await Promise.all(found)).flat()
    }
  }
}

/** Rejects with {@link EngineFault}. */
export async function connect(place: Place, prefix: string): Promise<{ connection: Connection; identity: string }> {
  const connection = await Connection.open(place).catch((error: unknown) => {
    throw faultOf(place, error)
  })
  try {
    const about = String(await connection.command(['INFO', 'server']))
    const major = Number(/^redis_version:(\d+)/m.exec(about)?.[1])
    if (major < 7) throw new EngineFault(`cannot use Redis at ${place.shown}: to migrate it must be at least 7.0`)
    const run = /^run_id:(\w+)/m.exec(about)?.[1]
    return { connection, identity: `${run}/${place.database} ${prefix}` }
  } catch (error) {
    connection.close('it cannot be used')
    throw error
  }
}
