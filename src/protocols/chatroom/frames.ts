import { encodeFrame } from '../../transport/frames.ts'
import { isObject, readObject } from '../json.ts'

/** The model of every frame, both ways (docs/protocols/chatroom.md, section 1): null is as good as absent. */
export interface ChatroomRequest {
  readonly type: string
  readonly status?: string | null | undefined
  readonly message?: string | null | undefined
  readonly data?: Readonly<Record<string, unknown>> | null | undefined
}

export interface ChatroomReply {
  readonly type: string
  readonly status: 'ok' | 'error'
  readonly data?: Readonly<Record<string, string>>
  readonly message?: string
}

/**
 * Undefined when it breaks the model. Checked by hand: four fields are not worth the time that a schema library takes to load
 * at every start.
 */
export function readChatroomRequest(payload: Buffer): ChatroomRequest | undefined {
  const value = readObject(payload)
  if (!value) return undefined
  const { type, status, message, data } = value
  if (typeof type !== 'string' || !isText(status) || !isText(message)) return undefined
  return isAbsent(data) || isObject(data) ? { type, status, message, data } : undefined
}

function isText(value: unknown): value is string | null | undefined {
  return isAbsent(value) || typeof value === 'string'
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

/** The named fields of a request's data; undefined when one of them is missing or no string. */
export function fields<const Name extends string>(
  { data }: ChatroomRequest,
  ...names: readonly Name[]
): Record<Name, string> | undefined {
  const found: Record<string, string> = {}
  for (const name of names) {
    const value = data && Object.hasOwn(data, name) ? data[name] : undefined
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
 * The users by page, as JSON. Written by hand: the keys are titles chosen by clients, and an object would sort those that look like
 * numbers before `lobby`, which has to be first.
 */
export function listFrame(type: 'list' | 'list_room', members: Iterable<readonly [string, readonly string[]]>): string {
  const data = Array.from(members, ([title, names]) => `${JSON.stringify(title)}:${JSON.stringify(names)}`)
  return `{"type":"${type}","status":"ok","data":{${data.join(',')}}}`
}
