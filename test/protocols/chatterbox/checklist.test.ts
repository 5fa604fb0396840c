/** The checklist of docs/protocols/chatterbox.md, section 7, point by point. */
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { TIMED } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/folder.ts'
import type { Frame } from '../../support/frames.ts'
import { type BoxClient, boxStage, type ChatterboxEntry, messagesOf, onlineIn, SECOND } from './stage.ts'

const INVALID = { ERROR: 'Invalid message' }
const NOBODY = { ERROR: 'Specified username does not exist (or at least is not online)' }
const all = (from: string, content: string): ChatterboxEntry => [from, 'ALL', SECOND, content]

/** A frame whose payload is not what a client would write. */
function framed(payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload)
  const header = Buffer.alloc(4)
  header.writeUInt32BE(bytes.length)
  return Buffer.concat([header, bytes])
}

function folder(): string {
  const data = temporaryFolder()
  return data
}

test('1. the certificate is trusted as localhost', async () => {
  const { login } = await boxStage()
  const { raw } = await login('user1')
  expect(raw.socket).toMatchObject({ authorized: true, encrypted: true })
})

test('2. the server sends nothing of its own accord', async () => {
  const client = await (await boxStage()).connect()
  await delay(500)
  expect(client.raw.chunks).toEqual([])
})

test('3. USERNAME is accepted', TIMED, async () => {
  const client = await (await boxStage()).connect()
  const started = performance.now()
  expect(await client.login('user1')).toEqual({
    USERNAME_ACCEPTED: true,
    INFO: 'Welcome to the server!',
    USER_LIST: [{ name: 'user1', active: true }],
    MESSAGES: [],
  })
  expect(performance.now() - started).toBeLessThan(500)
})

test.for([
  ['objects', 'USERNAME_ACCEPTED INFO USER_LIST MESSAGES'],
  ['names', 'USERNAME_ACCEPTED INFO MESSAGES USER_LIST'],
] as const)('4. the order of the keys (%s)', async ([form, order]) => {
  const client = await (await boxStage({ 'chatterbox-user-list': form })).connect()
  expect(Object.keys(await client.login('user1')).join(' ')).toBe(order)
})

test('5. a name in use is refused, and another one accepted on the same connection', async () => {
  const { together, connect } = await boxStage()
  const [user1] = await together('user1')
  const client = await connect()
  expect(await client.login('user1')).toEqual({
    USERNAME_ACCEPTED: false,
    INFO: 'The provided username is already in use.',
  })
  expect(await client.login('user2')).toMatchObject({
    USERNAME_ACCEPTED: true,
    USER_LIST: [
      { name: 'user1', active: true },
      { name: 'user2', active: true },
    ],
  })
  expect(await user1.rest()).toEqual([{ USERS_JOINED: ['user2'] }])
})

test('5. of two who come at once one gets the name', async () => {
  const { connect } = await boxStage()
  const clients = [await connect(), await connect()]
  const replies = await Promise.all(clients.map((client) => client.login('user1')))
  expect(replies.map(({ USERNAME_ACCEPTED }) => USERNAME_ACCEPTED).sort()).toEqual([false, true])
})

test('6. a name is the same in capitals', async () => {
  const { together, connect } = await boxStage()
  await together('user1')
  const client = await connect()
  expect(await client.login('User1')).toMatchObject({ USERNAME_ACCEPTED: false })
})

test('7. what is no name is refused', async () => {
  const { connect } = await boxStage()
  const client = await connect()
  for (const name of ['', ' user1', 'user1 ', 'us\ner', 'u'.repeat(33), 'e\u0301', "o'brien", 'a<b']) {
    expect(await client.login(name)).toEqual({
      USERNAME_ACCEPTED: false,
      INFO: 'Letters, digits, single blanks, _ - . and brackets, at most 32.',
    })
  }
  for (const name of ['ALL', 'all', 'Public']) {
    expect(await client.login(name)).toEqual({
      USERNAME_ACCEPTED: false,
      INFO: 'The provided username is not allowed.',
    })
  }
  for (const name of [5, ['user1'], null]) expect(await client.raw.ask({ USERNAME: name })).toEqual(INVALID)
  expect(await client.login('user1')).toMatchObject({ USERNAME_ACCEPTED: true })
})

