/** The files of the database go away, or others come in their place, while the daemon runs. */
import { closeSync, copyFileSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, type TestContext, test } from 'vitest'
import { Line, messagesIn, UNAVAILABLE } from '../clients/line.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { RoomdProcess } from '../support/process.ts'

type Finished = TestContext['onTestFinished']

function roomd(finished: Finished, data: string, ...more: readonly string[]): RoomdProcess {
  const daemon = new RoomdProcess(['--line', '0', '--data', data, ...more])
  finished(async () => {
    daemon.child.kill('SIGKILL')
    await daemon.exit
  })
  return daemon
}

/** A daemon, somebody in a room there, and where its data is. */
async function stage(finished: Finished) {
  const data = join(temporaryFolder(), 'data')
  const daemon = roomd(finished, data, '--http', '0')
  const port = await daemon.ready()
  const ann = await Line.in('ops', 'ann', port)
  return { data, file: join(data, 'roomd.db'), daemon, port, ann }
}

/** Lines that are said at once, and so committed together. */
const AT_ONCE = 10

/** Says so many lines, all of which are acknowledged. */
async function say(ann: Line, count: number, text = 'kept'): Promise<string[]> {
  const lines = Array.from({ length: count }, (_, n) => `${text} ${n} ${'x'.repeat(500)}`)
  for (let at = 0; at < count; at += AT_ONCE) {
    const some = lines.slice(at, at + AT_ONCE)
    expect(await Promise.all(some.map((line) => ann.say(line)))).toEqual(some.map(() => 'OK'))
  }
  return lines
}

const REFUSING = 'cannot commit; lines are answered with an error until it works again'

/** Resolves when the daemon says that it is not ready, and why; nobody says anything meanwhile. */
async function refusing(daemon: RoomdProcess, why: string): Promise<void> {
  const { reason } = await daemon.logged(REFUSING)
  expect(reason).toContain(why)
  expect(await daemon.get('/readyz')).toEqual({ status: 503, text: `${reason}\n` })
  const { text: metrics } = await daemon.get('/metrics')
  expect(metrics).toMatch(/^roomd_ready 0$/m)
  expect(metrics).toMatch(/^roomd_fault\{fault="commits"\} 1$/m)
}

const errorsOf = ({ log }: RoomdProcess) => log.filter(({ level }) => Number(level) >= 50)

function lines(file: string): string[] {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    return db
      .prepare("SELECT body FROM events WHERE kind = 'message' ORDER BY id")
      .all()
      .map(({ body }) => String(body))
  } finally {
    db.close()
  }
}

/** A copy of the database as it is now, made as docs/operating.md says. */
function backup(file: string): string {
  const copy = `${file}.backup`
  const db = new DatabaseSync(file)
  db.exec(`VACUUM INTO '${copy}'`)
  db.close()
  return copy
}

test.concurrent('nothing is acknowledged from the moment on at which the folder is gone', async ({
  onTestFinished,
}) => {
  const { data, daemon, ann } = await stage(onTestFinished)
  let gone = false
  let late = 0
  for (let n = 0; late < 50; n++) {
    if (gone) late++
    const asked = ann.say(`line ${n}`)
    if (n === 200) {
      rmSync(data, { recursive: true })
      gone = true
      await asked
    } else if (gone) expect(await asked).toBe(UNAVAILABLE)
    else expect(await asked).toBe('OK')
  }
  await refusing(daemon, 'roomd.db was removed, moved or replaced')
  expect(await ann.say('/ping')).toBe('PONG')
  expect(errorsOf(daemon)).toHaveLength(1)
  daemon.child.kill('SIGTERM')
  expect(await daemon.exit).toMatchObject({ status: 0, stderr: '' })
})

test.concurrent('a log that is removed takes nothing with it that was acknowledged', async ({ onTestFinished }) => {
  const { data, file, daemon, ann } = await stage(onTestFinished)
  const said = await say(ann, 400)
  rmSync(`${file}-wal`)
  // As soon as it is told.
  const { reason } = await daemon.logged(REFUSING)
  daemon.child.kill('SIGKILL')
  expect(reason).toContain('roomd.db-wal')
  await daemon.exit
  const port = await roomd(onTestFinished, data).ready()
  expect(await messagesIn('ops', port)).toEqual({ messages: said, errors: [] })
})

