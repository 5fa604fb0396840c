import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../../commands/errors.ts'
import { FILES, withTables } from '../../scripts/docs.ts'
import { OPTIONS } from '../../src/options.ts'

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

test.for(FILES)('the tables in %s are those of the code (npm run docs writes them)', (name) => {
  const text = read(name)
  expect(text).toBe(withTables(text))
})

test('docs/commands.md has the commands, docs/options.md every option, and docs/protocols/line-errors.md every code', () => {
  expect(read('docs/commands.md')).toContain('`/tell <nickname> [nonce=<word>] <text>`')
  const options = read('docs/options.md')
  for (const name of Object.keys(OPTIONS)) expect(options).toContain(`| \`--${name}\` |`)
  const errors = read('docs/protocols/line-errors.md')
  for (const code of ERROR_CODES) expect(errors).toContain(`| \`${code}\` |`)
})