test('7. the name of an account is refused', async () => {
  const { line, connect } = await boxStage()
  const ann = await line('ann')
  await ann.ask('/register a secret')
  const client = await connect()
  expect(await client.login('Ann')).toEqual({ USERNAME_ACCEPTED: false, INFO: 'The provided username is reserved.' })
})

test('8. the others see somebody come, he does not', async () => {
  const { together, login } = await boxStage()
  const [user1] = await together('user1')
  const user2 = await login('user2')
  expect(await user1.rest()).toEqual([{ USERS_JOINED: ['user2'] }])
  expect(await user2.rest()).toEqual([])
})

test('9. a broadcast reaches everybody, the sender too', async () => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  user1.say('hello')
  expect(await user1.rest()).toEqual([{ MESSAGES: [all('user1', 'hello')] }])
  expect(await user2.rest()).toEqual([{ MESSAGES: [all('user1', 'hello')] }])
})

test('10. a private message reaches its addressee only', async () => {
  const [user1, user2, user3] = await (await boxStage()).together('user1', 'user2', 'user3')
  user1.say('psst', 'USER2')
  expect(await user1.rest()).toEqual([])
  expect(await user2.rest()).toEqual([{ MESSAGES: [['user1', 'user2', SECOND, 'psst']] }])
  expect(await user3.rest()).toEqual([])
  user1.say('to myself', 'user1')
  expect(await user1.heard()).toEqual([['user1', 'user1', SECOND, 'to myself']])
})

test('11. a private message to nobody', async () => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  for (const dest of ['nobody', '', 'all']) {
    user1.say('psst', dest)
    expect(await user1.rest()).toEqual([NOBODY])
  }
  expect(await user2.rest()).toEqual([])
})

test('12. nobody speaks as somebody else', async () => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  for (const src of ['user2', 'User1', '']) {
    user1.send([src, 'ALL', SECOND, 'hello'])
    expect(await user1.rest()).toEqual([{ ERROR: 'SRC does not match the username of this connection' }])
  }
  expect(await user2.rest()).toEqual([])
})

test('13. one entry that is wrong does not hinder the others', async () => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  user1.send(all('user1', 'first'), all('user2', 'second'), all('user1', 'third'))
  const frames = await user1.rest()
  expect(frames.filter(({ ERROR }) => ERROR)).toHaveLength(1)
  expect(frames.flatMap(messagesOf)).toEqual([all('user1', 'first'), all('user1', 'third')])
  expect(await user2.rest()).toEqual([{ MESSAGES: [all('user1', 'first'), all('user1', 'third')] }])
})

test('13. of several errors the first is told', async () => {
  const [user1] = await (await boxStage()).together('user1')
  user1.send(user1.entry('nobody', 'psst'), all('user2', 'hello'), 5)
  expect(await user1.rest()).toEqual([NOBODY])
})

test('14. nothing is said before a name is accepted', async () => {
  const client = await (await boxStage()).connect()
  expect(await client.raw.ask({ MESSAGES: [all('user1', 'hello')] })).toEqual({ ERROR: 'Choose a username first' })
  client.raw.send({ MESSAGES: [all('user1', 'hello')], USERNAME: 'user1' })
  expect(await client.raw.take(2)).toMatchObject([
    { USERNAME_ACCEPTED: true, MESSAGES: [] },
    { MESSAGES: [all('user1', 'hello')] },
  ])
})

test('15. a name is chosen once', async () => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  expect(await user1.login('user3')).toEqual({ ERROR: 'Already logged in as user1' })
  expect(await user1.command('/Name')).toBe('Your username is user1')
  expect(await user2.rest()).toEqual([])
})

test('16. what is no request is answered, and the next one works', async () => {
  const [user1] = await (await boxStage()).together('user1')
  for (const text of ['hello', '', '[]', '"x"', 'null', '5', Buffer.from([0x7b, 0xff, 0x7d])]) {
    user1.raw.socket.write(framed(text))
    expect(await user1.rest()).toEqual([{ ERROR: 'Invalid JSON' }])
  }
  for (const text of ['{}', '{"username":"x"}', '{"__proto__":{"USERNAME":"x"}}', '{"MESSAGES":{}}']) {
    user1.raw.socket.write(framed(text))
    expect(await user1.rest()).toEqual([INVALID])
  }
  user1.raw.send({ MESSAGES: [all('user1', 'hello')], FEATURES: ['colours'] })
  expect(await user1.heard()).toEqual([all('user1', 'hello')])
})

