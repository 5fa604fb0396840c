/** Whether two places keep the same: counts and checksums over everything, read anew from both. */
import { createHash } from 'node:crypto'
import { EngineFault } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import type { KeptRecord, LogRecord, Source, Target } from '../engine/moving.ts'
import { isOrdered, KIND_NAMES, type Kind, recordOf } from '../engine/records.ts'
import { eachLog } from './each.ts'

/** Notes that end while both sides are read are on one of them only. */
const ENDING_MS = 60_000
const WHOLE = 1n << 256n

/** Of each kind of record how many there are, and of logs and events. */
type Counted = 'given' | 'room' | Kind
export type Counts = Readonly<Record<Counted | 'log' | 'event', number>>

export interface Checked {
  readonly counts: Counts
  /** Over everything. */
  readonly sum: string
}

/** A sum of hashes: the same in whatever order things come, which is not the same on both sides. */
class Sum {
  #sum = 0n

  add(about: unknown): void {
    this.#sum = (this.#sum + BigInt(`0x${hashOf(JSON.stringify(about))}`)) % WHOLE
  }

  get text(): string {
    return this.#sum.toString(16).padStart(64, '0')
  }
}

/**
 * `logs` are those of the source. Rejects with {@link EngineFault} at the first difference. A log that differs is taken from the target, so that the next
 * run moves it anew; records are moved anew by every run.
 */
export async function check(
  logs: readonly LogRecord[],
  source: Source,
  target: Target,
  read: (events: number) => void,
): Promise<Checked> {
  const there = new Map<string, LogRecord>()
  for await (const log of target.logs()) there.set(log.name, log)
  const whole = new Sum()
  let events = 0
  await eachLog(logs, async (log) => {
    const other = there.get(log.name)
    there.delete(log.name)
    const [here, copy] = await Promise.all([sumOf(source, log, read), other && sumOf(target, other, () => {})])
    if (JSON.stringify(here) !== JSON.stringify(copy)) {
      await target.dropLog(log.name)
      throw differ(`the log ${log.name}`)
    }
    whole.add(here)
    events += here.count
  })
  for (const name of there.keys()) throw differ(`the log ${name}`)
  const livingAt = Date.now() + ENDING_MS
  const [mine, theirs] = await Promise.all([recordsOf(source, livingAt), recordsOf(target, livingAt)])
  for (const [kind, { count, sum }] of mine) {
    const other = theirs.get(kind)
    if (other?.count !== count || other.sum.text !== sum.text) {
      throw differ(`what is kept as ${kind} (${count} and ${other?.count ?? 0})`)
    }
    whole.add([kind, count, sum.text])
  }
  const counts = Object.fromEntries(Array.from(mine, ([kind, { count }]) => [kind, count])) as Record<Counted, number>
  return { counts: { ...counts, log: logs.length, event: events }, sum: whole.text }
}

function differ(what: string): EngineFault {
  return new EngineFault(`the two sides differ in ${what}`)
}

async function sumOf(side: Source, { name, start, last }: LogRecord, read: (events: number) => void) {
  const hash = createHash('sha256')
  let count = 0
  for await (const page of side.events(name)) {
    hash.update(page.map(lineOf).join(''))
    count += page.length
    read(page.length)
  }
  return { name, start, last, count, sum: hash.digest('hex') }
}

/** An event, the same from wherever it was read. */
function lineOf({ id, kind, room, from, to, body, sent, color, verified }: Event): string {
  return `${JSON.stringify([id, kind, room, from, to ?? null, body, sent ?? null, color ?? null, verified ?? null])}\n`
}

async function recordsOf(side: Source, livingAt: number) {
  const kinds: readonly Counted[] = ['given', 'room', ...KIND_NAMES]
  const sums = new Map(kinds.map((kind) => [kind, { count: 0, sum: new Sum() }]))
  for await (const page of side.records(livingAt)) {
    for (const record of page) {
      const about = sums.get(record.is === 'record' ? record.kind : record.is)
      if (!about) throw new Error('a record of an unknown kind')
      about.sum.add(canonical(record, about.count++))
    }
  }
  return sums
}

/** A record, the same from wherever it was read. Where order counts its place is part of it. */
function canonical(record: KeptRecord, place: number): unknown {
  switch (record.is) {
    case 'given':
      return record.id
    case 'room': {
      const { id, title, lineName, description, visibility, hash = null, maker, createdAt, changedAt } = record.room
      const made = [maker?.address ?? null, maker?.name ?? null, createdAt]
      return [id, title, lineName, description, visibility, hash, ...made, changedAt]
    }
    case 'record': {
      const { kind, key, text, expiresAt = null } = record
      const value = recordOf(kind, text)
      const fields = typeof value === 'string' ? value : Object.entries(value).sort()
      return [isOrdered(kind) ? place : null, kind, key, fields, expiresAt]
    }
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
