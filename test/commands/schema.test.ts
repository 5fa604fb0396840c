import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { publishedSchema } from '../../commands/schema.ts'

test('the published schema is what the code says (npm run schema writes it)', () => {
  const published = readFileSync(new URL('../../commands/schema.json', import.meta.url), 'utf8')
  expect(published).toBe(publishedSchema())
})
