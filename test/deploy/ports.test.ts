/** The ports that others open or close for roomd are those it listens on unless told otherwise. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Option } from '../../src/option.ts'
import { PROTOCOL_OPTIONS } from '../../src/protocols/all.ts'

const PORTS = Object.values<Option>(PROTOCOL_OPTIONS)
  .filter((option) => option.type === 'port' && option.default !== undefined)
  .map((option) => String(option.default))
  .sort()

test.each([
  ['Dockerfile', /^EXPOSE (.+)$/m],
  ['docs/operating.md', /^port = (.+)$/m],
])('%s names every port that is on by default', (file, pattern) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  const [, named = ''] = pattern.exec(text) ?? []
  expect(named.split(/[ ,]/).sort()).toEqual(PORTS)
})
