import { expect, test } from 'vitest'
import { EndQueue } from '../../src/chat/end-queue.ts'
import { Handover } from '../../src/chat/handover.ts'
import { Session } from '../../src/chat/session.ts'
import { lifeline, silent } from './stage.ts'

const never = async () => false

test('a session that has waited for a nickname in vain does not wait again with its next requests', async () => {
  const handover = new Handover(new EndQueue())
  const session = new Session(silent)
  const wait = async (session: Session) => {
    const started = performance.now()
    expect(await handover.take({ key: 'ann', session }, never, () => [])).toBe(false)
    return performance.now() - started
  }
  expect(await wait(session)).toBeGreaterThan(400)
  for (let n = 0; n < 20; n++) expect(await wait(session)).toBeLessThan(400)
  expect(await wait(new Session(silent))).toBeGreaterThan(400)
})

test('of two sessions that want what the other one holds, one is refused at once, and the other one gets it when that is gone', async () => {
  const handover = new Handover(new EndQueue())
  const ann = new Session(silent, { ...lifeline('a'), mayBeEnding: true })
  const bob = new Session(silent, { ...lifeline('b'), mayBeEnding: true })
  const started = performance.now()
  const later = handover.take(
    { key: 'ann', session: bob },
    async () => ann.closed,
    () => [ann],
  )
  expect(await handover.take({ key: 'bob', session: ann }, never, () => [bob])).toBe(false)
  ann.closed = true
  handover.freed('ann')
  expect(await later).toBe(true)
  expect(performance.now() - started).toBeLessThan(3_000)
})
