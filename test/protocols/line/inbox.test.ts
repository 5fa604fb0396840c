/** docs/protocols/line.md, section 8.2: private messages to anybody, the inbox, and /away. */
import { expect, test } from 'vitest'
import type { LineClient } from '../../support/client.ts'
import { error, isReply, ok, result, stage } from '../../support/stage.ts'

const WAY = { transport: 'TCP', mode: 'whole' } as const

/** The records of /inbox, as `from to body`. */
async function inbox(client: LineClient, request = '/inbox'): Promise<string[]> {
  client.send(request)
  return (await client.rest()).flatMap((line) => {
    return line.type === 'history' && line.body.type === 'private'
      ? [`${line.body.from} ${line.body.to} ${line.body.body}`]
      : []
  })
}

async function register(client: LineClient, password = 'correct horse') {
  client.send(`/register ${password}`)
  await client.until(isReply)
}

test('/tell reaches a guest in another room, without naming a room', async () => {
  const { together } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const [bob] = await together('other', 'bob')
  ann.send('/tell BOB hi')
  expect(await ann.take(2)).toEqual([
    ok,
    expect.objectContaining({ type: 'private', from: 'ann', to: 'bob', room: 'ops' }),
  ])
  const told = await bob.next()
  expect(told).toMatchObject({ type: 'private', from: 'ann', to: 'bob', body: 'hi' })
  expect(told).not.toHaveProperty('room')
  bob.send('/tell ann hi yourself')
  expect(await bob.take(2)).toMatchObject([ok, { type: 'private', to: 'ann' }])
  for (const client of [ann, bob]) expect(await inbox(client)).toEqual(['ann bob hi', 'bob ann hi yourself'])
})

test('/tell with a nonce tells once, and a JSON string has several lines', async () => {
  const { together } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const [bob] = await together('other', 'bob')
  ann.send('/tell bob nonce=n1 "one\\ntwo"', '/tell bob nonce=n1 "one\\ntwo"', '/tell bob nonce=n2 "three" and four')
  // Three replies, and a copy of each message.
  expect((await ann.take(5)).filter(isReply)).toEqual([ok, ok, ok])
  expect(await bob.take(2)).toMatchObject([{ body: 'one\ntwo' }, { body: '"three" and four' }])
  for (const client of [ann, bob]) expect(await inbox(client)).toEqual(['ann bob one\ntwo', 'ann bob "three" and four'])
})

test('a message to an account that is away stands in its inbox', async () => {
  const { together, login, connect } = await stage(WAY)
  const [ann, bob] = await together('ops', 'ann', 'bob')
  await register(bob)
  bob.end()
  await ann.until(({ type }) => type === 'userLeft')
  for (const text of ['one', 'two', 'three']) ann.send(`/tell bob ${text}`)
  expect(await ann.take(6)).toMatchObject([1, 2, 3].flatMap(() => [ok, { type: 'private', to: 'bob' }]))

  const back = await connect()
  await back.ask('LOGIN bob correct horse')
  expect(await inbox(back)).toEqual(['ann bob one', 'ann bob two', 'ann bob three'])
  expect(await inbox(back, '/inbox limit=1')).toEqual(['ann bob three'])
  back.send('/inbox limit=2 end=yes')
  const [reply, two, three, end] = await back.take(4)
  expect([reply, end]).toEqual([result(null), result('end of history')])
  const idOf = (line: typeof two) => (line?.type === 'history' ? line.body.id : '')
  expect(await inbox(back, `/inbox after=${idOf(two)}`)).toEqual(['ann bob three'])
  expect(await inbox(back, `/inbox before=${idOf(three)}`)).toEqual(['ann bob one', 'ann bob two'])
  expect(await inbox(back, '/inbox after=0')).toEqual(['ann bob one', 'ann bob two', 'ann bob three'])
  expect(await back.ask('/inbox after=x')).toEqual(error('Invalid id: x'))
  expect(await back.ask('/inbox before=x')).toEqual(error('Invalid id: x'))

  // It needs no room to be told something, nor to tell something.
  ann.send('/tell bob there?')
  expect(await back.next()).toMatchObject({ type: 'private', body: 'there?' })
  back.send('/tell ann yes')
  expect(await back.take(2)).toMatchObject([ok, { type: 'private', to: 'ann', body: 'yes' }])
  // A second session sees what the first one says and hears.
  const phone = await connect()
  await phone.ask('LOGIN bob correct horse')
  ann.send('/tell bob both?')
  await back.until((line) => line.type === 'private' && line.body === 'both?')
  back.send('/tell ann both')
  expect(await phone.take(2)).toMatchObject([{ body: 'both?' }, { body: 'both', from: 'bob' }])

  const eve = await login('eve')
  expect(await eve.ask('/tell bob hi')).toEqual(error('Join a room first'))
  expect(await eve.ask('/inbox')).toEqual(error('Join a room first'))
})

