/** docs/protocols/line.md, section 8.5: /speak says texts in a room without entering it, /enter enters only a room that exists. */
import { expect, test } from 'vitest'
import type { LineClient } from '../../support/client.ts'
import { error, isReply, ok, result, stage } from '../../support/stage.ts'

/** Sends a line; resolves with its reply, behind the events before it. */
async function ask(client: LineClient, line: string) {
  client.send(line)
  return (await client.until(isReply)).at(-1)
}

const WAY = { transport: 'TCP', mode: 'whole' } as const

test('members hear the texts in order, and nobody comes or goes; the speaker hears nothing', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const ci = await login('ci')
  expect(await ask(ci, '/speak ops')).toEqual(result('Speaking in room ops'))
  ci.send('one', 'MESSAGE "two\\nlines"', '/me waves', '/notice beep', 'MESSAGE nonce=a five', 'MESSAGE nonce=a five')
  const replies = await ci.rest()
  expect(replies.slice(0, 4)).toEqual([ok, ok, ok, ok])
  const [id] = replies.slice(4).flatMap((reply) => ('id' in reply ? [reply.id] : []))
  expect(replies.slice(4)).toEqual([
    { ...ok, id },
    { ...ok, id },
  ])
  expect(await ask(ci, 'LEAVE')).toEqual(ok)
  ann.send('over')
  const heard = (await ann.until((line) => line.type === 'message' && line.body === 'over')).filter(
    ({ type }) => type !== 'commandResult',
  )
  expect(heard).toMatchObject([
    { type: 'message', from: 'ci', body: 'one', room: 'ops' },
    { type: 'message', body: 'two\nlines' },
    { type: 'message', body: 'waves', action: true },
    { type: 'message', body: 'beep', notice: true },
    { type: 'message', body: 'five', id },
    { type: 'message', from: 'ann', body: 'over' },
  ])
  expect(await ci.rest()).toEqual([])
})

test('it is no membership: what needs one is refused, LEAVE and JOIN end it, and it leaves a room that was joined', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const bob = await login('bob')
  expect(await ask(bob, '/speak')).toEqual(error('Missing required parameter'))
  expect(await ask(bob, '/speak !@#')).toMatchObject({ type: 'error', code: 'room-name-invalid' })
  expect(await ask(bob, 'hi')).toMatchObject({ type: 'error', code: 'not-in-room' })
  await ask(bob, '/speak ops')
  for (const line of ['HISTORY', '/topic', '/who', '/kick ann']) {
    expect(await ask(bob, line), line).toMatchObject({ type: 'error', code: 'not-in-room' })
  }
  expect(await ask(bob, 'LEAVE')).toEqual(ok)
  expect(await ask(bob, 'hi')).toMatchObject({ code: 'not-in-room' })
  await ask(bob, '/speak ops')
  expect(await ask(bob, 'JOIN other')).toEqual(result('Joined room other'))
  await bob.until(({ type }) => type === 'userJoined')
  expect(await ask(bob, 'hi')).toEqual(ok)
  await bob.until((line) => line.type === 'message' && line.room === 'other')
  expect(await ask(bob, '/speak made')).toMatchObject({ result: 'Speaking in room made' })
  await bob.until((line) => line.type === 'userLeft' && line.room === 'other')
  expect(await ask(bob, 'PIPE')).toMatchObject({ type: 'commandResult' })
  expect(await ask(bob, 'LEAVE')).toEqual(ok)
  await ask(ann, '/enter made')
  ann.send('HISTORY')
  expect((await ann.rest()).flatMap((line) => (line.type === 'history' ? [line.body] : []))).toMatchObject([
    { type: 'message', from: 'bob', body: 'LEAVE' },
    { type: 'userJoined', from: 'ann' },
  ])
})

