/** Answers of Redis that come late, or on another connection. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Chat } from '../../src/chat/chat.ts'
import { Session } from '../../src/chat/session.ts'
import { lifeline, reasonOf, silent } from '../chat/stage.ts'
import { readAll } from '../engine/conformance.ts'
import { callOf, Stage } from '../engine/stage.ts'
import { eventually } from '../support/eventually.ts'
import { placeAt } from '../support/redis.ts'

const OPTIONS = { maxText: 100, cost: { ln: 4, r: 8, p: 1 } }
const ADDRESS = '127.0.0.1'
const stage = new Stage()

async function loggedIn(chat: Chat, name: string, secret?: string): Promise<Session> {
  const session = new Session(silent, lifeline(''))
  await chat.login(session, secret === undefined ? name : await chat.accounts.authenticate(name, secret, ADDRESS))
  return session
}

test('a session that shares a presence does not get into a room that is closed meanwhile', async () => {
  const timing = { leaseMs: 5_000, renewalMs: 1_000 }
  const [here, there] = [await stage.wired({ timing }), await stage.wired({ timing })]
  const [one, two] = [new Chat(here.engine, OPTIONS), new Chat(there.engine, OPTIONS)]
  await one.accounts.register('ann', 'a secret', ADDRESS)
  const laptop = await loggedIn(one, 'ann', 'a secret')
  const membership = await one.join(laptop, 'ops')
  const bob = await loggedIn(two, 'bob')
  await two.join(bob, 'ops')
  const phone = await loggedIn(two, 'ann', 'a secret')
  await eventually(async () => expect(await two.rooms.inside(membership.room.record.id)).toEqual(['ann', 'bob']))
  await sleep(100)
  there.wire.holdChannels()
  await one.messages.say(membership, 'not heard at the other node yet')
  const joining = reasonOf(two.join(phone, 'ops'))
  await sleep(200)
  await one.rooms.close(membership.room.record.id)
  there.wire.go()
  expect(await joining).toBe('room-unknown')
  expect(phone.membership).toBeUndefined()
  await two.close(phone)
  await eventually(() => expect(bob.membership).toBeUndefined())
})

test('a join whose connection to Redis breaks is found on the next one', async () => {
  const pairs = new Set<[Socket, Socket]>()
  let state: 'calm' | 'armed' | 'mute' | 'broken' = 'calm'
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
    state = 'broken'
  }
  const server = createServer((near) => {
    const far = connect(stage.server.port, ADDRESS)
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    near.on('data', (bytes) => {
      // The answer to the event is lost.
      if (state === 'armed' && bytes.includes(callOf('append'))) state = 'mute'
      far.write(bytes)
      if (state === 'mute' && bytes.includes(callOf('append'))) setTimeout(cut, 100)
    })
    far.on('data', (bytes) => {
      if (state !== 'mute') near.write(bytes)
    })
    for (const [socket, other] of [pair, [far, near] as const]) {
      socket.on('error', () => {})
      socket.on('close', () => {
        other.destroy()
        pairs.delete(pair)
      })
    }
  }).listen(0, ADDRESS)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const place = placeAt((server.address() as { port: number }).port)
  const { engine } = await stage.node({ place, timing: { leaseMs: 10_000, renewalMs: 5_000 } })
  const chat = new Chat(engine, OPTIONS)
  const ann = await loggedIn(chat, 'ann')
  state = 'armed'
  await chat.join(ann, 1)
  expect(state).toBe('broken')
  await chat.close(ann)
  // The new connection may not be ready for the `left` at once.
  await eventually(async () =>
    expect((await readAll(engine, 'room:1')).map(({ kind }) => kind)).toEqual(['joined', 'left']),
  )
  await eventually(async () => expect(await engine.memberships.members(1)).toEqual([]))
})
