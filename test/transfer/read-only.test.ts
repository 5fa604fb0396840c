/** Folders in which no file can be made. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { StoppedDatabase } from '../../src/engine/local/stopped-database.ts'
import { temporaryFolder } from '../support/folder.ts'
import { main, nodeEnvironment } from '../support/main.ts'
import { content, engineAt, exported } from './world.ts'

/** A folder of a daemon that has stopped, what a killed one would have left, and the export of both. */
async function folders() {
  const [stopped, killed] = [temporaryFolder(), temporaryFolder()]
  const engine = await engineAt(stopped)
  for (const body of ['one', 'two']) {
    await engine.logs.append('room:1', { kind: 'message', room: 1, from: 'Ann', body })
  }
  cpSync(stopped, killed, { recursive: true })
  await engine.stop()
  expect(readdirSync(killed)).toContain('roomd.db-wal')
  expect(readdirSync(stopped)).not.toContain('roomd.db-wal')
  return { stopped, killed, whole: content((await exported(stopped)).text) }
}

function roomd(through: readonly string[], ...args: readonly string[]) {
  const [command = '', ...rest] = [...through, process.execPath, main, ...args]
  return spawnSync(command, rest, { encoding: 'utf8', env: nodeEnvironment() })
}

/** A user who may read what {@link makeReadable} has made readable, and write nothing there. */
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']

function makeReadable(folder: string): void {
  chmodSync(folder, 0o755)
  for (const file of readdirSync(folder)) chmodSync(join(folder, file), 0o644)
}

const isRoot = process.getuid?.() === 0
const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0

test.skipIf(!mayMount)('a folder on a read-only file system is exported, and its audit is read', async () => {
  const { stopped, killed, whole } = await folders()
  const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
  for (const data of [stopped, killed]) {
    const through = ['unshare', '--mount', 'sh', '-c', script, data]
    const { status, stdout } = roomd(through, 'export', '--data', data)
    expect(status).toBe(0)
    expect(content(stdout)).toBe(whole)
    expect(roomd(through, 'audit', '--data', data)).toMatchObject({ status: 0, stderr: '' })
  }
})

test.skipIf(!isRoot)('so is one by a user who may only read it, and nothing is left there', async () => {
  const { stopped, whole } = await folders()
  const before = readdirSync(stopped)
  makeReadable(stopped)
  const { status, stdout } = roomd(NOBODY, 'export', '--data', stopped)
  expect(status).toBe(0)
  expect(content(stdout)).toBe(whole)
  expect(readdirSync(stopped)).toEqual(before)

  const file = join(stopped, 'roomd.db')
  const refused = (what: string) => ({
    status: 1,
    stderr: `roomd: cannot read ${file}: user 65534 may not ${what}, which belongs to user 0\n`,
  })
  chmodSync(file, 0o600)
  expect(roomd(NOBODY, 'export', '--data', stopped)).toMatchObject(refused(`read ${file}`))
  chmodSync(stopped, 0o700)
  expect(roomd(NOBODY, 'export', '--data', stopped)).toMatchObject(refused(`enter ${stopped}`))
})

test.skipIf(!isRoot)(
  'a write-ahead log that cannot be read is not left out, nor one that a link leads to',
  async () => {
    const { killed } = await folders()
    // What SQLite needs to read the log where no file can be made.
    rmSync(join(killed, 'roomd.db-shm'))
    const linked = temporaryFolder()
    symlinkSync(join(killed, 'roomd.db'), join(linked, 'roomd.db'))
    for (const folder of [killed, linked]) makeReadable(folder)
    for (const data of [killed, linked]) {
      const { status, stdout, stderr } = roomd(NOBODY, 'export', '--data', data)
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toContain(`cannot read ${join(data, 'roomd.db')}: `)
    }
  },
)

test.skipIf(!isRoot)('nor is a transaction that was never committed taken for the content', async () => {
  const [torn, { stopped }] = [temporaryFolder(), await folders()]
  const db = new DatabaseSync(join(stopped, 'roomd.db'))
  db.exec("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN; UPDATE events SET body = 'never said'")
  db.exec(`WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 5000)
    INSERT INTO records (kind, key, value) SELECT 'name', v, 'never ' || v FROM n`)
  cpSync(stopped, torn, { recursive: true })
  db.exec('ROLLBACK')
  db.close()
  expect(readdirSync(torn)).toContain('roomd.db-journal')
  makeReadable(torn)
  const { status, stdout, stderr } = roomd(NOBODY, 'export', '--data', torn)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain(`cannot read ${join(torn, 'roomd.db')}: `)
})

test('a daemon that begins meanwhile is noticed, as what was read may be wrong', async () => {
  const { stopped } = await folders()
  const database = StoppedDatabase.open(join(stopped, 'roomd.db')) ?? expect.fail()
  database.check()
  const journal = join(stopped, 'roomd.db-journal')
  writeFileSync(journal, 'of a transaction')
  expect(() => database.check()).toThrow('it was changed meanwhile')
  rmSync(journal)
  database.check()
  const engine = await engineAt(stopped)
  expect(() => database.check()).toThrow('it was changed meanwhile')
  await engine.stop()
  expect(() => database.check()).toThrow('it was changed meanwhile')
  database.db.close()
})
