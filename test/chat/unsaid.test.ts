/** Messages that cannot be committed. */
import { expect, test } from 'vitest'
import { Unavailable } from '../../src/engine/errors.ts'
import { enter, reasonOf, stage } from './stage.ts'

test('a message that the store refuses counts neither for slow mode nor as an event', async () => {
  const { chat, engine, guest } = await stage()
  const ann = await guest('ann', 'ops')
  const bob = await guest('bob')
  await enter(chat, bob, 'ops')
  await chat.moderation.settings.setMode(ann.inRoom(), 'slow', '60')
  const counted = () => chat.counts.events.get(bob.protocol)?.message ?? 0
  const { append } = engine.logs
  engine.logs.append = async () => {
    throw new Unavailable('away')
  }
  expect(await reasonOf(chat.messages.say(bob.inRoom(), 'one'))).toBe('unavailable')
  expect(counted()).toBe(0)
  engine.logs.append = append
  await chat.messages.say(bob.inRoom(), 'one')
  expect(counted()).toBe(1)
  expect(await reasonOf(chat.messages.say(bob.inRoom(), 'two'))).toBe('slow-mode')
})
