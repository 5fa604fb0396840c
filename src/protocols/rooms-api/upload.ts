import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { Refusal } from '../../chat/refusal.ts'
import type { Saying } from '../../chat/speech.ts'
import type { Event } from '../../engine/event.ts'
import { InputLines } from './input-lines.ts'
import { apiProblemOf, Problem } from './problems.ts'
import { checkSame, nonceAt } from './sayings.ts'
import type { ApiLines } from './schemas.ts'

/** Maximum messages that are not committed yet; the body is not read meanwhile. */
const MAX_UNDER_WAY = 2_048

const STOPPED = Symbol()

export interface UploadOptions {
  readonly maxText: number
  /** The key of the request, from which the nonces of lines are derived. */
  readonly key: string | undefined
  /** Says a message. @throws Refusal */
  readonly say: (saying: Saying) => Promise<Event>
  /** Called before each chunk of lines, and after each wait; resolves when the next lines may be said. */
  readonly ready: () => Promise<void>
  /** Counts a line, and returns the time in ms for which the next one has to wait. */
  readonly paceMs: () => number
}

/** A body of lines that are said as they come. Holds one chunk of it, and a bounded number of messages that are not committed. */
export class LineUpload {
  readonly #options: UploadOptions
  readonly #lines: InputLines
  #messages = 0
  #first: number | undefined
  #last: number | undefined
  #number = 0
  #underWay = 0
  #lessUnderWay: (() => void) | undefined
  /** The error that ends the upload. */
  #failure: unknown
  /** The problem of the first line that is refused, with the number of such lines. */
  #refused: { readonly problem: Problem; readonly line: number; count: number } | undefined
  #stop: (() => void) | undefined
  readonly #stopped = new AbortController()

  constructor(options: UploadOptions) {
    this.#options = options
    this.#lines = new InputLines(options.maxText)
  }

  /** Ends the upload, as the server stops or the client is gone. */
  stop(): void {
    this.#stopped.abort()
    this.#stop?.()
  }

  /** Says the lines of a body, and resolves when all are committed. @throws {Problem} with the number of those that are. */
  async take(body: Readable): Promise<ApiLines> {
    const chunks = body[Symbol.asyncIterator]()
    try {
      for (let chunk = await this.#next(chunks); chunk; chunk = await this.#next(chunks)) {
        await this.#say(this.#lines.take(chunk))
      }
      await this.#say(this.#lines.rest())
    } catch (error) {
      this.#failure ??= error
      // What follows is read and discarded: a client that is still sending would lose the response.
      body.removeAllListeners('readable').resume()
    }
    await this.#waitUntil(0)
    const problem = this.#problem()
    if (problem) throw problem
    return this.#result
  }

  get #result(): ApiLines {
    const [first, last] = [this.#first, this.#last].map((id) => id?.toString())
    return { messages: this.#messages, ...(first !== undefined && last !== undefined && { first, last }) }
  }

  #problem(): unknown {
    const failure = this.#failure === undefined ? this.#refused?.problem : apiProblemOf(this.#failure)
    if (!failure) return this.#failure
    const refused = this.#refused && { line: this.#refused.line, refused: this.#refused.count }
    return failure.with({ ...this.#result, ...refused })
  }

  /** Resolves with the next chunk; undefined at the end. */
  async #next(chunks: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
    if (this.#failure !== undefined) throw this.#failure
    const next = await new Promise<IteratorResult<Buffer> | typeof STOPPED>((resolve, reject) => {
      this.#stop = () => resolve(STOPPED)
      if (this.#stopped.signal.aborted) this.#stop()
      chunks.next().then(resolve, reject)
    })
    if (next === STOPPED) throw new Refusal('unavailable')
    return next.done ? undefined : next.value
  }

  async #say(lines: readonly (string | Problem)[]): Promise<void> {
    if (lines.length > 0) await this.#options.ready()
    for (const line of lines) {
      this.#number++
      if (this.#failure !== undefined) throw this.#failure
      // Empty lines count too, as handling them costs time.
      const waitMs = this.#options.paceMs()
      if (waitMs > 0) await this.#wait(waitMs)
      if (line === '') continue
      if (this.#underWay >= MAX_UNDER_WAY) await this.#waitUntil(MAX_UNDER_WAY / 2)
      this.#sayLine(line)
    }
  }

  /** Waits as the rate of the sender demands. */
  async #wait(ms: number): Promise<void> {
    const { signal } = this.#stopped
    await delay(ms, undefined, { signal }).catch(() => {})
    if (signal.aborted) throw new Refusal('unavailable')
    await this.#options.ready()
  }

  #sayLine(line: string | Problem): void {
    const { key, say } = this.#options
    const saying = { text: String(line), ...(key !== undefined && { nonce: nonceAt(key, this.#number) }) }
    try {
      if (line instanceof Problem) throw line
      this.#underWay++
      say(saying).then(
        (event) => this.#said(event, saying),
        (error) => this.#failed(error),
      )
    } catch (error) {
      if (!(line instanceof Problem)) this.#underWay--
      this.#refuse(error)
    }
  }

  #said(event: Event, saying: Saying): void {
    try {
      checkSame(event, saying)
    } catch (error) {
      this.#failed(error)
      return
    }
    this.#messages++
    this.#first = Math.min(this.#first ?? event.id, event.id)
    this.#last = Math.max(this.#last ?? event.id, event.id)
    this.#done()
  }

  #failed(error: unknown): void {
    this.#failure ??= error
    this.#done()
  }

  #done(): void {
    this.#underWay--
    this.#lessUnderWay?.()
  }

  /** Notes a line that is refused for its text; the others are said. @throws any other refusal */
  #refuse(error: unknown): void {
    const code = error instanceof Refusal ? error.code : undefined
    if (code === 'text-empty') return
    const problem = code === undefined || code === 'text-too-long' ? apiProblemOf(error) : undefined
    if (!problem) throw error
    if (this.#refused) this.#refused.count++
    else this.#refused = { problem, line: this.#number, count: 1 }
  }

  async #waitUntil(most: number): Promise<void> {
    while (this.#underWay > most) {
      await new Promise<void>((resolve) => {
        this.#lessUnderWay = () => this.#underWay <= most && resolve()
      })
    }
    this.#lessUnderWay = undefined
  }
}

/** Returns true if the client of a request is gone. */
export function isGone({ destroyed, complete }: IncomingMessage): boolean {
  return destroyed && !complete
}
