/** docs/protocols/irc.md, section 3: a change of nickname that is refused in one of the channels. */
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
