/**
 * Writes to TCP sockets without their streams. Where the kernel takes a chunk at once, as it mostly does, that takes half the time of a
 * write through the stream, the system call aside.
 */
import { writeSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'

/** The handle of a socket, an internal of Node.js: without it the stream writes. */
interface Handled {
  readonly _handle?: { readonly fd?: number } | null
}

/** Returns the descriptor of a TCP socket. Returns undefined for other streams, such as TLS sockets, and where a system has none. */
export function descriptorOf(stream: Duplex): number | undefined {
  if (stream instanceof TLSSocket) return undefined
  const descriptor = (stream as Handled)._handle?.fd
  return descriptor !== undefined && descriptor >= 0 ? descriptor : undefined
}

/**
 * Writes as much of a chunk as the kernel takes at once. Returns the number of its bytes; undefined after an error, which ends the
 * connection. Permitted only while the stream is writable and has nothing queued.
 */
export function writeNow(descriptor: number, chunk: Buffer): number | undefined {
  try {
    return writeSync(descriptor, chunk, 0, chunk.length)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : undefined
  }
}