test.for([
  ['three', ['user1', 'ALL', SECOND]],
  ['five', ['user1', 'ALL', SECOND, 'x', 'y']],
  ['no array', { 0: 'user1' }],
  ['SRC', [1, 'ALL', SECOND, 'x']],
  ['DEST', ['user1', null, SECOND, 'x']],
  ['CONTENT', ['user1', 'ALL', SECOND, ['x']]],
] as const)('16. an entry of a wrong shape (%s)', async ([, entry]) => {
  const [user1] = await (await boxStage()).together('user1')
  user1.send(entry)
  expect(await user1.rest()).toEqual([INVALID])
})

test('16. a text or a command that is too long', async () => {
  const [user1] = await (await boxStage({ 'max-text': 20 })).together('user1')
  for (const content of ['x'.repeat(21), `/Name ${'x'.repeat(20)}`]) {
    user1.say(content)
    expect(await user1.rest()).toEqual([{ ERROR: 'Message too long, at most 20 characters' }])
  }
  user1.say('😀'.repeat(20))
  expect(await user1.heard()).toEqual([all('user1', '😀'.repeat(20))])
})

test('17. a frame may come one byte at a time, or as header and JSON', async () => {
  const [user1] = await (await boxStage()).together('user1')
  const bytes = framed(JSON.stringify({ MESSAGES: [all('user1', 'é😀')] }))
  for (const byte of bytes) {
    user1.raw.socket.write(Buffer.of(byte))
    await delay(0)
  }
  user1.raw.socket.write(bytes.subarray(0, 4))
  await delay(5)
  user1.raw.socket.write(bytes.subarray(4))
  expect(await user1.heard()).toEqual([all('user1', 'é😀'), all('user1', 'é😀')])
})

test('18. frames in one write are carried out in order', async () => {
  const client = await (await boxStage()).connect()
  client.raw.send(
    { USERNAME: 'user1' },
    { MESSAGES: [all('user1', 'first')] },
    { MESSAGES: [['user1', 'ALL', 1, '/Name']] },
    { MESSAGES: [all('user1', 'second')] },
  )
  expect(await client.raw.take(4)).toMatchObject([
    { USERNAME_ACCEPTED: true, MESSAGES: [] },
    { MESSAGES: [all('user1', 'first')] },
    { MESSAGES: [['user1', 'user1', 1, 'Your username is user1']] },
    { MESSAGES: [all('user1', 'second')] },
  ])
})

test('19. a frame that is announced as too long', async () => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  const before = process.memoryUsage().arrayBuffers
  user1.raw.socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7b]))
  expect(await user1.raw.rest()).toEqual([{ ERROR: 'Message too long' }])
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 28)
  expect(await user2.raw.next()).toEqual({ USERS_LEFT: ['user1'] })
})

test.for([
  ['destroy', 'TLS'],
  ['end', 'TLS'],
  // The runtime resets plain connections only.
  ['resetAndDestroy', 'TCP'],
] as const)('20. somebody leaves by %s', TIMED, async ([how, transport]) => {
  const [user1, user2] = await (await boxStage({}, transport)).together('user1', 'user2')
  user2.raw.socket[how]()
  const started = performance.now()
  expect(await user1.raw.next()).toEqual({ USERS_LEFT: ['user2'] })
  expect(performance.now() - started).toBeLessThan(1_000)
})

test('21. nobody hears of somebody without a name', async () => {
  const { together, connect } = await boxStage()
  const [user1] = await together('user1')
  const client = await connect()
  await client.login('user1')
  client.raw.socket.destroy()
  await client.raw.closed
  await delay(50)
  expect(await user1.rest()).toEqual([])
})

