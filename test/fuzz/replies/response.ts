const HEAD_END = '\r\n\r\n'
const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]*$/
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\x20-\x7e\t]*)$/
/** What follows an answer to HEAD, which has no body whatever its head says. */
const NEXT = Buffer.from('HTTP/1.1 ')

export interface HttpResponse {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** Length of it all. */
  readonly bytes: number
}

/** The response at the beginning of some bytes; undefined for one that is not whole, which is a fault where they are `complete`. */
export function readResponse(received: Buffer, complete: boolean): HttpResponse | undefined {
  const end = received.indexOf(HEAD_END)
  if (end < 0) return half('head', complete)
  const [first = '', ...lines] = received.toString('latin1', 0, end).split('\r\n')
  const status = Number(STATUS_LINE.exec(first)?.[1])
  if (!status) throw new Error(`not a status line: ${first}`)
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`not a header: ${line}`)
    headers.set(name.toLowerCase(), value)
  }
  const start = end + HEAD_END.length
  const body = bodyOf(received.subarray(start), status, headers, complete)
  if (!body) return half('body', complete)
  return { status, headers, body: body.content, bytes: start + body.bytes }
}

function half(part: string, complete: boolean): undefined {
  if (complete) throw new Error(`half the ${part} of a response`)
}

interface Body {
  readonly content: Buffer
  readonly bytes: number
}

const NONE: Body = { content: Buffer.alloc(0), bytes: 0 }

function bodyOf(
  rest: Buffer,
  status: number,
  headers: ReadonlyMap<string, string>,
  complete: boolean,
): Body | undefined {
  if (status < 200 || status === 204 || status === 304) return NONE
  if (rest.length === 0 || rest.subarray(0, NEXT.length).equals(NEXT)) return NONE
  if (headers.get('transfer-encoding') === 'chunked') return chunkedBody(rest)
  const text = headers.get('content-length')
  // To a client that knows no chunks, the body goes on until the close (RFC 9112, section 6.3).
  if (text === undefined && headers.get('connection') === 'close')
    return complete ? { content: rest, bytes: rest.length } : undefined
  if (text === undefined || !/^\d+$/.test(text)) throw new Error(`a body of length ${text}`)
  const bytes = Number(text)
  return rest.length < bytes ? undefined : { content: rest.subarray(0, bytes), bytes }
}

function chunkedBody(rest: Buffer): Body | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(rest.toString('latin1', at, lineEnd), 16)
    if (!(size >= 0)) throw new Error('not the size of a chunk')
    const start = lineEnd + 2
    at = start + size + 2
    if (rest.length < at) return undefined
    if (rest.toString('latin1', at - 2, at) !== '\r\n') throw new Error('a chunk that does not end')
    if (size === 0) return { content: Buffer.concat(chunks), bytes: at }
    chunks.push(rest.subarray(start, start + size))
  }
}
