/** Events that are missed, repeated or told in another order where a reading of them is cut, or another one overtakes it. */
import { expect, test } from 'vitest'
import { eventLog } from '../../src/client/event-log.ts'
import { eventQueue } from '../../src/client/event-queue.ts'
import type { Told } from '../../src/client/server-lines.ts'
import { openSilent } from './fake.ts'
import { END, OK, record } from './scripted.ts'

const utctimestamp = '2026-05-24T15:17:19.000Z'
const whisper = (id: number): Told => ({ type: 'private', from: 'bob', to: 'ann', body: '', id: `${id}`, utctimestamp })
const NONE = { ...OK, result: null }

async function idsOf(events: AsyncIterable<Told>): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of events) ids.push(id)
  return ids
}

test('a reading that is overtaken by one on another connection tells nothing any more', async () => {
  const queue = eventQueue<Told>()
  const log = eventLog('/inbox', { after: '5' }, queue)
  const [first, second] = [await openSilent(), await openSilent()]
  log.follow(first.connection)
  await first.write(NONE, record(whisper(6)))
  log.follow(second.connection)
  log.hear(whisper(9))
  await first.write(record(whisper(8)), END)
  log.hear(whisper(10))
  await second.write(NONE, ...[7, 8, 9].map((id) => record(whisper(id))), END)
  log.end()
  expect(await idsOf(queue.read())).toEqual(['6', '7', '8', '9', '10'])
  expect([first.sent, second.sent]).toEqual([['/inbox after=5 end=yes'], ['/inbox after=6 end=yes']])
})

test('a log whose place is asked for on two connections has it when the later one tells it', async () => {
  const log = eventLog('/inbox', {}, eventQueue<Told>())
  const [first, second] = [await openSilent(), await openSilent()]
  let isPlaced = false
  const placed = log.follow(first.connection)?.then(() => (isPlaced = true))
  log.follow(second.connection)
  await first.write(NONE, record(whisper(5)), END)
  expect(isPlaced).toBe(false)
  await second.write(NONE, record(whisper(5)), END)
  expect(await placed).toBe(true)
})

test('an event that was heard behind a gap is told, also when its reading is cut', async () => {
  const queue = eventQueue<Told>()
  const log = eventLog('/inbox', { after: '5', maxMissed: 1 }, queue)
  const [first, second] = [await openSilent(), await openSilent()]
  log.follow(first.connection)
  await first.write(NONE, record(whisper(19)), record(whisper(20)), END)
  log.hear(whisper(21))
  await first.write(NONE, record(whisper(21)))
  first.cut()
  log.follow(second.connection)
  await second.write(NONE, record(whisper(21)), END)
  log.end()
  expect([first.sent, second.sent]).toEqual([
    ['/inbox after=5 limit=2 end=yes', '/inbox limit=1 end=yes'],
    ['/inbox after=20 limit=2 end=yes'],
  ])
  await expect(queue.read().next()).rejects.toThrow('Events missing')
  expect(await idsOf(queue.read())).toEqual(['20', '21'])
})
