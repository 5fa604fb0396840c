/** docs/protocols/line.md, section 8.6: /listen gives the events of a room to a client that does not enter it. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { FollowedRoom } from '../../../src/chat/followed-room.ts'
import { ListeningPlace } from '../../../src/chat/listening.ts'
import { Refusal } from '../../../src/chat/refusal.ts'
import type { RoomRecord } from '../../../src/engine/engine.ts'
import { Unavailable } from '../../../src/engine/errors.ts'
import { LocalLogs } from '../../../src/engine/local/logs.ts'
import type { LineClient } from '../../support/client.ts'
import { isReply, ok, result, stage } from '../../support/stage.ts'

const WAY = { transport: 'TCP', mode: 'whole' } as const

/** Sends a line; resolves with its reply, behind the events before it. */
async function ask(client: LineClient, line: string) {
  client.send(line)
  return (await client.until(isReply)).at(-1)
}

/** The bodies of messages up to one of them. */
async function heardUntil(client: LineClient, body: string) {
  const lines = await client.until((line) => line.type === 'message' && line.body === body)
  return lines.flatMap((line) => (line.type === 'message' ? [line.body] : []))
}

async function past(client: LineClient, line = 'HISTORY kinds=message') {
  client.send(line)
  return (await client.rest()).flatMap((line) => (line.type === 'history' ? [line.body.body] : []))
}

test('a listener hears the room and reads its past, and nobody sees it', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  await ask(ann, 'before')
  const ci = await login('ann')
  expect(await ask(ci, '/listen ops')).toEqual(result('Listening in room ops'))
  await ask(ann, 'one')
  expect(await heardUntil(ci, 'one')).toEqual(['one'])
  expect(await past(ci)).toEqual(['before', 'one'])
  for (const line of ['hello', '/topic', '/kick ann'])
    expect(await ask(ci, line)).toMatchObject({ code: 'not-in-room' })
  expect(await ask(ann, '/who')).toMatchObject({ members: ['ann'] })
  // Again, it hears each event once.
  expect(await ask(ci, '/listen OPS')).toEqual(result('Listening in room ops'))
  expect(await ask(ci, '/listen nowhere')).toMatchObject({ code: 'room-unknown' })
  await ask(ann, 'two')
  await ask(ann, 'three')
  expect(await heardUntil(ci, 'three')).toEqual(['two', 'three'])
  expect(await ask(ci, 'LEAVE')).toEqual(ok)
  for (const line of ['LEAVE', 'HISTORY']) expect(await ask(ci, line)).toMatchObject({ code: 'not-in-room' })
  await ask(ann, 'four')
  expect(await ci.rest()).toEqual([])
  expect(await past(ann, 'HISTORY kinds=joined,left')).toHaveLength(1)
})

test('what was missed is read behind an id, without a hole', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const first = await login('ci')
  await ask(first, '/listen ops')
  await ask(ann, 'one')
  const [one] = (await first.until(({ type }) => type === 'message')).slice(-1)
  first.socket.destroy()
  await ask(ann, 'two')
  const again = await login('ci')
  await ask(again, '/listen ops')
  await ask(ann, 'three')
  expect(await past(again, `HISTORY after=${one?.type === 'message' ? one.id : ''}`)).toEqual(['two', 'three'])
})

test('a listener with a block reads the whole past as a member does, without a bound', async () => {
  const { together, login } = await stage(WAY, { 'max-rate': 0 })
  const [ann, bob] = await together('ops', 'ann', 'bob')
  const ci = await login('ci')
  await ask(ci, '/block bob')
  const texts = Array.from({ length: 10_100 }, (_, number) => `${number}`)
  ann.send(...texts)
  await ann.until((line) => line.type === 'message' && line.body === '10099')
  await ask(bob, 'unheard')
  await ask(ci, '/listen ops')
  ci.send('HISTORY end=yes')
  const lines = await ci.until((line) => line.type === 'commandResult' && line.result === 'end of history')
  expect(lines[0]).toEqual(result(null))
  const bodies = lines.flatMap((line) =>
    line.type === 'history' && line.body.type === 'message' ? [line.body.body] : [],
  )
  expect(bodies).toEqual(texts)
})

