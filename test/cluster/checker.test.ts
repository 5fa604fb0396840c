import fc from 'fast-check'
import { expect, test } from 'vitest'
import { check, type Record, type Told } from './checker.ts'

let id = 0
const told = (type: Told['type'], from: string, body = ''): Told => ({ id: ++id, type, from, body })

/** Ann is there all the time, bob comes, is heard, and goes. */
function sound(): Record {
  const history = [
    told('userJoined', 'ann'),
    told('message', 'ann', '1 one'),
    told('userJoined', 'bob'),
    told('message', 'bob', '2 two'),
    told('message', 'ann', '1 three'),
    told('message', 'bob', '2 four'),
    told('userLeft', 'bob'),
    told('message', 'ann', '1 five'),
  ]
  return {
    acknowledged: ['1 one', '2 two', '1 three', '1 five'],
    stretches: [
      { reader: 'ann', told: history },
      { reader: 'bob', told: history.slice(2, 7) },
    ],
    history,
  }
}

/** The same with something done to what one of the two has seen. */
function tampered(reader: number, tamper: (told: Told[]) => void): Record {
  const record = sound()
  const stretches = record.stretches.map((stretch, index) => {
    const copy = [...stretch.told]
    if (index === reader) tamper(copy)
    return { ...stretch, told: copy }
  })
  return { ...record, stretches }
}

test('nothing is found where nothing is wrong, also where somebody was cut off', () => {
  expect(check(sound())).toEqual([])
  expect(check(tampered(0, (events) => events.splice(5)))).toEqual([])
})

test('a planted loss is found', () => {
  const record = sound()
  const lost = { ...record, history: record.history.filter(({ body }) => body !== '1 three') }
  expect(check(lost)).toContain('"1 three" was acknowledged and is not in HISTORY')
  expect(check(tampered(1, (events) => events.splice(2, 1)))).toHaveLength(1)
})

test('a planted duplicate is found', () => {
  const record = sound()
  const twice = { ...record, history: [...record.history, told('message', 'ann', '1 one')] }
  expect(check(twice)).toEqual(['HISTORY: "1 one" is there twice'])
  expect(check(tampered(0, (events) => events.splice(3, 0, events[3] as Told)))).toHaveLength(1)
})

test('a planted swap is found', () => {
  const swap = (events: Told[]) => events.splice(3, 2, events[4] as Told, events[3] as Told)
  expect(check(tampered(0, swap))).toHaveLength(1)
  const record = sound()
  const history = [...record.history]
  swap(history)
  expect(check({ ...record, history }).length).toBeGreaterThan(0)
})

test('who comes twice, goes twice or speaks from outside is found', () => {
  const problems = (...history: Told[]) => check({ acknowledged: [], stretches: [], history })
  expect(problems(told('userJoined', 'ann'), told('userJoined', 'ANN'))).toHaveLength(1)
  expect(problems(told('userJoined', 'ann'), told('userLeft', 'ann'), told('userLeft', 'ann'))).toHaveLength(1)
  expect(problems(told('message', 'ann', '1 boo'))).toHaveLength(1)
})

test('a name that two have at once is found', () => {
  const history = [
    told('userJoined', 'ann'),
    told('message', 'ann', '1 ann says 1'),
    told('userLeft', 'ann'),
    told('userJoined', 'ANN'),
    told('message', 'ANN', '2 ANN says 1'),
  ]
  const ann = { reader: 'ann', told: history.slice(0, 3) }
  const other = { reader: 'ANN', told: history.slice(3) }
  expect(check({ acknowledged: [], stretches: [other, ann], history })).toEqual([])
  // As when a node that was taken for dead goes on: what is said there is let in, and acknowledged.
  const late = told('message', 'ann', '1 ann says 2')
  const acknowledged = ['1 ann says 2']
  expect(check({ acknowledged, stretches: [ann, other], history: [...history, late] })).toEqual([
    `${late.id}: "1 ann says 2" is said where ann is the one of mark 2`,
  ])
  // Or lets a second one in under the same membership.
  expect(check({ acknowledged: [], stretches: [other, ann, ann], history })).toEqual([
    `${history[0]?.id}: ann comes in where another one of that name is until ${history[2]?.id}`,
  ])
})

test('whatever is taken out of, put into or moved within what somebody saw is found', () => {
  const length = sound().stretches[0]?.told.length ?? 0
  fc.assert(
    fc.property(fc.nat(length - 2), fc.nat(length - 1), fc.constantFrom('loss', 'double', 'move'), (at, to, how) => {
      const record = tampered(0, (events) => {
        const [event] = how === 'double' ? [events[at]] : events.splice(at, 1)
        if (how !== 'loss' && event) events.splice(to, 0, event)
      })
      const unchanged = how === 'move' && at === to
      expect(check(record).length > 0).toBe(!unchanged)
    }),
  )
})
