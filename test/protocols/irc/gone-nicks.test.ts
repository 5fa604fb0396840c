/** docs/protocols/irc.md, sections 3 and 9: channels of which one tells the end of a nickname later than another, or not at all. */
import { expect, test } from 'vitest'
import type { Event } from '../../../src/engine/event.ts'
import { GoneNicks } from '../../../src/protocols/irc/gone-nicks.ts'

const eventOf = (id: number, room: number, event: Pick<Event, 'kind' | 'from' | 'details'>): Event => ({
  ...event,
  id,
  at: 0,
  room,
  body: '',
})

test('24. the PART from a channel in which a change of nickname was refused has the nickname that the client knows', () => {
  const gone = new GoneNicks()
  const renamed = eventOf(10, 2, { kind: 'joined', from: 'rob', details: { renamed: 'bob' } })
  expect(gone.shown(renamed)).toEqual([renamed])
  const left = eventOf(11, 3, { kind: 'left', from: 'bob' })
  expect(gone.shown(left)).toEqual([{ ...left, from: 'rob' }])
  const joined = eventOf(12, 3, { kind: 'joined', from: 'bob' })
  expect(gone.shown(joined)).toEqual([joined])
  const leftAgain = eventOf(13, 3, { kind: 'left', from: 'bob' })
  expect(gone.shown(leftAgain)).toEqual([leftAgain])
})

test('5. a channel that is entered behind a QUIT tells it again only of those in its list', () => {
  const gone = new GoneNicks()
  const quit = (id: number, room: number) => eventOf(id, room, { kind: 'left', from: 'Bob', details: { quit: true } })
  expect(gone.shown(quit(10, 2))).toHaveLength(1)
  gone.listed(['ann'], 5)
  expect(gone.shown(quit(11, 4))).toEqual([])
  gone.listed(['ann', 'bob'], 5)
  expect(gone.shown(quit(12, 4))).toEqual([])
  const again = quit(13, 5)
  expect(gone.shown(again)).toEqual([again])
})

test('5. what one client has been shown again is nothing to another that has been told the same end', () => {
  const [ann, eve] = [new GoneNicks(), new GoneNicks()]
  const quit = eventOf(10, 2, { kind: 'left', from: 'bob', details: { quit: true } })
  for (const gone of [ann, eve]) expect(gone.shown(quit)).toEqual([quit])
  ann.listed(['bob'], 3)
  const later = eventOf(11, 3, { kind: 'left', from: 'bob', details: { quit: true } })
  expect([ann.shown(later), eve.shown(later)]).toEqual([[later], []])
})
