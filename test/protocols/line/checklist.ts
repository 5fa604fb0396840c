/** The checklist of docs/protocols/line.md, section 7, point by point; checklist.*.test.ts run it over each transport. */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { isWebSocket, type LineClient, type Mode, type Transport } from '../../support/client.ts'
import { TIMED } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { error, history, isReply, joined, left, ok, result, said, stage, type Way } from '../../support/stage.ts'

const NAME_TAKEN = error('User with such nickname is already present in the requested room')
const MISSING = error('Missing required parameter')

export function checklist(transport: Transport, ...modes: Mode[]): void {
  const ways = modes.map((mode) => ({ transport, mode }))
  describe.each(ways)('over $transport, lines sent $mode', (way) => {
    // What is cut up is whole again before a command is looked for, and TLS and WebSockets hand on a stream as TCP does:
    // every point is cut in every way over TCP, and over the others those that could tell.
    if (way.mode === 'whole' || way.transport === 'TCP') points(way)
    pieces(way)
  })
}

function points(way: Way): void {
  /** For what takes long or sends much. */
  const onceATransport = test.runIf(way.mode === 'whole')
  /** Messages of text have an end of their own, are UTF-8, and know no telnet. */
  const inMessages = isWebSocket(way.transport)

  onceATransport('1. the server sends nothing of its own accord', async () => {
    const client = await (await stage(way)).connect()
    await delay(500)
    expect(client.received).toHaveLength(0)
    expect(await client.rest()).toEqual([])
  })

  test.for(['al ice', 'x'.repeat(33), '-bob', 'bob.', "o'brien", 'a<b'])('4. LOGIN %s is refused', async (nickname) => {
    const client = await (await stage(way)).connect()
    expect(await client.ask(`LOGIN ${nickname}`)).toEqual(error('Invalid nickname'))
    expect(await client.ask('LOGIN abcdefghijklmnop')).toEqual(result('Username set to abcdefghijklmnop'))
  })

  test('5. LOGIN without a nickname', async () => {
    const client = await (await stage(way)).connect()
    for (const line of ['LOGIN', 'LOGIN ', 'LOGIN \t']) expect(await client.ask(line)).toEqual(MISSING)
  })

  test('6. a second LOGIN', async () => {
    const alice = await (await stage(way)).login('alice')
    for (const line of ['LOGIN bob', 'LOGIN', 'LOGIN alice']) {
      expect(await alice.ask(line)).toEqual(error('User already logged in with name alice'))
    }
  })

  test('7. nothing else before LOGIN', async () => {
    const client = await (await stage(way)).connect()
    for (const line of ['JOIN tech', 'JOIN', 'LEAVE', 'HISTORY', 'hello', 'MESSAGE hello', '']) {
      expect(await client.ask(line)).toEqual(error('Login required'))
    }
  })

  test('8. nothing of a room before JOIN', async () => {
    const alice = await (await stage(way)).login('alice')
    for (const line of ['LEAVE', 'HISTORY', 'hello', 'MESSAGE hello', '']) {
      expect(await alice.ask(line)).toEqual(error('Join a room first'))
    }
  })

  test('9. JOIN replies, then userJoined', async () => {
    const alice = await (await stage(way)).login('alice')
    alice.send('JOIN tech')
    expect(await alice.take(2)).toMatchObject([result('Joined room tech'), { ...joined('alice'), room: 'tech' }])
    expect(await alice.rest()).toEqual([])
  })

  test('10. JOIN ROOM does the same', async () => {
    const alice = await (await stage(way)).login('alice')
    alice.send('JOIN ROOM tech')
    expect(await alice.take(2)).toMatchObject([result('Joined room tech'), { ...joined('alice'), room: 'tech' }])
    expect(await alice.rest()).toEqual([])
  })

  test('11. a member sees another one come', async () => {
    const { together, login } = await stage(way)
    const [alice] = await together('tech', 'alice')
    const bob = await login('bob')
    bob.send('JOIN tech')
    expect(await bob.take(2)).toMatchObject([result('Joined room tech'), joined('bob')])
    expect(await alice.rest()).toMatchObject([joined('bob')])
    expect(await bob.rest()).toEqual([])
  })

  test('12. JOIN with a bad room name', async () => {
    const alice = await (await stage(way)).login('alice')
    for (const room of ['!@#', 'a b', 'räume', '-ops', '.', 'x'.repeat(65)]) {
      expect(await alice.ask(`JOIN ${room}`)).toEqual(
        error(`Invalid room name: ${room}, please use alphanumericcharacters only`),
      )
    }
    for (const room of ['x'.repeat(64), 'ops-prod', 'tech_talk', 'v1.2']) {
      alice.send(`JOIN ${room}`)
      expect(await alice.take(2)).toMatchObject([result(`Joined room ${room}`), { type: 'userJoined', room }])
    }
  })

  test('13. JOIN without a room', async () => {
    const alice = await (await stage(way)).login('alice')
    for (const line of ['JOIN', 'JOIN ROOM', 'JOIN ', 'JOIN ROOM ']) expect(await alice.ask(line)).toEqual(MISSING)
  })

  test.for([
    ['JOIN ROOMS', 'ROOMS'],
    ['JOIN ROOM ROOM', 'ROOM'],
  ] as const)('14. %s joins the room %s', async ([line, room]) => {
    const alice = await (await stage(way)).login('alice')
    alice.send(line)
    expect(await alice.take(2)).toMatchObject([result(`Joined room ${room}`), { ...joined('alice'), room }])
  })

  test('15. JOIN of the room one is in', async () => {
    const [alice, bob] = await (await stage(way)).together('tech', 'alice', 'bob')
    expect(await alice.ask('JOIN tech')).toEqual(NAME_TAKEN)
    bob.send('still there?')
    expect(await alice.next()).toMatchObject(said('bob', 'still there?'))
    alice.send('yes')
    expect(await alice.take(2)).toMatchObject([ok, said('alice', 'yes')])
    expect(await bob.take(3)).toMatchObject([ok, said('bob', 'still there?'), said('alice', 'yes')])
  })

  test('16. a nickname is held once in a room', async () => {
    const { together, login } = await stage(way)
    const [first] = await together('tech', 'alice')
    const second = await login('alice')
    expect(await second.ask('JOIN tech')).toEqual(NAME_TAKEN)
    expect(await second.ask('hello')).toEqual(error('Join a room first'))
    expect(await first.rest()).toEqual([])
  })

  test('17. a nickname may be in two rooms', async () => {
    const { together, login } = await stage(way)
    const [first] = await together('tech', 'alice')
    const second = await login('alice')
    expect(await second.ask('JOIN tech')).toEqual(NAME_TAKEN)
    second.send('JOIN other')
    expect(await second.take(2)).toMatchObject([result('Joined room other'), { ...joined('alice'), room: 'other' }])
    second.send('over here')
    expect(await second.take(2)).toMatchObject([ok, said('alice', 'over here')])
    expect(await first.rest()).toEqual([])
  })

  test('18. a nickname is the same in capitals', async () => {
    const { together, login } = await stage(way)
    await together('tech', 'alice')
    const second = await login('ALICE')
    expect(await second.ask('JOIN tech')).toEqual(NAME_TAKEN)
  })

  test('18. of two who join at once one gets the nickname', async () => {
    const { login } = await stage(way)
    const both = [await login('alice'), await login('Alice')]
    const replies = await Promise.all(both.map((client) => client.ask('JOIN tech')))
    expect(replies.filter(({ type }) => type === 'commandResult')).toHaveLength(1)
    expect(replies.filter(({ type }) => type === 'error')).toEqual([NAME_TAKEN])
  })

  test('19. a message: OK, then the message, to everybody', async () => {
    const [alice, bob, carol] = await (await stage(way)).together('tech', 'alice', 'bob', 'carol')
    alice.send('hello')
    expect(await alice.take(2)).toMatchObject([ok, { ...said('alice', 'hello'), room: 'tech' }])
    for (const other of [bob, carol]) expect(await other.rest()).toMatchObject([said('alice', 'hello')])
    expect(await alice.rest()).toEqual([])
  })

  test('20. other rooms get nothing', async () => {
    const { together, login } = await stage(way)
    const [alice] = await together('tech', 'alice')
    const [bob] = await together('other', 'bob')
    const carol = await login('carol')
    alice.send('hello')
    expect(await alice.take(2)).toMatchObject([ok, said('alice', 'hello')])
    expect(await bob.rest()).toEqual([])
    expect(await carol.rest()).toEqual([])
  })

  /** Says a line and expects it to reach everybody as this body, everybody staying in the room. */
  const expectBroadcast = async (line: string, body: string) => {
    const [alice, bob] = await (await stage(way)).together('tech', 'alice', 'bob')
    alice.send(line)
    expect(await alice.take(2)).toMatchObject([ok, said('alice', body)])
    bob.send('still there?')
    expect(await alice.next()).toMatchObject(said('bob', 'still there?'))
    expect(await bob.take(3)).toMatchObject([said('alice', body), ok, said('bob', 'still there?')])
  }

  test('21. MESSAGE says what looks like a command', () => expectBroadcast('MESSAGE JOIN us', 'JOIN us'))

  test('22. JOINED is a message', () => expectBroadcast('JOINED the club', 'JOINED the club'))

  test.for(['LEFTOVERS', 'LEFT my keys', 'LEAVE me alone', 'LEFT ROOM for more'])('23. %s is a message', (line) =>
    expectBroadcast(line, line),
  )

  test('24. LOGINfoo is a message, and no login', async () => {
    const client = await (await stage(way)).connect()
    expect(await client.ask('LOGINfoo')).toEqual(error('Login required'))
    expect(await client.ask('LOGIN bob')).toEqual(result('Username set to bob'))
  })

  test('25. HISTORYx is a message', () => expectBroadcast('HISTORYx', 'HISTORYx'))

  test('26. only the first MESSAGE is cut off', () => expectBroadcast('MESSAGE a MESSAGE b', 'a MESSAGE b'))

  test.for(['login bob', 'Join other', ' LEAVE', ' hello '])('27. "%s" is a message', (line) =>
    expectBroadcast(line, line),
  )

  test.for(['LEAVE', 'LEAVE ROOM', 'LEFT', 'LEFT ROOM', 'LEAVE  '])('28. "%s" leaves', async (line) => {
    const [alice, bob] = await (await stage(way)).together('tech', 'alice', 'bob')
    alice.send(line)
    expect(await alice.take(2)).toMatchObject([ok, { ...left('alice'), room: 'tech' }])
    expect(await bob.next()).toMatchObject(left('alice'))
    bob.send('gone?')
    expect(await bob.take(2)).toMatchObject([ok, said('bob', 'gone?')])
    expect(await alice.rest()).toEqual([])
    expect(await alice.ask('hello')).toEqual(error('Join a room first'))
  })

  test('29. JOIN of another room moves', async () => {
    const { together } = await stage(way)
    const [alice, anna] = await together('a', 'alice', 'anna')
    const [bob] = await together('b', 'bob')
    alice.send('JOIN b')
    expect(await alice.take(2)).toMatchObject([result('Joined room b'), { ...joined('alice'), room: 'b' }])
    expect(await anna.next()).toMatchObject({ ...left('alice'), room: 'a' })
    expect(await bob.next()).toMatchObject({ ...joined('alice'), room: 'b' })
    anna.send('gone?')
    expect(await anna.take(2)).toMatchObject([ok, said('anna', 'gone?')])
    for (const client of [alice, anna, bob]) expect(await client.rest()).toEqual([])
  })

  test.for<[string, (client: LineClient) => void]>([
    ['closing', (client) => client.end()],
    ['destroying', (client) => void client.socket.destroy()],
  ])('30. %s the socket leaves the room', TIMED, async ([, close]) => {
    const { together, login } = await stage(way)
    const [alice, bob] = await together('tech', 'alice', 'bob')
    const started = performance.now()
    close(alice)
    expect(await bob.next()).toMatchObject(left('alice'))
    expect(performance.now() - started).toBeLessThan(1_000)
    expect((await history(bob)).at(-1)).toMatchObject(left('alice'))
    // The name is free again.
    expect(await (await login('alice')).ask('JOIN tech')).toEqual(result('Joined room tech'))
  })

  test('31. HISTORY: a null result, then the records, oldest first', async () => {
    const [alice, bob] = await (await stage(way)).together('tech', 'alice', 'bob')
    bob.send('one', 'two', 'LEAVE')
    await alice.take(3)
    alice.send('HISTORY')
    const [reply, ...records] = await alice.rest()
    expect(reply).toEqual(result(null))
    const happened = [joined('alice'), joined('bob'), said('bob', 'one'), said('bob', 'two'), left('bob')]
    const utctimestamp = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/)
    expect(records).toMatchObject(
      happened.map((body) => ({
        type: 'history',
        from: 'alice',
        body: { ...body, to: 'alice', room: 'tech', utctimestamp },
      })),
    )
  })

  test('32. one record for each event, however many members', async () => {
    const [alice, bob] = await (await stage(way)).together('tech', 'alice', 'bob', 'carol')
    alice.send('once')
    await bob.next()
    const records = await history(bob)
    expect(records.filter(({ body }) => body === 'once')).toMatchObject([said('alice', 'once')])
    expect(records).toHaveLength(4)
  })

  test('33. HISTORY between times', async () => {
    const [alice] = await (await stage(way)).together('tech', 'alice')
    alice.send('hello', 'HISTORY 2999-01-01')
    expect(await alice.take(3)).toMatchObject([ok, said('alice', 'hello'), result(null)])
    expect(await alice.rest()).toEqual([])
    const all = [joined('alice'), said('alice', 'hello')]
    expect(await history(alice, 'HISTORY 2000-01-01 2999-01-01')).toMatchObject(all)
    expect(await history(alice, 'HISTORY 2000-01-01T00:00:00.5 2999-01-01T00:00:00Z and more')).toMatchObject(all)
    expect(await history(alice, 'HISTORY 2000-01-01 2000-01-02')).toEqual([])
  })

  test('33. the limits of HISTORY are inclusive', async () => {
    const [alice] = await (await stage(way)).together('tech', 'alice')
    alice.send('hello')
    const [, message] = await alice.take(2)
    if (message?.type !== 'message') throw new Error('no message')
    // As it is printed, with a T, and in quotes.
    const printed = message.utctimestamp
    for (const time of [printed, printed.replace(' ', 'T'), `"${printed}"`]) {
      const found = await history(alice, `HISTORY ${time} ${time}`)
      expect(found.map(({ id }) => id)).toContain(message.id)
      expect(found.map(({ utctimestamp }) => utctimestamp)).toEqual(found.map(() => printed))
    }
  })

  test('34. HISTORY of a time that cannot be read', async () => {
    const [alice] = await (await stage(way)).together('tech', 'alice')
    for (const time of ['nonsense', '2015-02-30', '2000-01-01 nonsense']) {
      expect(await alice.ask(`HISTORY ${time}`)).toEqual(error('Unknown string format'))
    }
    alice.send('still here')
    expect(await alice.take(2)).toMatchObject([ok, said('alice', 'still here')])
  })

  test('35. history survives a restart', async () => {
    const data = temporaryFolder()
    const before = await stage(way, { data })
    const [alice] = await before.together('tech', 'alice')
    alice.send('remember me')
    await alice.take(2)
    await before.stop()
    const [bob] = await (await stage(way, { data })).together('tech', 'bob')
    expect(await history(bob)).toMatchObject([
      joined('alice'),
      said('alice', 'remember me'),
      left('alice'),
      joined('bob'),
    ])
  })

  test('36. with line-ascii no byte is above 0x7F', async () => {
    const [alice] = await (await stage(way, { 'line-ascii': true })).together('tech', 'alice')
    alice.send('é😀')
    expect(await alice.take(2)).toMatchObject([ok, said('alice', 'é😀')])
    expect(alice.received.includes('"\\u00e9\\ud83d\\ude00"')).toBe(true)
    expect(alice.received.every((byte) => byte < 0x80)).toBe(true)
  })

  test('36. what may drive a terminal never leaves raw', async () => {
    const [alice] = await (await stage(way)).together('tech', 'alice')
    const text = 'a\u202eb\u2066c\u2028d\u2029e'
    alice.send(text, `/who ${text}`, '/\u202e')
    expect((await alice.rest())[1]).toMatchObject(said('alice', text))
    expect(alice.received.toString()).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u2028\u2029]/)
    expect(alice.received.toString()).toContain('a\\u202eb\\u2066c\\u2028d\\u2029e')
  })

  onceATransport('37. a line as long as permitted, and one byte longer', async () => {
    const [alice, bob] = await (await stage(way)).together('tech', 'alice', 'bob')
    expect(await alice.ask('x'.repeat(16_384))).toEqual(error('Message too long, at most 4000 characters'))
    expect(await alice.ask('é'.repeat(8_192))).toEqual(error('Message too long, at most 4000 characters'))
    alice.write(`${'x'.repeat(16_384)}\n`)
    expect(await alice.next()).toEqual(error('Message too long, at most 4000 characters'))
    for (const line of ['x'.repeat(16_385), 'é'.repeat(8_193), 'x'.repeat(inMessages ? 65_536 : 100_000)]) {
      expect(await alice.ask(line)).toEqual(error('Line too long, at most 16384 bytes'))
    }
    alice.send('short')
    expect(await alice.take(2)).toMatchObject([ok, said('alice', 'short')])
    expect(await bob.rest()).toMatchObject([said('alice', 'short')])
  })

  onceATransport('37. a line of max-line bytes is said where messages may be so long', async () => {
    const [alice] = await (await stage(way, { 'max-text': 16_384 })).together('tech', 'alice')
    alice.send('x'.repeat(16_384))
    expect(await alice.take(2)).toMatchObject([ok, said('alice', 'x'.repeat(16_384))])
    expect(await alice.ask('x'.repeat(16_385))).toEqual(error('Line too long, at most 16384 bytes'))
  })

  test.runIf(inMessages)('37. a message of more than 64 KiB, which may be a line too long, closes', async () => {
    const [alice, bob] = await (await stage(way)).together('tech', 'alice', 'bob')
    alice.send('x'.repeat(65_537))
    await alice.closed
    expect(alice.closing).toMatchObject({ code: 1009 })
    expect(await bob.next()).toMatchObject(left('alice'))
  })

  // Twice what may be held; `SOAK=1` makes it a GB.
  const megabytes = process.env.SOAK ? 1_024 : 512
  test.runIf(way.mode === 'whole' && !inMessages)(`37. a line of ${megabytes} MB`, async () => {
    const [alice, bob] = await (await stage(way)).together('tech', 'alice', 'bob')
    const chunk = Buffer.alloc(1 << 20, 'x')
    const before = process.memoryUsage.rss()
    let most = 0
    for (let sent = 0; sent < megabytes; sent++) {
      if (!alice.socket.write(chunk)) await once(alice.socket, 'drain')
      if (sent % 128 !== 0) continue
      most = Math.max(most, process.memoryUsage.rss() - before)
      bob.send('undisturbed')
      expect(await bob.take(2)).toMatchObject([ok, said('bob', 'undisturbed')])
    }
    alice.send('', 'short')
    const lines = await alice.until((line) => line.type === 'message' && line.body === 'short')
    expect(lines.filter(isReply)).toEqual([error('Line too long, at most 16384 bytes'), ok])
    expect(await bob.rest()).toMatchObject([said('alice', 'short')])
    expect(most).toBeLessThan(256 << 20)
  })

  test('38. an empty line', async () => {
    const [alice, bob] = await (await stage(way)).together('tech', 'alice', 'bob')
    for (const line of ['', 'MESSAGE', 'MESSAGE  ']) expect(await alice.ask(line)).toEqual(MISSING)
    expect(await alice.rest()).toEqual([])
    expect(await bob.rest()).toEqual([])
  })

  test('one may go back to the room one has just left, in one packet', async () => {
    const alice = await (await stage(way)).login('alice')
    alice.send('JOIN one', 'JOIN two', 'JOIN one', 'JOIN two', 'LEAVE', 'JOIN two')
    const replies = (await alice.rest()).filter(isReply)
    expect(replies.filter(({ type }) => type === 'error')).toEqual([])
    expect(await alice.ask('/who')).toMatchObject({ room: 'two', members: ['alice'] })
  })

  test.runIf(inMessages)('a message that is not UTF-8 closes', async () => {
    const client = await (await stage(way)).login('alice')
    client.write(Buffer.from('/ping \xc3\x28', 'latin1'))
    await client.closed
    expect(client.closing).toMatchObject({ code: 1007 })
  })
}

