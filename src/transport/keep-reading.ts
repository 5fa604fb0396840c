import type { Socket } from 'node:net'

/** Errors of a write to a side that is closed. */
const GONE = new Set(['EPIPE', 'ECONNRESET', 'ENOTCONN'])

type Done = (error?: Error | null) => void

/**
 * Lets a socket whose other side takes nothing any more be read to its end. A client that closes its connection right behind
 * what it has sent makes the kernel answer our next write with an error, on which the runtime destroys the socket, with what
 * has come in and was not read. From that error on, what is written is dropped instead.
 */
export function keepReading(socket: Socket): void {
  const write = socket._write
  const writev = socket._writev
  let gone = false
  let done: Done | undefined
  // One write is under way at a time, so that none needs a callback of its own.
  const settle: Done = (error) => {
    gone = isGone(error)
    done?.(gone ? null : error)
  }
  socket._write = (chunk, encoding, next) => {
    if (gone) return next()
    done = next
    write.call(socket, chunk, encoding, settle)
  }
  if (!writev) return
  socket._writev = (chunks, next) => {
    if (gone) return next()
    done = next
    writev.call(socket, chunks, settle)
  }
}

function isGone(error: (Error & { code?: string }) | null | undefined): boolean {
  return error?.code !== undefined && GONE.has(error.code)
}
