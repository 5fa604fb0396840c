import { expect, test } from 'vitest'
import { findFaults, findReadFault } from './checker.ts'

const ann = ['ann says 0', 'ann says 1', 'ann says 2']
const faults = (...messages: string[]) => findFaults([{ nickname: 'ann', acknowledged: 3 }], messages)

test('nothing is found where every line is there once and in order', () => {
  expect(faults(...ann)).toEqual([])
})

test.each([
  ['loss', [ann[0], ann[2]]],
  ['loss at the end', [ann[0], ann[1]]],
  ['double', [...ann, ann[1]]],
  ['swap', [ann[0], ann[2], ann[1]]],
  ['line of somebody else', [...ann, 'bob says 0']],
])('a %s is found', (_, messages) => {
  expect(faults(...messages.map(String)).length).toBeGreaterThan(0)
})

test.each([
  ['loss', [ann[0], ann[2]], '"ann says 2" was read in place of "ann says 1", the message 1'],
  ['loss at the end', [ann[0], ann[1]], '"undefined" was read in place of "ann says 2", the message 2'],
  ['double', [ann[0], ann[0], ...ann.slice(1)], '"ann says 0" was read in place of "ann says 1", the message 1'],
  ['double at the end', [...ann, ann[2]], '"ann says 2" was read behind the last message'],
  ['nothing', ann, undefined],
])('of a reader a %s is found', (_, read, fault) => {
  expect(findReadFault(read.map(String), ann)).toBe(fault)
})
