import { expect, test } from 'vitest'
import { Blocking } from '../../src/chat/blocking.ts'
import { Blocks } from '../../src/chat/blocks.ts'
import { Session } from '../../src/chat/session.ts'
import { type Engine, Unavailable } from '../../src/engine/engine.ts'

test('a block that the store refuses is none, also against somebody who has blocked back', async () => {
  const away = { keepBlock: () => Promise.reject(new Unavailable('away')), signal: () => {}, heedSignals: () => {} }
  const blocks = new Blocks()
  // All of an engine that this needs.
  const blocking = new Blocking(away as unknown as Engine, blocks, new Map([['ann', 1]]))
  const ann = new Session({
    protocol: 'test',
    carriesPrivate: true,
    keepsBlocks: true,
    deliver: () => {},
    putOut: () => {},
  })
  ann.name = 'ann'
  blocks.block('bob', 'ann')
  await expect(blocking.block(ann, 'bob')).rejects.toMatchObject({ reason: 'unavailable' })
  expect(blocks.list('ann')).toEqual([])
  blocks.block('ann', 'bob', true)
  await expect(blocking.block(ann, 'BOB')).rejects.toMatchObject({ reason: 'unavailable' })
  expect(blocks.list('ann')).toHaveLength(1)
})
