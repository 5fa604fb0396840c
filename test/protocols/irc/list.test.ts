import { expect, test } from 'vitest'
import type { ListedRoom } from '../../../src/chat/room-lists.ts'
import type { IrcContext } from '../../../src/protocols/irc/command.ts'
import { listCommand } from '../../../src/protocols/irc/commands/list.ts'

test('LIST of many rooms with costly masks lets others in between', async () => {
  const name = 'a'.repeat(63)
  const rooms = Array.from({ length: 2_000 }, (_, n): ListedRoom => ({ name, title: name, members: n, saidAt: 0 }))
  // All of a session that the command needs.
  const context = {
    session: { memberships: new Map() },
    chat: { rooms: { lists: { all: async () => rooms } } },
    reply: (...parts: unknown[]) => parts.join(' '),
  } as unknown as IrcContext
  let rounds = 0
  const count = () => {
    rounds++
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  const masks = Array.from({ length: 20 }, () => `*${'a'.repeat(20)}b`)
  try {
    const lines = await listCommand.run(context, { command: 'LIST', tags: new Map(), params: [masks.join()] })
    expect(lines).toEqual(['RPL_LISTSTART', 'RPL_LISTEND'])
    expect(rounds).toBeGreaterThan(30)
    expect(await listCommand.run(context, { command: 'LIST', tags: new Map(), params: ['>1998'] })).toHaveLength(3)
  } finally {
    clearImmediate(next)
  }
})
