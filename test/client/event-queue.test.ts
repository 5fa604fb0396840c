/** The events of a room that wait until they are read. */
import { expect, test } from 'vitest'
import { eventQueue } from '../../src/client/event-queue.ts'

test('one iteration at a time reads the events; the next one goes on where it has ended', async () => {
  const queue = eventQueue<{ readonly id: string }>()
  queue.push({ id: '1' })
  queue.push({ id: '2' })
  const first = queue.read()
  expect((await first.next()).value).toEqual({ id: '1' })
  await expect(queue.read().next()).rejects.toThrow(TypeError)
  await first.return()
  expect((await queue.read().next()).value).toEqual({ id: '2' })
})
