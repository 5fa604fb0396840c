/** Durations as commands take them. */
import { expect, test } from 'vitest'
import { splitDuration } from '../../commands/words.ts'

const MINUTE = 60_000

test.for([
  ['5s 5sec 5secs 5second 5seconds', 5_000],
  ['5m 5min 5mins 5minute 5MINUTES', 5 * MINUTE],
  ['2h 2hr 2hrs 2hour 2Hours', 120 * MINUTE],
  ['7d 7day 7days', 7 * 1_440 * MINUTE],
] as const)('%s are the same', ([spellings, until]) => {
  for (const spelling of spellings.split(' '))
    expect([spelling, splitDuration(`${spelling} why not`, 0)]).toEqual([spelling, { until, rest: 'why not' }])
})

test.for(['5', '5 min', '1month', '1week', '5ms', '1h30m', 'm', '5minx'])('%s is none', (text) => {
  expect(splitDuration(text, 0)).toEqual({ until: undefined, rest: text })
})
