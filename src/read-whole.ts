/** Reading of a small file of any kind: a pipe without a writer, or a device without an end, holds up nobody. */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'

const MAX_BYTES = 1_048_576
const CHUNK_BYTES = 16_384
/** Time between two reads of a pipe that has nothing yet. */
const POLL_MS = 20
/** Maximum time in which a pipe is written to its end. */
const PATIENCE_MS = 5_000

/**
 * Reads a file, or a pipe that is written to its end within `patienceMs`. No thread waits for the file, as the end of the process would
 * wait for the thread.
 *
 * @throws {Error} with the name of the file
 */
export async function readWhole(file: string, patienceMs = PATIENCE_MS, maxBytes = MAX_BYTES): Promise<Buffer> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    const isPipe = (await handle.stat()).isFIFO()
    const chunk = Buffer.alloc(CHUNK_BYTES)
    const chunks: Buffer[] = []
    const end = performance.now() + patienceMs
    let length = 0
    while (length <= maxBytes) {
      const read = await readSome(handle, chunk)
      // A pipe also reads as ended while nobody has opened it for writing.
      const isWaiting = read === undefined || (read === 0 && length === 0 && isPipe)
      if (!isWaiting && read === 0) return Buffer.concat(chunks)
      if (isWaiting && performance.now() >= end) throw new Error(`${file} is a pipe that is not written to its end`)
      if (isWaiting) {
        await setTimeout(POLL_MS)
      } else {
        chunks.push(Buffer.from(chunk.subarray(0, read)))
        length += read
      }
    }
    throw new Error(`${file} has more than ${maxBytes} bytes`)
  } finally {
    await handle.close()
  }
}

/** Returns the number of bytes read; undefined if there may be some later. */
async function readSome(handle: FileHandle, into: Buffer): Promise<number | undefined> {
  try {
    return (await handle.read(into)).bytesRead
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined
    throw error
  }
}