test.concurrent('a folder that is moved away and back: it goes on by itself, and nothing is lost or there twice', async ({
  onTestFinished,
}) => {
  const { data, daemon, port, ann } = await stage(onTestFinished)
  const said = await say(ann, 20)
  renameSync(data, `${data}-moved`)
  await refusing(daemon, 'roomd.db was removed, moved')
  expect(await ann.say('refused')).toBe(UNAVAILABLE)
  renameSync(`${data}-moved`, data)
  await daemon.logged('commits work again')
  expect(await daemon.get('/readyz')).toEqual({ status: 200, text: 'ready\n' })
  said.push(...(await say(ann, 20, 'later')))
  expect(await messagesIn('ops', port)).toEqual({ messages: said, errors: [] })
  expect(errorsOf(daemon)).toHaveLength(1)
})

test.concurrent('a folder that is moved away keeps a second daemon out, and lets one in at the old path', async ({
  onTestFinished,
}) => {
  const { data, daemon, ann } = await stage(onTestFinished)
  const said = await say(ann, 5)
  renameSync(data, `${data}-moved`)
  await refusing(daemon, 'moved')
  const { status, stderr } = await roomd(onTestFinished, `${data}-moved`).exit
  expect(stderr).toBe(
    `roomd: cannot open ${data}-moved/roomd.db: it is in use by another process; --data FOLDER chooses another; is roomd running already?\n`,
  )
  expect(status).toBe(1)

  const other = roomd(onTestFinished, data)
  const there = await other.ready()
  expect(await messagesIn('ops', there)).toEqual({ messages: [], errors: [] })
  const bob = await Line.in('ops', 'bob', there)
  const others = await say(bob, 5, 'another store')
  expect(await ann.say('still refused')).toBe(UNAVAILABLE)
  // The end of the first takes nothing from the one that is at its path now.
  daemon.child.kill('SIGTERM')
  await daemon.exit
  others.push(...(await say(bob, 5, 'on')))
  expect(await messagesIn('ops', there)).toEqual({ messages: others, errors: [] })
  const moved = await roomd(onTestFinished, `${data}-moved`).ready()
  expect(await messagesIn('ops', moved)).toEqual({ messages: said, errors: [] })
})

describe.each(['SIGTERM', 'SIGKILL'] as const)('a backup that is put in place, then %s', (signal) => {
  test.concurrent('of the database, which is moved aside: both are whole', async ({ onTestFinished }) => {
    const { data, file, daemon, ann } = await stage(onTestFinished)
    const before = await say(ann, 100)
    const copy = backup(file)
    const after = await say(ann, 300, 'after')
    renameSync(file, `${file}.aside`)
    copyFileSync(copy, file)
    await refusing(daemon, 'roomd.db was removed, moved or replaced')
    expect(await ann.say('refused')).toBe(UNAVAILABLE)
    daemon.child.kill(signal)
    await daemon.exit
    expect(lines(`${file}.aside`)).toEqual([...before, ...after])
    const port = await roomd(onTestFinished, data).ready()
    expect(await messagesIn('ops', port)).toEqual({ messages: before, errors: [] })
    expect(lines(file)).toEqual(before)
  })

  test.concurrent('over the database: it is whole', async ({ onTestFinished }) => {
    const { data, file, daemon, ann } = await stage(onTestFinished)
    const before = await say(ann, 100)
    const copy = backup(file)
    await say(ann, 300, 'after')
    copyFileSync(copy, file)
    await refusing(daemon, 'the database file is damaged: ')
    expect(await ann.say('refused')).toBe(UNAVAILABLE)
    expect(await ann.say('JOIN other')).toBe(UNAVAILABLE)
    await eventually(() => expect(statSync(`${file}-wal`).size).toBe(0))
    expect(errorsOf(daemon)).toHaveLength(1)
    daemon.child.kill(signal)
    await daemon.exit
    const port = await roomd(onTestFinished, data).ready()
    expect(await messagesIn('ops', port)).toEqual({ messages: before, errors: [] })
    expect(lines(file)).toEqual(before)
  })
})

