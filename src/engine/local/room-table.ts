import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { NewRoom, RoomChange, RoomMaker, RoomRecord, SpokenRoom, Visibility } from '../engine.ts'
import { fold } from '../fold.ts'
import { LOBBY_ROOM } from '../lobby.ts'

const COLUMNS =
  'id, title, line_name, description, visibility, hash, maker_address, maker_name, maker_account, created_at, changed_at'

/** The rooms that SQLite holds. No title or slug is another room's title or slug. */
export class LocalRoomTable {
  readonly #db: DatabaseSync
  readonly #said: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#said = db.prepare('UPDATE rooms SET said_at = max(?, coalesce(said_at, 0)) WHERE id = ?')
  }

  /** Creates the lobby, or changes its slug. @throws Error if the slug is taken */
  ensureLobby(slug: string): void {
    if (this.#isTaken(slug, LOBBY_ROOM.id)) throw new Error(`--lobby ${slug} is the name of another room`)
    this.#db
      .prepare(
        `INSERT INTO rooms (id, title, title_key, line_name, line_key, description, visibility, created_at, changed_at)
         VALUES (:id, :title, :titleKey, :name, :key, :description, 'public', :now, :now)
         ON CONFLICT (id) DO UPDATE SET line_name = excluded.line_name, line_key = excluded.line_key`,
      )
      .run({ ...LOBBY_ROOM, titleKey: fold(LOBBY_ROOM.title), name: slug, key: fold(slug), now: Date.now() })
  }

  all(): RoomRecord[] {
    return this.page(0, -1)
  }

  count(): number {
    return Number(this.#db.prepare('SELECT count(*) AS rooms FROM rooms').get()?.rooms)
  }

  /** Returns the room with an id, or with a title or slug. */
  find(which: number | string): RoomRecord | undefined {
    const [one] =
      typeof which === 'number'
        ? this.#select('id = ?', which)
        : this.#select('title_key = ?1 OR line_key = ?1', fold(which))
    return one
  }

  /** Returns rooms in order of id, those after an id; a negative limit is none. */
  page(after: number, limit: number): RoomRecord[] {
    return this.#select('id > ? ORDER BY id LIMIT ?', after, limit)
  }

  /** Returns rooms with an address of the maker, as {@link page} does. */
  pageFrom(address: string, after: number, limit: number): RoomRecord[] {
    return this.#select('maker_address = ? AND id > ? ORDER BY id LIMIT ?', address, after, limit)
  }

  /** Returns rooms that were created before a time and have no message since then, as {@link page} does. */
  pageOfSilent(time: number, after: number, limit: number): RoomRecord[] {
    const silent = 'created_at < ? AND coalesce(said_at, 0) < ? AND id > ? ORDER BY id LIMIT ?'
    return this.#select(silent, time, time, after, limit)
  }

  /** Returns rooms in the order of their newest message and their id, after both. */
  pageOfSpoken(saidAt: number, after: number, limit: number): SpokenRoom[] {
    const later = 'said_at >= :saidAt AND (said_at > :saidAt OR id > :after)'
    const rows = this.#db
      .prepare(`SELECT ${COLUMNS}, said_at FROM rooms WHERE ${later} ORDER BY said_at, id LIMIT :limit`)
      .all({ saidAt, after, limit })
    return rows.map((row) => ({ room: roomOf(row), saidAt: Number(row.said_at) }))
  }

  /** Stores the time of a message, in ms since the epoch. */
  said(id: number, at: number): void {
    this.#said.run(at, id)
  }

  /** Inserts a room unchanged, for an import. */
  restore(room: RoomRecord): void {
    const { id, title, slug, description, visibility, hash, maker, createdAt, changedAt } = room
    const made = [maker?.address ?? null, maker?.name ?? null, maker?.account ?? null, createdAt, changedAt]
    this.#db
      .prepare(`INSERT INTO rooms (${COLUMNS}, title_key, line_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(id, title, slug, description, visibility, hash ?? null, ...made, fold(title), fold(slug))
  }

  /** Inserts a room. Returns undefined if the title or slug is taken. */
  create({ title, description = '', visibility, hash, maker, ...names }: NewRoom): RoomRecord | undefined {
    if (this.#isTaken(title)) return undefined
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO rooms (title, title_key, line_name, line_key, description, visibility, hash, maker_address, maker_name,
           maker_account, created_at, changed_at)
         VALUES (:title, :key, '', '', :description, :visibility, :hash, :address, :name, :account, :now, :now)`,
      )
      .run({
        title,
        key: fold(title),
        description,
        visibility,
        hash: hash ?? null,
        address: maker?.address ?? null,
        name: maker?.name ?? null,
        account: maker?.account ?? null,
        now: Date.now(),
      })
    const id = Number(lastInsertRowid)
    if (this.#rename(id, names)) return this.find(id)
    this.remove(id)
    return undefined
  }

  /** Changes a room. Returns undefined if there is no such room, false if the title or slug is taken. */
  change(id: number, change: RoomChange): RoomRecord | undefined | false {
    const room = this.find(id)
    if (!room) return undefined
    const { title, slug, stem, description, hash = room.hash, ...changed } = { ...room, ...change }
    const shown = hash == null ? 'public' : 'private'
    const visibility = changed.visibility === 'hidden' ? 'hidden' : shown
    if (this.#isTaken(title, id)) return false
    const names = { slug, ...(stem !== undefined && { stem }) }
    if (id !== LOBBY_ROOM.id && title !== room.title && !this.#rename(id, names)) return false
    const changedAt = Math.max(Date.now(), room.changedAt + 1)
    this.#db
      .prepare(
        `UPDATE rooms SET title = ?, title_key = ?, description = ?, visibility = ?, hash = ?, changed_at = ?
         WHERE id = ?`,
      )
      .run(title, fold(title), description, visibility, hash ?? null, changedAt, id)
    return this.find(id)
  }

  remove(id: number): boolean {
    return Number(this.#db.prepare('DELETE FROM rooms WHERE id = ?').run(id).changes) > 0
  }

  /** Sets the slug of a room. Returns false if it is taken and there is no stem to generate one from. */
  #rename(id: number, { slug, stem }: Pick<NewRoom, 'slug' | 'stem'>): boolean {
    let name = slug
    if (name === '' || this.#isTaken(name, id)) {
      if (stem === undefined) return false
      name = `${stem}${id}`
      // The generated slug may be taken too.
      while (this.#isTaken(name, id)) name += id
    }
    this.#db.prepare('UPDATE rooms SET line_name = ?, line_key = ? WHERE id = ?').run(name, fold(name), id)
    return true
  }

  #select(where: string, ...values: SQLInputValue[]): RoomRecord[] {
    return this.#db
      .prepare(`SELECT ${COLUMNS} FROM rooms WHERE ${where}`)
      .all(...values)
      .map(roomOf)
  }

  /** Returns true if another room has the name as title or slug. */
  #isTaken(name: string, by = 0): boolean {
    const other = this.#db.prepare('SELECT 1 FROM rooms WHERE id <> :id AND (title_key = :key OR line_key = :key)')
    return other.get({ id: by, key: fold(name) }) !== undefined
  }
}

function roomOf(row: Record<string, SQLOutputValue>): RoomRecord {
  return {
    id: Number(row.id),
    title: String(row.title),
    slug: String(row.line_name),
    description: String(row.description),
    visibility: row.visibility as Visibility,
    ...(row.hash !== null && { hash: String(row.hash) }),
    ...(row.maker_address !== null && { maker: makerOf(row) }),
    createdAt: Number(row.created_at),
    changedAt: Number(row.changed_at),
  }
}

function makerOf({
  maker_address: address,
  maker_name: name,
  maker_account: account,
}: Record<string, SQLOutputValue>): RoomMaker {
  return {
    address: String(address),
    ...(name !== null && { name: String(name) }),
    ...(account !== null && { account: String(account) }),
  }
}
