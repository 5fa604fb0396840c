/** The tables that the first {@link TABLES_VERSION} migrations make of an empty database, which take longer. The comments on them are there. */
export const TABLES = `
  CREATE TABLE rooms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    title_key TEXT NOT NULL UNIQUE,
    line_name TEXT NOT NULL,
    line_key TEXT NOT NULL UNIQUE,
    visibility TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    hash TEXT,
    changed_at INTEGER NOT NULL DEFAULT 0,
    maker_address TEXT,
    maker_name TEXT,
    maker_account TEXT,
    said_at INTEGER
  ) STRICT;
  CREATE INDEX rooms_said ON rooms (said_at) WHERE said_at IS NOT NULL;
  CREATE INDEX rooms_maker ON rooms (maker_address) WHERE maker_address IS NOT NULL;

  CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    start INTEGER NOT NULL,
    last INTEGER NOT NULL,
    count INTEGER NOT NULL,
    ahead INTEGER NOT NULL DEFAULT 0,
    ended INTEGER,
    indexed INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX logs_ended ON logs (ended) WHERE ended IS NOT NULL;

  CREATE TABLE events (
    log INTEGER NOT NULL,
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    room INTEGER NOT NULL,
    sender TEXT NOT NULL,
    addressee TEXT,
    body TEXT NOT NULL,
    sent INTEGER,
    color TEXT,
    verified INTEGER,
    at INTEGER,
    nonce TEXT,
    details TEXT,
    PRIMARY KEY (log, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX events_at ON events (log, at) WHERE at IS NOT NULL;
  CREATE INDEX events_nonce ON events (log, nonce) WHERE nonce IS NOT NULL;

  CREATE TABLE members (
    room INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (room, name)
  ) STRICT, WITHOUT ROWID;

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

  CREATE TABLE room_state (
    room INTEGER NOT NULL,
    key TEXT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (room, key)
  ) STRICT, WITHOUT ROWID;

  CREATE VIRTUAL TABLE words USING fts5(body, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2');
  INSERT INTO words (words, rank) VALUES ('automerge', 0), ('crisismerge', 1000);
  CREATE TABLE documents (
    document INTEGER PRIMARY KEY,
    id INTEGER NOT NULL
  ) STRICT;
`

export const TABLES_VERSION = 12
