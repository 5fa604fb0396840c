import { expect, test } from 'vitest'
import type { CommandContext } from '../../commands/command.ts'
import { rooms } from '../../commands/rooms.ts'
import type { ListedRoom } from '../../src/chat/room-lists.ts'

const many = (count: number): ListedRoom[] =>
  Array.from({ length: count }, (_, n) => ({ name: `room${n}`, title: `room${n}`, members: count - n, saidAt: 0 }))

async function ask(parameter: string, { alive = 0, all = 0, matching = 0 }) {
  const asked: string[] = []
  const listOf = (count: number) => async (text?: string) => {
    if (text !== undefined) asked.push(text)
    return many(count)
  }
  const lists = { alive: listOf(alive), all: listOf(all), matching: listOf(matching) }
  const reply = await rooms.run({ chat: { rooms: { lists } } } as unknown as CommandContext, parameter)
  if (!('type' in reply) || reply.type !== 'commandResult') throw new Error('no result')
  return { ...reply, lines: reply.result?.split('\n') ?? [], asked }
}

test('a page is 100 rooms, and its last line tells how many more there are', async () => {
  const full = await ask('', { alive: 100 })
  expect(full).toMatchObject({ rooms: many(100).map(({ name, members }) => ({ room: name, members })) })
  expect(full).not.toHaveProperty('more')
  expect(full.lines).toHaveLength(1)
  const { rooms: listed, more, lines } = await ask('', { alive: 103 })
  expect(listed).toHaveLength(100)
  expect(more).toBe(3)
  expect(lines).toEqual([
    expect.stringMatching(/^room0 \(103\), .*, room99 \(4\)$/),
    '3 more, see /rooms all and /rooms TEXT',
  ])
})

test('all rooms are at most 1,000, those with a text 100', async () => {
  const all = await ask('ALL', { alive: 1, all: 1_002 })
  expect([all.rooms?.length, all.more, all.lines[1]]).toEqual([1_000, 2, '2 more, see /rooms TEXT'])
  const some = await ask('room 1', { matching: 150 })
  expect([some.rooms?.length, some.more, some.asked]).toEqual([100, 50, ['room 1']])
  const none = await ask('nowhere', {})
  expect(none).toMatchObject({ result: 'No such room', rooms: [] })
})

test('a topic is shown with its room', async () => {
  const list: ListedRoom[] = [
    { name: 'ops', title: 'ops', members: 2, saidAt: 0, topic: 'deploys' },
    { name: 'dev', title: 'dev', members: 1, saidAt: 0 },
  ]
  const lists = { alive: async () => list }
  const reply = await rooms.run({ chat: { rooms: { lists } } } as unknown as CommandContext, '')
  expect(reply).toMatchObject({
    result: 'ops (2: deploys), dev (1)',
    rooms: [
      { room: 'ops', members: 2, topic: 'deploys' },
      { room: 'dev', members: 1 },
    ],
  })
})
