import type { DatabaseSync } from 'node:sqlite'
import { fold } from '../fold.ts'
import { TABLES, TABLES_VERSION } from './tables.ts'

/** The migrations of the schema: step n migrates version n to n + 1. Released steps must not be changed, nor those that tables.ts stands for. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE rooms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    title_key TEXT NOT NULL UNIQUE,
    line_name TEXT NOT NULL,
    line_key TEXT NOT NULL UNIQUE,
    visibility TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  -- A log has all events after "start" up to "last".
  CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    start INTEGER NOT NULL,
    last INTEGER NOT NULL,
    count INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE events (
    log INTEGER NOT NULL,
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    room INTEGER NOT NULL,
    sender TEXT NOT NULL,
    addressee TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (log, id)
  ) STRICT, WITHOUT ROWID;

  -- Members of rooms: after a crash a "left" is appended for each.
  CREATE TABLE members (
    room INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (room, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  -- Blocks of registered names. "name" is as the owner wrote it.
  CREATE TABLE blocks (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (owner, key)
  ) STRICT;
  CREATE INDEX blocks_against ON blocks (key);

  -- Names that have joined a room or were registered.
  CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO names (key, name) SELECT fold(sender), sender FROM events WHERE kind = 'joined' ORDER BY id;
  `,
  'ALTER TABLE events ADD COLUMN sent INTEGER',
  `
  ALTER TABLE rooms ADD COLUMN description TEXT NOT NULL DEFAULT '';
  ALTER TABLE rooms ADD COLUMN hash TEXT;
  ALTER TABLE rooms ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
  UPDATE rooms SET changed_at = created_at;
  UPDATE rooms SET description = 'This is the default chat, available to everyone!' WHERE id = 1;

  ALTER TABLE events ADD COLUMN color TEXT;

  -- Small texts with an optional time of expiry.
  CREATE TABLE notes (
    key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    until INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX notes_until ON notes (until) WHERE until IS NOT NULL;
  `,
  'ALTER TABLE events ADD COLUMN verified INTEGER',
  `
  -- Time of an event in ms if its id is ahead of the clock because the clock has gone back; else the id contains it.
  ALTER TABLE events ADD COLUMN at INTEGER;
  CREATE INDEX events_at ON events (log, at) WHERE at IS NOT NULL;
  -- Id of the newest event with such a time; 0 if there is none.
  ALTER TABLE logs ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Origin of a room; NULL for rooms of earlier versions, and "maker_name" for requests without a session.
  ALTER TABLE rooms ADD COLUMN maker_address TEXT;
  ALTER TABLE rooms ADD COLUMN maker_name TEXT;
  `,
  `
  -- Records beside rooms and logs, see src/engine/records.ts; ids are in order of insertion, a value is a text or JSON.
  CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    expires INTEGER,
    UNIQUE (kind, key)
  ) STRICT;
  CREATE INDEX records_expiry ON records (expires) WHERE expires IS NOT NULL;
  CREATE TABLE record_index (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    record INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    PRIMARY KEY (name, value, record)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX record_index_record ON record_index (record);

  INSERT INTO records (kind, key, value)
    SELECT 'account', key, iif(created_at = 0, json_object('name', name, 'hash', hash),
      json_object('name', name, 'hash', hash, 'createdAt', created_at)) FROM accounts ORDER BY id;
  INSERT INTO records (kind, key, value) SELECT 'name', key, name FROM names ORDER BY id;
  INSERT INTO records (kind, key, value)
    SELECT 'block', owner || char(10) || key, json_object('owner', owner, 'name', name) FROM blocks ORDER BY id;
  INSERT INTO record_index SELECT 'parties', owner, records.id FROM blocks
    JOIN records ON kind = 'block' AND records.key = owner || char(10) || blocks.key;
  INSERT OR IGNORE INTO record_index SELECT 'parties', blocks.key, records.id FROM blocks
    JOIN records ON kind = 'block' AND records.key = owner || char(10) || blocks.key;
  INSERT INTO records (kind, key, value, expires)
    SELECT substr(key, 1, instr(key, ':') - 1), substr(key, instr(key, ':') + 1), text, until FROM notes
    WHERE substr(key, 1, instr(key, ':') - 1) IN ('key', 'login', 'ticket', 'secret', 'maker-name');
  DROP TABLE accounts;
  DROP TABLE names;
  DROP TABLE blocks;
  DROP TABLE notes;
  `,
  `
  -- Identifier chosen by the sender of a message, which is appended once.
  ALTER TABLE events ADD COLUMN nonce TEXT;
  CREATE INDEX events_nonce ON events (log, nonce) WHERE nonce IS NOT NULL;
  `,
  `
  -- Fields that only some kinds of events have, as JSON.
  ALTER TABLE events ADD COLUMN details TEXT;
  -- The last event of each key of a room's state, see stateChangeOf in src/engine/event.ts, as JSON.
  CREATE TABLE room_state (
    room INTEGER NOT NULL,
    key TEXT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (room, key)
  ) STRICT, WITHOUT ROWID;
  -- Id of the account that owns the room.
  ALTER TABLE rooms ADD COLUMN maker_account TEXT;
  `,
  `
  -- Time of the newest message in ms, to a minute; NULL if there is none.
  ALTER TABLE rooms ADD COLUMN said_at INTEGER;
  UPDATE rooms SET said_at = (
    SELECT coalesce(at, events.id / 1024) FROM events
    WHERE log = (SELECT id FROM logs WHERE name = 'room:' || rooms.id) AND kind = 'message' ORDER BY events.id DESC LIMIT 1
  );
  CREATE INDEX rooms_said ON rooms (said_at) WHERE said_at IS NOT NULL;
  CREATE INDEX rooms_maker ON rooms (maker_address) WHERE maker_address IS NOT NULL;

  -- 1 for the log of a closed room until it is removed. Ids above the last given one belong to no room.
  ALTER TABLE logs ADD COLUMN ended INTEGER;
  UPDATE logs SET ended = 1 WHERE name LIKE 'room:%' AND CAST(substr(name, 6) AS INTEGER) NOT IN (SELECT id FROM rooms)
    AND CAST(substr(name, 6) AS INTEGER) <= (SELECT seq FROM sqlite_sequence WHERE name = 'rooms');
  CREATE INDEX logs_ended ON logs (ended) WHERE ended IS NOT NULL;
  `,
  `
  -- The index of messages, see message-index.ts: "documents" has the message of each row of "words".
  CREATE VIRTUAL TABLE words USING fts5(body, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2');
  -- Merges are made in small steps beside commits.
  INSERT INTO words (words, rank) VALUES ('automerge', 0), ('crisismerge', 1000);
  CREATE TABLE documents (
    document INTEGER PRIMARY KEY,
    id INTEGER NOT NULL
  ) STRICT;
  -- Id up to which the messages of a log are in the index.
  ALTER TABLE logs ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- The events of moderators. One comparison for a message, where IN takes microseconds.
  CREATE INDEX events_moderation ON events (log, id) WHERE kind <> 'message' AND kind <> 'joined' AND kind <> 'left';
  -- Rooms with a retention of their own.
  CREATE INDEX room_state_keep ON room_state (room) WHERE key = 'mode:keep';
  `,
  `
  -- Roles that end.
  CREATE INDEX room_state_until ON room_state (event ->> '$.details.until') WHERE event ->> '$.details.until' IS NOT NULL;
  -- Texts of removed messages whose words are still in the index, see word-erasure.ts.
  CREATE TABLE erasures (
    id INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  -- Identifiers of removed messages, see erased-nonces.ts.
  CREATE TABLE nonces (
    log INTEGER NOT NULL,
    nonce TEXT NOT NULL,
    sender TEXT NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (log, nonce, sender)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX nonces_id ON nonces (id);
  `,
  `
  -- The nonce of a sender is looked for and inserted in one step. Of those that were used again after a day the last one counts.
  UPDATE events SET nonce = NULL WHERE nonce IS NOT NULL AND EXISTS (
    SELECT 1 FROM events AS later INDEXED BY events_nonce
    WHERE later.log = events.log AND later.nonce = events.nonce AND later.sender = events.sender AND later.id > events.id
  );
  DROP INDEX events_nonce;
  CREATE UNIQUE INDEX events_nonce ON events (log, nonce, sender) WHERE nonce IS NOT NULL;
  `,
  `
  -- Inboxes of guests' clients, by their end: these are removed after a time.
  CREATE INDEX logs_guests ON logs (last) WHERE name GLOB 'inbox:*/*';
  `,
  `
  -- The state of a room without bans, mutes and invitations of single nicknames.
  CREATE INDEX room_state_common ON room_state (room)
    WHERE substr(key, 1, instr(key, ':')) NOT IN ('banned:', 'muted:', 'invited:') OR instr(key, '*');
  -- Bans and mutes that cover an address.
  CREATE INDEX room_state_address ON room_state (room, event ->> '$.details.address')
    WHERE event ->> '$.details.address' IS NOT NULL;
  `,
]

/** Returns true for a database of the present version. */
export function isMigrated(db: DatabaseSync): boolean {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version) === MIGRATIONS.length
}

/** Migrates a database to the present version, or makes its tables. @throws Error if a newer roomd has written it */
export function migrate(db: DatabaseSync): void {
  const row = db.prepare('PRAGMA user_version').get()
  const version = Number(row?.user_version)
  if (version > MIGRATIONS.length) {
    throw new Error(`it was written by a newer roomd (schema ${version}; this one knows ${MIGRATIONS.length})`)
  }
  const toVersion = (number: number, sql: string) =>
    db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${number}; COMMIT`)
  if (version === 0) {
    toVersion(MIGRATIONS.length, [TABLES, ...MIGRATIONS.slice(TABLES_VERSION)].join(';'))
    return
  }
  // SQL has no function that folds names.
  db.function('fold', { deterministic: true }, (name) => fold(String(name)))
  for (const [step, sql] of MIGRATIONS.entries()) {
    if (step < version) continue
    toVersion(step + 1, sql)
  }
}
