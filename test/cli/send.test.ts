/** `roomd send`: what it says, and the status with which it ends. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openRelay } from '../client/relay.ts'
import { certificate } from '../support/certificate.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { reservePort } from '../support/port.ts'
import { isReply } from '../support/stage.ts'
import { bodiesOf, DONE, member, messagesOf } from './stage.ts'
import { Verb, verb } from './verb.ts'

let daemon: TestDaemon
let port: number

beforeAll(async () => {
  daemon = await startTestDaemon({ 'line-tls': 0, http: 0, 'max-rate': 0 })
  port = daemon.line
})
afterAll(() => daemon.stop())

test('a text is said as one message, words and lines included', async () => {
  expect(await verb(['send', 'text', 'deploy', 'done'], { port })).toEqual(DONE)
  expect(await verb(['send', 'text', 'JOIN us\n/quit', '--as', 'ann'], { port })).toEqual(DONE)
  expect(await verb(['send', 'text', '--', '-x'], { port })).toEqual(DONE)
  expect(await bodiesOf(daemon, 'text')).toEqual(['deploy done', 'JOIN us\n/quit', '-x'])
})

test('lines are said to the letter; blank ones are not said', async () => {
  const said = [
    'LEAVE',
    '/quit',
    '  indented  ',
    '"quoted"',
    'nonce=x y',
    'MESSAGE z',
    '{"a":1}',
    'é😀',
    'without an end',
  ]
  const input = `${said[0]}\r\n\n   \n${said.slice(1).join('\n')}`
  expect(await verb(['send', 'letter'], { port, input })).toEqual(DONE)
  expect(await bodiesOf(daemon, 'letter')).toEqual(said)
})

test('what a terminal obeys is taken as it would show it, and never becomes a command', async () => {
  const input = ['\x1b[31mred\x1b[0m', '10%\r50%\r100%', 'abc\b\bX', `${'\b'.repeat(40)}LEAVE`, '\0nul\x07'].join('\n')
  expect(await verb(['send', 'terminal'], { port, input })).toEqual(DONE)
  expect(await bodiesOf(daemon, 'terminal')).toEqual(['red', '100%', 'aX', 'LEAVE', 'nul'])
})

test('what is drawn over and over is said as it was last, however long and from wherever it is cut', async () => {
  const sending = new Verb(['send', 'redrawn'], { port })
  const { stdin } = sending.child
  const bar = Array.from({ length: 150_000 }, (_, index) => `\r${String(index + 1).padStart(6)} of 150000`).join('')
  await new Promise((resolve) => stdin.write(bar, resolve))
  stdin.end(`\nx${'\r'.repeat(200_000)}y\n${'a'.repeat(200_000)}${'\b'.repeat(200_000)}z\n😀\bo\n\x1bP1$r0m\x1b\\end\n`)
  expect(await sending.ended).toEqual(DONE)
  expect(await bodiesOf(daemon, 'redrawn')).toEqual(['150000 of 150000', 'y', 'z', 'o', 'end'])
})

test('a user without a home and an entry says lines, too', async () => {
  const code = `import os from 'node:os'; import module from 'node:module'
    os.homedir = os.userInfo = () => { throw new Error('ENOENT') }; module.syncBuiltinESMExports()`
  const env = {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
    NODE_COMPILE_CACHE: undefined,
  }
  expect(await verb(['send', 'homeless', 'hello'], { port, env })).toEqual(DONE)
  expect(await messagesOf(daemon, 'homeless')).toMatchObject([{ from: 'guest', body: 'hello' }])
})

test('a user whose HOME is empty gets no folder for compiled code in the root', async () => {
  const code = `import os from 'node:os'; import module from 'node:module'
    os.homedir = () => ''; module.enableCompileCache = (folder) => console.error(folder); module.syncBuiltinESMExports()`
  const env = {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
    NODE_COMPILE_CACHE: undefined,
  }
  expect(await verb(['send', 'homeless', 'again'], { port, env })).toEqual(DONE)
})

test('--one says all of the input as one message; --notice and --action say how', async () => {
  expect(await verb(['send', 'one', '--one'], { port, input: 'a\n\n  b\n\n' })).toEqual(DONE)
  expect(await verb(['send', 'one', '--notice', 'beep'], { port })).toEqual(DONE)
  expect(await verb(['send', 'one', '--action'], { port, input: 'waves\n' })).toEqual(DONE)
  expect(await messagesOf(daemon, 'one')).toMatchObject([
    { body: 'a\n\n  b' },
    { body: 'beep', notice: true },
    { body: 'waves', action: true },
  ])
})

test('a byte order mark at the beginning is not said', async () => {
  for (const args of [[], ['--one']])
    expect(await verb(['send', 'mark', ...args], { port, input: '\ufeffé\n' })).toEqual(DONE)
  expect(await bodiesOf(daemon, 'mark')).toEqual(['é', 'é'])
})

test('UTF-16 behind its byte order mark is said as text, also where the bytes come one by one', async () => {
  const bytes = Buffer.from('\ufeffé\r\nzwei\r\n', 'utf16le')
  const orders = { little: bytes, big: Buffer.from(bytes).swap16() }
  for (const [order, input] of Object.entries(orders)) {
    const sending = new Verb(['send', order], { port })
    for (const byte of input) sending.child.stdin.write(Uint8Array.of(byte))
    sending.child.stdin.end()
    expect(await sending.ended).toEqual(DONE)
    expect(await bodiesOf(daemon, order)).toEqual(['é', 'zwei'])
    const whole = new Verb(['send', `${order}-whole`, '--one'], { port })
    whole.child.stdin.end(input)
    expect(await whole.ended).toEqual(DONE)
    expect(await bodiesOf(daemon, `${order}-whole`)).toEqual(['é\nzwei'])
  }
})

test('a line is said while the next one is waited for', async () => {
  const witness = await member(daemon, 'LOGIN member', 'JOIN live')
  const sending = new Verb(['send', 'live', '--as', 'build'], { port })
  for (const text of ['first', 'second']) {
    sending.child.stdin.write(`${text}\n`)
    await witness.until((line) => line.type === 'message' && line.body === text)
  }
  sending.child.stdin.end()
  expect(await sending.ended).toEqual(DONE)
})

test('members see the message alone, and two may send at the same time', async () => {
  const witness = await member(daemon, 'LOGIN member', 'JOIN alone')
  const sending = [1, 2].map(() => new Verb(['send', 'alone', '--as', 'cron'], { port }))
  for (const { child } of sending) {
    child.stdin.write('here\n')
    await witness.until((line) => line.type === 'message' && line.body === 'here')
  }
  for (const { child } of sending) child.stdin.end()
  expect(await Promise.all(sending.map(({ ended }) => ended))).toEqual([DONE, DONE])
  witness.send('HISTORY')
  const kept = (await witness.rest()).flatMap((line) => (line.type === 'history' ? [line.body] : []))
  expect(kept.map(({ type, from }) => [type, from])).toEqual([
    ['userJoined', 'member'],
    ['message', 'cron'],
    ['message', 'cron'],
  ])
})

test('a room that is closed meanwhile ends it, and is not made again', async () => {
  const owner = await member(daemon, 'LOGIN founder', 'JOIN brief', '/register correct horse')
  const sending = new Verb(['send', 'brief', '--as', 'log'], { port })
  sending.child.stdin.write('one\n')
  await owner.until((line) => line.type === 'message' && line.body === 'one')
  await owner.ask('/close')
  sending.child.stdin.end('two\nthree\n')
  const text = 'roomd send: line 2: No such room: brief (room-unknown)\n'
  expect(await sending.ended).toEqual({ status: 1, stdout: '', stderr: text })
  owner.send('/rooms all')
  expect(JSON.stringify(await owner.rest())).not.toContain('"room":"brief","members"')
})

test('a room that is closed while the connection is away ends it, and is not made again', async () => {
  const relay = await openRelay(port)
  const owner = await member(daemon, 'LOGIN founder2', 'JOIN gone', '/register correct horse')
  const sending = new Verb(['send', 'gone', '--as', 'log', '--retry', '60'], { port: relay.port })
  sending.child.stdin.write('one\n')
  await owner.until((line) => line.type === 'message' && line.body === 'one')
  relay.hold(true)
  relay.cut()
  sending.child.stdin.end('two\nthree\n')
  await owner.ask('/close')
  relay.hold(false)
  const { status, stderr } = await sending.ended
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /^roomd send: No such room: gone \(room-unknown\); from line [12] on it is not known to be said\n$/,
  )
  owner.send('/rooms all')
  expect(JSON.stringify(await owner.rest())).not.toContain('"room":"gone","members"')
})

test('a refused line is told with its number, and the others are said', async () => {
  const input = `one\n\n${'x'.repeat(4_001)}\n${'y'.repeat(20_000)}\nfive\n`
  expect(await verb(['send', 'long'], { port, input })).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'roomd send: line 3: Message too long, at most 4000 characters (text-too-long)\n' +
      'roomd send: line 4: Line too long, at most 16384 bytes (line-too-long)\n',
  })
  expect(await bodiesOf(daemon, 'long')).toEqual(['one', 'five'])
})

test('a refusal that is not about the line ends it', async () => {
  const owner = await member(daemon, 'LOGIN owner', 'JOIN muted', '/moderated on')
  const refused = await verb(['send', 'muted'], { port, input: 'a\nb\nc\n' })
  expect(refused).toMatchObject({ status: 1, stdout: '' })
  expect(refused.stderr).toMatch(/^roomd send: line 1: Room is moderated \(moderated\)[^\n]*\n$/)
  await owner.ask('/ban mallory forever spam')
  const banned = await verb(['send', 'muted', 'x', '--as', 'mallory'], { port })
  expect(banned).toEqual({
    status: 1,
    stdout: '',
    stderr: 'roomd send: You are banned from this room (banned): spam\n',
  })
})

test('cut again and again, every line is in the room once', async () => {
  const relay = await openRelay(port)
  const lines = Array.from({ length: 3_000 }, (_, number) => `line ${number}`)
  const witness = await member(daemon, 'LOGIN watcher', 'JOIN cut')
  const sending = new Verb(['send', 'cut', '--as', 'log', '--retry', '60'], { port: relay.port })
  for (let from = 0; from < lines.length; from += 1_000) {
    sending.child.stdin.write(`${lines.slice(from, from + 1_000).join('\n')}\n`)
    await witness.until((line) => line.type === 'message' && line.body === `line ${from + 500}`)
    relay.cut()
  }
  sending.child.stdin.end()
  expect(await sending.ended).toEqual(DONE)
  expect(relay.count).toBeGreaterThan(2)
  expect(await bodiesOf(daemon, 'cut')).toEqual(lines)
})

test('a server that is away is 75, at once or when --retry is over, and waited for till then', async () => {
  const away = await reservePort()
  const text = `roomd send: cannot reach 127.0.0.1:${away}: is roomd running there? (--server, ROOMD_SERVER)\n`
  const sent = verb(['send', 'away', 'late', '--retry', '60'], { port: away })
  expect(await verb(['send', 'away', 'x'], { port: away })).toEqual({ status: 75, stdout: '', stderr: text })
  const late = await startTestDaemon({ line: away })
  try {
    expect(await sent).toEqual(DONE)
    const idle = new Verb(['send', 'away'], { port: away })
    idle.child.stdin.write('seen\n')
    const witness = await member(late, 'LOGIN witness', 'JOIN away')
    witness.send('HISTORY')
    await witness.rest()
    await late.stop()
    expect(await idle.ended).toMatchObject({ status: 75, stdout: '' })
  } finally {
    await late.stop()
  }
})

test('behind an attempt that was cut a nickname that is taken may be its own, and is waited for', async () => {
  const relay = await openRelay(port)
  relay.hold(true)
  const holder = await member(daemon, 'LOGIN ghost', 'JOIN ghosts')
  const sending = new Verb(['send', 'ghosts', 'hi', '--as', 'ghost', '--retry', '60'], { port: relay.port, input: '' })
  await eventually(() => expect(relay.count).toBe(1))
  relay.hold(false)
  await eventually(() => expect(relay.count).toBeGreaterThan(2))
  holder.socket.destroy()
  const stderr = 'roomd send: the nickname ghost is in use in ghosts; waiting for it\n'
  expect(await sending.ended).toEqual({ ...DONE, stderr })
  expect(await bodiesOf(daemon, 'ghosts')).toEqual(['hi'])
})

test('a nickname that is taken at the start is waited for, for as long as --retry says', async () => {
  const holder = await member(daemon, 'LOGIN cron', 'JOIN jobs')
  const [impatient, patient] = ['1', '60'].map(
    (time) => new Verb(['send', 'jobs', 'hi', '--as', 'cron', '--retry', time], { port }),
  ) as [Verb, Verb]
  await patient.printed('the nickname cron is in use in jobs; waiting for it\n', 'stderr')
  expect(await impatient.ended).toMatchObject({ status: 1, stderr: expect.stringContaining('(name-in-room)') })
  holder.socket.destroy()
  expect(await patient.ended).toMatchObject({ status: 0, stdout: '' })
  expect(await bodiesOf(daemon, 'jobs')).toEqual(['hi'])
})

test('the secret of an account is a file; without it the account is not used', async () => {
  const file = join(temporaryFolder(), 'password')
  writeFileSync(file, 'correct horse\n')
  const carol = await member(daemon, 'LOGIN carol', '/register correct horse')
  carol.send('/token create bot')
  const [made] = await carol.until(isReply)
  const token = (made?.type === 'commandResult' && made.token?.value) || expect.fail()
  const withToken = await verb(['send', 'account', 'hi', '--as', 'carol'], { port, env: { ROOMD_TOKEN: token } })
  expect(withToken).toEqual(DONE)
  expect(await verb(['send', 'account', 'hi', '--as', 'carol', '--password-file', file], { port })).toEqual(DONE)
  const refused = await verb(['send', 'account', 'hi', '--as', 'carol'], { port })
  expect(refused.status).toBe(1)
  expect(refused.stderr).toMatch(/^roomd send: Nickname is reserved \(name-reserved\).*--password-file.*\n$/)
  writeFileSync(file, 'wrong\n')
  const wrong = await verb(['send', 'account', 'hi', '--as', 'carol', '--password-file', file], { port })
  expect(wrong).toEqual({ status: 1, stdout: '', stderr: 'roomd send: Password incorrect (secret-wrong)\n' })
})

test('a nickname that nobody has chosen gives way, one that somebody has does not', async () => {
  const name = /^<(.*)> /.exec((await said('name', [])) ?? '')?.[1] ?? expect.fail()
  await member(daemon, `LOGIN ${name}`, 'JOIN name')
  expect(await said('name', [])).toBe(`<${name}-2> hi`)
  const refused = await verb(['send', 'name', 'hi', '--as', name], { port })
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('choose another nickname with --as') })
})

test('a nickname that nobody has chosen gives way in the middle: all lines are said once and in order', async () => {
  const lines = Array.from({ length: 5_000 }, (_, number) => `line ${number}`)
  const witness = await member(daemon, 'LOGIN witness', 'JOIN midway')
  const sending = new Verb(['send', 'midway'], { port })
  sending.child.stdin.write('first\n')
  const [name = ''] = (await witness.until((line) => line.type === 'message')).flatMap((line) =>
    line.type === 'message' ? [line.from] : [],
  )
  await member(daemon, `LOGIN ${name}`, 'JOIN midway')
  sending.child.stdin.write('second\n')
  await witness.until((line) => line.type === 'message' && line.from === `${name}-2`)
  sending.child.stdin.write(`${lines.join('\n')}\n`)
  await witness.until((line) => line.type === 'message' && line.body === 'line 500')
  await member(daemon, `LOGIN ${name}-2`, 'JOIN midway')
  sending.child.stdin.end('last\n')
  expect(await sending.ended).toEqual(DONE)
  expect(await bodiesOf(daemon, 'midway')).toEqual(['first', 'second', ...lines, 'last'])
})

test('a nickname that somebody has chosen is waited for in the middle, for as long as --retry says', async () => {
  const witness = await member(daemon, 'LOGIN witness', 'JOIN chosen')
  const sending = ['0', '60'].map((time) => new Verb(['send', 'chosen', '--as', 'build', '--retry', time], { port }))
  const [impatient, patient] = sending as [Verb, Verb]
  for (const [place, { child }] of sending.entries()) {
    child.stdin.write(`one ${place}\n`)
    await witness.until((line) => line.type === 'message' && line.body === `one ${place}`)
  }
  const other = await member(daemon, 'LOGIN build', 'JOIN chosen')
  impatient.child.stdin.end('lost\nlost\n')
  const taken = 'User with such nickname is already present in the requested room (name-in-room)'
  expect(await impatient.ended).toEqual({
    status: 1,
    stdout: '',
    stderr: `roomd send: ${taken}; choose another nickname with --as; from line 2 on nothing is said\n`,
  })
  patient.child.stdin.end('two\nthree\n')
  await patient.printed('build is in use', 'stderr')
  other.socket.destroy()
  const stderr = 'roomd send: the nickname build is in use in chosen; waiting for it\n'
  expect(await patient.ended).toEqual({ ...DONE, stderr })
  expect(await bodiesOf(daemon, 'chosen')).toEqual(['one 0', 'one 1', 'two', 'three'])
})

test('a nickname that is taken while the connection is away gives way, unless a line may have been said under it', async () => {
  const relay = await openRelay(port)
  const witness = await member(daemon, 'LOGIN witness', 'JOIN away')
  const sending = new Verb(['send', 'away', '--retry', '60'], { port: relay.port })
  sending.child.stdin.write('one\n')
  const first = (await witness.until((line) => line.type === 'message')).at(-1)
  const name = first?.type === 'message' ? first.from : expect.fail()
  const takeAway = async (meanwhile = async () => {}) => {
    relay.hold(true)
    relay.cut()
    await meanwhile()
    const other = await member(daemon, `LOGIN ${name}`, 'JOIN away')
    relay.hold(false)
    return other
  }
  // An attempt to connect fails before and behind the line, which is on no connection.
  const attemptFails = async () => {
    const { count } = relay
    await eventually(() => expect(relay.count).toBeGreaterThan(count))
  }
  const other = await takeAway(async () => {
    await attemptFails()
    sending.child.stdin.write('two\n')
    await attemptFails()
  })
  const second = (await witness.until((line) => line.type === 'message' && line.body === 'two')).at(-1)
  other.socket.destroy()
  await witness.until((line) => line.type === 'userLeft' && line.from === name)
  expect(second).toMatchObject({ from: `${name}-2` })
  sending.child.stdin.end()
  expect(await sending.ended).toEqual(DONE)
  // The reply to the next line is lost: under another nickname it would be said again.
  const third = new Verb(['send', 'away', '--retry', '60'], { port: relay.port })
  third.child.stdin.write('three\n')
  await witness.until((line) => line.type === 'message' && line.body === 'three')
  await eventually(() => expect(relay.count).toBeGreaterThan(1))
  relay.mute()
  third.child.stdin.write('four\n')
  await witness.until((line) => line.type === 'message' && line.body === 'four')
  const holder = await takeAway()
  await third.printed(`the nickname ${name} is in use in away; waiting for it`, 'stderr')
  holder.socket.destroy()
  third.child.stdin.write('five\n')
  const fifth = (await witness.until((line) => line.type === 'message' && line.body === 'five')).at(-1)
  expect(fifth).toMatchObject({ from: name })
  // With nothing unsure any longer, the nickname gives way again.
  await member(daemon, `LOGIN ${name}`, 'JOIN away')
  third.child.stdin.end('six\n')
  expect(await third.ended).toMatchObject({ status: 0 })
  const kept = (await messagesOf(daemon, 'away')).map(({ body, from }) => [body, from])
  expect(kept.slice(2)).toEqual([
    ['three', name],
    ['four', name],
    ['five', name],
    ['six', `${name}-2`],
  ])
  expect(kept.slice(0, 2).map(([body]) => body)).toEqual(['one', 'two'])
})

async function said(room: string, args: readonly string[]) {
  expect(await verb(['send', room, 'hi', ...args], { port })).toEqual(DONE)
  const last = (await messagesOf(daemon, room)).at(-1)
  return `<${last?.from}> ${last?.body}`
}

test('what makes no sense is told in one line, with status 2', async () => {
  const http = daemon.port('http')
  const cases = [
    [['send'], 'needs a room; see roomd send --help'],
    [['send', 'ops', '--wrong'], 'unknown option --wrong; see roomd send --help'],
    [['send', 'ops', '--sever', 'x'], 'unknown option --sever; did you mean --server? see roomd send --help'],
    [['send', 'ops', ''], 'nothing to say: TEXT is empty'],
    [['send', 'ops', 'x', '--one'], '--one is for standard input'],
    [['send', 'ops', 'x', '--retry', 'soon'], '--retry soon: not a whole number'],
    [['send', 'ops', 'x', '--password-file', '/nowhere'], '--password-file /nowhere: there is no such file'],
    [['send', 'ops', 'x', '-s', 'gopher://x'], '--server gopher://x: Not a URL of a server: gopher://x'],
    [['send', 'ops', 'x', '-s', `127.0.0.1:${http}`], `127.0.0.1:${http} is not a line port of roomd`],
    [['send', 'ops', 'x', '-s', `tls://127.0.0.1:${http}`, '--ca', '/nowhere'], '--ca /nowhere: there is no such file'],
    [['send', 'ops', 'x', '-s', 'wss://127.0.0.1', '--ca', '/nowhere'], '--ca /nowhere: there is no such file'],
    [['send', 'ops', 'x', '--ca', '/nowhere'], '--ca is for tls://, wss:// and https://'],
    [['send', 'ops', 'x', '-s', 'ws://127.0.0.1', '--ca', '/nowhere'], '--ca is for tls://, wss:// and https://'],
  ] as const
  const answers = await Promise.all(cases.map(([args]) => verb(args, { port })))
  for (const [place, [, text]] of cases.entries()) {
    expect(answers[place]).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^[^\n]+\n$/) })
    expect(answers[place]?.stderr).toContain(`roomd send: ${text}`)
  }
})

test('--help is short, and over WebSocket the same is said', async () => {
  const help = await verb(['send', '--help'], { port })
  expect(help).toMatchObject({ status: 0, stderr: '' })
  expect(help.stdout.split('\n').length).toBeLessThan(30)
  expect(help.stdout).toMatch(/^roomd send ROOM/)
  const server = `http://127.0.0.1:${daemon.port('http')}`
  expect(await verb(['send', 'socket', 'hi', '--server', server], { port })).toEqual(DONE)
  expect(await bodiesOf(daemon, 'socket')).toEqual(['hi'])
})

test('a port alone is one of this machine; a URL for another kind of port is told of', async () => {
  expect(await verb(['send', 'port', 'hi', '--server', `${port}`], { port: 9 })).toEqual(DONE)
  expect(await verb(['send', 'port', 'hi', '--server', `:${port}`], { port: 9 })).toEqual(DONE)
  expect(await bodiesOf(daemon, 'port')).toEqual(['hi', 'hi'])
  const http = await verb(['send', 'port', 'hi', '--server', `http://127.0.0.1:${port}`], { port })
  expect(http).toMatchObject({ status: 75, stderr: expect.stringContaining('for a line port leave out http://') })
  const tls = await verb(['send', 'port', 'hi', '--server', `tls://127.0.0.1:${port}`], { port })
  const secure = `localhost:${daemon.lineTls}`
  for (const [given, meant] of [
    [secure, `tls://${secure}`],
    [`http://${secure}`, `https://${secure}`],
    [`ws://${secure}`, `wss://${secure}`],
  ]) {
    const text = `it ends connections without a word; for a port with TLS write ${meant} (--server, ROOMD_SERVER)`
    const silent = await verb(['send', 'port', 'hi', '--server', `${given}`], { port })
    expect(silent).toEqual({ status: 75, stdout: '', stderr: `roomd send: cannot reach ${given}: ${text}\n` })
  }
  expect(tls).toMatchObject({ status: 75, stderr: expect.stringContaining('leave out tls://') })
})

test('a token that is wrong, or may too little, is told of as a token', async () => {
  const owner = await member(daemon, 'LOGIN tokenist', 'JOIN tokens', '/register correct horse')
  owner.send('/token create writer may=write')
  const reply = (await owner.until(isReply)).at(-1)
  const [token = ''] = /rd_\w+/.exec(JSON.stringify(reply)) ?? []
  const args = ['send', 'tokens', 'hi', '--as', 'tokenist']
  expect(await verb(args, { port, env: { ROOMD_TOKEN: token } })).toEqual(DONE)
  const limited = await verb(['tail', ...args.slice(1, 2), '--as', 'tokenist'], { port, env: { ROOMD_TOKEN: token } })
  expect(limited.stderr).toMatch(/\(token-scope\); a token for the room with the right write can send/)
  const wrong = await verb(args, { port, env: { ROOMD_TOKEN: `${token}x` } })
  const text = 'roomd send: Access token invalid (secret-wrong); it is not a token of tokenist, or has ended\n'
  expect(wrong).toEqual({ status: 1, stdout: '', stderr: text })
})

test('the commands for the machine of the server list these, and ignore their variables', async () => {
  const { stdout } = await verb(['--help'], { port })
  for (const name of ['send', 'tail', 'chat']) expect(stdout).toContain(`see roomd ${name} --help`)
  const data = temporaryFolder()
  const env = { ROOMD_TOKEN: 'rd_x', ROOMD_AS: 'ann' }
  const text = `roomd: there is no ${join(data, 'roomd.db')}\n`
  expect(await verb(['room', 'list', '--data', data], { port, env })).toEqual({ status: 2, stdout: '', stderr: text })
  const late = await verb(['--data', data, 'send', 'ops', 'x'], { port })
  expect(late).toMatchObject({ status: 2, stderr: expect.stringContaining('roomd send') })
})

test('over TLS the certificate is one of --ca, or the server is not spoken to', async () => {
  const args = ['send', 'tls', 'hi', '--server', `tls://localhost:${daemon.lineTls}`]
  const untrusted = await verb(args, { port })
  expect(untrusted).toMatchObject({
    status: 75,
    stderr: expect.stringMatching(/certificate; --ca FILE trusts one/),
  })
  expect(await verb([...args, '--ca', certificate().certFile], { port })).toEqual(DONE)
  expect(await bodiesOf(daemon, 'tls')).toEqual(['hi'])
})

test('over WebSocket with TLS the same holds, and what is no such server is told of', async () => {
  const house = await startTestDaemon({ http: 0, 'http-tls': true })
  onTestFinished(() => house.stop())
  const secure = `https://localhost:${house.port('http')}`
  const send = (server: string, ...args: string[]) => verb(['send', 'wss', 'hi', '--server', server, ...args], { port })
  expect(await send(secure)).toMatchObject({ status: 75, stderr: expect.stringMatching(/certificate; --ca FILE/) })
  expect(await send(secure, '--ca', certificate().certFile)).toEqual(DONE)
  expect(await bodiesOf(house, 'wss')).toEqual(['hi'])
  const away = `ws://127.0.0.1:${await reservePort()}`
  const isAway = `roomd send: cannot reach ${away}: is roomd running there? (--server, ROOMD_SERVER)\n`
  expect(await send(away)).toEqual({ status: 75, stdout: '', stderr: isAway })
  const elsewhere = await send(`http://127.0.0.1:${daemon.port('http')}/nothing`)
  expect(elsewhere).toMatchObject({ status: 75, stderr: expect.stringContaining('Unexpected server response: 404') })
})

test('a certificate that is not trusted is told of, a port without TLS, and a token without its account', async () => {
  const server = `tls://127.0.0.1:${daemon.lineTls}`
  const { status, stderr } = await verb(['send', 'ops', 'x', '--server', server], { port })
  const plain = await verb(['send', 'ops', 'x', '--server', `tls://127.0.0.1:${port}`], { port })
  expect(plain).toMatchObject({ status: 75, stderr: expect.stringContaining('no TLS there (wrong version number)') })
  const noAccount = await verb(['send', 'ops', 'x', '--as', 'nobody1'], { port, env: { ROOMD_TOKEN: 'rd_x' } })
  expect(noAccount.stderr).toContain('is nobody1 an account?')
  const unnamed = await verb(['send', 'ops', 'x'], { port, env: { ROOMD_TOKEN: 'rd_x', ROOMD_AS: '' } })
  expect(unnamed.stderr).toContain('--as (ROOMD_AS) names the account of the password or token')
  expect(status).toBe(75)
  expect(stderr).toMatch(/^roomd send: cannot reach \S+: .*certificate; --ca FILE trusts one/)
})
