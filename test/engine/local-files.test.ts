import { closeSync, copyFileSync, openSync, readdirSync, rmSync, statSync, symlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Unavailable } from '../../src/engine/errors.ts'
import type { LocalEngine } from '../../src/engine/local/local.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { localEngineIn } from '../support/local-engine.ts'
import { createAccount, keepBlock } from '../support/records.ts'
import { said } from './conformance.ts'

async function started(folder: string) {
  const troubles: string[] = []
  const engine = await localEngineIn(folder, {
    trouble: (reason) => troubles.push(reason),
    recovered: () => troubles.push('recovered'),
    died: () => {},
  })
  onTestFinished(() => engine.stop())
  return { engine, troubles }
}

async function append(engine: LocalEngine, count: number, text: string): Promise<void> {
  for (let n = 0; n < count; n++) await engine.logs.append('room:1', said(`${text} ${n} ${'x'.repeat(500)}`))
}

function texts(file: string): string[] {
  const db = new DatabaseSync(file)
  try {
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    const rows = db.prepare("SELECT body FROM events WHERE kind = 'message' ORDER BY id").all()
    return rows.map(({ body }) => String(body).trimEnd())
  } finally {
    db.close()
  }
}

test.for([
  ['the database', ['roomd.db']],
  ['the write-ahead log', ['roomd.db-wal']],
  ['the shared memory', ['roomd.db-shm']],
  ['the lock', ['roomd.db.lock']],
  ['everything', undefined],
] as const)('%s is removed: whatever writes is refused, and why is told once', async ([, names]) => {
  const folder = temporaryFolder()
  const { engine, troubles } = await started(folder)
  await engine.logs.append('room:1', said('kept'))
  for (const name of names ?? readdirSync(folder)) rmSync(join(folder, name))
  const gone = join(folder, names?.[0] ?? 'roomd.db')
  const reason = `${gone} was removed, moved or replaced; lines are refused until the same file is back, or until a restart`
  const refused = new Unavailable(reason)
  await expect(engine.ping()).rejects.toThrow(refused)
  await expect(engine.logs.append('room:1', said('lost'))).rejects.toThrow(refused)
  await expect(createAccount(engine, 'ann', 'hash')).rejects.toThrow(refused)
  await expect(keepBlock(engine, 'ann', 'bob')).rejects.toThrow(refused)
  await expect(engine.records.put('secret', 'key', 'text')).rejects.toThrow(refused)
  await expect(engine.records.delete('secret', 'key')).rejects.toThrow(refused)
  await eventually(() => expect(troubles).toEqual([reason]))
})

const copies = {
  'VACUUM INTO': async (db, copy) => db.exec(`VACUUM INTO '${copy}'`),
  'the backup API': (db, copy) => backup(db, copy),
} satisfies Record<string, (db: DatabaseSync, copy: string) => unknown>

describe.each(Object.entries(copies))('a copy by %s is put over the database', (_, copyTo) => {
  test.for([
    ['has never been checkpointed', 0],
    ['was checkpointed at a restart', 20],
  ] as const)('a database that %s: nothing of the old log is mixed with the copy', async ([, earlier]) => {
    const folder = temporaryFolder()
    const file = join(folder, 'roomd.db')
    if (earlier > 0) {
      const { engine } = await started(folder)
      await append(engine, earlier, 'earlier')
      await engine.stop()
    }
    const { engine, troubles } = await started(folder)
    await append(engine, 5, 'before')
    const db = new DatabaseSync(file)
    await copyTo(db, `${file}.copy`)
    db.close()
    await append(engine, 10, 'after')
    copyFileSync(`${file}.copy`, file)
    await eventually(() => expect(troubles).toEqual([expect.stringContaining(`${file} was overwritten`)]))
    await eventually(() => expect(statSync(`${file}-wal`).size).toBe(0))
    await engine.stop()
    expect(texts(file)).toEqual(texts(`${file}.copy`))
    expect(texts(file)).toHaveLength(earlier + 5)
  })
})

test('pages are damaged right after the log has restarted: it is noticed, and the log is kept', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'roomd.db')
  const { engine, troubles } = await started(folder)
  await append(engine, 20, 'kept')
  const db = new DatabaseSync(file)
  expect(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()).toMatchObject({ busy: 0 })
  db.close()
  await append(engine, 1, 'behind the checkpoint')
  const { size } = statSync(file)
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, Buffer.alloc(4_096, 0xa5), 0, 4_096, size - 4_096)
  closeSync(descriptor)
  await expect(append(engine, 1, 'refused')).rejects.toThrow(`${file} was overwritten`)
  expect(troubles).toEqual([expect.stringContaining(`${file} was overwritten`)])
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0)
})

test.for([
  ['the database', false],
  ['a database that a link leads to', true],
] as const)(
  'a later state of another database is put over %s: nothing of the old log is mixed with it',
  async ([, isLinked]) => {
    const other = temporaryFolder()
    for (const text of ['first', 'second', 'third']) {
      const { engine } = await started(other)
      await append(engine, 40, text)
      await engine.stop()
    }
    const folder = temporaryFolder()
    const file = join(isLinked ? temporaryFolder() : folder, 'roomd.db')
    if (isLinked) symlinkSync(file, join(folder, 'roomd.db'))
    const { engine, troubles } = await started(folder)
    await append(engine, 10, 'overwritten')
    copyFileSync(join(other, 'roomd.db'), file)
    await eventually(() => expect(troubles).toEqual([expect.stringContaining('roomd.db was overwritten')]))
    await eventually(() => expect(statSync(`${file}-wal`).size).toBe(0))
    await engine.stop()
    expect(texts(file)).toEqual(texts(join(other, 'roomd.db')))
    expect(texts(file)).toHaveLength(120)
  },
)

test('a database that a link leads to is private, too', async () => {
  const [folder, other] = [temporaryFolder(), temporaryFolder()]
  symlinkSync(join(other, 'real.db'), join(folder, 'roomd.db'))
  await started(folder)
  expect(statSync(join(other, 'real.db')).mode & 0o777).toBe(0o600)
})

test('the write-ahead log of a database that a link leads to is removed: whatever writes is refused', async () => {
  const [folder, other] = [temporaryFolder(), temporaryFolder()]
  const file = join(other, 'real.db')
  symlinkSync(file, join(folder, 'roomd.db'))
  const { engine } = await started(folder)
  await engine.logs.append('room:1', said('kept'))
  rmSync(`${file}-wal`)
  await expect(engine.ping()).rejects.toThrow(`${file}-wal was removed`)
})

test('a long write-ahead log is copied to the database file before a commit has to do it', async () => {
  const folder = temporaryFolder()
  const { engine } = await started(folder)
  const file = join(folder, 'roomd.db')
  // The start has emptied the log, as it may have the text of a removed message.
  await eventually(() => expect(statSync(`${file}-wal`).size).toBe(0))
  const { size } = statSync(file)
  // Three frames or more each, and far less than 4,000 in all.
  await append(engine, 600, 'long')
  expect(statSync(file).size).toBeGreaterThan(size + 100_000)
})
