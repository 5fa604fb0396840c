/** The path of a line in docs/architecture.md. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { pathOfALine } from '../../scripts/path-of-a-line.ts'

test('each function that it names runs for a line', async () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/architecture.md'), 'utf8')
  const [, section = ''] = /^## The path of a line\n([\s\S]*?)^## /m.exec(page) ?? []
  const named = section.split('\n').flatMap((line) => {
    const [, step, functions = ''] = line.split(' | ')
    return step === undefined
      ? []
      : [...`${step} ${functions}`.matchAll(/`(?:\w+\.)?(#?\w+)`/g)].map(([, name]) => name)
  })
  expect(named.length).toBeGreaterThan(50)
  const run = new Set((await pathOfALine()).map(({ name }) => name))
  // Below the store's thread, which a store in memory does not need.
  expect(named.filter((name = '') => !run.has(name) && name !== 'serveStore')).toEqual([])
})