test('what was told to guests of a nickname is not for its account, nor for another guest', async () => {
  const { together } = await stage(WAY)
  const [ann, bob] = await together('ops', 'ann', 'bob')
  ann.send('/tell bob between us')
  await bob.until(({ type }) => type === 'private')
  bob.end()
  await ann.until(({ type }) => type === 'userLeft')
  expect(await ann.ask('/tell bob still there?')).toEqual(error('No such user here: bob'))
  const [other] = await together('den', 'bob')
  expect(await inbox(other)).toEqual([])
  await register(other)
  expect(await inbox(other)).toEqual([])
  ann.send('/tell bob hello, account')
  expect(await other.next()).toMatchObject({ type: 'private', body: 'hello, account' })
  expect(await inbox(other)).toEqual(['ann bob hello, account'])
})

test('a nickname of two guests is told by those in the room only', async () => {
  const { together } = await stage(WAY)
  const [ann, bob] = await together('ops', 'ann', 'bob')
  const [other, eve] = await together('den', 'bob', 'eve')
  const [dan] = await together('yard', 'dan')
  expect(await dan.ask('/tell bob who of you?')).toEqual(error('No such user here: bob'))
  ann.send('/tell bob secret')
  expect(await bob.next()).toMatchObject({ type: 'private', body: 'secret', room: 'ops' })
  bob.send('/tell dan my own')
  await dan.until(({ type }) => type === 'private')
  expect(await other.rest()).toEqual([])
  expect(await inbox(other)).toEqual([])
  eve.send('/tell bob for the other')
  expect(await other.next()).toMatchObject({ body: 'for the other' })
  expect(await inbox(other)).toEqual(['eve bob for the other'])
  expect(await inbox(bob)).toEqual(['ann bob secret', 'bob dan my own'])
})

test('a block holds in other rooms and in the inbox', async () => {
  const { together, connect } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const [bob] = await together('other', 'bob')
  await register(bob)
  ann.send('/tell bob before')
  await bob.until(({ type }) => type === 'private')
  await bob.ask('/block ann')
  expect(await inbox(bob)).toEqual([])
  bob.end()
  await bob.closed
  await ann.rest()
  expect(await ann.ask('/tell bob after')).toEqual(ok)
  const back = await connect()
  await back.ask('LOGIN bob correct horse')
  await back.ask('/unblock ann')
  expect(await inbox(back)).toEqual(['ann bob before'])
})

test('/away marks a user in /who until they are back', async () => {
  const { together } = await stage(WAY)
  const [bob, ann] = await together('lobby', 'bob', 'ann')
  expect(await ann.ask('/away lunch')).toEqual(result('You are away'))
  expect(await bob.ask('/who')).toEqual({
    type: 'commandResult',
    result: 'In lobby: bob, ann (away)',
    room: 'lobby',
    members: ['bob', 'ann'],
    marks: [{ nickname: 'ann', marks: ['away'], away: 'lunch' }],
  })
  expect(await ann.ask('/away')).toEqual(result('You are back'))
  expect(await bob.ask('/who')).not.toHaveProperty('marks')
  expect(await ann.ask('/away')).toEqual(result('You are away'))
  expect(await bob.ask('/who')).toMatchObject({ marks: [{ nickname: 'ann', marks: ['away'] }] })
  expect(await ann.ask(`/away ${'x'.repeat(201)}`)).toEqual(error('Message too long, at most 200 characters'))
  ann.end()
  await bob.until(({ type }) => type === 'userLeft')
  const [again] = await together('lobby', 'ann')
  expect(await again.ask('/who')).not.toHaveProperty('marks')
})

test('an account is away when all its sessions in the room are', async () => {
  const { together, connect } = await stage(WAY)
  const [bob, ann] = await together('lobby', 'bob', 'ann')
  await register(ann)
  const phone = await connect()
  await phone.ask('LOGIN ann correct horse')
  await phone.ask('JOIN lobby')
  await ann.ask('/away')
  expect(await bob.ask('/who')).toMatchObject({ marks: [{ nickname: 'ann', marks: ['account'] }] })
  await phone.ask('/away')
  expect(await bob.ask('/who')).toMatchObject({ marks: [{ nickname: 'ann', marks: ['away', 'account'] }] })
})
