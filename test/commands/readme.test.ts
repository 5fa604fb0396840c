import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readmeWith } from '../../scripts/readme.ts'

test("the README's tables are made from the command table and the options (npm run readme writes them)", () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  expect(readme).toBe(readmeWith(readme))
  expect(readme).toContain('`/tell <nickname> <text>`')
})
