/**
 * The separators of FTS5: for most pages of a segment, the table `words_idx` has a beginning of the first term of the page, and keeps it
 * when that term is deleted, also with `secure-delete` (https://sqlite.org/fts5.html, "Fts5 Data Structures").
 */
import type { DatabaseSync } from 'node:sqlite'

/** Byte before each term that is not of a prefix index. */
const MAIN = '0'

/** Replaces the separators that come from a deleted word by the present first term of their page. */
export function replaceSeparators(db: DatabaseSync, word: string): void {
  const term = Buffer.from(MAIN + word)
  const segments = db.prepare('SELECT DISTINCT segid AS segment FROM words_idx').all()
  const find = db.prepare(
    'SELECT term, pgno >> 1 AS page FROM words_idx WHERE segid = ? AND term <= ? ORDER BY term DESC LIMIT 1',
  )
  for (const { segment = null } of segments) {
    const found = find.get(segment, term)
    if (!(found?.term instanceof Uint8Array) || found.page === undefined) continue
    if (found.term.length === 0 || !term.subarray(0, found.term.length).equals(found.term)) continue
    const leaf = db.prepare('SELECT block FROM words_data WHERE id = (? << 37) + ?').get(segment, found.page)?.block
    const first = leaf instanceof Uint8Array ? firstTerm(leaf) : undefined
    if (!first) continue
    // Versions of Node that lack it allow the change.
    db.enableDefensive?.(false)
    try {
      db.prepare('UPDATE words_idx SET term = ? WHERE segid = ? AND term = ?').run(first, segment, found.term)
    } finally {
      db.enableDefensive?.(true)
    }
  }
}

/** Returns the first term of a page; undefined if it has none. */
function firstTerm(leaf: Uint8Array): Uint8Array | undefined {
  // The header has two numbers of two bytes; the second one is the offset of the list of terms, which is behind their data.
  const list = ((leaf[2] ?? 0) << 8) | (leaf[3] ?? 0)
  if (list >= leaf.length) return undefined
  const { value: length, end } = readVarint(leaf, readVarint(leaf, list).value)
  return leaf.subarray(end, end + length)
}

function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0
  for (let end = start; ; ) {
    const byte = bytes[end++] ?? 0
    value = (value << 7) | (byte & 0x7f)
    if (byte < 0x80) return { value, end }
  }
}
