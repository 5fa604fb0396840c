import type { Event } from '../event.ts'
import { type Entry, eventOf } from './entry.ts'

/** What is told on a log's channel, and what a batch brought: events of one log behind one another. */
export interface Told {
  readonly node: string
  readonly number: number
  /** The id before the first. */
  readonly prev: number
  readonly events: readonly Event[]
}

export function toldOf(text: string): Told {
  // Only the scripts write here: see publish in scripts/log.lua.
  const [node, number, prev, written] = JSON.parse(text) as [string, number | string, string, Entry[]]
  const events = written.map(([id, fields]) => eventOf(Number(id), fields))
  return { node, number: Number(number), prev: Number(prev), events }
}
