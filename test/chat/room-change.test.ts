/** A change of a room and the events that tell of it, while the store fails in between. */
import { expect, test } from 'vitest'
import { Unavailable } from '../../src/engine/errors.ts'
import { enter, reasonOf, stage } from './stage.ts'

const CHANGE = { title: 'mine', description: 'deploys', visibility: 'hidden' } as const
const TOLD = ['mode title mine', 'mode visibility hidden', 'topic deploys']

async function operated() {
  const { chat, engine, guest } = await stage()
  const ann = await guest('ann', 'ops')
  const { room } = ann.inRoom()
  const told = async () => {
    const all: string[] = []
    for await (const events of engine.logs.read(room.log, {}))
      for (const { kind, body, details } of events)
        if (kind === 'mode') all.push(`mode ${details?.flag} ${details?.on ? details.value : 'off'}`)
        else if (kind === 'topic') all.push(`topic ${body}`)
    return all
  }
  const record = async () => (await engine.rooms.find(room.record.id)) ?? expect.fail('it is there')
  const change = async (before = room.record) => chat.moderation.settings.change(ann.inRoom(), before, CHANGE)
  return { chat, engine, guest, ann, told, record, change }
}

test('a change that cannot be told is not made, and is told when it is made', async () => {
  const { engine, told, record, change } = await operated()
  const { append } = engine.logs
  engine.logs.append = async () => {
    throw new Unavailable('away')
  }
  expect(await reasonOf(change())).toBe('unavailable')
  engine.logs.append = append
  expect(await record()).toMatchObject({ title: 'ops', description: '', visibility: 'public' })
  expect(await told()).toEqual([])
  expect(await change(await record())).toMatchObject(CHANGE)
  expect(await told()).toEqual(TOLD)
})

test('a change that is told and not made is made by the same request', async () => {
  const { engine, told, record, change } = await operated()
  const { change: real } = engine.rooms
  engine.rooms.change = async () => {
    throw new Unavailable('away')
  }
  expect(await reasonOf(change())).toBe('unavailable')
  engine.rooms.change = real
  expect(await change(await record())).toMatchObject(CHANGE)
  expect(await told()).toEqual([...TOLD, ...TOLD])
})

test('a title that another room has is refused and not told; one that it takes meanwhile is taken back', async () => {
  const { chat, engine, told, record, change, guest } = await operated()
  const find = engine.rooms.find.bind(engine.rooms)
  await enter(chat, await guest('bob'), 'mine')
  expect(await reasonOf(change())).toBe('room-taken')
  expect(await told()).toEqual([])
  engine.rooms.find = async (which) => (which === 'mine' ? undefined : find(which))
  expect(await reasonOf(change())).toBe('room-taken')
  engine.rooms.find = find
  expect(await record()).toMatchObject({ title: 'ops' })
  expect(await told()).toEqual([...TOLD, 'mode title ops', 'mode visibility off', 'topic '])
})