test('JOIN, /speak and another /listen end it, and a room that was joined is left', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const [bob] = await together('dev', 'bob')
  const ci = await login('ci')
  await ask(ci, '/listen ops')
  await ask(ci, '/listen dev')
  await ask(ann, 'unheard')
  await ask(bob, 'heard')
  expect(await heardUntil(ci, 'heard')).toEqual(['heard'])
  expect(await ask(ci, 'JOIN dev')).toEqual(result('Joined room dev'))
  await ask(bob, 'together')
  expect(await heardUntil(ci, 'together')).toEqual(['together'])
  expect(await ask(ci, '/listen dev')).toEqual(result('Listening in room dev'))
  await bob.until((line) => line.type === 'userLeft' && line.from === 'ci')
  await ask(bob, 'alone')
  expect(await heardUntil(ci, 'alone')).toEqual(['alone'])
  expect(await ask(ci, '/speak ops')).toEqual(result('Speaking in room ops'))
  await ask(bob, 'unheard')
  expect(await ask(ci, 'said')).toEqual(ok)
  expect(await ci.rest()).toEqual([])
})

test('whoever listens again in the room misses nothing', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const ci = await login('ci')
  await ask(ci, '/listen ops')
  const { append } = FollowedRoom.prototype
  const { promise: appended, resolve: isAppended } = Promise.withResolvers<void>()
  vi.spyOn(FollowedRoom.prototype, 'append').mockImplementation(function (this: FollowedRoom, event) {
    append.call(this, event)
    if (event.body === 'now') isAppended()
  })
  onTestFinished(() => void vi.restoreAllMocks())
  // The command goes on within the tick of the message.
  const asked = new Promise<void>((resolve) => {
    vi.spyOn(ListeningPlace.prototype, 'readable').mockImplementationOnce(async () => {
      resolve()
      await appended
      return {} as RoomRecord
    })
  })
  ci.send('/listen ops')
  await asked
  await ask(ann, 'now')
  await ask(ann, 'later')
  expect(await heardUntil(ci, 'later')).toEqual(['now', 'later'])
})

test('whoever is refused stays where it was', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const [bob, eve] = await together('dev', 'bob', 'eve')
  const ci = await login('ci')
  await ask(ci, '/listen ops')
  const readable = vi.spyOn(ListeningPlace.prototype, 'readable')
  const append = vi.spyOn(LocalLogs.prototype, 'append')
  onTestFinished(() => void vi.restoreAllMocks())
  // Behind the first look at the room, it is locked.
  readable.mockImplementationOnce(async () => ({}) as RoomRecord).mockRejectedValueOnce(new Refusal('room-private'))
  expect(await ask(ci, '/listen dev')).toMatchObject({ code: 'room-private' })
  append.mockRejectedValueOnce(new Unavailable('away'))
  expect(await ask(eve, '/listen ops')).toMatchObject({ code: 'unavailable' })
  await ask(bob, 'in dev')
  await ask(ann, 'in ops')
  expect(await heardUntil(ci, 'in ops')).toEqual(['in ops'])
  expect(await past(ci)).toEqual(['in ops'])
  expect(await ask(eve, 'from eve')).toEqual(ok)
  expect(await past(eve)).toEqual(['in dev', 'from eve'])
  expect(await bob.rest()).toContainEqual(expect.objectContaining({ type: 'message', from: 'eve' }))
  expect(`${eve.received}`).not.toContain('in ops')
})

test('a listener that may not read any more is told so, and hears nothing', async () => {
  const { together, login } = await stage(WAY)
  const [ann, bob] = await together('ops', 'ann', 'bob')
  await ask(ann, '/register correct horse')
  await ask(bob, '/register correct horse')
  await ask(ann, '/op bob')
  await ask(ann, '/lock open sesame')
  const barred = { type: 'notice', notice: 'You may not read room ops any more', barred: 'ops' }
  const [ci, eve] = [await login('ci'), await login('eve')]
  expect(await ask(ci, '/listen ops')).toMatchObject({ code: 'room-private' })
  for (const each of [ci, eve]) await ask(each, '/listen ops open sesame')
  expect(await ask(bob, '/listen ops')).toEqual(result('Listening in room ops'))
  await ask(ann, '/ban eve')
  expect((await eve.until(({ type }) => type === 'notice')).at(-1)).toEqual(barred)
  expect(await ask(eve, '/listen ops open sesame')).toMatchObject({ code: 'banned' })
  await ask(ann, '/deop bob')
  expect((await bob.until(({ type }) => type === 'notice')).at(-1)).toEqual(barred)
  expect(await ask(bob, 'HISTORY')).toMatchObject({ code: 'not-in-room' })
  await ask(ann, '/lock another sesame')
  expect((await ci.until(({ type }) => type === 'notice')).at(-1)).toEqual(barred)
  expect(await ask(ci, '/listen ops another sesame')).toEqual(result('Listening in room ops'))
  await ask(ann, 'secret')
  expect(await heardUntil(ci, 'secret')).toEqual(['secret'])
  for (const each of [bob, eve]) expect(await each.rest()).toEqual([])
  await ask(ann, '/close')
  expect((await ci.until(({ type }) => type === 'notice')).at(-1)).toMatchObject({ closed: 'ops' })
  expect(await ask(ci, 'HISTORY')).toMatchObject({ code: 'not-in-room' })
})

