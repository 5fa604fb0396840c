import type { Readable, Writable } from 'node:stream'

/** The streams of a command: those of the process, or those of a test. */
export interface CommandStreams {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable
  readonly stderr: Writable
}
