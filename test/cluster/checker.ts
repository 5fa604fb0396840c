/** Proves, from what clients have written down, that a room has kept its promises; or says where it has not. */
import type { RoomEvent } from '../../commands/replies.ts'
import { fold } from '../../src/chat/names.ts'

/** An event of a room, as clients of the line protocol are told it. */
export interface Told {
  /** Rises in the log. */
  readonly id: number
  readonly type: RoomEvent['type']
  readonly from: string
  /** The text of a message: a mark that nobody else has, also not of the same name, a space, and more. Said once in a run. */
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
    ...heldOnce(stretches),
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

/**
 * Every joined is followed by one left, every left follows a joined, nobody speaks who is not there, and in between it is one
 * who speaks: another one of that name has a mark of its own.
 */
function* presence(history: readonly Told[]): Generator<string> {
  /** Who is here, by folded name, and the mark of what he has said so far. */
  const here = new Map<string, string | undefined>()
  for (const { id, type, from, body } of history) {
    const key = fold(from)
    if (type === 'userJoined') {
      if (here.has(key)) yield `${id}: ${from} joins and is there already`
      here.set(key, undefined)
    } else if (type === 'userLeft') {
      if (!here.delete(key)) yield `${id}: ${from} leaves and is not there`
    } else if (here.has(key)) {
      const [mark] = body.split(' ', 1)
      const known = here.get(key) ?? mark
      if (mark !== known) yield `${id}: "${body}" is said where ${from} is the one of mark ${known}`
      here.set(key, known)
    } else {
      yield `${id}: ${from} speaks and is not there`
    }
  }
}

/** What memberships of one name have seen lies one behind the other. */
function* heldOnce(stretches: readonly Stretch[]): Generator<string> {
  /** By folded name what was seen last. */
  const ends = new Map<string, number>()
  const spans = stretches.flatMap(({ reader, told }) => {
    const [first, last] = [told[0], told.at(-1)]
    return first && last ? [{ reader, first: first.id, last: last.id }] : []
  })
  for (const { reader, first, last } of spans.sort((one, other) => one.first - other.first)) {
    const key = fold(reader)
    const end = ends.get(key) ?? Number.NEGATIVE_INFINITY
    if (first <= end) yield `${first}: ${reader} comes in where another one of that name is until ${end}`
    ends.set(key, Math.max(end, last))
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