test('bans, mutes, moderation, passwords and names hold, at once', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const bob = await login('bob')
  await ask(bob, '/speak ops')
  await ask(ann, '/moderated on')
  expect(await ask(bob, 'hi')).toMatchObject({ code: 'moderated' })
  await ask(ann, '/moderated off')
  await ask(ann, '/mute bob 10m loud')
  expect(await ask(bob, 'hi')).toMatchObject({ code: 'muted', reason: 'loud' })
  await ask(ann, '/unmute bob')
  expect(await ask(bob, 'hi')).toEqual(ok)
  await ask(ann, '/ban bob 10m')
  expect(await ask(bob, 'hi')).toMatchObject({ code: 'banned' })
  expect(await ask(bob, '/speak ops')).toMatchObject({ code: 'banned' })
  const second = await login('ann')
  expect(await ask(second, '/speak ops')).toMatchObject({ code: 'name-in-room' })
  await ask(ann, '/unban bob')
  await ask(ann, '/lock correct horse')
  expect(await ask(bob, 'hi')).toMatchObject({ code: 'room-private' })
  expect(await ask(bob, '/speak ops')).toMatchObject({ code: 'room-private' })
  expect(await ask(bob, '/speak ops wrong horse')).toMatchObject({ code: 'password-wrong' })
  expect(await ask(bob, '/speak ops correct horse')).toMatchObject({ result: 'Speaking in room ops' })
  expect(await ask(bob, 'hi')).toEqual(ok)
})

test('a guest who joins under the nickname, and the end of the room, end it; later lines are refused in order', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('lounge', 'ann')
  await ask(ann, '/register correct horse')
  const bob = await login('bob')
  await ask(bob, '/speak lounge')
  expect(await ask(bob, 'hi')).toEqual(ok)
  const other = await login('bob')
  await ask(other, 'JOIN lounge')
  expect(await ask(bob, 'hi')).toMatchObject({ code: 'name-in-room' })
  await ask(other, 'LEAVE')
  await other.until(({ type }) => type === 'userLeft')
  expect(await ask(bob, 'hi')).toEqual(ok)
  expect(await ask(ann, '/close')).toEqual(ok)
  bob.send('a', 'b')
  const gone = { error: 'No such room: lounge', code: 'room-unknown' }
  expect(await bob.rest()).toMatchObject([gone, gone])
  expect(await ask(bob, '/rooms all')).toMatchObject({ rooms: [{ room: 'lobby' }] })
  expect(await ask(bob, '/speak lounge')).toMatchObject({ result: 'Speaking in room lounge' })
  expect(await ask(bob, 'hi')).toEqual(ok)
})

test('an access token that may only write speaks, and joins nothing', async () => {
  const { together, connect } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  await ask(ann, '/register correct horse')
  ann.send('/token create ci may=write rooms=ops')
  const [token = ''] = /rd_\w+/.exec(JSON.stringify(await ann.rest())) ?? []
  const ci = await connect()
  await ask(ci, `LOGIN ann ${token}`)
  expect(await ask(ci, 'JOIN ops')).toMatchObject({ code: 'token-scope' })
  expect(await ask(ci, '/speak other')).toMatchObject({ code: 'token-scope' })
  expect(await ask(ci, '/speak ops')).toEqual(result('Speaking in room ops'))
  expect(await ask(ci, 'hi')).toEqual(ok)
  await ann.until((line) => line.type === 'message' && line.body === 'hi')
})

test('/enter enters a room that exists, with its password, and makes none', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const bob = await login('bob')
  expect(await ask(bob, '/enter opps')).toMatchObject({ error: 'No such room: opps', code: 'room-unknown' })
  expect(await ask(bob, '/rooms all')).toMatchObject({ rooms: [{ room: 'ops' }, { room: 'lobby' }] })
  expect(await ask(bob, '/enter OPS')).toEqual(result('Joined room ops'))
  await ask(bob, 'LEAVE')
  await ask(ann, '/lock correct horse')
  expect(await ask(bob, '/enter ops')).toMatchObject({ code: 'room-private' })
  expect(await ask(bob, '/enter ops correct horse')).toEqual(result('Joined room ops'))
  const unknown = { error: 'No such room: opps', code: 'room-unknown' }
  expect(await ask(bob, '/enter opps correct horse')).toMatchObject(unknown)
  for (const line of ['/enter op!s', '/enter op!s correct horse']) {
    const error = 'Invalid room name: op!s, please use alphanumericcharacters only'
    expect(await ask(bob, line), line).toMatchObject({ error, code: 'room-name-invalid' })
  }
})

