import { setTimeout as delay } from 'node:timers/promises'
import { EngineFault, type RoomRecord } from '../engine.ts'
import { type Event, type LogName, timeOf } from '../event.ts'
import { fold } from '../fold.ts'
import { type KeptRecord, type LogRecord, type Target, Unfit } from '../moving.ts'
import { declarationOf, indexedValues, isOrdered, type Kind } from '../records.ts'
import { entryId, fieldsOfCommitted } from './entry.ts'
import { connect, RedisSource } from './moving-out.ts'
import type { Place } from './url.ts'

/** How long what a migration that was killed had still sent may take to come in. */
const GONE_MS = 5_000

/** A Redis that everything is moved into, under a prefix. Commands of a page go out together. */
export class RedisTarget extends RedisSource implements Target {
  /** Places given so far. */
  #rooms = 0
  readonly #ordered = new Map<Kind, number>()
  /** The first and the last event with times of their own, of logs that are not finished. */
  readonly #ahead = new Map<LogName, { readonly from: number; readonly to: number }>()

  static override async open(place: Place, prefix: string): Promise<RedisTarget> {
    const { connection, identity } = await connect(place, prefix)
    const target = new RedisTarget(place, prefix, connection, identity)
    try {
      await target.#alone(`roomd-migrate-${prefix}`)
      return target
    } catch (error) {
      target.close()
      throw error
    }
  }

  /** The name comes first: of two that begin at once none goes on. */
  async #alone(name: string): Promise<void> {
    await this.ask('CLIENT', 'SETNAME', name)
    const { db } = /\bdb=(?<db>\d+)/.exec(String(await this.ask('CLIENT', 'INFO')))?.groups ?? {}
    for (const end = performance.now() + GONE_MS; ; await delay(100)) {
      const clients = String(await this.ask('CLIENT', 'LIST')).split('\n')
      const same = clients.filter((client) => client.includes(` name=${name} `) && client.includes(` db=${db} `))
      if (same.length <= 1) return
      if (performance.now() > end) throw new EngineFault(`another migration into ${this.shown} is under way`)
    }
  }

  /** The mark comes first: a daemon that starts after this look finds it. */
  async begin(from: string): Promise<void> {
    const first = (await this.ask('SET', this.keys.migration, from, 'NX')) === 'OK'
    if (first) {
      for await (const keys of this.scan(this.keys.everything)) {
        if (keys.every((key) => key === this.keys.migration)) continue
        await this.#delete([this.keys.migration])
        throw new Unfit(`${this.shown} is not empty; give another --redis-prefix, or empty it`)
      }
      return
    }
    const before = await this.ask('GET', this.keys.migration)
    if (before !== from)
      throw new Unfit(`another migration into ${this.shown} is unfinished, from ${before}; end that one, or empty it`)
    await this.#delete([...this.keys.rooms])
    for (const pattern of this.keys.everyRecord) {
      for await (const keys of this.scan(pattern)) await this.#delete(keys)
    }
    // A log is finished when it is known where it begins and ends.
    for await (const keys of this.scan(this.keys.every('log'))) {
      const known = await Promise.all(keys.map((key) => this.ask('EXISTS', this.keys.besides(key, 'log', 'info'))))
      await this.#delete(keys.filter((_, place) => known[place] === 0))
    }
  }

  async append(log: LogName, events: readonly Event[]): Promise<void> {
    const key = this.keys.log(log)
    await Promise.all(events.map((event) => this.ask('XADD', key, entryId(event.id), ...fieldsOfCommitted(event))))
    for (const { id, at } of events) {
      if (at !== timeOf(id)) this.#ahead.set(log, { from: this.#ahead.get(log)?.from ?? id, to: id })
    }
  }

  async finishLog({ name, start, last }: LogRecord): Promise<void> {
    const [, info = ''] = this.keys.ofLog(name, '')
    const ahead = this.#ahead.get(name)
    const dated = ahead ? ['ahead-from', String(ahead.from), 'ahead', String(ahead.to)] : []
    await this.ask('HSET', info, 'start', String(start), 'last', String(last), ...dated)
    this.#ahead.delete(name)
  }

  async dropLog(name: LogName): Promise<void> {
    const [log = '', info = ''] = this.keys.ofLog(name, '')
    // In this order, so that what is left of it is not taken for finished.
    await this.#delete([info])
    await this.#delete([log])
  }

  async keep(records: readonly KeptRecord[]): Promise<void> {
    await Promise.all(records.flatMap((record) => this.#keep(record)))
  }

  async finish(): Promise<void> {
    const [leases = ''] = this.keys.nodes
    if ((await this.ask('EXISTS', leases)) !== 0) throw new EngineFault(`a daemon has used ${this.shown} meanwhile`)
    await this.#delete([this.keys.migration])
  }

  #keep(record: KeptRecord): Promise<unknown>[] {
    switch (record.is) {
      case 'given':
        return [this.ask('SET', this.keys.rooms[2] ?? '', String(record.id))]
      case 'room':
        return this.#keepRoom(record.room)
      case 'record': {
        const { kind, key, text, expiresAt } = record
        if (declarationOf(kind).expires) {
          const end = expiresAt === undefined ? [] : ['PXAT', String(expiresAt)]
          return [this.ask('SET', this.keys.expiring(kind, key), text, ...end)]
        }
        const [records = '', order = ''] = this.keys.records(kind)
        const kept = [this.ask('HSET', records, key, text)]
        if (!isOrdered(kind)) return kept
        const place = this.#ordered.get(kind) ?? 0
        this.#ordered.set(kind, place + 1)
        const indexed = indexedValues(kind, text).map(([index, value]) => this.keys.recordIndex(kind, index, value))
        return [...kept, ...[order, ...indexed].map((index) => this.ask('ZADD', index, String(place), key))]
      }
    }
  }

  /** As scripts/rooms.lua keeps them. */
  #keepRoom(room: RoomRecord): Promise<unknown>[] {
    const [records = '', index = '', , version = ''] = this.keys.rooms
    const [titleKey, lineKey, id] = [fold(room.title), fold(room.lineName), String(room.id)]
    const kept = { ...room, titleKey, lineKey, version: ++this.#rooms }
    return [
      this.ask('HSET', records, id, JSON.stringify(kept)),
      this.ask('HSET', index, titleKey, id, lineKey, id),
      this.ask('SET', version, String(kept.version)),
    ]
  }

  async #delete(keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.ask('UNLINK', key)))
  }
}
