import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Unavailable } from '../../src/engine/engine.ts'
import { LocalEngine } from '../../src/engine/local/local.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { createAccount, keepBlock } from '../support/records.ts'
import { said } from './conformance.ts'

test.for([
  ['the database', ['roomd.db']],
  ['the write-ahead log', ['roomd.db-wal']],
  ['the shared memory', ['roomd.db-shm']],
  ['the lock', ['roomd.db.lock']],
  ['everything', undefined],
] as const)('%s is removed: whatever writes is refused, and why is told once', async ([, names]) => {
  const folder = temporaryFolder()
  const troubles: string[] = []
  const engine = new LocalEngine(
    {
      file: join(folder, 'roomd.db'),
      sync: 'normal',
      keep: { days: 0, events: 0 },
      lobby: 'lobby',
      memory: { events: 1_000, bytes: 1_000_000 },
    },
    { trouble: (reason) => troubles.push(reason), recovered: () => troubles.push('recovered'), died: () => {} },
  )
  await engine.start()
  onTestFinished(() => engine.stop())
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
