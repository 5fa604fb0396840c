/** `roomd tail`: what it prints, and where it goes on. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, lstatSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SLUG_WORDS } from '../../src/chat/names.ts'
import { openRelay } from '../client/relay.ts'
import { OK, openScripted } from '../client/scripted.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { main } from '../support/main.ts'
import { member } from './stage.ts'
import { Verb, verb } from './verb.ts'

let daemon: TestDaemon
let port: number

beforeAll(async () => {
  daemon = await startTestDaemon({ 'max-rate': 0, http: 0 })
  port = daemon.line
})
afterAll(() => daemon.stop())

/** A member of a room who has said texts. */
async function speaker(room: string, ...texts: readonly string[]) {
  return member(daemon, 'LOGIN ann', `JOIN ${room}`, ...texts.map((text) => `MESSAGE ${text}`))
}

interface Printed {
  readonly type: string
  readonly body: string
  readonly from: string
  readonly room: string
  readonly id: string
}

const eventsIn = (stdout: string): Printed[] => stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []))
const bodiesIn = (stdout: string) => eventsIn(stdout).flatMap(({ type, body }) => (type === 'message' ? [body] : []))

test('in a pipe it prints NDJSON: the newest events, and then what happens', async () => {
  const ann = await speaker('pipe', ...Array.from({ length: 12 }, (_, number) => `old ${number}`))
  const tail = new Verb(['tail', 'pipe'], { port })
  await tail.printed('"old 11"')
  await ann.ask('MESSAGE new')
  await tail.printed('"new"')
  tail.child.kill('SIGTERM')
  const { status, stdout, stderr } = await tail.ended
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(bodiesIn(stdout)).toEqual([...Array.from({ length: 10 }, (_, number) => `old ${number + 2}`), 'new'])
  expect(eventsIn(stdout).at(-1)).toMatchObject({ type: 'message', from: 'ann', room: 'pipe', id: expect.any(String) })
})

test('--text prints local times, and nothing that a terminal obeys', async () => {
  const ann = await speaker('text', '"two\\nlines"', 'right \u202eleft')
  await ann.ask('/me waves')
  const { stdout } = await verb(['tail', 'text', '--no-follow', '--text'], { port, env: { TZ: 'Etc/GMT-2' } })
  const local = new Date(Date.now() + 7_200_000).toISOString().slice(0, 13).replace('T', ' ')
  const lines = stdout.trimEnd().split('\n')
  expect(lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, ''))).toEqual([
    '<ann> two',
    '  lines',
    '<ann> right \\u202eleft',
    '* ann waves',
  ])
  expect(lines[0]?.slice(0, 13)).toBe(local)
  const { stdout: json } = await verb(['tail', 'text', '--no-follow', '--json'], { port })
  expect(json).toContain('\\u202e')
  expect(json).not.toContain('\u202e')
})

test('--since begins at a time, an id or the beginning; -n takes the newest of them', async () => {
  await speaker('since', 'a', 'b', 'c')
  const all = await verb(['tail', 'since', '--no-follow', '--since', 'all'], { port })
  expect(bodiesIn(all.stdout)).toEqual(['a', 'b', 'c'])
  const [, , b] = eventsIn(all.stdout)
  for (const [args, expected] of [
    [
      ['--since', '-10m'],
      ['a', 'b', 'c'],
    ],
    [
      ['--since', '10m'],
      ['a', 'b', 'c'],
    ],
    [['--since', 'tomorrow'], undefined],
    [['--since', '2000-01-01', '-n', '1'], ['c']],
    [['--since', b?.id ?? ''], ['c']],
    [['-n', '0'], []],
  ] as const) {
    const { status, stdout, stderr } = await verb(['tail', 'since', '--no-follow', ...args], { port })
    if (expected) expect([status, bodiesIn(stdout)]).toEqual([0, expected])
    else expect([status, stderr]).toEqual([2, expect.stringContaining('--since tomorrow is not a time')])
  }
})

test('killed and started again with --resume, it misses nothing and repeats nothing', async () => {
  const file = join(temporaryFolder(), 'state')
  const ann = await speaker('resume', 'before')
  const first = new Verb(['tail', 'resume', '--resume', file], { port })
  await first.printed('"before"')
  await ann.ask('MESSAGE during')
  await first.printed('"during"')
  const { id } = eventsIn(first.stdout).at(-1) ?? expect.fail()
  // The id is kept right behind the output.
  await expect.poll(() => JSON.parse(readFileSync(file, 'utf8'))).toEqual({ resume: id })
  first.child.kill('SIGKILL')
  await first.ended
  await ann.ask('MESSAGE away')
  const second = new Verb(['tail', 'resume', '--resume', file], { port })
  await second.printed('"away"')
  await ann.ask('MESSAGE again')
  await second.printed('"again"')
  second.child.kill('SIGINT')
  const { status, stdout } = await second.ended
  expect([status, bodiesIn(stdout)]).toEqual([0, ['away', 'again']])
  const third = await verb(['tail', 'resume', '--resume', file, '--no-follow'], { port })
  expect([third.status, bodiesIn(third.stdout)]).toEqual([0, []])
})

