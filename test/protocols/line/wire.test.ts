import { expect, test } from 'vitest'
import type { CommandContext } from '../../../commands/command.ts'
import { type Reply, result } from '../../../commands/replies.ts'
import { rooms } from '../../../commands/rooms.ts'
import { LineWire } from '../../../src/protocols/line/wire.ts'

test('a reply that is given to many is encoded once', async () => {
  const encoded: unknown[] = []
  const wire = new LineWire((line) => {
    encoded.push(line)
    return `${JSON.stringify(line)}\n`
  })
  const list = [{ name: 'ops', members: 2 }]
  // All of a conversation that the command needs.
  const talk = { chat: { rooms: { lists: { alive: async () => list } } } } as unknown as CommandContext
  encoded.length = 0
  const replies = (await Promise.all([rooms.run(talk, ''), rooms.run(talk, '')])) as Reply[]
  const [one, other] = replies.map((reply) => wire.bytesOf(reply))
  expect(one).toBe(other)
  expect(encoded).toHaveLength(1)
  expect(JSON.parse(String(one))).toEqual({
    type: 'commandResult',
    result: 'ops (2)',
    rooms: [{ room: 'ops', members: 2 }],
  })
  const own = result('mine')
  expect(wire.bytesOf(own)).not.toBe(wire.bytesOf(own))
})
