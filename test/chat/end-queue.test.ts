import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EndQueue } from '../../src/chat/end-queue.ts'
import { type Room, Session } from '../../src/chat/session.ts'
import { silent } from './stage.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A queue, and what lets sessions in so many rooms end through it; the names of those that have begun to. */
function stage() {
  const queue = new EndQueue()
  const begun: string[] = []
  const finish = new Map<string, () => void>()
  const run = (name: string, rooms: number) => {
    const session = new Session(silent)
    for (let id = 0; id < rooms; id++) session.memberships.set(id, { session, room: {} as Room, since: 0 })
    const end = () => {
      begun.push(name)
      return new Promise<string>((resolve) => finish.set(name, () => resolve(name)))
    }
    return { session, ended: queue.run(session, end) }
  }
  return { queue, begun, finish, run }
}

test('a session in many rooms keeps others in several rooms waiting, until it has left or its turn is over', async () => {
  const { begun, finish, run } = stage()
  const first = run('first', 64)
  for (const name of ['second', 'third']) run(name, 64)
  run('single', 1)
  expect(begun).toEqual(['first', 'single'])
  finish.get('first')?.()
  expect(await first.ended).toBe('first')
  await vi.advanceTimersByTimeAsync(0)
  expect(begun).toEqual(['first', 'single', 'second'])
  await vi.advanceTimersByTimeAsync(50)
  expect(begun).toEqual(['first', 'single', 'second', 'third'])
})

test('one whose nickname is wanted does not wait, nor does any when the queue is opened', async () => {
  const { queue, begun, finish, run } = stage()
  run('first', 64)
  run('second', 2)
  const { session, ended } = run('third', 2)
  queue.hasten(session)
  queue.hasten(session)
  expect(begun).toEqual(['first', 'third'])
  finish.get('third')?.()
  expect(await ended).toBe('third')
  queue.open()
  run('fourth', 64)
  expect(begun).toEqual(['first', 'third', 'second', 'fourth'])
})

test('none waits longer than a quarter of a second', async () => {
  const { begun, run } = stage()
  for (let n = 0; n < 100; n++) run(`session ${n}`, 64)
  expect(begun).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(250)
  expect(begun).toHaveLength(100)
})