test('a state file that is none, or cannot be written, ends it', async () => {
  const file = join(temporaryFolder(), 'state')
  writeFileSync(file, '[1')
  const none = await verb(['tail', 'ops', '--resume', file], { port })
  expect(none).toEqual({
    status: 2,
    stdout: '',
    stderr: `roomd tail: --resume ${file}: not a file of roomd tail; remove it to start anew\n`,
  })
  await speaker('unwritable', 'x')
  const folder = await verb(['tail', 'unwritable', '--resume', '/nowhere/state'], { port })
  expect(folder).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('--resume /nowhere/state') })
})

test('a state file that is empty, as mktemp makes it, is a new one', async () => {
  const file = join(temporaryFolder(), 'state')
  writeFileSync(file, '')
  await speaker('new', 'x')
  const { status, stdout } = await verb(['tail', 'new', '--resume', file, '--no-follow'], { port })
  expect([status, bodiesIn(stdout)]).toEqual([0, ['x']])
  expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveProperty('new')
})

test('a state file behind a link stays there, and nothing but a file is replaced', async () => {
  const folder = temporaryFolder()
  const [file, link, pipe] = [join(folder, 'file'), join(folder, 'link'), join(folder, 'pipe')]
  symlinkSync('file', link)
  await speaker('link', 'x')
  for (const body of [['x'], []]) {
    const { status, stdout } = await verb(['tail', 'link', '--resume', link, '--no-follow'], { port })
    expect([status, bodiesIn(stdout)]).toEqual([0, body])
    expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveProperty('link')
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
  }
  execFileSync('mkfifo', [pipe])
  for (const path of [pipe, folder]) {
    const none = await verb(['tail', 'link', '--resume', path, '--no-follow'], { port })
    expect(none).toEqual({ status: 2, stdout: '', stderr: `roomd tail: --resume ${path}: not a file\n` })
  }
  expect(lstatSync(pipe).isFIFO()).toBe(true)
})

test.runIf(existsSync('/dev/full'))('output that cannot be written ends it with one line', async () => {
  await speaker('full', 'x')
  const full = openSync('/dev/full', 'w')
  const tail = spawn(process.execPath, [main, 'tail', 'full', '--no-follow'], {
    env: { ...process.env, ROOMD_SERVER: `127.0.0.1:${port}` },
    stdio: ['ignore', full, 'pipe'],
  })
  closeSync(full)
  if (!tail.stderr) throw new Error('There is no pipe')
  const [stderr, [status]] = await Promise.all([textOf(tail.stderr), once(tail, 'close')])
  expect([status, stderr]).toEqual([1, 'roomd tail: standard output: ENOSPC: no space left on device, write\n'])
})

test('cut again and again, it prints every line once and in order, of several rooms', async () => {
  const relay = await openRelay(port)
  const ann = await speaker('one')
  const bob = await member(daemon, 'LOGIN bob', 'JOIN two')
  await ann.ask('MESSAGE first')
  await bob.ask('MESSAGE first')
  const tail = new Verb(['tail', 'one', 'two', 'ONE', '-n', '1'], { port: relay.port })
  for (const room of ['one', 'two']) await tail.printed(`"body":"first","room":"${room}"`)
  const numbers = Array.from({ length: 300 }, (_, number) => `${number}`)
  for (const number of numbers) {
    await ann.ask(`MESSAGE ${number}`)
    await bob.ask(`MESSAGE ${number}`)
    if (Number(number) % 100 === 50) relay.cut()
  }
  await tail.printed('"body":"299","room":"one"')
  await tail.printed('"body":"299","room":"two"')
  for (const name of ['one', 'two']) {
    const said = eventsIn(tail.stdout).filter(({ type, room }) => type === 'message' && room === name)
    expect(said.map(({ body }) => body)).toEqual(['first', ...numbers])
  }
  expect(relay.count).toBeGreaterThan(2)
})

test('it ends with its reader', async () => {
  const ann = await speaker('reader', 'a')
  const tail = new Verb(['tail', 'reader'], { port })
  await once(tail.child.stdout, 'data')
  tail.child.stdout.destroy()
  const ended = tail.ended
  for (let more = true; more; ) {
    await ann.ask('MESSAGE again')
    more = await Promise.race([ended.then(() => false), new Promise<boolean>((next) => setTimeout(next, 20, true))])
  }
  expect(await ended).toMatchObject({ status: 0, stderr: '' })
})

