/**
 * Detection of checkpoints, the only writes to a database file, by its shared memory file
 * (https://sqlite.org/walformat.html, 2.2).
 */
import { readSync } from 'node:fs'
import { endianness } from 'node:os'

const BYTES = 132
/** Offset of the number of frames in the write-ahead log. */
const FRAMES = 16
/** Offsets of the salts, which change whenever the write-ahead log restarts. */
const SALTS = [32, 40] as const
/** Offset of the number of frames that are in the database file. */
const DONE = 96
/** Offset of the number of frames that a checkpoint has begun to write. */
const BEGUN = 128

/** Reads the part of the file that changes with checkpoints. */
export function readCheckpoints(descriptor: number): Buffer {
  const bytes = Buffer.alloc(BYTES)
  readSync(descriptor, bytes, 0, BYTES, 0)
  return bytes
}

/** Returns true if a checkpoint may have written to the database file between two reads, or is writing. */
export function checkpointed(before: Buffer, now: Buffer): boolean {
  return (
    at(now, BEGUN) > at(now, DONE) ||
    at(now, BEGUN) !== at(before, BEGUN) ||
    at(now, DONE) !== at(before, DONE) ||
    now.compare(before, ...SALTS, ...SALTS) !== 0
  )
}

/** Returns the number of frames that are in the write-ahead log and not in the database file. */
export function framesAhead(checkpoints: Buffer): number {
  return at(checkpoints, FRAMES) - at(checkpoints, DONE)
}

function at(bytes: Buffer, offset: number): number {
  return endianness() === 'LE' ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset)
}
