import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RoundRobin } from '../../src/chat/round-robin.ts'

/** Takes everything out. */
function drain<T>(queue: RoundRobin<T>): T[] {
  const taken: T[] = []
  for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) taken.push(entry)
  return taken
}

test('addresses take turns, each with its oldest entry', () => {
  const queue = new RoundRobin<string>()
  for (const entry of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.push(entry.charAt(0), entry)
  expect([queue.size, queue.count('a'), queue.count('b'), queue.count('d')]).toEqual([6, 3, 1, 0])
  expect(drain(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
  expect([queue.size, queue.count('a')]).toEqual([0, 0])
})

test('an address can have another order, and loses no entry by it', () => {
  const queue = new RoundRobin<string>((count) => count - 1)
  for (const entry of ['a1', 'a2', 'a3', 'a4', 'b1']) queue.push(entry.charAt(0), entry)
  expect([queue.shift(), queue.shift()]).toEqual(['a4', 'b1'])
  queue.push('a', 'a5')
  expect(drain(queue).sort()).toEqual(['a1', 'a2', 'a3', 'a5'])
})

test('a newcomer waits for one turn of each other address at most', () => {
  const queue = new RoundRobin<string>()
  for (let n = 0; n < 10; n++) for (const address of ['a', 'b']) queue.push(address, `${address}${n}`)
  expect([queue.shift(), queue.shift(), queue.shift()]).toEqual(['a0', 'b0', 'a1'])
  queue.push('c', 'c0')
  expect([queue.shift(), queue.shift(), queue.shift()]).toContain('c0')
})

test('nothing is lost or changes its order within an address, whatever is pushed and taken', () => {
  const steps = fc.array(fc.option(fc.constantFrom('a', 'b', 'c', 'd')), { maxLength: 200 })
  fc.assert(
    fc.property(steps, (plan) => {
      const queue = new RoundRobin<string>()
      const pushed: string[] = []
      const taken: string[] = []
      for (const [number, address] of plan.entries()) {
        if (address === null) {
          const entry = queue.shift()
          if (entry !== undefined) taken.push(entry)
        } else {
          pushed.push(`${address}${number}`)
          queue.push(address, `${address}${number}`)
        }
        expect(queue.size).toBe(pushed.length - taken.length)
      }
      taken.push(...drain(queue))
      const of = (address: string, entries: string[]) => entries.filter((entry) => entry.startsWith(address))
      for (const address of 'abcd') expect(of(address, taken)).toEqual(of(address, pushed))
    }),
  )
})
