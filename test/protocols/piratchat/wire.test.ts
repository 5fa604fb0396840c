import { expect, test } from 'vitest'
import type { Room } from '../../../src/chat/session.ts'
import type { Event } from '../../../src/engine/event.ts'
import { PiratchatSession, PiratchatWire } from '../../../src/protocols/piratchat/wire.ts'
import { textFrame } from '../../../src/transport/websocket.ts'

/** A wire does not look at the room. */
const room = {} as Room

let id = 0
const event = (kind: Event['kind'], from: string, body = ''): Event => ({ id: ++id, at: 0, room: 1, kind, from, body })

function stage(safe = false) {
  const wire = new PiratchatWire(safe)
  const member = (name: string) => {
    const session = new PiratchatSession(wire)
    session.name = name
    const pushed: Buffer[] = []
    const link = {
      address: '',
      push: (frame: Buffer) => void pushed.push(frame),
      drained: async () => {},
      mayBeEnding: false,
      isGone: false,
      disconnect: () => {},
    }
    const ended: (number | string)[] = []
    session.attach({
      ...link,
      hangUp: (code = 1000) => void ended.push(code),
      disconnect: (reason) => void ended.push(reason),
    })
    return { session, pushed, ended }
  }
  return { wire, member }
}

const bytes = (...objects: object[]) => Buffer.concat(objects.map((object) => textFrame(JSON.stringify(object))))
const said = (author: string, message: string) => ({ message, author })

test('all who have not said anything get the same buffer, and the others stretches of it', () => {
  const { wire, member } = stage()
  const [alice, bob, carol, dora] = [member('alice'), member('bob'), member('carol'), member('dora')]
  const events = [
    event('message', 'alice', '1'),
    event('message', 'Alice', '2'),
    event('message', 'carol', '3'),
    event('message', 'alice', '4'),
    event('left', 'eve'),
  ]
  wire.deliver(
    room,
    events,
    [alice, bob, carol, dora].map(({ session }) => session),
  )
  expect(bob.pushed).toHaveLength(1)
  expect(dora.pushed[0]).toBe(bob.pushed[0])
  const left = { event: 'leave', username: 'eve' }
  const [one, two, four] = [said('alice', '1'), said('Alice', '2'), said('alice', '4')]
  expect(bob.pushed[0]).toEqual(bytes(one, two, said('carol', '3'), four, left))
  expect(alice.pushed).toEqual([bytes(said('carol', '3')), bytes(left)])
  expect(carol.pushed).toEqual([bytes(one, two), bytes(four, left)])
  for (const piece of [...alice.pushed, ...carol.pushed]) expect(piece.buffer).toBe(bob.pushed[0]?.buffer)
})

test('whoever comes, goes or speaks alone is told nothing', () => {
  const { wire, member } = stage()
  const alice = member('alice')
  wire.deliver(room, [event('joined', 'alice'), event('message', 'alice', 'x')], [alice.session])
  expect(alice.pushed).toEqual([])
})

test('what happens before the handshake is done is told behind it', () => {
  const { wire } = stage()
  const session = new PiratchatSession(wire)
  session.name = 'alice'
  wire.deliver(room, [event('joined', 'bob')], [session])
  wire.deliver(room, [event('message', 'bob', 'hi')], [session])
  const pushed: Buffer[] = []
  session.attach({
    address: '',
    push: (frame) => void pushed.push(frame),
    drained: async () => {},
    hangUp: () => {},
    disconnect: () => {},
    mayBeEnding: false,
    isGone: false,
  })
  expect(Buffer.concat(pushed)).toEqual(bytes({ event: 'join', username: 'bob' }, said('bob', 'hi')))
})

test('a user who logs out, or is put out, before the handshake is done is let go behind it', async () => {
  const { wire, member } = stage()
  const alice = member('alice')
  wire.putOut(room, alice.session, 'membership-lost')
  expect(alice.ended).toEqual(['membership-lost'])
  for (const [leave, end] of [
    [(session: PiratchatSession) => void (session.closed = true), 1000],
    [(session: PiratchatSession) => wire.putOut(room, session, 'membership-lost'), 'membership-lost'],
  ] as const) {
    const session = new PiratchatSession(wire)
    leave(session)
    const ended = new Promise((resolve) =>
      session.attach({
        address: '',
        push: () => {},
        drained: async () => {},
        mayBeEnding: false,
        isGone: false,
        hangUp: (code = 1000) => resolve(code),
        disconnect: resolve,
      }),
    )
    expect(await ended).toBe(end)
  }
})

test('texts for clients that take them for HTML', () => {
  const { wire, member } = stage(true)
  const bob = member('bob')
  wire.deliver(room, [event('message', 'alice', '<b>"&amp;\'</b>')], [bob.session])
  expect(bob.pushed).toEqual([bytes(said('alice', '&lt;b&gt;"&amp;amp;\'&lt;/b&gt;'))])
})
