import { expect, onTestFinished, test, vi } from 'vitest'
import { Blocking } from '../../src/chat/blocking.ts'
import { Blocks } from '../../src/chat/blocks.ts'
import { Session } from '../../src/chat/session.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { Unavailable } from '../../src/engine/errors.ts'

test('a block that the store refuses is none, also against somebody who has blocked back', async () => {
  const away = {
    records: { put: () => Promise.reject(new Unavailable('away')) },
    broadcast: { publish: () => {}, onBroadcast: () => {} },
  }
  const blocks = new Blocks()
  // All of an engine that this needs.
  const blocking = new Blocking(away as unknown as Engine, blocks, new Map([['ann', 1]]))
  const ann = new Session({
    protocol: 'test',
    carriesPrivate: true,
    announce: () => {},
    keepsBlocks: true,
    deliver: () => {},
    putOut: () => {},
  })
  ann.name = 'ann'
  blocks.block('bob', 'ann')
  await expect(blocking.block(ann, 'bob')).rejects.toMatchObject({ code: 'unavailable' })
  expect(blocks.list('ann')).toEqual([])
  blocks.block('ann', 'bob', true)
  await expect(blocking.block(ann, 'BOB')).rejects.toMatchObject({ code: 'unavailable' })
  expect(blocks.list('ann')).toHaveLength(1)
})

/** A node with everybody on it, and what it tells the others. */
function node() {
  const told: string[] = []
  let heed = (_text?: string) => {}
  const engine = {
    broadcast: {
      publish: (_: string, text: string) => void told.push(text),
      onBroadcast: (_: string, listener: (text?: string) => void) => {
        heed = listener
      },
    },
    records: { async *listBy() {} },
  }
  const blocks = new Blocks()
  const here = { has: () => true, keys: () => [] }
  // All of an engine that this needs.
  const blocking = new Blocking(engine as unknown as Engine, blocks, here)
  const guest = (name: string) => {
    const session = new Session({
      protocol: 'test',
      carriesPrivate: true,
      announce: () => {},
      deliver: () => {},
      putOut: () => {},
    })
    session.name = name
    return session
  }
  return { told, blocks, blocking, guest, hear: (text: string) => heed(text) }
}

test('what nodes tell one another of a guest’s blocks grows with their number, not with its square', async () => {
  const [one, other] = [node(), node()]
  const ann = one.guest('ann')
  for (let n = 0; n < 1_000; n++) await one.blocking.block(ann, `somebody ${n}`)
  await expect(one.blocking.block(ann, 'one more')).rejects.toMatchObject({ code: 'too-many-blocks' })
  await one.blocking.block(ann, 'somebody 7')
  expect(one.told.join('').length).toBeLessThan(200_000)
  for (const text of one.told) other.hear(text)
  expect(other.blocks.between('somebody 999', 'ann')).toBe(true)
  one.told.length = 0
  await one.blocking.unblock(ann, 'somebody 999')
  for (const text of one.told) other.hear(text)
  expect(other.blocks.between('somebody 999', 'ann')).toBe(false)
  expect(other.blocks.between('somebody 998', 'ann')).toBe(true)
})

test('somebody who comes is told the blocks against him, not all blocks of those who have made them', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const [one, other] = [node(), node()]
  for (let n = 0; n < 100; n++) {
    const guest = one.guest(`guest ${n}`)
    await one.blocking.block(guest, 'bob')
    for (let more = 0; more < 20; more++) await one.blocking.block(guest, `somebody ${more}`)
  }
  one.told.length = 0
  await other.blocking.load('bob')
  for (const text of other.told) one.hear(text)
  expect(one.told.join('').length).toBeLessThan(10_000)
  for (const text of one.told) other.hear(text)
  expect(other.blocks.against('bob')).toHaveLength(100)
})
