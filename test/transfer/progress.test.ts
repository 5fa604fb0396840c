import { expect, test } from 'vitest'
import { Progress } from '../../src/transfer/progress.ts'

function written(isTTY: boolean) {
  const texts: string[] = []
  let now = 0
  const progress = new Progress({ isTTY, write: (text) => texts.push(text) }, () => now)
  return { progress, texts, pass: (ms: number) => (now += ms) }
}

test('a terminal sees a bar that is drawn anew', () => {
  const { progress, texts, pass } = written(true)
  progress.begin('exporting', 3_000)
  for (const _ of [1, 2, 3]) {
    pass(60)
    progress.add(500)
  }
  progress.end()
  const bar = `[${'#'.repeat(10)}${'-'.repeat(20)}]`
  expect(texts).toEqual([`\r\x1b[K${bar} exporting 33 % (1,000 of 3,000 events), 1 s left`, '\r\x1b[K'])
})

test('where the number of events is not known a terminal sees how many are done', () => {
  const { progress, texts, pass } = written(true)
  progress.begin('importing', undefined)
  pass(200)
  progress.add(2_000)
  progress.end()
  expect(texts).toEqual(['\r\x1b[Kimporting (2,000 events)', '\r\x1b[K'])
})

test('a pipe gets nothing', () => {
  const { progress, texts, pass } = written(false)
  progress.begin('exporting', 4_000)
  pass(60_000)
  progress.add(1_000)
  progress.end()
  expect(texts).toEqual([])
})