test('22. a private message is kept for its addressee', async () => {
  const { together, connect } = await boxStage({ data: folder() })
  const [watcher, ...members] = await together('watcher', 'user1', 'user2', 'user3')
  const [user1] = members
  user1.say('before', 'ALL', 7)
  user1.say('psst', 'user2', 5)
  user1.say('after', 'ALL', 3)
  await user1.heard()
  await watcher.heard()
  for (const { raw } of members) raw.socket.end()
  const left = new Set<unknown>()
  while (left.size < members.length)
    for (const name of (await watcher.raw.next()).USERS_LEFT as string[]) left.add(name)
  const [before, after] = [
    ['user1', 'ALL', 7, 'before'],
    ['user1', 'ALL', 3, 'after'],
  ]
  for (const [name, expected] of [
    ['user1', [before, after]],
    ['user2', [before, ['user1', 'user2', 5, 'psst'], after]],
    ['user3', [before, after]],
  ] as const) {
    expect(await (await connect()).login(name)).toMatchObject({ USERNAME_ACCEPTED: true, MESSAGES: expected })
  }
})

test('22. where private messages are not given at login', async () => {
  const { together, connect } = await boxStage({ 'chatterbox-inbox': false })
  const [user1, user2] = await together('user1', 'user2')
  user1.say('psst', 'user2')
  await user1.rest()
  expect(await user2.heard()).toEqual([['user1', 'user2', SECOND, 'psst']])
  user2.raw.socket.destroy()
  await user1.raw.next()
  expect(await (await connect()).login('user2')).toMatchObject({ USERNAME_ACCEPTED: true, MESSAGES: [] })
})

test('23. public messages are in the history of everybody, also after a restart', async () => {
  const stage = await boxStage({ data: folder(), 'chatterbox-history': 100 })
  const [user1] = await stage.together('user1')
  const entries = Array.from({ length: 150 }, (_, n) => user1.entry('ALL', `line ${n}`, SECOND - n))
  user1.send(...entries)
  await user1.heard()
  expect(await (await stage.connect()).login('user2')).toMatchObject({ MESSAGES: entries.slice(-100) })
  await stage.restart()
  expect(await (await stage.connect()).login('user3')).toMatchObject({ MESSAGES: entries.slice(-100) })
})

test('23. the newest 1,000 messages are given', async () => {
  const stage = await boxStage()
  const [user1] = await stage.together('user1')
  const entries = Array.from({ length: 1_005 }, (_, n) => user1.entry('ALL', `line ${n}`))
  for (let n = 0; n < entries.length; n += 201) user1.send(...entries.slice(n, n + 201))
  await user1.heard()
  expect(messagesOf(await (await stage.connect()).login('user2'))).toEqual(entries.slice(-1_000))
})

test('23. no more than 256 KB of them', async () => {
  const stage = await boxStage()
  const [user1] = await stage.together('user1')
  for (let n = 0; n < 13; n++) user1.say(`${n}${'é'.repeat(3_990)}`)
  await user1.heard()
  const client = await stage.connect()
  const given = messagesOf(await client.login('user2')).map(([, , , content]) => Number.parseInt(String(content), 10))
  expect(given).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  expect(Buffer.concat(client.raw.chunks).length).toBeLessThan(262_144)
})

test.for(['user1', 'ALL', 'user2', 'nobody'])('24. 25. /Name to %s is answered to the sender only', async (dest) => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  expect(await user1.command('/Name', dest)).toBe('Your username is user1')
  expect(await user1.rest()).toEqual([])
  expect(await user2.rest()).toEqual([])
})

test('24. an unknown command', async () => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  for (const [content, word] of [
    ['/word of mine', '/word'],
    ['/', '/'],
    ['/DisplayUsers now', '/DisplayUsers'],
  ]) {
    user1.say(String(content))
    expect(await user1.rest()).toEqual([{ ERROR: `Unknown command: ${word}` }])
  }
  expect(await user2.rest()).toEqual([])
})

/** Who hears whom, of public and private messages. */
async function hearing(clients: readonly BoxClient[]): Promise<string[]> {
  const heard: string[] = []
  const listen = async (client: BoxClient) => {
    for (const [from, dest] of await client.heard()) {
      if (from !== client.name) heard.push(`${client.name} ${dest === 'ALL' ? 'hears' : 'is told by'} ${from}`)
    }
  }
  for (const from of clients) {
    from.say('public')
    for (const to of clients) if (to !== from) from.say('private', to.name)
    await listen(from)
  }
  for (const client of clients) await listen(client)
  return heard
}

const BETWEEN_1_AND_2 = ['user1 hears user2', 'user1 is told by user2', 'user2 hears user1', 'user2 is told by user1']

