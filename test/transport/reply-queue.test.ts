import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Unanswered } from '../../src/transport/hearing.ts'

test('what is said is settled when all before it is, however it ends, and nothing of it is held', async () => {
  const said = new Unanswered()
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let settled = false
  said.add(first.promise)
  said.add(second.promise).done.catch(() => {})
  const all = said.settled.then((value) => {
    settled = true
    return value
  })
  second.reject(new Error('as it was asked'))
  await turn()
  expect(settled).toBe(false)
  first.resolve()
  // Were it what has come of each, every message of a connection would be held for good.
  expect(await all).toBeUndefined()
})
