import { fstatSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { fileFault } from './file-fault.ts'

/** Yields what standard input gives. @throws Error that names it */
export async function* standardInput(stream: Readable = process.stdin): AsyncGenerator<Uint8Array> {
  try {
    // Node takes a folder for an empty input.
    if (stream === process.stdin && fstatSync(0).isDirectory()) throw new Error('it is a folder')
    yield* stream
  } catch (error) {
    throw new Error(`standard input: ${fileFault(error)}`, { cause: error })
  }
}