test('26. between two of whom one blocks the other nothing passes', async () => {
  const [user1, user2, user3] = await (await boxStage()).together('user1', 'user2', 'user3')
  expect(await user1.command('/Block user2')).toBe('The following users will now be blocked:  user2')
  const heard = await hearing([user1, user2, user3])
  for (const line of BETWEEN_1_AND_2) expect(heard).not.toContain(line)
  for (const line of ['user3 hears user1', 'user3 hears user2', 'user1 hears user3', 'user2 is told by user3']) {
    expect(heard).toContain(line)
  }
})

test('26. several at once', async () => {
  const [user1] = await (await boxStage()).together('user1', 'bob', 'carol')
  expect(await user1.command('/Block BOB  bob carol')).toBe('The following users will now be blocked:  bob carol')
})

test('27. neither oneself nor who was never seen', async () => {
  const [user1] = await (await boxStage()).together('user1')
  for (const names of [' nosuch user1', ' USER1', '']) {
    expect(await user1.command(`/Block${names}`)).toBe('The following users will now be blocked: ')
  }
})

test('27. who was seen long ago can be blocked', async () => {
  const { together, login } = await boxStage()
  const [user1] = await together('user1')
  const user2 = await login('user2')
  user2.raw.socket.destroy()
  await user1.raw.take(2)
  expect(await user1.command('/Block user2')).toBe('The following users will now be blocked:  user2')
})

test('27. names beyond a hundred are not looked up, and objected to', async () => {
  const { together } = await boxStage()
  const [user1] = await together('user1', 'bob', 'carol')
  const names = Array.from({ length: 700 }, (_, n) => `n${n}`).join(' ')
  for (const [word, answer] of [
    ['/Block', 'The following users will now be blocked:  bob'],
    ['/UnBlock', 'The following users will now be un-blocked:  bob'],
  ]) {
    user1.say(`${word} bob ${names} carol`)
    expect(await user1.rest()).toEqual([
      { MESSAGES: [[user1.name, user1.name, SECOND, answer]] },
      { ERROR: 'Too many names, at most 100' },
    ])
  }
  // What is no name, or stands there twice, does not count.
  const others = `${'!! '.repeat(500)}${'bob BOB '.repeat(100)}`
  expect(await user1.command(`/Block ${others} carol`)).toBe('The following users will now be blocked:  bob carol')
})

test('a frame of a thousand entries is carried out in order, and what follows it comes behind it', async () => {
  const { together } = await boxStage()
  const [user1, user2] = await together('user1', 'user2')
  const said = Array.from({ length: 1_200 }, (_, n) => `m${n}`)
  user1.send(...said.map((text) => user1.entry('ALL', text)))
  user1.say('behind')
  const heard = (await user1.heard()).map(([, , , text]) => text)
  expect(heard).toEqual([...said, 'behind'])
  user1.send(...Array.from({ length: 1_000 }, (_, n) => user1.entry('user2', '/Name', SECOND + n)), [
    'user2',
    'ALL',
    1,
    'x',
  ])
  const frames = await user1.rest()
  expect(frames.flatMap(messagesOf).map(([, , at]) => at)).toEqual(Array.from({ length: 1_000 }, (_, n) => SECOND + n))
  expect(frames.at(-1)).toEqual({ ERROR: 'SRC does not match the username of this connection' })
  expect((await user2.heard()).map(([, , , text]) => text)).toEqual([...said, 'behind'])
})

test('28. /Blocked', async () => {
  const [user1] = await (await boxStage()).together('user1', 'user2', 'user3')
  expect(await user1.command('/Blocked')).toBe('You have no users blocked')
  await user1.command('/Block user2')
  expect(await user1.command('/Blocked')).toBe('You currently have these users blocked: user2')
  await user1.command('/Block user3')
  expect(await user1.command('/Blocked')).toBe('You currently have these users blocked: user2 user3')
})

test.for(['/UnBlock', '/Unblock', '/unblock'])('29. %s takes a block back, and only that', async (word) => {
  const [user1, user2, user3] = await (await boxStage()).together('user1', 'user2', 'user3')
  await user1.command('/Block user2 user3')
  await user3.command('/Block user2')
  expect(await user1.command(`${word} USER2 nosuch`)).toBe('The following users will now be un-blocked:  user2')
  expect(await user1.command(`${word} user2`)).toBe('The following users will now be un-blocked: ')
  expect(await user1.command('/Blocked')).toBe('You currently have these users blocked: user3')
  expect(await user3.command('/Blocked')).toBe('You currently have these users blocked: user2')
  user2.say('hello again')
  expect(await user2.heard()).toEqual([all('user2', 'hello again')])
  expect(await user1.heard()).toEqual([all('user2', 'hello again')])
})

