import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ReplyQueue } from '../../src/transport/reply-queue.ts'

test('everything heard so far is answered when all of it is, however it ends, and nothing of it is held', async () => {
  const failures: unknown[] = []
  const owner = { outbox: { push: () => {} }, ready: () => {}, failed: (error: unknown) => failures.push(error) }
  const replies = new ReplyQueue(owner, { most: 10, crowded: 10 })
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let answered = false
  replies.add(1, { pipelined: first.promise })
  replies.add(1, { pipelined: second.promise })
  const all = replies.answered.then((value) => {
    answered = true
    return value
  })
  second.reject(new Error('as it was asked'))
  await turn()
  expect(answered).toBe(false)
  first.resolve()
  // Were it what has come of each, every message of a connection would be held for good.
  expect(await all).toBeUndefined()
  expect(failures).toHaveLength(1)
})
