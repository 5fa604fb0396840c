/** docs/protocols/irc.md: everything that IRC can say or be asked is in a test, and so is each point of the checklist. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CAPS } from '../../../src/protocols/irc/caps.ts'
import { COMMANDS } from '../../../src/protocols/irc/commands/index.ts'
import { NUMERICS } from '../../../src/protocols/irc/numerics.ts'

const TESTS = join(import.meta.dirname, '..', '..')
const SOURCES = join(TESTS, '..', 'src/protocols/irc')
const OWN = 'coverage.test.ts'

const text = ['protocols/irc', 'cluster']
  .flatMap((folder) => readdirSync(join(TESTS, folder)).map((name) => join(TESTS, folder, name)))
  .filter((path) => /irc.*\.test\.ts$/.test(path) && !path.endsWith(OWN))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n')

/** The words that do not stand in the tests, with no letter or digit beside them. */
const missing = (words: Iterable<string>) =>
  [...words].filter((word) => !new RegExp(`(?<![\\w/-])${word.replaceAll('/', String.raw`\/`)}(?![\\w/-])`).test(text))

test('each numeric is expected by a test', () => {
  const codes = Object.values(NUMERICS).map((make) => {
    const [code = ''] = (make as (...params: unknown[]) => readonly string[])('', [], 0)
    return code
  })
  expect(missing(codes)).toEqual([])
})

test('each code of FAIL is expected by a test', () => {
  const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const written = sources.map((name) => readFileSync(join(SOURCES, name), 'utf8')).join('\n')
  const found = [...written.matchAll(/FAIL [A-Z]+ ([A-Z]+_[A-Z_]+)|'([A-Z]+_[A-Z_]+)'/g)].map(
    ([, text, word]) => text ?? word ?? '',
  )
  const failures = new Set(found.filter((code) => !(code in NUMERICS)))
  expect(failures.size).toBeGreaterThan(10)
  expect(missing(failures)).toEqual([])
})

test('each command is sent by a test', () => {
  expect(missing(COMMANDS.keys())).toEqual([])
})

test('each capability is requested by a test', () => {
  expect(missing(CAPS)).toEqual([])
})

test('each point of the checklist has a test with its number', () => {
  const named = new Set(
    Array.from(text.matchAll(/^ *test(?:\.each\(.*\))?\(\s*['`"](\d+)\./gms), ([, number]) => Number(number)),
  )
  const points = Array.from({ length: 50 }, (_, index) => index + 1)
  expect(points.filter((point) => !named.has(point))).toEqual([])
})
