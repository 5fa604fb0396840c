/** The header of a database file (https://sqlite.org/fileformat.html, 1.3). */
import { readSync } from 'node:fs'

const BYTES = 100
const MAGIC = 'SQLite format 3\0'
const CHANGES = 24
const PAGES = 28

/** Reads it; zeroes where the file is shorter. */
export function readHeader(descriptor: number): Buffer {
  const header = Buffer.alloc(BYTES)
  readSync(descriptor, header, 0, BYTES, 0)
  return header
}

/** Whether a file that had one header and has another now holds an earlier state of the same database: a backup of it. */
export function isEarlier(now: Buffer, before: Buffer): boolean {
  if (now.toString('latin1', 0, MAGIC.length) !== MAGIC) return false
  const changes = now.readUInt32BE(CHANGES) - before.readUInt32BE(CHANGES)
  return changes < 0 || (changes === 0 && now.readUInt32BE(PAGES) < before.readUInt32BE(PAGES))
}
