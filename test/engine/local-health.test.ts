/** What is told of a store that fails, and what is done before that. */
import type { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { Displaced, type OpenFiles } from '../../src/engine/local/files.ts'
import { StoreHealth } from '../../src/engine/local/health.ts'
import type { LocalStore } from '../../src/engine/local/store.ts'

const MALFORMED = Object.assign(new Error('database disk image is malformed'), { errcode: 11 })

/** A store whose pages are damaged, and the order of what happens. */
function damaged(by: Displaced | undefined) {
  const order: unknown[] = []
  const files = {
    check: () => {
      if (by) throw by
    },
    secure: () => order.push('secured'),
  } as unknown as OpenFiles
  // Neither the store nor its database is used.
  const health = new StoreHealth({} as LocalStore, {} as DatabaseSync, files, (notice) => order.push(notice))
  return { health, order }
}

test('damage by a program that has overwritten the file is told as such, by whatever it is met, behind the rescue', () => {
  const { health, order } = damaged(new Displaced('roomd.db was overwritten'))
  health.failed('reads', MALFORMED)
  expect(order).toEqual(['secured', { notice: 'trouble', operation: 'commits', reason: 'roomd.db was overwritten' }])
})

test('other damage is told as what it is', () => {
  const { health, order } = damaged(undefined)
  health.failed('reads', MALFORMED)
  const reason = 'the database file is damaged: database disk image is malformed'
  expect(order).toEqual([{ notice: 'trouble', operation: 'reads', reason }])
})