test('a room that may not be read is told of, with status 1, and so is one that may not be read any more', async () => {
  const owner = await member(daemon, 'LOGIN owner', 'JOIN closed', '/ban mallory', 'MESSAGE hello')
  const banned = await verb(['tail', 'closed', '--as', 'mallory'], { port })
  expect(banned).toEqual({ status: 1, stdout: '', stderr: 'roomd tail: You are banned from this room (banned)\n' })
  const tail = new Verb(['tail', 'closed', '--as', 'eve'], { port })
  await tail.printed('"hello"')
  await owner.ask('/ban eve 1h enough')
  const { status, stderr } = await tail.ended
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^roomd tail: You are banned .* until .* \(banned\): enough\n$/),
  ])
})

test('nobody sees it come and go, and it holds no place and no nickname', async () => {
  const bob = await member(daemon, 'LOGIN bob', 'JOIN unseen', '/limit 1', 'MESSAGE hello')
  const tail = new Verb(['tail', 'unseen', '--as', 'bob'], { port })
  await tail.printed('"hello"')
  await bob.ask('MESSAGE seen')
  await tail.printed('"seen"')
  bob.send('/who')
  expect((await bob.until((line) => 'members' in line)).at(-1)).toMatchObject({ members: ['bob'] })
  tail.child.kill('SIGTERM')
  expect(await tail.ended).toMatchObject({ status: 0, stderr: '' })
  bob.send('HISTORY kinds=joined,left')
  expect((await bob.rest()).filter(({ type }) => type === 'history')).toHaveLength(1)
})

test('a past without events is told of', async () => {
  await member(daemon, 'LOGIN quiet', 'JOIN silent')
  const { status, stdout, stderr } = await verb(['tail', 'silent', '--no-follow'], { port })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  expect(stderr).toBe('roomd tail: silent: nothing has been said there\n')
})

test('a past of which the server has looked at a part only is told of', async () => {
  const ann = await speaker('long')
  ann.send(...Array.from({ length: 10_100 }, (_, number) => `${number}`))
  await ann.until((line) => line.type === 'message' && line.body === '10099')
  const { stdout, stderr } = await verb(['tail', 'long', '--no-follow', '-n', '20000'], { port })
  expect(bodiesIn(stdout)).toHaveLength(10_000)
  expect(stderr).toContain('long: the server has not looked for older events')
  expect(await verb(['tail', 'long', '--no-follow', '--since', 'all'], { port })).toMatchObject({ stderr: '' })
  expect(await verb(['tail', 'long', '--no-follow', '-n', '10000'], { port })).toMatchObject({ stderr: '' })
})

test('a room that does not exist is told of with the one that may be meant, and is not made', async () => {
  await speaker('deploys', 'x')
  for (const args of [[], ['--no-follow'], ['--since', 'all']]) {
    const text = 'roomd tail: No such room: deplyos (room-unknown): perhaps deploys; --wait waits for it\n'
    expect(await verb(['tail', 'deplyos', ...args], { port })).toEqual({ status: 1, stdout: '', stderr: text })
  }
  const far = await verb(['tail', 'deploys', 'nothinglikeit', '--no-follow'], { port })
  const text = 'roomd tail: No such room: nothinglikeit (room-unknown): --wait waits for it\n'
  expect(far).toEqual({ status: 1, stdout: '', stderr: text })
  const names = JSON.stringify(await (await member(daemon, 'LOGIN lister')).ask('/rooms all'))
  expect(names).toContain('"deploys"')
  expect(names).not.toMatch(/deplyos|nothinglikeit/)
})

test('--wait waits for a room, over a lost connection too, and prints all that was said there', async () => {
  const relay = await openRelay(port)
  await speaker('there', 'x')
  const tail = new Verb(['tail', 'there', 'tocome', '--wait', '-n', '1'], { port: relay.port })
  await tail.printed('"x"')
  await tail.printed('tocome: there is no such room yet; waiting for it', 'stderr')
  relay.cut()
  await speaker('tocome', ...Array.from({ length: 12 }, (_, number) => `${number}`))
  await tail.printed('"11"')
  tail.child.kill('SIGTERM')
  const { status, stdout } = await tail.ended
  expect(status).toBe(0)
  expect(bodiesIn(stdout)).toEqual(['x', ...Array.from({ length: 12 }, (_, number) => `${number}`)])
})

