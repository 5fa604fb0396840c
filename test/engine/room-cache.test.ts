import { expect, test } from 'vitest'
import { RoomCache } from '../../src/engine/room-cache.ts'

interface Named {
  readonly id: number
  readonly name: string
}

const room = (id: number, name = `room${id}`): Named => ({ id, name })
const cacheOf = (size: number) => new RoomCache<Named>(({ name }) => [name], size)
const never = () => expect.fail('read')

test('a room is read once for all who look it up at the same time, and found by both names afterwards', async () => {
  const cache = cacheOf(10)
  let reads = 0
  const read = async () => {
    reads++
    return room(7)
  }
  expect(await Promise.all([cache.find('ROOM7', read), cache.find('room7', read)])).toEqual([room(7), room(7)])
  expect(reads).toBe(1)
  expect(await cache.find(7, never)).toEqual(room(7))
  expect(await cache.find('Room7', never)).toEqual(room(7))
})

test('rooms that are missing, and failures, are not kept', async () => {
  const cache = cacheOf(10)
  expect(await cache.find('room7', async () => undefined)).toBeUndefined()
  await expect(cache.find('room7', () => Promise.reject(new Error('away')))).rejects.toThrow('away')
  expect(await cache.find('room7', async () => room(7))).toEqual(room(7))
})

test('the least recently used rooms go', async () => {
  const cache = cacheOf(2)
  for (const id of [1, 2]) cache.set(room(id))
  expect(cache.get(1)).toEqual(room(1))
  cache.set(room(3))
  expect([...cache.ids()]).toEqual([1, 3])
  expect(cache.get('room2')).toBeUndefined()
})

test('what was read before a change is not kept', async () => {
  const cache = cacheOf(10)
  const changes = [() => cache.set(room(7, 'new')), () => cache.delete(7), () => cache.clear()]
  for (const change of changes) {
    cache.clear()
    const { promise, resolve } = Promise.withResolvers<Named>()
    const found = cache.find('room7', () => promise)
    change()
    resolve(room(7))
    expect(await found).toEqual(room(7))
    expect(cache.get('room7')).toBeUndefined()
  }
})

test("a room that changes loses its old name, unless that is another room's by then", () => {
  const cache = cacheOf(10)
  cache.set(room(1, 'a'))
  cache.set(room(1, 'b'))
  expect([cache.get('a'), cache.get('b')]).toEqual([undefined, room(1, 'b')])
  cache.set(room(2, 'b'))
  cache.delete(1)
  expect(cache.get('b')).toEqual(room(2, 'b'))
})
