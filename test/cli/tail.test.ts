/** `roomd tail`: what it prints, and where it goes on. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
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
  daemon = await startTestDaemon({ 'max-rate': 0 })
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
  // Behind them, as they wait for its coming.
  const tail = new Verb(['tail', 'one', 'two', 'ONE', '-n', '0'], { port: relay.port })
  await Promise.all(
    [ann, bob].map((each) => each.until((line) => line.type === 'userJoined' && /-tail$/.test(line.from))),
  )
  const numbers = Array.from({ length: 300 }, (_, number) => `${number}`)
  for (const number of numbers) {
    // From then on it is in both rooms.
    if (number === '1') await Promise.all(['one', 'two'].map((room) => tail.printed(`"body":"0","room":"${room}"`)))
    await ann.ask(`MESSAGE ${number}`)
    await bob.ask(`MESSAGE ${number}`)
    if (Number(number) % 100 === 50) relay.cut()
  }
  await tail.printed('"body":"299","room":"one"')
  await tail.printed('"body":"299","room":"two"')
  for (const name of ['one', 'two']) {
    const said = eventsIn(tail.stdout).filter(({ type, room }) => type === 'message' && room === name)
    expect(said.map(({ body }) => body)).toEqual(numbers)
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

test('a room that may not be entered is told of, with status 1, and so is the end of a stay', async () => {
  const owner = await member(daemon, 'LOGIN owner', 'JOIN closed', '/ban mallory')
  const banned = await verb(['tail', 'closed', '--as', 'mallory'], { port })
  expect(banned).toEqual({ status: 1, stdout: '', stderr: 'roomd tail: You are banned from this room (banned)\n' })
  const tail = new Verb(['tail', 'closed', '--as', 'eve'], { port })
  await owner.until((line) => line.type === 'userJoined' && line.from === 'eve')
  await owner.ask('/kick eve enough')
  const { status, stderr } = await tail.ended
  expect([status, stderr]).toEqual([1, 'roomd tail: Kicked from closed by owner: enough\n'])
})

test('a past without events is told of', async () => {
  await member(daemon, 'LOGIN quiet', 'JOIN silent')
  const { status, stdout, stderr } = await verb(['tail', 'silent', '--no-follow'], { port })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  expect(stderr).toBe('roomd tail: silent: nothing has been said there\n')
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
    if (!line.startsWith('/enter')) return false
    const code = answers.shift()
    write(code ? { type: 'error', error: code, code } : { ...OK, result: 'Joined room store' })
    return true
  })
  const tail = new Verb(['tail', 'store', '--wait', '--no-follow', '--server', url], { port })
  expect(await tail.ended).toMatchObject({ status: 0 })
  expect(lines.filter((line) => line.startsWith('/enter'))).toHaveLength(4)
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
  const ann = await member(daemon, 'LOGIN ann', 'JOIN lobby')
  ann.socket.write('JOIN locked\n/lock passw0rd123\nMESSAGE hidden\n')
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

test('--wait takes another nickname where its own is taken in the room that comes, unless it is chosen', async () => {
  await speaker('named', 'x')
  const reader = await member(daemon, 'LOGIN namer', 'JOIN named')
  const first = new Verb(['tail', 'named'], { port })
  const joined = (await reader.until((line) => line.type === 'userJoined' && /-tail$/.test(line.from))).at(-1)
  const name = joined?.type === 'userJoined' ? joined.from : expect.fail()
  first.child.kill('SIGTERM')
  await first.ended
  await reader.until((line) => line.type === 'userLeft' && line.from === name)
  const waiting = [['named'], ['--as', name]].map(
    (args) => new Verb(['tail', 'contested', '--wait', ...args], { port }),
  )
  for (const each of waiting) await each.printed('waiting for it', 'stderr')
  const holder = await member(daemon, `LOGIN ${name}`, 'JOIN contested', 'MESSAGE mine')
  const [free, fixed] = waiting as [Verb, Verb]
  await free.printed('"mine"')
  await holder.until((line) => line.type === 'userJoined' && line.from === `${name}-2`)
  await holder.ask('MESSAGE more')
  await free.printed('"more"')
  expect(await fixed.ended).toMatchObject({ status: 1, stderr: expect.stringContaining('(name-in-room)') })
  // In the other room the nickname is its own.
  await reader.until((line) => line.type === 'userJoined' && line.from === name)
  const visitor = await member(daemon, 'LOGIN visitor', 'JOIN contested')
  holder.socket.destroy()
  await visitor.until((line) => line.type === 'userLeft' && line.from === name)
  await visitor.ask('MESSAGE bye')
  await free.printed('"bye"')
  expect(free.stdout).not.toContain(`${name}-2`)
  const presence = eventsIn(free.stdout).filter(({ type }) => type === 'userJoined' || type === 'userLeft')
  expect(presence.map(({ type, from, room }) => [type, from, room])).toEqual([
    ['userJoined', name, 'contested'],
    ['userJoined', 'visitor', 'contested'],
    ['userLeft', name, 'contested'],
  ])
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

test('a room that was closed while the connection was lost ends it, and is not made again', async () => {
  const relay = await openRelay(port)
  const owner = await member(daemon, 'LOGIN closer', 'JOIN ending', '/register correct horse')
  const tail = new Verb(['tail', 'ending', '--as', 'eyes'], { port: relay.port })
  await owner.until((line) => line.type === 'userJoined' && line.from === 'eyes')
  await owner.ask('MESSAGE one')
  await tail.printed('"one"')
  relay.hold(true)
  relay.cut()
  await owner.until((line) => line.type === 'userLeft' && line.from === 'eyes')
  await owner.ask('/close')
  relay.hold(false)
  const { status, stderr } = await tail.ended
  expect([status, stderr]).toEqual([1, 'roomd tail: No such room: ending (room-unknown)\n'])
  expect(JSON.stringify(await (await member(daemon, 'LOGIN lister2')).ask('/rooms all'))).not.toContain('"ending"')
})