test('30. the block of the other one still counts', async () => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  await user1.command('/Block user2')
  await user2.command('/Block user1')
  await user1.command('/UnBlock user2')
  expect(await hearing([user1, user2])).toEqual([])
})

test('31. blocks outlast logout and restart', async () => {
  const stage = await boxStage({ data: folder() })
  const [user1, user2, user3] = await stage.together('user1', 'user2', 'user3')
  await user1.command('/Block user2 user3')
  await user1.command('/UnBlock user3')
  user1.raw.socket.destroy()
  for (const other of [user2, user3]) expect(await other.raw.next()).toEqual({ USERS_LEFT: ['user1'] })
  user2.say('said while user1 is away')
  await user2.heard()
  for (let restarted = 0; restarted < 2; restarted++) {
    const again = await stage.connect()
    expect(await again.login('user1')).toMatchObject({ USERNAME_ACCEPTED: true, MESSAGES: [] })
    expect(await again.command('/Blocked')).toBe('You currently have these users blocked: user2')
    if (restarted === 0) await stage.restart()
  }
})

test('32. /DisplayUsers and /DisplayAllUsers', async () => {
  const { together, login, line } = await boxStage()
  const [user1] = await together('user1')
  const user2 = await login('user2')
  user2.raw.socket.destroy()
  await user1.raw.take(2)
  await line('Ann')
  await user1.rest()
  for (const word of ['/DisplayUsers', '/displayusers  ']) {
    expect(await user1.command(word)).toBe('\n\nCURRENT USER(S) ONLINE\n----------------------\nuser1\nAnn')
  }
  expect(await user1.command('/DisplayAllUsers')).toBe(
    '\n\n   ALL USER(S)\n----------------------\n\nuser1 : ONLINE\nuser2 : OFFLINE\nAnn : ONLINE',
  )
})

test('33. nobody is told that others speak privately', async () => {
  const [user1, user2, user3] = await (await boxStage()).together('user1', 'user2', 'user3')
  user1.say('psst', 'user2')
  user1.send()
  user1.say('')
  await user1.rest()
  expect(await user2.rest()).toHaveLength(1)
  // That no other frame has been empty is looked up for every client of every test.
  expect(await user3.rest()).toEqual([])
})

test('34. no byte of a header is a brace', async () => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  const contents = Array.from({ length: 400 }, (_, n) => 'x'.repeat(n + 1))
  for (const content of contents) {
    user1.say(content)
    // One at a time, as neighbours share a frame.
    expect(await user1.raw.next()).toEqual({ MESSAGES: [all('user1', content)] })
  }
  expect((await user2.heard()).map(([, , , content]) => content)).toEqual(contents)
  // The test's own bytes are looked at when it is done; some had to be padded.
  expect(user2.raw.chunks.some((chunk) => chunk.subarray(4, 6).equals(Buffer.from('{ ')))).toBe(true)
})

test('35. every frame is a TLS record of its own: an old client shows all', async (context) => {
  const stage = await boxStage()
  const old = stage.naive(context, 'objects')
  await old.login('old')
  const user1 = await stage.login('user1')
  const contents = Array.from({ length: 20 }, (_, n) => `message ${n}`)
  for (const content of contents) user1.say(content)
  const seen = await old.until((what, value) => what === 'message' && (value as ChatterboxEntry)[3] === contents.at(-1))
  expect(seen).toEqual([['joined', 'user1'], ...contents.map((content) => ['message', all('user1', content)])])
})

