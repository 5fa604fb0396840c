/** The header of a database file (https://sqlite.org/fileformat.html, 1.3). */
import { readSync } from 'node:fs'

const BYTES = 100
const MAGIC = 'SQLite format 3\0'
const CHANGES = 24
const PAGES = 28

/** Reads the header; zeroes where the file is shorter. */
export function readHeader(descriptor: number): Buffer {
  const header = Buffer.alloc(BYTES)
  readSync(descriptor, header, 0, BYTES, 0)
  return header
}

/** Returns true if a header is that of a database; false where the file is empty or its beginning damaged. */
export function isDatabase(header: Buffer): boolean {
  return header.toString('latin1', 0, MAGIC.length) === MAGIC
}

/** Returns true if a new header is that of an earlier state of the database: of a backup. */
export function isEarlier(now: Buffer, before: Buffer): boolean {
  if (!isDatabase(now)) return false
  const changes = now.readUInt32BE(CHANGES) - before.readUInt32BE(CHANGES)
  return changes < 0 || (changes === 0 && now.readUInt32BE(PAGES) < before.readUInt32BE(PAGES))
}