/** The points that a cut in what is sent could break: a line's end, a character, a line and the next one. */
function pieces(way: Way): void {
  /** Messages of text have an end of their own, are UTF-8, and know no telnet. */
  const onAStream = test.runIf(!isWebSocket(way.transport))

  test('2. LOGIN, the line ended by CR LF', async () => {
    const client = await (await stage(way)).connect()
    client.write('LOGIN alice\r\n')
    expect(await client.next()).toEqual(result('Username set to alice'))
    expect(await client.rest()).toEqual([])
  })

  test('3. LOGIN, the line ended by a bare LF', async () => {
    const client = await (await stage(way)).connect()
    client.write('LOGIN alice\n')
    expect(await client.next()).toEqual(result('Username set to alice'))
    client.write('JOIN tech\nhello\n')
    expect(await client.take(4)).toMatchObject([
      result('Joined room tech'),
      joined('alice'),
      ok,
      said('alice', 'hello'),
    ])
  })

  test('36. characters beyond ASCII arrive unchanged', async () => {
    const [alice, bob] = await (await stage(way)).together('tech', 'alice', 'bob')
    alice.send('é😀')
    expect(await alice.take(2)).toMatchObject([ok, said('alice', 'é😀')])
    expect(await bob.next()).toMatchObject(said('alice', 'é😀'))
    expect(bob.received.includes('"é😀"')).toBe(true)
  })

  test('39. 20 commands in one packet get 20 replies in order', async () => {
    const client = await (await stage(way)).connect()
    const steps: [line: string, reply: object][] = [
      ['hello', error('Login required')],
      ['LOGIN', MISSING],
      ['LOGIN -al', error('Invalid nickname')],
      ['LOGIN alice', result('Username set to alice')],
      ['LOGIN bob', error('User already logged in with name alice')],
      ['LEAVE', error('Join a room first')],
      ['JOIN', MISSING],
      ['JOIN tech', result('Joined room tech')],
      ['one', ok],
      ['', MISSING],
      ['two', ok],
      ['HISTORY', result(null)],
      ['JOIN tech', NAME_TAKEN],
      ['JOIN other', result('Joined room other')],
      ['HISTORY nonsense', error('Unknown string format')],
      ['three', ok],
      ['/nothing', error('Unknown command: /nothing')],
      ['LEAVE', ok],
      ['four', error('Join a room first')],
      ['/ping last', result('PONG last')],
    ]
    client.send(...steps.map(([line]) => line))
    const lines = await client.rest()
    expect(lines.filter(isReply)).toEqual(steps.map(([, reply]) => reply))
    expect(lines.filter((line) => !isReply(line))).toMatchObject([
      joined('alice'),
      said('alice', 'one'),
      said('alice', 'two'),
      ...[joined('alice'), said('alice', 'one'), said('alice', 'two')].map((body) => ({ type: 'history', body })),
      joined('alice'),
      said('alice', 'three'),
      left('alice'),
    ])
  })

  test.for(['/ping', '/help', 'LOGIN bob', 'JOIN !', '/nothing', 'hello'])(
    'a client that ends behind %s gets every reply, and then the end',
    async (last) => {
      const client = await (await stage(way)).connect()
      client.send('LOGIN ann', 'JOIN ops', 'hello', last)
      client.end()
      await client.closed
      const lines = await client.until(({ type }) => type === 'message')
      while (lines.filter(isReply).length < 4) lines.push(await client.next())
      expect(lines.filter(isReply).slice(0, 3)).toEqual([result('Username set to ann'), result('Joined room ops'), ok])
    },
  )

  onAStream('what is not UTF-8 is an error, and the next line counts', async () => {
    const client = await (await stage(way)).login('alice')
    client.write(Buffer.from('/ping \xc3\x28\r\n/ping \xe2\x82\r\n', 'latin1'))
    expect(await client.take(2)).toEqual([error('Invalid UTF-8'), error('Invalid UTF-8')])
    expect(await client.ask('/ping é')).toEqual(result('PONG é'))
  })

  onAStream('telnet negotiation is passed over, control characters and escape sequences are taken out', async () => {
    const { together } = await stage(way)
    const [alice, bob] = await together('tech', 'alice', 'bob')
    alice.write(Buffer.from('\xff\xfc\x01\xff\xfe\x03he\x00l\x1b[31ml\x07o\xff\xfa\x18\x00xterm\xff\xf0\r\n', 'latin1'))
    expect(await bob.next()).toMatchObject(said('alice', 'hello'))
  })

  test('40. every object is a line of its own', async () => {
    const [alice, bob] = await (await stage(way)).together('tech', 'alice', 'bob')
    alice.send('hello', 'tab\there', 'HISTORY', '/help', '/nothing', '!', 'LEAVE')
    alice.end()
    await alice.closed
    await bob.until(({ type }) => type === 'userLeft')
    for (const { received } of [alice, bob]) {
      const text = received.toString()
      expect(text).toMatch(/\n$/)
      expect(text).not.toContain('\r')
      for (const line of text.slice(0, -1).split('\n')) expect(JSON.parse(line)).toBeTypeOf('object')
    }
  })
}
