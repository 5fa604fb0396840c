/** A client of a stream of the rooms API, in any format. */
import { once } from 'node:events'
import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { onTestFinished } from 'vitest'
import { Inbox } from '../support/inbox.ts'

export const SSE = 'text/event-stream'
export const NDJSON = 'application/x-ndjson'
export const PLAIN = 'text/plain'

/** An event of a stream; of server-sent events with its id and type, of plain text a line. */
export interface Streamed {
  readonly id?: string
  readonly event?: string
  readonly retry?: string
  /** A sign of life. */
  readonly blank?: true
  readonly line?: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever the test expects
  readonly data?: any
}

export interface StreamOptions extends RequestOptions {
  readonly format?: string
  /** A token, or `name:password`. */
  readonly as?: string | undefined
  readonly lastId?: string | undefined
  /** True if the response is not read until {@link StreamClient.read}. */
  readonly paused?: boolean
}

export class StreamClient {
  readonly response: IncomingMessage
  /** Resolves at the end of the response; with false if it is cut. */
  readonly ended: Promise<boolean>
  text = ''
  readonly #inbox = new Inbox<Streamed>()
  readonly #format: string

  private constructor(response: IncomingMessage, format: string, paused: boolean) {
    this.response = response
    this.#format = format
    response.on('error', () => {})
    this.ended = new Promise((resolve) => {
      response.on('close', () => {
        this.#inbox.end()
        resolve(response.complete)
      })
    })
    if (!paused) this.read()
  }

  static async open(port: number, path: string, options: StreamOptions = {}): Promise<StreamClient> {
    const { format = SSE, as, lastId, paused = false, headers, ...rest } = options
    const authorization = as?.includes(':') ? `Basic ${Buffer.from(as).toString('base64')}` : as && `Bearer ${as}`
    const asked = request({
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      ...rest,
      headers: {
        Accept: format,
        Connection: 'keep-alive',
        ...(authorization && { authorization }),
        ...(lastId !== undefined && { 'Last-Event-ID': lastId }),
        ...headers,
      },
    })
    onTestFinished(() => void asked.destroy())
    asked.end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    return new StreamClient(response, format, paused)
  }

  /** The status, and the code of the problem. */
  get refusal(): Promise<[status: number | undefined, code: string]> {
    return this.ended.then(() => [this.response.statusCode, JSON.parse(this.text).code])
  }

  read(): void {
    let rest = ''
    const end = this.#format === SSE ? '\n\n' : '\n'
    this.response.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk
      const parts = (rest + chunk).split(end)
      rest = parts.pop() ?? ''
      for (const part of parts) this.#inbox.push(this.#read(part))
    })
  }

  next(): Promise<Streamed> {
    return this.#inbox.next()
  }

  take(count: number): Promise<Streamed[]> {
    return this.#inbox.take(count)
  }

  /** The bodies of the next so many messages; other events are left out. */
  async bodies(count: number): Promise<string[]> {
    const bodies: string[] = []
    while (bodies.length < count) {
      const { data } = await this.next()
      if (data?.type === 'message') bodies.push(data.body)
    }
    return bodies
  }

  until(fits: (event: Streamed) => boolean): Promise<Streamed[]> {
    return this.#inbox.until(fits)
  }

  now(): Streamed[] {
    return this.#inbox.now()
  }

  close(): void {
    this.response.destroy()
  }

  #read(part: string): Streamed {
    if (part === '' || part === ':') return { blank: true }
    if (this.#format === PLAIN) return { line: part }
    if (this.#format === NDJSON) return { data: JSON.parse(part) }
    const fields = Object.fromEntries(
      part.split('\n').map((line) => {
        const [, name = '', value = ''] = /^(\w+): (.*)$/.exec(line) ?? []
        return [name, value]
      }),
    )
    return { ...fields, ...(fields.data !== undefined && { data: JSON.parse(fields.data) }) }
  }
}
