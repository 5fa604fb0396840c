/** docs/protocols/line.md, section 9: plain lines for people. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { ServerLine } from '../../../commands/replies.ts'
import { SERVER_LINE } from '../../../commands/schema.ts'
import { plainEncoder } from '../../../src/protocols/plain-line.ts'
import { LineClient } from '../../support/client.ts'
import { startTestDaemon } from '../../support/daemon.ts'
import { error, result } from '../../support/stage.ts'

/** What a person at a terminal sees. */
class Terminal {
  readonly socket: Socket
  #seen = ''

  constructor(socket: Socket) {
    this.socket = socket.setEncoding('utf8')
    socket.on('data', (text) => {
      this.#seen += text
    })
  }

  /** Everything up to a text, with times masked. */
  async until(text: string): Promise<string> {
    while (!this.#seen.includes(text)) await once(this.socket, 'data')
    const seen = this.#seen
    this.#seen = ''
    return seen.replace(/^\[(\d{4}-\d\d-\d\d )?\d\d:\d\d\]/gm, (_, date) => (date ? '[date]' : '[time]'))
  }

  type(...lines: string[]): void {
    this.socket.write(lines.map((line) => `${line}\n`).join(''))
  }
}

async function open(overrides = {}) {
  const daemon = await startTestDaemon({ http: 0, ...overrides })
  onTestFinished(() => daemon.stop())
  const terminal = async () => {
    const socket = connect({ host: '127.0.0.1', port: daemon.line })
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return new Terminal(socket)
  }
  const client = async (name: string) => {
    const client = await LineClient.connect(daemon)
    onTestFinished(() => void client.socket.destroy())
    await client.ask(`LOGIN ${name}`)
    client.send('JOIN ops')
    await client.until(({ type }) => type === 'userJoined')
    return client
  }
  return { daemon, terminal, client }
}

test('a session looks exactly so', async () => {
  const { terminal, client } = await open()
  const ann = await terminal()
  ann.type('LOGIN ann plain=yes', 'hello', 'JOIN ops', 'hello')
  expect(await ann.until('<ann> hello\n')).toBe(
    'Username set to ann\n-!- Join a room first (JOIN <room>; /rooms lists the rooms)\nJoined room ops\n* ann joined\n[time] <ann> hello\n',
  )
  const bob = await client('bob')
  expect(await ann.until('bob joined\n')).toBe('* bob joined\n')
  bob.send('MESSAGE "one\\n[01:17] <ann> two"', '/tell ann psst', 'LEAVE')
  expect(await ann.until('bob left\n')).toBe(
    '[time] <bob> one\n  [01:17] <ann> two\n[time] <bob -> ann> psst\n* bob left\n',
  )
  ann.type('HISTORY kinds=message,left end=yes')
  expect(await ann.until('end of history\n')).toBe(
    '[date] <ann> hello\n[date] <bob> one\n  [01:17] <ann> two\n[date] * bob left\nend of history\n',
  )
  ann.type('/inbox', '/who', 'HISTORY nonsense')
  expect(await ann.until('-7d)\n')).toBe(
    '[date] <bob -> ann> psst\nIn ops: ann (operator)\n-!- Unknown string format (Times: 2026-05-24, 2026-05-24 15:17:19, 15:17, ' +
      'today, yesterday, epoch seconds, -10m, -2h, -7d)\n',
  )
  ann.type('/json', '/ping')
  const [json, pong] = (await ann.until('PONG"}\n')).trim().split('\n')
  expect([JSON.parse(json ?? ''), JSON.parse(pong ?? '')]).toEqual([
    result('JSON from now on; /plain for plain lines'),
    result('PONG'),
  ])
  ann.type('/plain')
  expect(await ann.until('\n')).toBe('Plain lines from now on; /json for JSON\n')
})

test('the last line before the end is plain too', async () => {
  const { terminal, daemon } = await open()
  const ann = await terminal()
  ann.type('/plain')
  await ann.until('JSON\n')
  await Promise.all([
    ann.until('come back').then((seen) => expect(seen).toMatch(/^-!- Server is stopping/)),
    daemon.stop(),
  ])
})

test('an account, a refused login, and a password that plain=yes is not part of', async () => {
  const { terminal, client } = await open()
  const ann = await client('ann')
  ann.send('/register a secret of hers', '/quit')
  await ann.closed
  const person = await terminal()
  person.type('LOGIN ann plain=yes', 'LOGIN ann  plain=yes', 'LOGIN ann a secret of hers plain=yes')
  expect(await person.until('set to ann\n')).toBe(
    `${'-!- Nickname is reserved (LOGIN <nickname> <password> if it is your account; otherwise take another nickname)\n'.repeat(2)}Username set to ann\n`,
  )
})

test('over WebSocket a line that says nothing is no message', async () => {
  const { daemon } = await open()
  const { websocket } = await (await import('../../support/websocket.ts')).openWebSocket(daemon.port('http'), '/line')
  const messages: string[] = []
  websocket.on('message', (data) => messages.push(String(data)))
  websocket.send('LOGIN ann plain=yes\nJOIN ops\nhello\n/ping')
  while (!messages.join('\n').includes('PONG')) await once(websocket, 'message')
  websocket.terminate()
  expect(messages.every((message) => message !== '')).toBe(true)
  expect(messages.join('\n').replace(/\[\d\d:\d\d\]/, '[time]')).toBe(
    'Username set to ann\nJoined room ops\n* ann joined\n[time] <ann> hello\nPONG',
  )
})

test.each(['help', '?', '', 'HELP', ' Help '])('a first line %j gets a hint before its reply', async (line) => {
  const { daemon } = await open()
  const client = await LineClient.connect(daemon)
  onTestFinished(() => void client.socket.destroy())
  client.send(line)
  const [hint, reply] = await client.take(2)
  expect(hint).toEqual({ type: 'notice', notice: expect.stringContaining('LOGIN name, JOIN room') })
  const isCommand = line === '?' || line === 'HELP'
  expect(reply).toEqual(isCommand ? expect.objectContaining({ commands: expect.anything() }) : error('Login required'))
  // Only the first line.
  expect(await client.ask('')).toEqual(error('Login required'))
})

test('nothing that others say drives a terminal, or hides', () => {
  const plain = plainEncoder(false)
  const line = (body: string): ServerLine => {
    return { type: 'message', from: 'bob', body, room: 'ops', utctimestamp: '2026-05-24 01:17:00.000000', id: '1' }
  }
  expect(plain(line('a\x1b[2J\r\x07\x7f\x9b31m\u202e\u2028b\tc'))).toBe(
    '[01:17] <bob> a\\u001b[2J\\u000d\\u0007\\u007f\\u009b31m\\u202e\\u2028b\tc\n',
  )
  expect(plain({ type: 'commandResult', result: 'PONG \x1b]0;x\x07' })).toBe('PONG \\u001b]0;x\\u0007\n')
  expect(plainEncoder(true)(line('é😀\x1b'))).toBe('[01:17] <bob> \\u00e9\\ud83d\\ude00\\u001b\n')
})

test('every type of line has a plain form', () => {
  const happening = { from: 'ann', body: 'b', room: 'ops', utctimestamp: '2026-05-24 01:17:00.000000', id: '7' }
  const forms: Readonly<Record<ServerLine['type'], readonly [ServerLine, string]>> = {
    commandResult: [{ type: 'commandResult', result: 'Joined' }, 'Joined\n'],
    error: [{ type: 'error', error: 'No', code: 'unavailable', hint: 'Why' }, '-!- No (Why)\n'],
    notice: [{ type: 'notice', notice: 'N' }, '-!- N\n'],
    message: [{ type: 'message', ...happening }, '[01:17] <ann> b\n'],
    private: [{ type: 'private', ...happening, to: 'bob' }, '[01:17] <ann -> bob> b\n'],
    userJoined: [{ type: 'userJoined', ...happening }, '* ann joined\n'],
    userLeft: [{ type: 'userLeft', ...happening }, '* ann left\n'],
    userKicked: [{ type: 'userKicked', ...happening, to: 'bob' }, '* bob was kicked by ann (b)\n'],
    topic: [{ type: 'topic', ...happening, body: 'x\ny' }, '* ann set the topic: x\n  y\n'],
    role: [
      { type: 'role', ...happening, to: 'bob', role: 'muted', on: true, until: '2026-05-24 02:17:00.000000' },
      '* ann: bob is muted until 2026-05-24 02:17 (b)\n',
    ],
    mode: [{ type: 'mode', ...happening, body: '', flag: 'slow', on: true, value: '5' }, '* ann: slow is 5\n'],
    redacted: [{ type: 'redacted', ...happening, to: 'bob', target: '3' }, '* ann deleted message 3 of bob (b)\n'],
    history: [
      { type: 'history', from: 'eve', body: { type: 'userJoined', ...happening, to: 'eve' } },
      '[2026-05-24 01:17] * ann joined\n',
    ],
  }
  const muted = { type: 'error', error: 'You are muted', code: 'muted' } as const
  expect(plainEncoder(false)({ ...muted, until: '2026-05-24 02:17:00.000000', reason: 'loud' })).toBe(
    '-!- You are muted until 2026-05-24 02:17 (loud)\n',
  )
  expect(Object.keys(forms).toSorted()).toEqual(
    SERVER_LINE.anyOf.map(({ properties }) => properties.type.const).toSorted(),
  )
  for (const [line, text] of Object.values(forms)) expect(plainEncoder(false)(line)).toBe(text)
  const role = { type: 'role', ...happening, body: '', to: 'bob' } as const
  expect(plainEncoder(false)({ ...role, role: 'banned', on: true })).toBe('* ann: bob is banned for good\n')
  expect(plainEncoder(false)({ ...role, role: 'banned', on: false })).toBe('* ann: bob is no longer banned\n')
  expect(plainEncoder(false)({ ...role, role: 'operator', on: true })).toBe('* ann: bob is operator\n')
  const record = { ...happening, type: 'role', to: 'eve', user: 'bob', role: 'operator', on: false, body: '' } as const
  const records: readonly [ServerLine, string][] = [
    [{ type: 'history', from: 'eve', body: record }, '[2026-05-24 01:17] * ann: bob is no longer operator\n'],
    [{ type: 'message', ...happening, action: true }, '[01:17] ** ann b\n'],
    [{ type: 'message', ...happening, notice: true }, '[01:17] -ann- b\n'],
    [{ type: 'topic', ...happening, body: '' }, '* ann removed the topic\n'],
    [{ type: 'mode', ...happening, body: '', flag: 'moderated', on: false }, '* ann: moderated is off\n'],
  ]
  for (const [line, text] of records) expect(plainEncoder(false)(line)).toBe(text)
  expect(plainEncoder(false)({ type: 'commandResult', result: null })).toBe('')
  expect(plainEncoder(false)({ type: 'commandResult', result: null, before: '7' })).toBe(
    '-!- The search has ended early; before=7 goes on\n',
  )
})
