/** Frames to clients, as bytes. */
import type { Event, Kind } from '../../engine/event.ts'
import { encodeFrame } from '../../transport/frames.ts'
import { indentLines } from '../indent.ts'
import { dumps, type Json, list, object } from './dumps.ts'

/** Bytes of entries in one frame. Clients get along with more; a single entry may have more. */
const COMFORTABLE = 61_440
/** Bytes between two entries. */
export const SEPARATOR = 2

/** SRC, DEST, TIMESTAMP, CONTENT. */
export type ChatterboxEntry = readonly [src: string, dest: string, timestamp: number, content: string]

/** Key of the frame for each kind of event; undefined for those that are not shown. */
const KEYS: Readonly<Record<Kind, 'MESSAGES' | 'USERS_JOINED' | 'USERS_LEFT' | undefined>> = {
  message: 'MESSAGES',
  private: 'MESSAGES',
  joined: 'USERS_JOINED',
  left: 'USERS_LEFT',
  closed: undefined,
}

/** A frame whose keys are in the order in which they are given. */
export function frame(values: Readonly<Record<string, Json>>): Buffer {
  return encodeFrame(dumps(values), { plainHeader: true })
}

/** The same of values that are JSON already. */
export function frameOf(values: Readonly<Record<string, string>>): Buffer {
  return encodeFrame(object(Object.entries(values)), { plainHeader: true })
}

/**
 * A message as JSON. One that came through another protocol has no time of its sender's clock: it gets the server's, and
 * none of its lines begins like a message of somebody else.
 */
export function entryOf({ from, to, sent, at, body }: Event): string {
  const own = sent !== undefined
  const entry: ChatterboxEntry = [
    from,
    to ?? 'ALL',
    own ? sent : Math.floor(at / 1_000),
    own ? body : indentLines(body),
  ]
  return dumps(entry)
}

/** Events in order: neighbours of a kind share a frame as long as it stays comfortable. */
export function framesOf(events: readonly Event[]): Buffer[] {
  const frames: Buffer[] = []
  let key: string | undefined
  let items: string[] = []
  let bytes = 0
  const finish = () => {
    if (key !== undefined) frames.push(frameOf({ [key]: list(items) }))
    items = []
    bytes = 0
  }
  for (const event of events) {
    const own = KEYS[event.kind]
    if (!own) continue
    const item = own === 'MESSAGES' ? entryOf(event) : dumps(event.from)
    if (own !== key || bytes + item.length > COMFORTABLE) finish()
    key = own
    items.push(item)
    bytes += item.length + SEPARATOR
  }
  finish()
  return frames
}
