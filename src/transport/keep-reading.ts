import type { Socket } from 'node:net'

/** Errors of a write to a side that is closed. */
const CLOSED = new Set(['EPIPE', 'ECONNRESET', 'ENOTCONN'])

type WriteCallback = Parameters<Socket['_write']>[2]

/**
 * Lets a socket be read to its end whose other side takes nothing any more. A client that closes its connection right behind its
 * last line makes the kernel answer our next write with an error, on which the runtime destroys the socket with its unread input.
 * From that error on, output is dropped instead. Writes that wait for an earlier one are not merged, so that each tells when it has
 * left.
 */
export function keepReading(socket: Socket): void {
  const write = socket._write
  let isClosed = false
  let written: WriteCallback | undefined
  // One write is under way at a time, so that none needs a callback of its own.
  const settle: WriteCallback = (error) => {
    isClosed = CLOSED.has((error as NodeJS.ErrnoException | null | undefined)?.code ?? '')
    written?.(isClosed ? null : error)
  }
  const keep: Pick<Socket, '_write'> = {
    _write(chunk, encoding, callback) {
      if (isClosed) return callback()
      written = callback
      write.call(socket, chunk, encoding, settle)
    },
  }
  Object.assign(socket, keep, { _writev: null })
}
