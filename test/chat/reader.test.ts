import { expect, test } from 'vitest'
import { LOBBY } from '../../src/chat/chat.ts'
import { collectGarbage } from '../support/collect-garbage.ts'
import { say, stage } from './stage.ts'

const SEARCHERS = 50
/** More than are held in memory for a room. */
const MESSAGES = 300
const TEXT = 'x'.repeat(3_900)
/** Those of ten messages for each search, which looks at 300. */
const MAX_BYTES = 10 * SEARCHERS * TEXT.length

test('a search holds only what it has found while others have their turn', async () => {
  const { chat, guest } = await stage()
  const filler = await guest('filler', 'lobby')
  for (let n = 0; n < MESSAGES; n++) await say(chat, filler, `${n} ${TEXT}`)
  const searchers = await Promise.all(Array.from({ length: SEARCHERS }, (_, n) => guest(`searcher${n}`)))
  for (const searcher of searchers) await chat.block(searcher, 'filler')

  collectGarbage()
  const before = process.memoryUsage().heapUsed
  const searches = searchers.map((searcher) => chat.messages.recentMessages(LOBBY, searcher, 10))
  // They take turns: when the first one is done, the others have looked at almost everything.
  await Promise.race(searches)
  collectGarbage()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(MAX_BYTES)
  expect((await Promise.all(searches)).flat()).toEqual([])
})
