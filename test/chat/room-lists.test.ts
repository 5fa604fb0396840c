/** Which rooms are listed, and in which order. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { enter, HERE, leave, say, stage } from './stage.ts'

const DAY_MS = 86_400_000
const names = (rooms: readonly { name: string }[]) => rooms.map(({ name }) => name)

test('rooms with members come first, then those with the newest message; those that are dead are not listed', async () => {
  const { engine, chat, guest } = await stage()
  const { rooms: directory } = chat
  const { now } = Date
  let ahead = 0
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + ahead)
  onTestFinished(() => clock.mockRestore())
  const ann = await guest('ann')
  for (const room of ['silent', 'older', 'newer', 'private']) await enter(chat, ann, room)
  await chat.rooms.create({ title: 'Den', visibility: 'private' }, { password: 'correct horse', address: HERE })
  await chat.rooms.create({ title: 'Tech Talk', visibility: 'public' })
  for (const room of ['older', 'newer']) {
    ahead += 3 * DAY_MS
    await enter(chat, ann, room)
    await say(chat, ann, 'hello')
  }
  await enter(chat, ann, 'silent')
  await guest('bob', 'busy')
  const { id = 0 } = (await directory.find('busy')) ?? {}
  await engine.logs.append(`room:${id}`, { kind: 'topic', room: id, from: 'bob', body: 'Deploys' })
  await guest('eve', 'busy')
  expect(await directory.lists.alive()).toMatchObject([
    { name: 'busy', members: 2, topic: 'Deploys' },
    { name: 'silent', members: 1 },
    { name: 'newer', members: 0 },
    { name: 'older', members: 0 },
    { name: 'lobby', members: 0 },
  ])
  await leave(chat, ann)
  expect(names(await directory.lists.alive())).toEqual(['busy', 'newer', 'older', 'lobby'])
  ahead += 5 * DAY_MS
  expect(names(await directory.lists.alive())).toEqual(['busy', 'newer', 'lobby'])
  ahead += 5 * DAY_MS
  expect(names(await directory.lists.alive())).toEqual(['busy', 'lobby'])
  const all = ['busy', 'newer', 'older', 'lobby', 'silent', 'private', 'TechTalk']
  expect(names(await directory.lists.all())).toEqual(all)
  expect(names(await directory.lists.matching('ER'))).toEqual(['newer', 'older'])
  expect(names(await directory.lists.matching('tech t'))).toEqual(['TechTalk'])
  expect(names(await directory.lists.matching('den'))).toEqual([])
  expect(await directory.lists.matching('deploy')).toMatchObject([{ name: 'busy', members: 2, topic: 'Deploys' }])
  expect((await directory.lists.presence()).map(({ title, members }) => [title, members.length])).toContainEqual([
    'busy',
    2,
  ])
})
