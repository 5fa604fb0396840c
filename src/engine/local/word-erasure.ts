import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { wordsOf } from '../words.ts'
import type { DocumentTable } from './document-table.ts'
import { Separators } from './separators.ts'

/** Characters of texts whose words are removed at once, in a few milliseconds. */
const PIECE = 256
/** Number of texts that are worked on at once. */
const TEXTS = 16
/** Characters that separate words for FTS5 and are at least as old as its tables. */
const SEPARATOR = /[\p{P}\p{Z}\p{Cc}]/u

/** A text of a removed message whose words are still in the full-text index. */
interface Remainder {
  readonly id: number
  readonly log: number
  readonly number: number
  readonly text: string
}

/**
 * The erasure of removed messages from the full-text index, a slice at a time: a text may have thousands of words, each in other pages. Until
 * then the table `erasures` has the text, and the document keeps its number. Must be called in a transaction where it changes something.
 */
export class WordErasure {
  readonly #db: DatabaseSync
  readonly #documents: DocumentTable
  readonly #separators: Separators
  readonly #insert: StatementSync
  readonly #next: StatementSync
  readonly #newest: StatementSync
  readonly #numbers: StatementSync
  readonly #shorten: StatementSync
  readonly #delete: StatementSync
  readonly #deleteWords: StatementSync
  readonly #countRow: StatementSync
  readonly #secure: StatementSync

  constructor(db: DatabaseSync, documents: DocumentTable) {
    this.#db = db
    this.#documents = documents
    this.#separators = new Separators(db)
    this.#insert = db.prepare('INSERT INTO erasures (log, number, text) VALUES (?, ?, ?)')
    this.#next = db.prepare('SELECT id, log, number, text FROM erasures WHERE id <= ? ORDER BY id LIMIT ?')
    this.#newest = db.prepare('SELECT max(id) AS id FROM erasures')
    this.#numbers = db.prepare('SELECT number FROM erasures WHERE log = ?')
    this.#shorten = db.prepare('UPDATE erasures SET text = ? WHERE id = ?')
    this.#delete = db.prepare('DELETE FROM erasures WHERE id = ?')
    this.#deleteWords = db.prepare("INSERT INTO words (words, rowid, body) VALUES ('delete', (? << 32) | ?, ?)")
    this.#countRow = db.prepare("INSERT INTO words (rowid, body) VALUES ((? << 32) | ?, '')")
    this.#secure = db.prepare("INSERT INTO words (words, rank) VALUES ('secure-delete', CAST(? AS INTEGER))")
  }

  /** Begins to erase a document. */
  begin(log: number, number: number, text: string): void {
    this.#insert.run(log, number, text)
  }

  /** The number of the newest text to erase; 0 if there is none. */
  get newest(): number {
    return Number(this.#newest.get()?.id ?? 0)
  }

  /** Returns the numbers of the documents of a log that are being erased. */
  numbers(log: number): Set<number> {
    return new Set(this.#numbers.all(log).map(({ number }) => Number(number)))
  }

  /**
   * Removes some words of the texts up to the number `newest`, so that they are in no file after the next checkpoint if no other message has
   * them. Returns false if no text was left.
   */
  next(newest: number): boolean {
    const texts = this.#next.all(newest, TEXTS).map(
      ({ id, log, number, text }): Remainder => ({
        id: Number(id),
        log: Number(log),
        number: Number(number),
        text: String(text),
      }),
    )
    if (texts.length === 0) return false
    const words = new Set<string>()
    this.#secure.run(1)
    for (let place = 0, room = PIECE; place < texts.length && room > 0; place++) {
      const { id, log, number, text } = texts[place] as Remainder
      const piece = beginning(text, room)
      room -= piece.length
      if (piece.length < text.length) {
        // FTS5 counts each removal as one of a row.
        this.#countRow.run(log, number)
        this.#shorten.run(text.slice(piece.length), id)
      } else {
        this.#delete.run(id)
        this.#documents.delete(log, number)
      }
      this.#deleteWords.run(log, number, piece)
      for (const word of wordsOf(piece)) words.add(word)
    }
    // FTS5 writes at a savepoint what it has gathered, as it is configured then.
    this.#db.exec('SAVEPOINT erased; RELEASE erased')
    this.#secure.run(0)
    this.#separators.replace(words)
    // Overwrites the page that remains, where rows may have been moved.
    if (this.newest === 0) this.#db.exec('DELETE FROM erasures')
    return true
  }
}

/** Returns the beginning of a text up to the first separator behind `length` characters. */
function beginning(text: string, length: number): string {
  const end = text.slice(length).search(SEPARATOR)
  return end < 0 ? text : text.slice(0, length + end)
}
