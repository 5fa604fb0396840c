import { expect, test } from 'vitest'
import { textMessages } from '../../src/transport/framing.ts'

test('all messages that are not taken are held', () => {
  const framing = textMessages()
  framing.feed('four')
  framing.feed('seven77')
  expect(framing.held).toBe(11)
  while (framing.next() !== undefined);
  expect(framing.held).toBe(0)
})