test('nobody reads a room under the nickname of a guest who is in it', async () => {
  const { together, login } = await stage(WAY)
  const [ann, bob] = await together('priv', 'ann', 'bob')
  const early = await login('ann')
  await ask(early, '/listen priv')
  for (const line of ['secret', '/invite bob', '/invite-only on']) await ask(ann, line)
  expect((await early.until(({ type }) => type === 'notice')).at(-1)).toMatchObject({ barred: 'priv' })
  const others = [early, await login('ann'), await login('bob')]
  for (const other of others)
    for (const line of ['/listen priv', '/search in=priv secret'])
      expect(await ask(other, line)).toMatchObject({ code: 'invite-only' })
  for (const member of [ann, bob]) {
    expect(await past(member)).toEqual(['secret'])
    expect(await ask(member, '/search in=priv secret')).toMatchObject({ found: 1 })
  }
  await ask(ann, 'inside')
  expect(await heardUntil(bob, 'inside')).toEqual(['inside'])
  for (const other of others) expect(await other.rest()).toEqual([])
})

test('the nickname of a guest operator passes no ban of an address, and an account reads by its role', async () => {
  const { together, login } = await stage(WAY)
  const [ann, eve] = await together('priv', 'ann', 'eve')
  const dan = await login('dan')
  for (const line of ['/register correct horse', 'JOIN priv']) await ask(dan, line)
  await ask(ann, '/op dan')
  await ask(dan, '/listen priv')
  for (const line of ['/ban eve', '/invite-only on', 'inside']) await ask(ann, line)
  expect(await heardUntil(dan, 'inside')).toContain('inside')
  await ask(eve, '/quit')
  const other = await login('ann')
  for (const line of ['/listen priv', '/search in=priv inside'])
    expect(await ask(other, line)).toMatchObject({ code: 'banned' })
})

test('a listener needs no password where there is none, and none as long as its role stands for it', async () => {
  const { together, login } = await stage(WAY)
  const [ann, bob] = await together('ops', 'ann', 'bob')
  for (const each of [ann, bob]) await ask(each, '/register correct horse')
  await ask(ann, '/op bob')
  const [owner, former] = [await login('ann correct horse'), await login('bob correct horse')]
  for (const each of [owner, former]) await ask(each, '/listen ops')
  for (const line of ['/deop bob', 'open']) await ask(ann, line)
  for (const each of [owner, former]) expect(await heardUntil(each, 'open')).toEqual(['open'])
  for (const line of ['/op bob', '/lock open sesame', 'locked']) await ask(ann, line)
  for (const each of [owner, former]) expect(await heardUntil(each, 'locked')).toEqual(['locked'])
  await ask(ann, '/unlock')
  for (const line of ['/deop bob', 'unlocked']) await ask(ann, line)
  expect(await heardUntil(former, 'unlocked')).toEqual(['unlocked'])
  for (const line of ['/op bob', '/lock open sesame']) await ask(ann, line)
  expect(await ask(former, '/listen ops')).toEqual(result('Listening in room ops'))
  for (const line of ['/deop bob', 'secret']) await ask(ann, line)
  expect(await heardUntil(owner, 'secret')).toEqual(['unlocked', 'secret'])
  expect((await former.until(({ type }) => type === 'notice')).at(-1)).toMatchObject({ barred: 'ops' })
  expect(await former.rest()).toEqual([])
})