test('--wait waits while the server cannot say whether there is the room', async () => {
  const answers = ['room-unknown', 'unavailable', 'unavailable']
  const { url, lines } = await openScripted(({ line, write }) => {
    if (!line.startsWith('/listen')) return false
    const code = answers.shift()
    write(code ? { type: 'error', error: code, code } : { ...OK, result: 'Listening in room store' })
    return true
  })
  const tail = new Verb(['tail', 'store', '--wait', '--no-follow', '--server', url], { port })
  expect(await tail.ended).toMatchObject({ status: 0 })
  expect(lines.filter((line) => line.startsWith('/listen'))).toHaveLength(4)
  // It would be refused to whoever is no member.
  expect(lines).not.toContain('/topic')
})

test.each([[[]], [['--wait']]])('a server that is too old is told of, %j', async (args) => {
  const { url } = await openScripted(({ line, write }) => {
    if (!line.startsWith('/listen')) return false
    write({ type: 'error', error: 'Unknown command: /listen old', code: 'unknown-command', hint: 'Say /help' })
    return true
  })
  expect(await verb(['tail', 'old', ...args, '--server', url], { port })).toEqual({
    status: 1,
    stdout: '',
    stderr: 'roomd tail: The server is older than this roomd tail, and has no /listen (unknown-command)\n',
  })
})

test('--wait waits for a room with a password, which no error shows', async () => {
  const file = join(temporaryFolder(), 'password')
  writeFileSync(file, 'passw0rd123\n')
  const locked = ['--room-password-file', file, '--wait']
  const tail = new Verb(['tail', 'locked', ...locked], { port })
  await tail.printed('locked: there is no such room yet; waiting for it', 'stderr')
  const open = await verb(['tail', 'lobby', ...locked], { port })
  expect(open).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^roomd tail: No room with a password: lobby/),
  })
  expect(`${open.stderr}${tail.stderr}`).not.toContain('passw0rd123')
  // With its password from the first moment on, unlike with /lock.
  const body = JSON.stringify({ title: 'locked', visibility: 'private', password: 'passw0rd123' })
  const made = await fetch(`http://127.0.0.1:${daemon.port('http')}/chats`, { method: 'POST', body })
  expect(made.status).toBe(201)
  await member(daemon, 'LOGIN ann', 'JOIN locked passw0rd123', 'MESSAGE hidden')
  await tail.printed('"hidden"')
})

test('--wait does not wait for a name that no room can have', async () => {
  const text = /^roomd tail: Invalid room name: bad!, please use alphanumericcharacters only \(room-name-invalid\)/
  for (const args of [['--wait'], []]) {
    const { status, stderr } = await verb(['tail', 'bad!', ...args], { port })
    expect([status, stderr]).toEqual([1, expect.stringMatching(text)])
  }
})

test('a name that no room can have is refused at once, with the rule', async () => {
  const rule = `A name has ${SLUG_WORDS}`
  for (const name of ['my room', '', ' ']) {
    const stderr = (command: string) => `roomd ${command}: Invalid room name: "${name}" (room-name-invalid): ${rule}\n`
    for (const [command, ...args] of [['tail', '--wait'], ['tail', '--no-follow'], ['send'], ['chat']] as const) {
      const refused = await verb([command, name, ...args], { port: 9 })
      expect(refused, command).toEqual({ status: 1, stdout: '', stderr: stderr(command) })
    }
  }
})

test('--wait ends after the past of a room that has come with --no-follow', async () => {
  const tail = new Verb(['tail', 'once', '--wait', '--no-follow'], { port })
  await tail.printed('waiting for it', 'stderr')
  await speaker('once', 'said')
  const { status, stdout } = await tail.ended
  expect(status).toBe(0)
  // What is said behind the coming of the room may come behind the past.
  expect(eventsIn(stdout)[0]).toMatchObject({ type: 'userJoined', from: 'ann' })
})

test('a room that is closed ends it', async () => {
  const owner = await member(daemon, 'LOGIN closing', 'JOIN over', '/register correct horse', 'MESSAGE one')
  const tail = new Verb(['tail', 'over'], { port })
  await tail.printed('"one"')
  await owner.ask('/close')
  const { status, stderr } = await tail.ended
  expect([status, stderr]).toEqual([1, 'roomd tail: Room over was closed\n'])
})

test('a room that was closed while the connection was lost ends it, and is not made again', async () => {
  const relay = await openRelay(port)
  const owner = await member(daemon, 'LOGIN closer', 'JOIN ending', '/register correct horse')
  await owner.ask('MESSAGE one')
  const tail = new Verb(['tail', 'ending'], { port: relay.port })
  await tail.printed('"one"')
  relay.hold(true)
  relay.cut()
  await owner.ask('/close')
  relay.hold(false)
  const { status, stderr } = await tail.ended
  expect([status, stderr]).toEqual([1, 'roomd tail: No such room: ending (room-unknown)\n'])
  expect(JSON.stringify(await (await member(daemon, 'LOGIN lister2')).ask('/rooms all'))).not.toContain('"ending"')
})
