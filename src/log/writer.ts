/** Maximum bytes of waiting lines. */
const MAX_BYTES = 1_048_576
/** Bytes of lines that are written together, roughly. */
const CHUNK_BYTES = 65_536
/** Pause after a failed write, in ms. */
const RETRY_MS = 1_000
/** The same where there was no space, at first and once that is a fault. */
const FULL_MS = 20
const STILL_FULL_MS = 200
/** The same at the end of the process. */
const FULL_NOW_MS = 2
/** Time without space until that is a fault, in ms. */
const PATIENCE_MS = 1_000

/** Writes some of the bytes. Returns their number, or the reason for none. Never blocks. */
export type Write = (bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void) => void

/** Writes as much as can be written without waiting. Throws when that is nothing. */
export type WriteNow = (bytes: Buffer) => number

export interface WriterOptions {
  readonly write: Write
  readonly writeNow: WriteNow
  readonly maxBytes?: number
  /** 1 for one line at a time. */
  readonly chunkBytes?: number
  readonly retryMs?: number
  /** Called when nothing can be written any more. */
  readonly failed?: (reason: string) => void
  /** Called when everything that waited is written, and lines were dropped before that. */
  readonly recovered?: (reason: string, dropped: number) => void
}

/**
 * Writes the lines of a log to a file, pipe or terminal that may not take them: a full disk, a pipe whose reader hangs or is gone.
 * Lines wait, up to a limit, and are tried again for ever; those beyond the limit are dropped and counted. Nothing waits for them.
 */
export class LogWriter {
  readonly #options: WriterOptions
  readonly #maxBytes: number
  readonly #chunkBytes: number
  readonly #retryMs: number
  /** Lines, oldest first, and the rest of what is being written. */
  #lines: string[] = []
  #rest: Buffer | undefined
  /** Bytes of both. */
  #waiting = 0
  #writing = false
  #timer: NodeJS.Timeout | undefined
  /** Time since which there is no space. */
  #fullSince: number | undefined
  #trouble: string | undefined
  #dropped = 0
  /** Value of {@link dropped} when it worked last. */
  #told = 0
  /** Resolves when everything is written, and when nothing can be. */
  #settled = Promise.withResolvers<void>()

  constructor(options: WriterOptions) {
    this.#options = options
    this.#maxBytes = options.maxBytes ?? MAX_BYTES
    this.#chunkBytes = options.chunkBytes ?? CHUNK_BYTES
    this.#retryMs = options.retryMs ?? RETRY_MS
  }

  /** Number of dropped lines. */
  get dropped(): number {
    return this.#dropped
  }

  /** The reason why nothing can be written now; undefined while it can. */
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

  /** Resolves when everything is written or nothing can be, and after so many ms at the latest. */
  async flush(ms: number): Promise<void> {
    if (this.#waiting === 0) return
    this.#retry()
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    await Promise.race([this.#settled.promise, late])
    clearTimeout(timer)
  }

  /** The same at the end of the process, when nothing else goes on any more. */
  flushNow(ms: number): void {
    const end = performance.now() + (this.#trouble === undefined ? ms : 0)
    // What is being written is on its way.
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

  /** Takes some of the lines. */
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
    const reason = this.#trouble ?? 'lines came faster than they could be written'
    this.#trouble = undefined
    const dropped = this.#dropped - this.#told
    this.#told = this.#dropped
    if (dropped > 0) this.#options.recovered?.(reason, dropped)
  }

  #refused(error: NodeJS.ErrnoException): void {
    const full = isFull(error)
    const now = performance.now()
    this.#fullSince = full ? (this.#fullSince ?? now) : undefined
    if (!full || now - (this.#fullSince ?? now) > PATIENCE_MS) this.#fail(reasonOf(error))
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
  if (code === 'EPIPE') return 'its reader is gone'
  if (code === 'EAGAIN') return 'its reader does not read'
  return message
}
