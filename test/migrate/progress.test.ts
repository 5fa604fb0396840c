import { expect, test } from 'vitest'
import { Progress } from '../../src/migrate/progress.ts'

function written(isTTY: boolean) {
  const texts: string[] = []
  let now = 0
  const progress = new Progress({ isTTY, write: (text) => texts.push(text) }, () => now)
  return { progress, texts, pass: (ms: number) => (now += ms) }
}

test('a terminal sees a bar that is drawn anew', () => {
  const { progress, texts, pass } = written(true)
  progress.begin('moving', 3_000)
  for (const _ of [1, 2, 3]) {
    pass(60)
    progress.add(500)
  }
  progress.end()
  const bar = `[${'#'.repeat(10)}${'-'.repeat(20)}]`
  expect(texts).toEqual([`\r\x1b[K${bar} moving 33 % (1,000 of 3,000 events), 1 s left`, '\r\x1b[K'])
})

test('a pipe gets a line every few seconds, and what was there already counts for no speed', () => {
  const { progress, texts, pass } = written(false)
  progress.begin('moving', 4_000)
  progress.add(1_000, true)
  for (let n = 0; n < 4; n++) {
    pass(1_000)
    progress.add(250)
  }
  progress.end()
  expect(texts).toEqual(['moving 43 % (1,750 of 4,000 events), 9 s left\n'])
})
