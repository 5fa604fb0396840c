import type { Socket } from 'node:net'

/** Error codes of a write to a connection that the peer has closed. */
const CLOSED = new Set(['EPIPE', 'ECONNRESET', 'ENOTCONN'])

type WriteCallback = Parameters<Socket['_write']>[2]

/**
 * Keeps a socket readable to its end after the peer has closed it. When a client closes its connection directly after its last
 * line, the next write fails, on which Node.js destroys the socket with its unread input. With this, output is dropped after such
 * an error instead. Queued writes are not merged, so that each has its own result.
 */
export function keepReading(socket: Socket): void {
  const write = socket._write
  let isClosed = false
  let written: WriteCallback | undefined
  // There is one write at a time, so all share one callback.
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
