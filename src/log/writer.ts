/** Maximum bytes of queued lines. */
const MAX_QUEUED_BYTES = 1_048_576
/** Approximate bytes of one write. */
const CHUNK_BYTES = 65_536
/** Delay after a failed write. */
const RETRY_MS = 1_000
/** Delay while a pipe is full, at first and after {@link FULL_LIMIT_MS}. */
const FULL_MS = 20
const STILL_FULL_MS = 200
/** Delay while a pipe is full at the exit of the process. */
const FULL_NOW_MS = 2
/** Time for which a pipe is full before that is a failure. */
const FULL_LIMIT_MS = 1_000

/** Writes some of the bytes without blocking; calls `done` with their number, or with an error. */
export type Write = (bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void) => void

/** Writes as many bytes as possible without blocking. Throws if that is none. */
type WriteNow = (bytes: Buffer) => number

export interface WriterOptions {
  readonly write: Write
  readonly writeNow: WriteNow
  readonly maxBytes?: number
  /** Approximate bytes of one write; 1 for one line at a time. */
  readonly chunkBytes?: number
  readonly retryMs?: number
  /** Called when writes begin to fail. */
  readonly failed?: (reason: string) => void
  /** Called when all queued lines are written after lines were dropped. */
  readonly recovered?: (reason: string, dropped: number) => void
}

/**
 * Writes log lines to a file, pipe or terminal that may fail: a full disk, a blocked or closed pipe. Lines are queued up to a limit and
 * retried for ever; lines beyond the limit are dropped and counted. The process never waits for them.
 */
export class LogWriter {
  readonly #options: WriterOptions
  readonly #maxBytes: number
  readonly #chunkBytes: number
  readonly #retryMs: number
  /** Queued lines, oldest first, and the rest of the current write. */
  #lines: string[] = []
  #rest: Buffer | undefined
  /** Bytes of {@link #lines} and {@link #rest}. */
  #waiting = 0
  #writing = false
  #timer: NodeJS.Timeout | undefined
  /** Time since which the pipe is full. */
  #fullSince: number | undefined
  #trouble: string | undefined
  #dropped = 0
  /** Value of {@link dropped} at the last report. */
  #reported = 0
  /** Resolves when all lines are written, or writes begin to fail. */
  #settled = Promise.withResolvers<void>()

  constructor(options: WriterOptions) {
    this.#options = options
    this.#maxBytes = options.maxBytes ?? MAX_QUEUED_BYTES
    this.#chunkBytes = options.chunkBytes ?? CHUNK_BYTES
    this.#retryMs = options.retryMs ?? RETRY_MS
  }

  /** Number of dropped lines. */
  get dropped(): number {
    return this.#dropped
  }

  /** Reason why writes fail now; undefined if they succeed. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  write(line: string): void {
    const size = Buffer.byteLength(line)
    if (this.#waiting + size > this.#maxBytes) {
      this.#dropped++
      return
    }
    this.#lines.push(line)
    this.#waiting += size
    if (!this.#timer) this.#next()
  }

  /** Resolves when all lines are written, or writes fail, at the latest after `ms`. */
  async flush(ms: number): Promise<void> {
    if (this.#waiting === 0) return
    this.#retry()
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    await Promise.race([this.#settled.promise, late])
    clearTimeout(timer)
  }

  /** Writes all lines synchronously within `ms`, at the exit of the process. */
  flushNow(ms: number): void {
    const end = performance.now() + (this.#trouble === undefined ? ms : 0)
    // The current write completes by itself.
    let bytes = this.#writing ? this.#chunk() : (this.#rest ?? this.#chunk())
    while (bytes) {
      try {
        bytes = bytes.subarray(this.#options.writeNow(bytes))
      } catch (error) {
        if (!isFull(error) || performance.now() > end) return
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_NOW_MS)
      }
      if (bytes.length === 0) bytes = this.#chunk()
    }
  }

  #next(): void {
    if (this.#writing) return
    const chunk = this.#rest ?? this.#chunk()
    if (!chunk) return
    this.#rest = chunk
    this.#writing = true
    this.#options.write(chunk, (error, written) => {
      this.#writing = false
      if (error) this.#refused(error)
      else this.#written(chunk, written)
    })
  }

  /** Takes the lines of one write from the queue. */
  #chunk(): Buffer | undefined {
    let size = 0
    let count = 0
    while (count < this.#lines.length && size < this.#chunkBytes) size += this.#lines[count++]?.length ?? 0
    return count === 0 ? undefined : Buffer.from(this.#lines.splice(0, count).join(''))
  }

  #written(chunk: Buffer, written: number): void {
    this.#fullSince = undefined
    this.#waiting -= written
    this.#rest = written < chunk.length ? chunk.subarray(written) : undefined
    if (this.#waiting > 0) {
      this.#next()
      return
    }
    this.#settle()
    const reason = this.#trouble ?? 'more lines than could be written'
    this.#trouble = undefined
    const dropped = this.#dropped - this.#reported
    this.#reported = this.#dropped
    if (dropped > 0) this.#options.recovered?.(reason, dropped)
  }

  #refused(error: NodeJS.ErrnoException): void {
    const full = isFull(error)
    const now = performance.now()
    this.#fullSince = full ? (this.#fullSince ?? now) : undefined
    if (!full || now - (this.#fullSince ?? now) > FULL_LIMIT_MS) this.#fail(reasonOf(error))
    const wait = !full ? this.#retryMs : this.#trouble === undefined ? FULL_MS : STILL_FULL_MS
    this.#timer = setTimeout(() => this.#retry(), wait).unref()
  }

  #fail(reason: string): void {
    const known = this.#trouble !== undefined
    this.#trouble = reason
    this.#settle()
    if (!known) this.#options.failed?.(reason)
  }

  #settle(): void {
    this.#settled.resolve()
    this.#settled = Promise.withResolvers()
  }

  #retry(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#next()
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN'
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOSPC') return 'the disk is full'
  if (code === 'EPIPE') return 'its reader has closed the pipe'
  if (code === 'EAGAIN') return 'its reader is not reading'
  return message
}