test.concurrent('another process that checkpoints or reads the database disturbs nobody', async ({
  onTestFinished,
}) => {
  const { file, daemon, port, ann } = await stage(onTestFinished)
  const said = await say(ann, 50)
  const db = new DatabaseSync(file)
  expect(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()).toMatchObject({ busy: 0 })
  said.push(...(await say(ann, 50, 'between')))
  db.exec('PRAGMA wal_checkpoint(PASSIVE)')
  db.close()
  said.push(...(await say(ann, 50, 'behind')))
  expect(await messagesIn('ops', port)).toEqual({ messages: said, errors: [] })
  expect((await daemon.get('/readyz')).status).toBe(200)
  expect(daemon.log.filter(({ level }) => Number(level) >= 40)).toEqual([])
})

describe('pages that are damaged', () => {
  /** Writes what is in the log of the database to it. */
  function checkpoint(file: string): void {
    const db = new DatabaseSync(file)
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    db.close()
  }

  /** Overwrites the middle of the database: behind the roots of its tables, before what was said last. */
  function damage(file: string): void {
    const { size } = statSync(file)
    const descriptor = openSync(file, 'r+')
    for (let at = 196_608; at < size / 2; at += 4_096) writeSync(descriptor, Buffer.alloc(4_096, 0xa5), 0, 4_096, at)
    closeSync(descriptor)
  }

  async function refusesToRead(daemon: RoomdProcess, port: number): Promise<void> {
    expect((await messagesIn('ops', port, 'HISTORY 2020-01-01')).errors).toEqual([UNAVAILABLE])
    const { reason } = await daemon.logged(
      'cannot read what is stored; requests for it are answered with an error until it works again',
    )
    expect(reason).toBe('the database file is damaged: database disk image is malformed')
    expect(await daemon.get('/readyz')).toEqual({ status: 503, text: `${reason}\n` })
    const { text: metrics } = await daemon.get('/metrics')
    expect(metrics).toMatch(/^roomd_ready 0$/m)
    expect(metrics).toMatch(/^roomd_fault\{fault="reads"\} 1$/m)
    await messagesIn('ops', port, 'HISTORY 2020-01-01')
    expect(errorsOf(daemon)).toHaveLength(1)
  }

  test.concurrent('while it runs', async ({ onTestFinished }) => {
    const { file, daemon, port, ann } = await stage(onTestFinished)
    await say(ann, 800)
    checkpoint(file)
    // That it has seen before it commits this.
    expect(await ann.say('behind the checkpoint')).toBe('OK')
    damage(file)
    // Nobody reads: it is noticed by itself.
    await refusing(daemon, `the database file is damaged: ${file} was overwritten`)
    expect((await messagesIn('ops', port, 'HISTORY 2020-01-01')).errors).toContain(UNAVAILABLE)
    expect(await ann.say('refused')).toBe(UNAVAILABLE)
    // Also where background work has met a damaged page before that.
    expect(errorsOf(daemon)).toHaveLength(1)
  })

  test.concurrent('while it is stopped', async ({ onTestFinished }) => {
    const { data, file, daemon, ann } = await stage(onTestFinished)
    await say(ann, 800)
    daemon.child.kill('SIGTERM')
    await daemon.exit
    damage(file)
    const again = roomd(onTestFinished, data, '--http', '0')
    await refusesToRead(again, await again.ready())
  })

  test.concurrent('at its beginning: it does not start, and says why', async ({ onTestFinished }) => {
    const data = join(temporaryFolder(), 'data')
    mkdirSync(data)
    const file = join(data, 'roomd.db')
    const first = roomd(onTestFinished, data)
    await first.ready()
    first.child.kill('SIGTERM')
    await first.exit
    const descriptor = openSync(file, 'r+')
    writeSync(descriptor, Buffer.alloc(statSync(file).size - 100, 0xa5), 0, undefined, 100)
    closeSync(descriptor)
    const { status, stderr } = await roomd(onTestFinished, data).exit
    expect(stderr).toBe(`roomd: cannot open ${file}: the database file is damaged: database disk image is malformed\n`)
    expect(status).toBe(1)
  })
})
