/** The hints of errors: what somebody who is new to the line protocol, or to owning a room, is told. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startTestDaemon } from '../../support/daemon.ts'
import { error, isReply, result, stage, type Way } from '../../support/stage.ts'

const way: Way = { transport: 'TCP', mode: 'whole' }
const ROOM = 'A name has 1 to 64 of a-z A-Z 0-9 . _ -, first a letter or digit, without # and spaces'

type Told = readonly (readonly [line: string, text: string, hint: string | undefined])[]

const LOGIN_FIRST = 'LOGIN <nickname>; HELP lists the commands'
const JOIN_FIRST = 'JOIN <room>; /rooms lists the rooms'

describe('a command in another case, or without its slash', () => {
  const upper = (name: string) => `Commands are upper-case, or begin with a slash: ${name}, /${name.toLowerCase()}`

  test('is told how to write it where it is refused, and is said in a room', async () => {
    const client = await (await stage(way)).connect()
    const told: Told = [
      ['login ann', 'Login required', upper('LOGIN')],
      ['Join ops', 'Login required', upper('JOIN')],
      ['quit', 'Login required', 'Commands begin with a slash: /quit'],
      ['who is here?', 'Login required', LOGIN_FIRST],
      ['JOIN ops', 'Login required', LOGIN_FIRST],
      ['hello', 'Login required', LOGIN_FIRST],
      ['LOGIN ann', '', undefined],
      ['join ops', 'Join a room first', upper('JOIN')],
      ['leave', 'Join a room first', upper('LEAVE')],
      ['leave me alone', 'Join a room first', JOIN_FIRST],
    ]
    for (const [line, text, hint] of told) {
      const reply = await client.ask(line)
      expect([line, 'hint' in reply ? reply.hint : undefined]).toEqual([line, hint])
      if (text !== '') expect(reply).toEqual(error(text))
    }
    client.send('JOIN ops', 'join dev')
    expect((await client.until(({ type }) => type === 'message')).at(-1)).toMatchObject({ body: 'join dev' })
  })
})

test('invalid names: the rule, and what a second word is for', async () => {
  const client = await (await stage(way)).connect()
  const nickname = 'up to 32 letters, digits and _ [ ] { }'
  for (const line of ['LOGIN -x', 'LOGIN two words']) {
    expect(await client.ask(line)).toEqual(
      error('Invalid nickname', { hint: expect.stringContaining(nickname) as unknown as string }),
    )
  }
  expect(await client.ask('LOGIN tom session=short')).toEqual(
    error('Invalid nickname', { hint: 'session= takes a word of 16 to 64 letters, digits, _ and -' }),
  )
  expect(await client.ask('LOGIN tom')).toMatchObject({ type: 'commandResult' })
  for (const name of ['#ops', 'Zürich', 'x'.repeat(65)]) {
    expect(await client.ask(`JOIN ${name}`)).toMatchObject({ code: 'room-name-invalid', hint: ROOM })
  }
  expect(await client.ask('JOIN two words')).toMatchObject({
    error: 'Invalid room name: two words, please use alphanumericcharacters only',
    hint: `${ROOM}; a second word is the password of a room that has one`,
  })
  for (const line of ['JOIN new passw0rd123', '/enter lobby passw0rd123', '/speak new passw0rd123']) {
    expect(await client.ask(line), line).toMatchObject({
      error: expect.stringMatching(/^Invalid room name: (?:new|lobby) …, please/),
      code: 'room-name-invalid',
    })
  }
  expect(await client.ask('/limits')).toMatchObject({
    result: expect.stringMatching(/\nA nickname has up to 32 letters.*\nA room name has 1 to 64 of/),
  })
})

test('a missing parameter: the usage; an empty line: that it says nothing', async () => {
  const [ann] = await (await stage(way)).together('ops', 'ann')
  const told = {
    JOIN: 'JOIN <room> [<password>]',
    '/tell bob': '/tell <nickname> [nonce=<word>] <text>',
    '/ban': '/ban <nickname or mask> [<time>] [<reason>]',
    '/search in=ops': '/search <words> [in=<room>] [limit=<n>] [before=<id>]',
    '/token revoke': expect.stringContaining('/token revoke <name>'),
    'MESSAGE ""': 'MESSAGE [nonce=<word>] <text>',
    '': 'An empty line says nothing',
  }
  for (const [line, hint] of Object.entries(told)) {
    expect([line, await ann.ask(line)]).toEqual([line, error('Missing required parameter', { hint })])
  }
})

test('an unknown command: the one that may be meant', async () => {
  const client = await (await stage(way)).connect()
  const rest = (word: string) => `/help lists the commands; /message ${word} says it`
  const told = {
    '/foo': rest('/foo'),
    '/part': `Perhaps /leave; ${rest('/part')}`,
    '/LIST': `Perhaps /rooms; ${rest('/LIST')}`,
    '/names': `Perhaps /who; ${rest('/names')}`,
    '/nick bob': `Perhaps /login, once on each connection; ${rest('/nick')}`,
    '/redact 17': `Perhaps /delete; ${rest('/redact')}`,
    '/slowmode 5': `Perhaps /slow; ${rest('/slowmode')}`,
    '/jion ops': `Perhaps /join; ${rest('/jion')}`,
    '/helpp': `Perhaps /help; ${rest('/helpp')}`,
    '/qiut': `Perhaps /quit; ${rest('/qiut')}`,
    '/leave me': '/leave stands alone on its line; /help lists the commands',
    '/help serach': 'Perhaps /search; /help lists the commands',
    [`/${'x'.repeat(10_000)}`]: '/help lists the commands',
    '/': rest('/'),
  }
  for (const [line, hint] of Object.entries(told)) {
    expect([line, await client.ask(line)]).toMatchObject([line, { code: 'unknown-command', hint }])
  }
})

test('the owner of a room is told what does not go', async () => {
  const { together } = await stage(way)
  const [ann, bob] = await together('ops', 'ann', 'bob')
  const rank =
    'Operators of the room may do this, to users of a lower rank than their own; /who shows them; where there are none, only admins may'
  const reply = async (who: typeof ann, line: string) => {
    who.send(line)
    return (await who.until(isReply)).at(-1)
  }
  expect(await reply(ann, '/ban ann')).toEqual(error('Not permitted', { hint: rank }))
  expect(await reply(bob, '/kick ann')).toEqual(error('Not permitted', { hint: rank }))
  expect(await reply(ann, '/owner bob')).toEqual(
    error('Not permitted', { hint: 'Only the owner of the room may do this' }),
  )
  await reply(ann, '/lock open sesame')
  await reply(bob, 'LEAVE')
  for (const usage of ['JOIN ops <password>', '/speak ops <password>', '/enter ops <password>']) {
    const [command = ''] = usage.split(' <')
    const hint = usage.replace('ops', '<room>')
    expect(await reply(bob, command)).toEqual(error('Room is private', { hint }))
  }
  await reply(bob, 'JOIN ops open sesame')
  await reply(ann, '/unlock')
  expect(await reply(ann, '/lock short')).toEqual(
    error('Invalid password', { hint: 'The password of a room has 8 characters to 72 bytes' }),
  )
  expect(await reply(ann, `/topic ${'x'.repeat(301)}`)).toMatchObject({ hint: 'The topic is too long' })
  expect(await reply(ann, `/kick bob ${'x'.repeat(301)}`)).toMatchObject({ hint: 'The reason is too long' })
  expect(await reply(ann, `/title ${'x'.repeat(71)}`)).toMatchObject({ hint: 'A title has 1 to 70 characters' })
  expect(await reply(ann, '/mute bob 5')).toEqual(
    error('Invalid time: 5', {
      hint: '10m, 2h, 7d; without a time for good, with forever before a reason that begins with a number',
    }),
  )
  expect(await reply(ann, '/title Mod Room')).toEqual(result('The room is now ModRoom'))
})

test('/help is short with plain lines, and all of it with all', async () => {
  const client = await (await stage(way)).connect()
  const { result: all } = (await client.ask('/help')) as { result: string }
  expect(await client.ask('/help all')).toMatchObject({ result: all, commands: expect.any(Array) })
  expect(all.split('\n').length).toBeGreaterThan(50)
  client.socket.destroy()
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  const socket = connect({ host: '127.0.0.1', port: daemon.line }).setEncoding('utf8')
  onTestFinished(() => void socket.destroy())
  let seen = ''
  socket.on('data', (text) => {
    seen += text
  })
  const until = async (end: string) => {
    while (!seen.endsWith(end)) await once(socket, 'data')
    const text = seen
    seen = ''
    return text
  }
  socket.write('/plain\nHELP\n/ping 1\n')
  const short = await until('PONG 1\n')
  expect(short.split('\n').length).toBeLessThan(12)
  for (const word of ['LOGIN', 'JOIN', '/tell', '/who', '/rooms', 'HISTORY', '/quit', '/help all'])
    expect(short).toContain(word)
  socket.write('/help all\n/ping 2\n')
  expect(await until('PONG 2\n')).toContain(all)
})
