/** What moderation costs those whom it does not concern. */
import { expect, test, vi } from 'vitest'
import { RoomState } from '../../src/chat/room-state.ts'
import { Sanctions } from '../../src/chat/sanctions.ts'
import { enter, reasonOf, say, stage } from './stage.ts'

const MANY = 10_000
const digestOf = (number: number) => number.toString(16).padStart(32, '0')

test('a room with 10,000 bans: a join reads nothing more, and looks at no ban of others', async () => {
  const { chat, engine, guest } = await stage()
  const ann = await guest('ann', 'ops')
  const { room } = ann.inRoom()
  const ban = (number: number) => {
    const details = { role: 'banned', on: true, address: digestOf(number) } as const
    return engine.logs.append(room.log, {
      kind: 'role',
      room: room.record.id,
      from: 'ann',
      to: `raider${number}`,
      body: '',
      details,
    })
  }
  await Promise.all(Array.from({ length: MANY }, (_, number) => ban(number)))
  expect(room.state.banned.size).toBe(MANY)
  const read = vi.spyOn(engine.logs, 'state')
  await enter(chat, await guest('gentle'), 'ops')
  expect(await reasonOf(guest('raider9999', 'ops'))).toBe('banned')
  expect(read).not.toHaveBeenCalled()

  const looked = vi.spyOn(Map.prototype, 'get')
  let lookups: number
  try {
    room.state.checkEntry({ key: 'gentle', accountId: undefined, isAdmin: false, addressDigest: 'none' })
    lookups = looked.mock.calls.length
  } finally {
    looked.mockRestore()
  }
  expect(lookups).toBeLessThan(10)
})

test('a message in a room without mutes and modes looks at none', async () => {
  const { guest, chat } = await stage()
  const ann = await guest('ann', 'ops')
  const looked = [vi.spyOn(RoomState.prototype, 'rankOf'), vi.spyOn(Sanctions.prototype, 'find')]
  try {
    await say(chat, ann, 'hello')
    for (const spy of looked) expect(spy).not.toHaveBeenCalled()
    ann.inRoom().room.state.restrictsSpeech = true
    await say(chat, ann, 'hello')
    expect(looked[0]).toHaveBeenCalled()
  } finally {
    for (const spy of looked) spy.mockRestore()
  }
})
