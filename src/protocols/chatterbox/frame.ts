/** What is said to clients, as bytes. */
import type { Event, Kind } from '../../engine/event.ts'
import { escapeAll, NOT_ASCII } from '../escape.ts'
import { encodeFrame } from '../frames/encode.ts'

/** Bytes of entries in one frame. Clients get along with more; a single entry may have more. */
export const COMFORTABLE = 61_440

/** SRC, DEST, TIMESTAMP, CONTENT. */
export type Entry = readonly [src: string, dest: string, timestamp: number, content: string]

const KEYS = {
  message: 'MESSAGES',
  private: 'MESSAGES',
  joined: 'USERS_JOINED',
  left: 'USERS_LEFT',
} as const satisfies Partial<Record<Kind, string>>

/** The keys leave in the order in which they are written. */
export function frame(object: Readonly<Record<string, unknown>>): Buffer {
  return encode(JSON.stringify(object))
}

/** A message as it leaves; what was said through another protocol has no sender's clock, so it shows ours. */
export function entryOf({ from, to, sent, at, body }: Event): Entry {
  return [from, to ?? 'ALL', sent ?? Math.floor(at / 1_000), body]
}

export function asciiJson(value: unknown): string {
  return escapeAll(JSON.stringify(value), NOT_ASCII)
}

/** Events in order: neighbours of a kind share a frame as long as it stays comfortable. */
export function framesOf(events: readonly Event[]): Buffer[] {
  const frames: Buffer[] = []
  let key: string | undefined
  let items: string[] = []
  let bytes = 0
  const finish = () => {
    if (items.length > 0) frames.push(encode(`{"${key}":[${items.join(',')}]}`))
    items = []
    bytes = 0
  }
  for (const event of events) {
    if (event.kind === 'closed') continue
    const own = KEYS[event.kind]
    const item = asciiJson(own === 'MESSAGES' ? entryOf(event) : event.from)
    if (own !== key || bytes + item.length > COMFORTABLE) finish()
    key = own
    items.push(item)
    bytes += item.length + 1
  }
  finish()
  return frames
}

function encode(json: string): Buffer {
  return encodeFrame(json, { ascii: true, plainHeader: true })
}
