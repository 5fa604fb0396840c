import { encodeFrame } from '../../transport/frames.ts'
import { isObject, readObject } from '../json.ts'

/** A frame from a client (docs/protocols/chatroom.md, section 1), as far as it is used; null counts as absent. */
export interface ChatroomRequest {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface ChatroomReply {
  readonly type: string
  readonly status: 'ok' | 'error'
  readonly data?: Readonly<Record<string, string>>
  readonly message?: string
}

/**
 * Parses a frame; undefined if it is invalid. The check is by hand, as a schema library would take time to load at every start.
 */
export function readChatroomRequest(payload: Buffer): ChatroomRequest | undefined {
  const { type, ...others } = readObject(payload) ?? {}
  const [status, message, data] = [others.status ?? '', others.message ?? '', others.data ?? {}]
  if (typeof type !== 'string' || typeof status !== 'string' || typeof message !== 'string') return undefined
  return isObject(data) ? { type, data } : undefined
}

/** Returns the named fields of a request's data; undefined if one of them is missing or not a string. */
export function fields<const Name extends string>(
  { data }: ChatroomRequest,
  ...names: readonly Name[]
): Record<Name, string> | undefined {
  const found: Record<string, string> = {}
  for (const name of names) {
    const value = Object.hasOwn(data, name) ? data[name] : undefined
    if (typeof value !== 'string') return undefined
    found[name] = value
  }
  // Each of them has just been found.
  return found as Record<Name, string>
}

export function reply(frame: ChatroomReply): Buffer {
  return encodeFrame(JSON.stringify(frame))
}

/**
 * Encodes the users of each page as JSON. Encoded by hand, as an object would sort titles that look like numbers before `lobby`, which
 * has to be first.
 */
export function listFrame(type: 'list' | 'list_room', members: Iterable<readonly [string, readonly string[]]>): string {
  const data = Array.from(members, ([title, names]) => `${JSON.stringify(title)}:${JSON.stringify(names)}`)
  return `{"type":"${type}","status":"ok","data":{${data.join(',')}}}`
}
