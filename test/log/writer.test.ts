import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LogWriter, type WriterOptions } from '../../src/log/writer.ts'

const refused = (code: string) => Object.assign(new Error(`${code}: refused`), { code })

/** A file that takes what it is told to take. */
class Sink {
  text = ''
  /** Why nothing is taken. */
  error: NodeJS.ErrnoException | undefined
  /** Bytes that are taken at once. */
  most = Number.POSITIVE_INFINITY
  readonly told: string[] = []

  writer(options: Partial<WriterOptions> = {}): LogWriter {
    return new LogWriter({
      write: (bytes, done) => {
        setTimeout(() => (this.error ? done(this.error, 0) : done(null, this.take(bytes))), 1)
      },
      writeNow: (bytes) => {
        if (this.error) throw this.error
        return this.take(bytes)
      },
      failed: (reason) => this.told.push(`failed: ${reason}`),
      recovered: (reason, dropped) => this.told.push(`recovered: ${reason}, ${dropped}`),
      maxBytes: 100,
      ...options,
    })
  }

  take(bytes: Buffer): number {
    const taken = bytes.subarray(0, this.most)
    this.text += taken
    return taken.length
  }
}

describe('LogWriter', () => {
  let sink: Sink
  beforeEach(() => {
    vi.useFakeTimers()
    sink = new Sink()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Ten bytes each. */
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => `line ${String(from + n).padStart(4, '0')}\n`)
  const writeAll = (writer: LogWriter, some: readonly string[]) => some.forEach((line) => void writer.write(line))

  it('writes whole lines in order, however little is taken at once', async () => {
    const writer = sink.writer()
    sink.most = 7
    writeAll(writer, lines(0, 10))
    await vi.advanceTimersByTimeAsync(100)
    expect(sink.text).toBe(lines(0, 10).join(''))
    expect(sink.told).toEqual([])
    expect(writer.dropped).toBe(0)
  })

  it.each([
    ['ENOSPC', 'the disk is full'],
    ['EPIPE', 'its reader has closed the pipe'],
    ['EIO', 'EIO: refused'],
  ])('after %s keeps what fits, counts the rest, and goes on by itself', async (code, reason) => {
    const writer = sink.writer()
    writeAll(writer, lines(0, 5))
    await vi.advanceTimersByTimeAsync(10)
    sink.error = refused(code)
    writeAll(writer, lines(5, 25))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(writer.trouble).toBe(reason)
    expect(writer.dropped).toBe(10)
    expect(sink.told).toEqual([`failed: ${reason}`])
    sink.error = undefined
    await vi.advanceTimersByTimeAsync(1_100)
    expect(sink.text).toBe(lines(0, 15).join(''))
    expect(writer.trouble).toBeUndefined()
    expect(sink.told).toEqual([`failed: ${reason}`, `recovered: ${reason}, 10`])
    writeAll(writer, lines(25, 27))
    await vi.advanceTimersByTimeAsync(10)
    expect(sink.text).toBe([...lines(0, 15), ...lines(25, 27)].join(''))
    expect(writer.dropped).toBe(10)
  })

  it('a line of which the disk took a part is continued, not begun again', async () => {
    const writer = sink.writer()
    sink.most = 4
    writeAll(writer, lines(0, 1))
    await vi.advanceTimersByTimeAsync(1)
    sink.error = refused('ENOSPC')
    await vi.advanceTimersByTimeAsync(3_000)
    expect(sink.text).toBe('line')
    sink.error = undefined
    await vi.advanceTimersByTimeAsync(1_100)
    expect(sink.text).toBe(lines(0, 1).join(''))
  })

  it('takes a reader that is slow for a fault only when it does not read for a second', async () => {
    const writer = sink.writer()
    sink.error = refused('EAGAIN')
    writeAll(writer, lines(0, 3))
    await vi.advanceTimersByTimeAsync(900)
    expect(sink.told).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(sink.told).toEqual(['failed: its reader is not reading'])
    sink.error = undefined
    await vi.advanceTimersByTimeAsync(300)
    expect(sink.text).toBe(lines(0, 3).join(''))
    expect(writer.trouble).toBeUndefined()
  })

  it('flushes what is waiting, but waits no longer than it may', async () => {
    const writer = sink.writer()
    sink.most = 3
    writeAll(writer, lines(0, 10))
    await Promise.all([writer.flush(1_000), vi.advanceTimersByTimeAsync(1_000)])
    expect(sink.text).toBe(lines(0, 10).join(''))

    sink.error = refused('EAGAIN')
    writeAll(writer, lines(0, 1))
    let flushed = false
    void writer.flush(500).then(() => {
      flushed = true
    })
    await vi.advanceTimersByTimeAsync(499)
    expect(flushed).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(flushed).toBe(true)
  })

  it('does not wait for a disk that is full', async () => {
    const writer = sink.writer()
    sink.error = refused('ENOSPC')
    writeAll(writer, lines(0, 1))
    await vi.advanceTimersByTimeAsync(100)
    let flushed = false
    void writer.flush(500).then(() => {
      flushed = true
    })
    await vi.advanceTimersByTimeAsync(5)
    expect(flushed).toBe(true)
  })

  it('at the end of the process writes at once what is not on its way', () => {
    vi.useRealTimers()
    const writer = sink.writer({ chunkBytes: 1 })
    sink.most = 3
    writeAll(writer, lines(0, 5))
    writer.flushNow(20)
    expect(sink.text).toBe(lines(1, 5).join(''))
    sink.error = refused('EAGAIN')
    writeAll(writer, lines(5, 6))
    writer.flushNow(20)
  })
})
