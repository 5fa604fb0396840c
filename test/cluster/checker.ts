/** Proves, from what clients have written down, that a room has kept its promises; or says where it has not. */
import { fold } from '../../src/chat/names.ts'

/** An event of a room, as clients of the line protocol are told it. */
export interface Told {
  /** Rises in the log. */
  readonly id: number
  readonly type: 'message' | 'userJoined' | 'userLeft'
  readonly from: string
  /** The text of a message. Each text of a run is said once. */
  readonly body: string
}

/** What one membership has seen: from its own `userJoined` on, until it ended or was cut off. */
export interface Stretch {
  readonly reader: string
  readonly told: readonly Told[]
}

export interface Record {
  /** The texts of messages that were answered with OK. */
  readonly acknowledged: readonly string[]
  readonly stretches: readonly Stretch[]
  /** All of HISTORY, asked for when everything was over. */
  readonly history: readonly Told[]
}

/** What is wrong, in words; nothing when all is well. */
export function check({ acknowledged, stretches, history }: Record): string[] {
  return [
    ...risingIds(history),
    ...onceEach(history),
    ...nothingLost(acknowledged, history),
    ...presence(history),
    ...stretches.flatMap((stretch) => [...withoutHole(stretch, history)]),
  ]
}

function* risingIds(history: readonly Told[]): Generator<string> {
  for (const [index, { id }] of history.entries()) {
    const before = history[index - 1]?.id ?? Number.NEGATIVE_INFINITY
    if (id <= before) yield `HISTORY: ${id} stands behind ${before}`
  }
}

function* onceEach(history: readonly Told[]): Generator<string> {
  const seen = new Set<string>()
  for (const { type, body } of history) {
    if (type !== 'message') continue
    if (seen.has(body)) yield `HISTORY: "${body}" is there twice`
    seen.add(body)
  }
}

function* nothingLost(acknowledged: readonly string[], history: readonly Told[]): Generator<string> {
  const kept = new Set(history.flatMap(({ type, body }) => (type === 'message' ? [body] : [])))
  for (const text of acknowledged) if (!kept.has(text)) yield `"${text}" was acknowledged and is not in HISTORY`
}

/** Every joined is followed by one left, every left follows a joined, and nobody speaks who is not there. */
function* presence(history: readonly Told[]): Generator<string> {
  const here = new Set<string>()
  for (const { id, type, from } of history) {
    const key = fold(from)
    if (type === 'userJoined' && here.has(key)) yield `${id}: ${from} joins and is there already`
    if (type === 'userLeft' && !here.has(key)) yield `${id}: ${from} leaves and is not there`
    if (type === 'message' && !here.has(key)) yield `${id}: ${from} speaks and is not there`
    if (type === 'userJoined') here.add(key)
    if (type === 'userLeft') here.delete(key)
  }
}

/** What somebody saw is a part of HISTORY, one event after the other: nothing missing, nothing twice, nothing swapped. */
function* withoutHole({ reader, told }: Stretch, history: readonly Told[]): Generator<string> {
  const [first] = told
  if (!first) return
  if (first.type !== 'userJoined' || fold(first.from) !== fold(reader)) {
    yield `${reader}: what it saw begins with ${first.type} of ${first.from}`
  }
  const start = history.findIndex(({ id }) => id === first.id)
  if (start < 0) return yield `${reader}: it saw ${first.id}, which is not in HISTORY`
  for (const [index, event] of told.entries()) {
    const kept = history[start + index]
    if (kept && same(kept, event)) continue
    return yield `${reader}: it saw ${describe(event)} where HISTORY has ${kept ? describe(kept) : 'nothing'}`
  }
}

function same(one: Told, other: Told): boolean {
  return one.id === other.id && one.type === other.type && one.from === other.from && one.body === other.body
}

function describe({ id, type, from, body }: Told): string {
  return `${id} (${type} of ${from}${type === 'message' ? `: "${body}"` : ''})`
}
