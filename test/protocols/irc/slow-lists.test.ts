/** docs/protocols/irc.md, section 9, point 15: a client that does not read a long reply keeps no list in memory. */
import { expect, onTestFinished, test } from 'vitest'
import { Snapshot } from '../../../src/chat/snapshot.ts'
import { Outbox } from '../../../src/transport/outbox.ts'
import { collectGarbage } from '../../support/collect-garbage.ts'
import { codes, ircSuite } from './suite.ts'

const suite = ircSuite({ 'max-rooms-per-address': 1_000 })
/** More than a piece of a reply has lines. */
const ROOMS = 300

/** Puts another function in the place of a method until the end of the test. */
function replace<T extends object, K extends keyof T>(owner: T, name: K, by: T[K]): void {
  const former = owner[name]
  owner[name] = by
  onTestFinished(() => {
    owner[name] = former
  })
}

test('a client that does not read the reply to LIST keeps no list of rooms in memory', async () => {
  const [ann, bob] = [await suite.guest('ann'), await suite.guest('bob')]
  const channels = Array.from({ length: ROOMS }, (_, n) => `#channel${n}`)
  for (let n = 0; n < ROOMS; n += 30) await ann.ask(`JOIN ${channels.slice(n, n + 30).join(',')}`)
  const lists: WeakRef<object>[] = []
  const { get } = Snapshot.prototype
  replace(Snapshot.prototype, 'get', async function (this: Snapshot<unknown>) {
    const made = await get.call(this)
    const { list } = made as { list?: readonly object[] }
    const last = list?.at(-1)
    if (last) lists.push(new WeakRef(last))
    return made
  })
  const goesOn = Promise.withResolvers<void>()
  const waits = Promise.withResolvers<void>()
  const { drained } = Outbox.prototype
  replace(Outbox.prototype, 'drained', async () => {
    waits.resolve()
    await goesOn.promise
  })
  ann.send('LIST')
  await waits.promise
  Outbox.prototype.drained = drained
  expect((await bob.ask('LIST')).length).toBeGreaterThan(ROOMS)
  collectGarbage()
  const kept = lists.map((list) => list.deref() !== undefined)
  goesOn.resolve()
  expect(kept).toEqual([false, true])
  const shown = await ann.until(/ 323 /)
  expect(codes(shown).filter((code) => code === '322')).toHaveLength(ROOMS + 1)
})
