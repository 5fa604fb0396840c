import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../../commands/errors.ts'
import { FILES, withTables } from '../../scripts/readme.ts'

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

test.for(FILES)('the tables in %s are those of the code (npm run readme writes them)', (name) => {
  const text = read(name)
  expect(text).toBe(withTables(text))
})

test('the README has the commands, and docs/protocols/line-errors.md every code', () => {
  expect(read('README.md')).toContain('`/tell <nickname> <text>`')
  const errors = read('docs/protocols/line-errors.md')
  for (const code of ERROR_CODES) expect(errors).toContain(`| \`${code}\` |`)
})
