import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** A row of the table `documents`: its number within the log, and the id of its message. */
interface NumberedDocument {
  readonly number: number
  readonly id: number
}

/**
 * The messages of the rows of the full-text index, in the table `documents`. The number of a row is the log's, shifted by 32 bits, and a
 * number that rises within the log.
 */
export class DocumentTable {
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #last: StatementSync
  readonly #oldest: StatementSync
  readonly #atOrAfter: StatementSync
  readonly #id: StatementSync

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO documents VALUES ((? << 32) | ?, ?)')
    this.#delete = db.prepare('DELETE FROM documents WHERE document = (? << 32) | ?')
    this.#last = db.prepare(
      'SELECT document & 4294967295 AS number FROM documents WHERE document < ((? + 1) << 32) ORDER BY document DESC LIMIT 1',
    )
    this.#oldest = db.prepare(
      `SELECT document & 4294967295 AS number, id FROM documents
       WHERE document BETWEEN (? << 32) AND ((? << 32) | 4294967295) ORDER BY document LIMIT ?`,
    )
    this.#atOrAfter = db.prepare(
      `SELECT document & 4294967295 AS number, id FROM documents
       WHERE document BETWEEN ((? << 32) | ?) AND ((? << 32) | 4294967295) ORDER BY document LIMIT 1`,
    )
    this.#id = db.prepare('SELECT id FROM documents WHERE document = ((? << 32) | ?)')
  }

  insert(log: number, number: number, id: number): void {
    this.#insert.run(log, number, id)
  }

  delete(log: number, number: number): void {
    this.#delete.run(log, number)
  }

  oldest(log: number, count: number): NumberedDocument[] {
    return this.#oldest.all(log, log, count).map(({ number, id }) => ({ number: Number(number), id: Number(id) }))
  }

  /** Returns the number of the newest document of a log; 0 if there is none. */
  last(log: number): number {
    return this.#extent(log).end
  }

  /** Returns the number of the newest document up to an id; undefined if there is none. */
  numberOf(log: number, id: number): number | undefined {
    const { start, end } = this.#extent(log)
    if (end === 0) return undefined
    // Searches mostly begin with the newest messages.
    let [low, high] = [(this.idOf(log, end) ?? 0) <= id ? end : start - 1, end]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      const found = this.#atOrAfter.get(log, middle, log)
      if (found && Number(found.id) <= id) low = Number(found.number)
      else high = middle - 1
    }
    return low < start ? undefined : low
  }

  /** Returns the id of the message of a document; undefined if the document is gone. */
  idOf(log: number, number: number): number | undefined {
    const found = this.#id.get(log, number)
    return found && Number(found.id)
  }

  /** Returns the numbers of the first and the last document of a log, 0 if there is none. */
  #extent(log: number): { start: number; end: number } {
    const [first] = this.oldest(log, 1)
    if (!first) return { start: 0, end: 0 }
    return { start: first.number, end: Number(this.#last.get(log)?.number) }
  }
}