test('/speak exists=yes speaks in a room that exists, with its password, and makes none', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const bob = await login('bob')
  const unknown = { error: 'No such room: opps', code: 'room-unknown' }
  expect(await ask(bob, '/speak exists=yes opps')).toMatchObject(unknown)
  expect(await ask(bob, '/speak exists=yes opps correct horse')).toMatchObject(unknown)
  expect(await ask(bob, '/speak exists=yes op!s')).toMatchObject({ code: 'room-name-invalid' })
  expect(await ask(bob, '/speak exists=yes')).toMatchObject({ code: 'missing-parameter' })
  expect(await ask(bob, '/rooms all')).toMatchObject({ rooms: [{ room: 'ops' }, { room: 'lobby' }] })
  expect(await ask(bob, '/speak exists=yes OPS')).toEqual(result('Speaking in room ops'))
  await ask(ann, '/lock correct horse')
  expect(await ask(bob, '/speak exists=yes ops')).toMatchObject({ code: 'room-private' })
  expect(await ask(bob, '/speak exists=yes ops correct horse')).toEqual(result('Speaking in room ops'))
  expect(await ask(bob, 'hi')).toEqual(ok)
})

test('after the room was renamed, replies to texts with a nonce have its name', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const bob = await login('bob')
  await ask(bob, '/speak ops')
  expect(await ask(bob, 'MESSAGE nonce=a one')).not.toHaveProperty('room')
  await ask(ann, '/title newname')
  await ann.until((line) => line.type === 'mode' && line.room === 'newname')
  expect(await ask(bob, 'MESSAGE nonce=b two')).toMatchObject({ result: 'OK', room: 'newname' })
  expect(await ask(bob, '/speak newname')).toEqual(result('Speaking in room newname'))
  expect(await ask(bob, 'MESSAGE nonce=b two')).not.toHaveProperty('room')
})

test('a guest speaks in the room that it is in, and where it is in by another connection with its word', async () => {
  const { together, login, connect } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const bob = await login('bob')
  await ask(bob, 'JOIN ops')
  expect(await ask(bob, '/speak ops')).toEqual(result('Speaking in room ops'))
  expect(await ask(bob, 'out')).toEqual(ok)
  await ann.until((line) => line.type === 'userLeft' && line.from === 'bob')
  await ann.until((line) => line.type === 'message' && line.body === 'out')
  const word = 'abcdefghijklmnop'
  const [first, second, stranger] = [await connect(), await connect(), await connect()]
  for (const each of [first, second]) await ask(each, `LOGIN eve session=${word}`)
  await ask(stranger, 'LOGIN eve session=ponmlkjihgfedcba')
  await ask(first, 'JOIN ops')
  expect(await ask(second, '/speak ops')).toEqual(result('Speaking in room ops'))
  expect(await ask(second, 'beside')).toEqual(ok)
  await first.until((line) => line.type === 'message' && line.body === 'beside')
  expect(await ask(stranger, '/speak ops')).toMatchObject({ code: 'name-in-room' })
})

test('/speak that is refused changes nothing', async () => {
  const { together, login } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  const bob = await login('bob')
  await ask(bob, '/speak ops')
  bob.send('/speak !@#', 'hi')
  expect(await bob.rest()).toMatchObject([{ code: 'room-name-invalid' }, ok])
  await ann.until((line) => line.type === 'message' && line.body === 'hi')
})
