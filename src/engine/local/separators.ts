/**
 * The separators of FTS5: for most pages of a segment, the table `words_idx` has a beginning of the first term of the page, and keeps it
 * when that term is deleted, also with `secure-delete` (https://sqlite.org/fts5.html, "Fts5 Data Structures").
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'

/** Byte before each term that is not of a prefix index. */
const MAIN = '0'

/** The separators of the table `words`. */
export class Separators {
  readonly #db: DatabaseSync
  readonly #segments: StatementSync
  readonly #find: StatementSync
  readonly #leaf: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#segments = db.prepare('SELECT DISTINCT segid AS segment FROM words_idx')
    this.#find = db.prepare(
      'SELECT term, pgno >> 1 AS page FROM words_idx WHERE segid = ? AND term <= ? ORDER BY term DESC LIMIT 1',
    )
    this.#leaf = db.prepare('SELECT block FROM words_data WHERE id = (? << 37) + ?')
  }

  /** Replaces the separators that come from deleted words by the present first terms of their pages. */
  replace(words: Iterable<string>): void {
    const terms = Array.from(words, (word) => Buffer.from(MAIN + word))
    for (const { segment = null } of this.#segments.all()) {
      const done = new Set<SQLOutputValue>()
      for (const term of terms) {
        const { term: separator, page = null } = this.#find.get(segment, term) ?? {}
        if (!(separator instanceof Uint8Array) || separator.length === 0 || done.has(page)) continue
        if (!term.subarray(0, separator.length).equals(separator)) continue
        done.add(page)
        const leaf = this.#leaf.get(segment, page)?.block
        const first = leaf instanceof Uint8Array ? firstTerm(leaf) : undefined
        if (first) this.#update(segment, separator, first)
      }
    }
  }

  #update(segment: SQLOutputValue, before: Uint8Array, now: Uint8Array): void {
    // Versions of Node that lack it allow the change.
    this.#db.enableDefensive?.(false)
    try {
      this.#db.prepare('UPDATE words_idx SET term = ? WHERE segid = ? AND term = ?').run(now, segment, before)
    } finally {
      this.#db.enableDefensive?.(true)
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
