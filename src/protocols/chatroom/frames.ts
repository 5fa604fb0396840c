import { encodeFrame } from '../frames/encode.ts'

/** The model of every frame, both ways (protocols/chatroom.md, 1): null is as good as absent. */
export interface Request {
  readonly type: string
  readonly status?: string | null
  readonly message?: string | null
  readonly data?: Readonly<Record<string, unknown>> | null
}

export interface Reply {
  readonly type: string
  readonly status: 'ok' | 'error'
  readonly data?: Readonly<Record<string, string>>
  readonly message?: string
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Undefined when it breaks the model. */
export function readRequest(payload: Buffer): Request | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(payload))
    return isRequest(value) ? value : undefined
  } catch {
    // What it says may hold a password: nobody hears of it.
    return undefined
  }
}

/** Checked by hand: four fields are not worth the time that a schema library takes to load at every start. */
function isRequest(value: unknown): value is Request {
  if (!isObject(value)) return false
  const { type, status, message, data } = value
  return typeof type === 'string' && isText(status) && isText(message) && (isAbsent(data) || isObject(data))
}

function isText(value: unknown): boolean {
  return isAbsent(value) || typeof value === 'string'
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The named fields of a request's data; undefined when one of them is missing or no string. */
export function fields<const Name extends string>(
  { data }: Request,
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

export function reply(frame: Reply): Buffer {
  return encodeFrame(JSON.stringify(frame))
}

/**
 * Who is where. Put together by hand: the keys are titles that somebody has made up, and an object would sort those that
 * look like numbers before `lobby`, which is the first.
 */
export function list(type: 'list' | 'list_room', members: Iterable<readonly [string, readonly string[]]>): string {
  const data = Array.from(members, ([title, names]) => `${JSON.stringify(title)}:${JSON.stringify(names)}`)
  return `{"type":"${type}","status":"ok","data":{${data.join(',')}}}`
}
