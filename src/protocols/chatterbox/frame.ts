/** Frames to clients, as bytes. */
import type { Event, Kind } from '../../engine/event.ts'
import { encodeFrame } from '../../transport/frames.ts'
import { indentLines, shownText } from '../shown-text.ts'
import { dumps, type Json, list, object } from './dumps.ts'

/** Maximum bytes of entries in one frame, unless a single entry has more. Clients also accept larger frames. */
const MAX_ENTRIES_BYTES = 61_440
/** Bytes between two entries. */
export const SEPARATOR = 2

export type ChatterboxEntry = readonly [src: string, dest: string, timestamp: number, content: string]

/** Key of the frame for each kind of event; undefined for kinds that are not sent. */
const KEYS: Readonly<Record<Kind, 'MESSAGES' | 'USERS_JOINED' | 'USERS_LEFT' | undefined>> = {
  message: 'MESSAGES',
  private: 'MESSAGES',
  joined: 'USERS_JOINED',
  left: 'USERS_LEFT',
  kicked: 'USERS_LEFT',
  topic: undefined,
  role: undefined,
  mode: undefined,
  redacted: undefined,
  closed: undefined,
}

/** Encodes a frame, with its keys in the given order. */
export function frame(values: Readonly<Record<string, Json>>): Buffer {
  return encodeFrame(dumps(values), { plainHeader: true })
}

/** Encodes a frame of encoded values. */
export function frameOf(values: Readonly<Record<string, string>>): Buffer {
  return encodeFrame(object(Object.entries(values)), { plainHeader: true })
}

/**
 * Encodes a message as JSON. One that came through another protocol has no client timestamp: it gets the server's, and is indented
 * against spoofing.
 */
export function entryOf(event: Event): string {
  const { from, to, sent, at } = event
  const body = shownText(event)
  const own = sent !== undefined
  const entry: ChatterboxEntry = [
    from,
    to ?? 'ALL',
    own ? sent : Math.floor(at / 1_000),
    own ? body : indentLines(body),
  ]
  return dumps(entry)
}

/** Encodes events in order; consecutive events of a kind share a frame up to {@link MAX_ENTRIES_BYTES}. */
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
    const item = own === 'MESSAGES' ? entryOf(event) : dumps(event.kind === 'kicked' ? (event.to ?? '') : event.from)
    if (own !== key || bytes + item.length > MAX_ENTRIES_BYTES) finish()
    key = own
    items.push(item)
    bytes += item.length + SEPARATOR
  }
  finish()
  return frames
}
