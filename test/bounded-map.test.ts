import { expect, test } from 'vitest'
import { BoundedMap } from '../src/bounded-map.ts'

test('a full map removes for a new entry the one that was set longest ago', () => {
  const removed: [string, number][] = []
  const map = new BoundedMap<string, number>(2, (key, value) => removed.push([key, value]))
  map.set('a', 1).set('b', 2).set('a', 3)
  expect([...map.keys()]).toEqual(['b', 'a'])
  expect(removed).toEqual([])
  map.set('c', 4)
  expect([...map]).toEqual([
    ['a', 3],
    ['c', 4],
  ])
  expect(removed).toEqual([['b', 2]])
})
