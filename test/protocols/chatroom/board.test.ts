import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Board, type Viewer } from '../../../src/protocols/chatroom/board.ts'
import { eventually, TIMED } from '../../support/eventually.ts'

function viewer(name: string): Viewer & { readonly seen: number[] } {
  const seen: number[] = []
  return {
    name,
    shown: undefined,
    seen,
    link: {
      drained: async () => {},
      push: (frame) => void seen.push(JSON.parse(frame.toString('utf8', 4)).n),
    },
  }
}

function counter(work: () => Promise<unknown> = async () => {}) {
  const state = { n: 0, made: 0 }
  const board = new Board(1, async () => {
    state.made++
    const { n } = state
    await work()
    return JSON.stringify({ n })
  })
  return { state, board }
}

test('however often a list changes, it is pushed a few times a second, and last as it is', TIMED, async () => {
  const { state, board } = counter()
  const ann = viewer('ann')
  board.add(ann)
  const end = performance.now() + 1_000
  while (performance.now() < end) {
    state.n++
    board.changed()
    await pause(1)
  }
  await pause(400)
  expect(ann.seen.at(-1)).toBe(state.n)
  expect(ann.seen.length).toBeLessThan(10)
  expect(state.made).toBeLessThan(10)
})

test('a list that says the same is not pushed again, but shown to who asks, once', async () => {
  const { state, board } = counter()
  const [ann, bob] = [viewer('ann'), viewer('bob')]
  board.add(ann)
  board.add(bob)
  await eventually(() => expect([ann.seen, bob.seen]).toEqual([[0], [0]]))
  for (let n = 0; n < 3; n++) board.changed()
  await board.show(ann)
  await pause(300)
  expect(ann.seen).toEqual([0, 0])
  expect(bob.seen).toEqual([0])
  state.n++
  board.changed()
  await board.show(bob)
  // Behind a cooldown where it took long to make.
  await eventually(() => expect(ann.seen.at(-1)).toBe(1))
  await pause(300)
  expect(ann.seen).toEqual([0, 0, 1])
  expect(bob.seen).toEqual([0, 1])
})

test('a list that takes long to make takes a small part of the time, however often it is asked for', async () => {
  const { state, board } = counter(() => pause(20))
  const ann = viewer('ann')
  board.add(ann)
  const end = performance.now() + 1_000
  while (performance.now() < end) {
    state.n++
    board.changed()
    await board.show(ann)
  }
  expect(state.made).toBeLessThan(10)
})

test('who has left the page while the list was made gets nothing', async () => {
  const { board } = counter(() => pause(20))
  const ann = viewer('ann')
  board.add(ann)
  await pause(1)
  board.remove(ann)
  await pause(300)
  expect(ann.seen).toEqual([])
})

test('a list that cannot be made is pushed when it can', async () => {
  let fails = 2
  const { board } = counter(async () => {
    if (fails-- > 0) throw new Error('away')
  })
  const ann = viewer('ann')
  board.add(ann)
  await eventually(() => expect(ann.seen).toEqual([0]))
})

test('who does not read gets no list on top of another, and the newest when he reads again', async () => {
  const { state, board } = counter()
  const slow = { ...viewer('slow'), read: Promise.withResolvers<void>() }
  slow.link.drained = () => slow.read.promise
  const [ann] = [viewer('ann')]
  board.add(slow)
  board.add(ann)
  await eventually(() => expect(ann.seen).toHaveLength(1))
  for (const n of [1, 2]) {
    state.n = n
    board.changed()
    await eventually(() => expect(ann.seen.at(-1)).toBe(n))
  }
  expect(slow.seen).toEqual([0])
  slow.read.resolve()
  await eventually(() => expect(slow.seen).toEqual([0, 2]))
})
