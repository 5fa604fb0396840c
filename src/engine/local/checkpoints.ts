/**
 * What the shared memory file of a database tells of checkpoints (https://sqlite.org/walformat.html, 2.2), which are the only
 * writes to the database file.
 */
import { readSync } from 'node:fs'
import { endianness } from 'node:os'

const BYTES = 132
/** Drawn anew whenever the write-ahead log is begun anew. */
const SALTS = [32, 40] as const
/** Frames of the log that are in the database file, and those of which a checkpoint has said that it begins to write them. */
const DONE = 96
const BEGUN = 128

/** Reads that part of the file. */
export function readCheckpoints(descriptor: number): Buffer {
  const bytes = Buffer.alloc(BYTES)
  readSync(descriptor, bytes, 0, BYTES, 0)
  return bytes
}

/** Whether a checkpoint can have written to the database file since it was read before, or is doing so. */
export function checkpointed(before: Buffer, now: Buffer): boolean {
  return (
    at(now, BEGUN) > at(now, DONE) ||
    at(now, BEGUN) !== at(before, BEGUN) ||
    at(now, DONE) !== at(before, DONE) ||
    now.compare(before, ...SALTS, ...SALTS) !== 0
  )
}

function at(bytes: Buffer, offset: number): number {
  return endianness() === 'LE' ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset)
}
