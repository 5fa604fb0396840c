import { expect, test } from 'vitest'
import { Unavailable } from '../../src/engine/errors.ts'
import { Commits } from '../../src/engine/local/commits.ts'
import { type Columns, type CommitResult, type Row, rowsOf } from '../../src/engine/local/rows.ts'
import { tickEnd } from '../../src/tick.ts'

test('messages with a nonce are refused with those before them, others are not', async () => {
  const batches: { rows: readonly Row[]; refuse(): void }[] = []
  let id = 0
  const commit = (columns: Columns) =>
    new Promise<CommitResult>((resolve, reject) => {
      const rows = rowsOf(columns)
      if (batches.push({ rows, refuse: () => reject(new Error('away')) }) === 1) return
      resolve({ ids: rows.map(() => ++id), now: 0, left: [] })
    })
  const commits = new Commits(commit, () => {}, {})
  const append = (body: string, nonce?: string) =>
    commits.append('room:1', { kind: 'message', room: 1, from: 'ann', body, nonce }).then(
      () => 'committed',
      (error: unknown) => error instanceof Unavailable && 'refused',
    )
  const first = append('one', 'n1')
  await tickEnd()
  const queued = [append('two', 'n2'), append('plain'), append('three', 'n3')]
  expect(batches.map(({ rows }) => rows.length)).toEqual([1])
  batches[0]?.refuse()
  expect(await Promise.all([first, ...queued])).toEqual(['refused', 'refused', 'committed', 'refused'])
  expect(await append('four', 'n4')).toBe('committed')
})