test('35. old clients hold a long conversation at speed', async (context) => {
  const stage = await boxStage()
  const names = ['old1', 'old2', 'old3'] as const
  const old = names.map(() => stage.naive(context, 'objects'))
  for (const [index, client] of old.entries()) {
    expect((await client.login(names[index] ?? '')).at(-1)).toEqual(['online', names.slice(0, index + 1)])
  }
  const COUNT = 300
  for (const [index, client] of old.entries()) {
    const name = names[index]
    const other = names[(index + 1) % names.length]
    for (let n = 0; n < COUNT; n++) {
      client.send({ MESSAGES: [[name, 'ALL', SECOND, `${n} ${'é'.repeat(n)}`]] })
      client.send({ MESSAGES: [[name, other, n, 'x'.repeat(n + 1)]] })
    }
    client.send({ MESSAGES: [[name, 'ALL', SECOND, 'done']] })
  }
  // Somebody comes and goes in between.
  for (let n = 0; n < 20; n++) (await stage.login(`guest${n}`)).raw.socket.destroy()
  const heard = await Promise.all(
    old.map(async (client) => {
      let done = 0
      return client.until(
        (what, value) => what === 'message' && (value as ChatterboxEntry)[3] === 'done' && ++done === 3,
      )
    }),
  )
  const publicly = heard.map((seen) =>
    seen.filter(([what, value]) => what === 'message' && (value as ChatterboxEntry)[1] === 'ALL'),
  )
  for (const [index, seen] of heard.entries()) {
    expect(seen.filter(([what]) => what === 'error' || what === 'unexpected')).toEqual([])
    expect(publicly[index]).toHaveLength(3 * COUNT + 3)
    expect(publicly[index]).toEqual(publicly[0])
    const told = seen.filter(([what, value]) => what === 'message' && (value as ChatterboxEntry)[1] === names[index])
    expect(told.map(([, value]) => (value as ChatterboxEntry)[2])).toEqual(Array.from({ length: COUNT }, (_, n) => n))
  }
})

test('35. many entries at once, in frames of a size that clients take', async () => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  const entries = Array.from({ length: 50 }, (_, n) => user1.entry('ALL', `${n}${'é'.repeat(300)}`))
  user1.send(...entries)
  await user1.heard()
  const frames = await user2.rest()
  expect(frames.flatMap(messagesOf)).toEqual(entries)
  expect(frames.length).toBeGreaterThan(1)
  for (const frame of frames) expect(JSON.stringify(frame).length).toBeLessThan(65_536)
})

test('36. only ASCII leaves', async () => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  user1.say('é😀\u007f\n\ud800')
  expect(await user1.heard()).toEqual([all('user1', 'é😀\n\ufffd')])
  await user2.heard()
  expect(Buffer.concat(user2.raw.chunks).toString('latin1')).toContain('"\\u00e9\\ud83d\\ude00\\n\\ufffd"')
})

test('37. an old client and USER_LIST of objects', async (context) => {
  const stage = await boxStage()
  const gone = await stage.login('gone')
  gone.raw.socket.destroy()
  const user1 = await stage.connect()
  await user1.login('user1')
  await expect.poll(async () => String(await user1.command('/DisplayUsers'))).not.toContain('gone')
  const user2 = await stage.connect()
  expect(await user2.login('user2')).toMatchObject({
    USER_LIST: [
      { name: 'gone', active: false },
      { name: 'user1', active: true },
      { name: 'user2', active: true },
    ],
  })
  const old = stage.naive(context, 'objects')
  const seen = await old.login('old')
  expect(seen.slice(1)).toEqual([
    ['accepted', null],
    ['info', 'Welcome to the server!'],
    ['online', ['user1', 'user2', 'old']],
  ])
})

test('38. an old client and USER_LIST of names', async (context) => {
  const stage = await boxStage({ 'chatterbox-user-list': 'names' })
  const [user1] = await stage.together('user1')
  user1.say('earlier')
  await user1.heard()
  const old = stage.naive(context, 'objects')
  const seen = await old.login('old')
  expect(seen.slice(1, -1)).toEqual([
    ['accepted', null],
    ['info', 'Welcome to the server!'],
    ['message', all('user1', 'earlier')],
  ])
  expect(seen.at(-1)).toEqual(['error', expect.stringContaining('TypeError')])
  user1.say('later')
  old.send({ MESSAGES: [['old', 'ALL', 5, 'here']] }, { MESSAGES: [['old', 'nobody', 5, 'psst']] })
  const wanted = new Set(['later', 'here'])
  await old.until((_, value) => wanted.delete(String((value as ChatterboxEntry)[3])) && wanted.size === 0)
  expect(await old.until((what) => what === 'unexpected')).toEqual([
    ['unexpected', `UNEXPECTED RESP FROM SERVERERROR: ${NOBODY.ERROR}`],
  ])
})

