/**
 * The SQLite side of the local engine. Runs in a thread of its own (store-thread.ts), so neither a disk that is slow to
 * write nor a history that is long to read ever holds the event loop that serves connections.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { NewRoom, RoomRecord, Visibility } from '../engine.ts'
import { type Event, idAt, type Kind, type LogName, nextId, timeOf } from '../event.ts'
import { fold } from '../fold.ts'
import type { Replies, Request, Row, Stranded } from './messages.ts'
import { Names } from './names.ts'

/** What the logs table holds of one log. */
export interface LogRow {
  readonly id: number
  readonly name: LogName
  start: number
  last: number
  count: number
}

export class Store {
  readonly names: Names
  readonly #db: DatabaseSync
  readonly #logs = new Map<LogName, LogRow>()
  /** The id that was given last, in whatever log. */
  #newest = 0
  readonly #insertEvent: StatementSync
  readonly #insertLog: StatementSync
  readonly #updateLog: StatementSync
  readonly #findLog: StatementSync
  readonly #insertMember: StatementSync
  readonly #deleteMember: StatementSync
  readonly #page: StatementSync
  readonly #back: StatementSync
  readonly #oldest: StatementSync
  readonly #deleteOldest: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.names = new Names(db)
    this.#insertEvent = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    this.#insertLog = db.prepare('INSERT INTO logs (name, start, last, count) VALUES (?, ?, ?, 0)')
    this.#updateLog = db.prepare('UPDATE logs SET start = ?, last = ?, count = ? WHERE id = ?')
    this.#findLog = db.prepare('SELECT id, start, last, count FROM logs WHERE name = ?')
    this.#insertMember = db.prepare('INSERT OR IGNORE INTO members VALUES (?, ?)')
    this.#deleteMember = db.prepare('DELETE FROM members WHERE room = ? AND name = ?')
    this.#page = db.prepare(
      'SELECT id, kind, room, sender, addressee, body, sent FROM events WHERE log = ? AND id BETWEEN ? AND ? ORDER BY id LIMIT ?',
    )
    this.#page.setReturnArrays(true)
    this.#back = db.prepare(
      'SELECT id FROM events WHERE log = ? AND id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1 OFFSET ?',
    )
    this.#oldest = db.prepare('SELECT id FROM events WHERE log = ? AND id < ? ORDER BY id LIMIT ?')
    this.#deleteOldest = db.prepare('DELETE FROM events WHERE log = ? AND id <= ?')
  }

  /** Does what a request asks for. When it throws, nothing has changed. */
  handle(request: Exclude<Request, { op: 'close' }>): Replies[keyof Replies] {
    switch (request.op) {
      case 'commit':
        return this.#commit(request.rows)
      case 'page':
        return this.#readPage(request.log, request.from, request.to, request.limit)
      case 'back':
        return this.#readBack(request.log, request.from, request.to, request.skip)
      case 'bounds': {
        const log = this.log(request.log)
        return log && { start: log.start, last: log.last }
      }
      case 'createRoom':
        return this.#transaction(() => this.#createRoom(request.room))
      case 'createAccount':
        return this.#transaction(() => this.names.createAccount(request.account))
      case 'findAccount':
        return this.names.findAccount(request.name)
      case 'keepBlock':
        return this.names.keepBlock(request.owner, request.name)
      case 'dropBlock':
        return this.names.dropBlock(request.owner, request.name)
      case 'blocksWith':
        return this.names.blocksWith(request.name)
      case 'findName':
        return this.names.find(request.name)
      case 'names':
        return this.names.all(request.limit)
      case 'ping':
        return true
    }
  }

  /** Room 1 under its present line name; `Public Chat` when it is made (protocols/README.md, The core). */
  ensureLobby(lineName: string): void {
    const key = fold(lineName)
    const other = this.#db.prepare('SELECT 1 FROM rooms WHERE id <> 1 AND (title_key = ? OR line_key = ?)')
    if (other.get(key, key)) throw new Error(`--lobby ${lineName} is the name of another room`)
    this.#db
      .prepare(
        `INSERT INTO rooms (id, title, title_key, line_name, line_key, visibility, created_at)
         VALUES (1, 'Public Chat', 'public chat', ?, ?, 'public', ?)
         ON CONFLICT (id) DO UPDATE SET line_name = excluded.line_name, line_key = excluded.line_key`,
      )
      .run(lineName, key, Date.now())
  }

  rooms(): RoomRecord[] {
    return this.#db.prepare('SELECT id, title, line_name, visibility FROM rooms ORDER BY id').all().map(roomOf)
  }

  /** Those whom a crash took out of their rooms without a word. */
  stranded(): Stranded[] {
    const rows = this.#db.prepare('SELECT room, name FROM members ORDER BY room').all()
    return rows.map((row) => ({ room: Number(row.room), name: String(row.name) }))
  }

  /** Of the logs that hold more than so many events. */
  logNames(events: number): LogName[] {
    const rows = this.#db.prepare('SELECT name FROM logs WHERE count > ?').all(events)
    return rows.map((row) => row.name as LogName)
  }

  log(name: LogName): LogRow | undefined {
    const known = this.#logs.get(name)
    if (known) return known
    const row = this.#findLog.get(name)
    if (!row) return undefined
    const { id, start, last, count } = row
    const log = { id: Number(id), name, start: Number(start), last: Number(last), count: Number(count) }
    this.#logs.set(name, log)
    return log
  }

  /** Removes the oldest `count` events of a log, at most up to the id `below`; says how many went. */
  trim(log: LogRow, count: number, below: number): number {
    const ids = this.#oldest.all(log.id, below, count)
    if (ids.length === 0) return 0
    const end = Number(ids.at(-1)?.id)
    this.#transaction(() => {
      this.#deleteOldest.run(log.id, end)
      this.#updateLog.run(end, log.last, log.count - ids.length, log.id)
    })
    log.start = end
    log.count -= ids.length
    return ids.length
  }

  #commit(rows: readonly Row[]): number[] {
    const now = Date.now()
    const touched = new Set<LogRow>()
    const ids: number[] = []
    try {
      return this.#transaction(() => {
        for (const [name, kind, room, from, to, body, sent] of rows) {
          const log = this.log(name) ?? this.#createLog(name, now)
          // What different logs got within a millisecond keeps its order too.
          const id = nextId(timeOf(this.#newest) === now ? Math.max(log.last, this.#newest) : log.last, now)
          this.#newest = id
          this.#insertEvent.run(log.id, id, kind, room, from, to, body, sent)
          if (kind === 'joined') {
            this.#insertMember.run(room, from)
            this.names.see(from)
          } else if (kind === 'left') this.#deleteMember.run(room, from)
          log.last = id
          log.count++
          touched.add(log)
          ids.push(id)
        }
        for (const log of touched) this.#updateLog.run(log.start, log.last, log.count, log.id)
        return ids
      })
    } catch (error) {
      // What memory knows of these logs is ahead of what the disk holds: read it again when it is next asked for.
      for (const log of touched) this.#logs.delete(log.name)
      for (const [name] of rows) this.#logs.delete(name)
      throw error
    }
  }

  #createLog(name: LogName, now: number): LogRow {
    // A log begins before its first event: an id from an earlier life of the name is older than "start", hence gone.
    const start = idAt(now) - 1
    const { lastInsertRowid } = this.#insertLog.run(name, start, start)
    const log = { id: Number(lastInsertRowid), name, start, last: start, count: 0 }
    this.#logs.set(name, log)
    return log
  }

  #readPage(name: LogName, from: number, to: number, limit: number): Event[] {
    const log = this.log(name)
    if (!log) return []
    return (this.#page.all(log.id, from, to, limit) as unknown as SQLOutputValue[][]).map(eventOf)
  }

  #readBack(name: LogName, from: number, to: number, skip: number): number | undefined {
    const log = this.log(name)
    const row = log && this.#back.get(log.id, from, to, skip)
    return row && Number(row.id)
  }

  #createRoom({ title, lineName, visibility, stem }: NewRoom): RoomRecord | undefined {
    const known = this.#db.prepare('SELECT 1 FROM rooms WHERE title_key = ? OR line_key = ?')
    const isTaken = (name: string) => known.get(fold(name), fold(name)) !== undefined
    const numbered = stem !== undefined && (lineName === '' || isTaken(lineName))
    if (isTaken(title) || (!numbered && isTaken(lineName))) return undefined
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO rooms (title, title_key, line_name, line_key, visibility, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(title, fold(title), numbered ? '' : lineName, numbered ? '' : fold(lineName), visibility, Date.now())
    const id = Number(lastInsertRowid)
    if (!numbered) return { id, title, lineName, visibility }
    let name = `${stem}${id}`
    // Somebody may have thought of that one, too.
    while (isTaken(name)) name += id
    this.#db.prepare('UPDATE rooms SET line_name = ?, line_key = ? WHERE id = ?').run(name, fold(name), id)
    return { id, title, lineName: name, visibility }
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }
}

function roomOf(row: Record<string, SQLOutputValue>): RoomRecord {
  return {
    id: Number(row.id),
    title: String(row.title),
    lineName: String(row.line_name),
    visibility: row.visibility as Visibility,
  }
}

function eventOf([id, kind, room, from, to, body, sent]: SQLOutputValue[]): Event {
  const event = {
    id: Number(id),
    at: timeOf(Number(id)),
    kind: kind as Kind,
    room: Number(room),
    from: String(from),
    body: String(body),
  }
  return {
    ...event,
    ...(to !== null && { to: String(to) }),
    ...(sent !== null && { sent: Number(sent) }),
  }
}