test.for(['5', 1.5, -1, 1e18, 4_294_967_296, null])('39. %s is no TIMESTAMP', async (timestamp) => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  user1.send(['user1', 'ALL', timestamp, 'hello'])
  expect(await user1.rest()).toEqual([INVALID])
  expect(await user2.rest()).toEqual([])
})

test("39. the sender's clock is passed on, now and later", async () => {
  const { together, connect } = await boxStage()
  const [user1, user2] = await together('user1', 'user2')
  const times = [0, 4_294_967_295, 5]
  for (const time of times) user1.say('hello', 'ALL', time)
  await user1.heard()
  for (const entries of [await user2.heard(), messagesOf(await (await connect()).login('user3'))]) {
    expect(entries.map(([, , time]) => time)).toEqual(times)
  }
})

test('40. nothing is not broadcast', async () => {
  const [user1, user2] = await (await boxStage()).together('user1', 'user2')
  for (const content of ['', '\u0007']) user1.say(content)
  expect(await user1.rest()).toEqual([])
  expect(await user2.rest()).toEqual([])
})

test('the same over plain TCP', async () => {
  const [user1, user2] = await (await boxStage({}, 'TCP')).together('user1', 'user2')
  user1.say('hello')
  user1.say('psst', 'user2')
  expect(await user1.heard()).toEqual([all('user1', 'hello')])
  expect(await user2.heard()).toEqual([all('user1', 'hello'), ['user1', 'user2', SECOND, 'psst']])
})

test('one room with the other protocols', async () => {
  const { together, line, connect } = await boxStage()
  const [user1] = await together('user1')
  const ann = await line('Ann')
  const second = Math.floor(Date.now() / 1_000)
  ann.send('hello', '/tell user1 psst')
  await ann.rest()
  expect(await user1.rest()).toEqual([
    { USERS_JOINED: ['Ann'] },
    { MESSAGES: [['Ann', 'ALL', expect.any(Number), 'hello']] },
    { MESSAGES: [['Ann', 'user1', expect.any(Number), 'psst']] },
  ])
  user1.say('back', 'ann', 5)
  await user1.rest()
  expect(await ann.rest()).toContainEqual(expect.objectContaining({ type: 'private', from: 'user1', body: 'back' }))
  const reply = await (await connect()).login('user2')
  expect(onlineIn(reply)).toEqual(['user1', 'Ann', 'user2'])
  expect(Number(messagesOf(reply)[0]?.[2]) - second).toBeLessThan(5)
})

test('who comes while others talk misses nothing and hears nothing twice', async () => {
  const stage = await boxStage()
  const [user1] = await stage.together('user1')
  let said = 0
  let talking = true
  const talk = async () => {
    while (talking) {
      user1.send(...Array.from({ length: 5 }, () => user1.entry('ALL', String(said++))))
      await delay(1)
    }
  }
  const talker = talk()
  const newcomers = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      await delay(5 * n)
      const client = await stage.connect()
      const reply = await client.login(`guest${n}`)
      return { client, reply }
    }),
  )
  await delay(50)
  talking = false
  await talker
  await user1.rest()
  for (const { client, reply } of newcomers) {
    const rest = await client.rest()
    const heard = [reply, ...rest].flatMap(messagesOf).map(([, , , content]) => Number(content))
    const first = heard[0] ?? 0
    expect(heard).toEqual(Array.from({ length: said - first }, (_, n) => first + n))
    const come = rest.flatMap(({ USERS_JOINED }) => (USERS_JOINED as string[] | undefined) ?? [])
    expect(come).not.toContain(client.name)
    // Who was about to enter may be in the list and come.
    const known = new Set([...onlineIn(reply), ...come])
    expect(known).toEqual(new Set(['user1', ...newcomers.map((other) => other.client.name)]))
  }
})

test('an unread answer holds back the next one', async () => {
  const [user1] = await (await boxStage({ 'max-queue': 65_536 })).together('user1')
  const flood: Frame = { MESSAGES: Array.from({ length: 500 }, () => user1.entry('user1', '/DisplayAllUsers')) }
  user1.raw.send(flood, flood)
  await user1.raw.take(1_000)
  expect(await user1.rest()).toEqual([])
})
