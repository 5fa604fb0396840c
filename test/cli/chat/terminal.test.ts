/** `roomd chat` on the whole of a terminal, in tmux. */
import { afterAll, beforeAll, expect, onTestFinished, type TestContext, test } from 'vitest'
import { openRelay } from '../../client/relay.ts'
import { startTestDaemon, type TestDaemon } from '../../support/daemon.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { need } from '../../support/needed.ts'
import { reservePort } from '../../support/port.ts'
import { bodiesOf, member, messagesOf } from '../stage.ts'
import { Terminal } from './terminal.ts'

let daemon: TestDaemon

beforeAll(async () => {
  daemon = await startTestDaemon({ http: 0 })
})
afterAll(() => daemon.stop())

/** A terminal in which ann is in a room. */
async function chatIn(context: TestContext, room: string, size: { columns?: number; rows?: number } = {}) {
  need('tmux', context)
  const terminal = new Terminal([room, '--as', 'ann'], { port: daemon.line, ...size })
  await terminal.shows('* ann joined')
  return terminal
}

test('what others say does not disturb the line that is typed', async (context) => {
  const terminal = await chatIn(context, 'typing')
  const bob = await member(daemon, 'LOGIN bob', 'JOIN typing')
  terminal.type('half a sen')
  await terminal.shows(/> half a sen$/)
  for (let number = 0; number < 30; number++) await bob.ask(`MESSAGE message ${number}`)
  terminal.type('tence', 'Enter')
  const screen = await terminal.shows('<ann> half a sentence')
  expect(screen).toHaveLength(24)
  expect(screen[0]).toMatch(/^ typing \(2\)/)
  expect(screen.at(-2)).toBe(' ann [1:typing]')
  expect(screen.at(-1)).toBe('>')
  expect(screen.filter((line) => line.includes('<bob> message'))).toHaveLength(20)
  terminal.type('PageUp')
  expect((await terminal.shows('more below')).at(-2)).toBe(' ann [1:typing] more below')
  await terminal.shows('<bob> message 0')
})

test('a narrow terminal wraps words, wide characters have two columns, and a resize draws anew', async (context) => {
  const terminal = await chatIn(context, 'narrow', { columns: 40, rows: 12 })
  const bob = await member(daemon, 'LOGIN bob', 'JOIN narrow')
  await bob.ask('MESSAGE a sentence of some length which does not fit into one row')
  await bob.ask('MESSAGE 日本語日本語日本語日本語日本語日本語 👩‍👩‍👧 é.')
  const rows = (await terminal.shows('.')).map((row) => row.replace(/^\d\d:\d\d /, 'TIME '))
  expect(rows).toEqual(
    expect.arrayContaining([
      'TIME <bob> a sentence of some length',
      '      which does not fit into one row',
      'TIME <bob> 日本語日本語日本語日本語日本',
      '      語日本語 👩‍👩‍👧 é.',
    ]),
  )
  terminal.resize(80, 20)
  await terminal.shows('<bob> a sentence of some length which does not fit into one row')
  terminal.resize(20, 5)
  await terminal.shows(/語 👩‍👩‍👧 é\.\n ann \[1:narrow\]\n>$/)
})

test('what is looked at stays where it is, and only members are counted', async (context) => {
  const terminal = await chatIn(context, 'scrolled')
  const bob = await member(daemon, 'LOGIN bob', 'JOIN scrolled')
  for (let number = 0; number < 60; number++) await bob.ask(`MESSAGE message ${number}`)
  await terminal.shows('<bob> message 59')
  terminal.type('PageUp')
  const before = await terminal.shows('more below')
  expect(before[0]).toBe(' scrolled (2)')
  await bob.ask(`MESSAGE ${'some words '.repeat(40)}`)
  const url = `http://127.0.0.1:${daemon.port('http')}/rooms/scrolled/messages?as=ci`
  expect((await fetch(url, { method: 'POST', body: 'deploy done' })).ok).toBe(true)
  terminal.type('seen')
  expect((await terminal.shows('> seen')).slice(0, -1)).toEqual(before.slice(0, -1))
  terminal.type('PageDown', 'PageDown', 'PageDown')
  expect((await terminal.shows('<ci> deploy done'))[0]).toBe(' scrolled (2)')
})

test('a paste of several lines is asked about', async (context) => {
  const terminal = await chatIn(context, 'paste')
  terminal.paste('just one')
  await terminal.shows('> just one')
  terminal.type('Enter')
  terminal.paste('a\n  b\n/c')
  await terminal.shows('Paste 3 lines: as [o]ne message, [l]ine by line, [e]dit, [c]ancel?')
  terminal.type('o')
  await terminal.shows(/<ann> a\n {8}b\n {6}\/c/)
  terminal.paste('d\n/e')
  await terminal.shows('Paste 2 lines')
  terminal.type('l')
  await terminal.shows('<ann> /e')
  terminal.paste('f\ng')
  await terminal.shows('Paste 2 lines')
  terminal.type('c')
  await terminal.shows(/\n>$/)
  expect(await bodiesOf(daemon, 'paste')).toEqual(['just one', 'a\n  b\n/c', 'd', '/e'])
})

test('a line feed within a command is a space; texts keep it', async (context) => {
  const terminal = await chatIn(context, 'feeds')
  const bob = await member(daemon, 'LOGIN bob', 'JOIN feeds')
  const type = (first: string, second: string) => terminal.type(first, 'M-Enter', second, 'Enter')
  type('/search some', 'thing')
  await terminal.shows('0 found')
  type('/tell "no', 'body" hi')
  await terminal.shows('No such user here: no body')
  type('/tell bob one', 'two')
  const [told] = (await bob.until(({ type }) => type === 'private')).slice(-1)
  expect(told).toMatchObject({ body: 'one\ntwo' })
  type('/me waves', 'twice')
  await terminal.shows('twice')
  expect(await bodiesOf(daemon, 'feeds')).toEqual(['waves\ntwice'])
})

test('two rooms: what is unread is counted, a mention is marked, and rings', async (context) => {
  const terminal = await chatIn(context, 'first')
  terminal.type('/join second', 'Enter')
  await terminal.shows('[2:second]')
  const bob = await member(daemon, 'LOGIN bobby', 'JOIN first')
  await bob.ask('MESSAGE anna is not meant')
  await terminal.shows('1:first 1 ')
  await bob.ask('MESSAGE Ann: you are')
  await terminal.shows('1:first 2!')
  terminal.type('C-p')
  await terminal.shows('[1:first] 2:second')
  terminal.type('bo', 'Tab', 'hi', 'Enter')
  await terminal.shows('<ann> bobby: hi')
  terminal.type('/tell bobby psst', 'Enter')
  await terminal.shows('<ann -> bobby> psst')
  await bob.ask('/tell ann hush')
  await terminal.shows('<bobby -> ann> hush')
  terminal.type('/me waves', 'Enter', '/topic all of it', 'Enter')
  await terminal.shows('first (2): all of it')
  await terminal.shows('* ann waves')
  terminal.type('/leave', 'Enter')
  await terminal.shows('[1:second]')
  expect(await messagesOf(daemon, 'first')).toMatchObject([
    {},
    {},
    { body: 'bobby: hi' },
    { body: 'waves', action: true },
  ])
})

test('errors come with their hints; /help is one screen, and has the rest by name', async (context) => {
  const terminal = await chatIn(context, 'errors')
  terminal.type('/frobnicate', 'Enter')
  await terminal.shows('-!- Unknown command: /frobnicate')
  terminal.type('/tell nobody hi', 'Enter')
  await terminal.shows('-!- No such user here: nobody (nobody-here)')
  terminal.type('/join !!', 'Enter')
  await terminal.shows('-!- Invalid room name: !!')
  terminal.type('/help', 'Enter')
  const screen = await terminal.shows('/help all lists every command')
  const page = screen.slice(screen.findIndex((line) => line.includes('Type a text and press Enter')))
  const wrapped = page.filter((line) => line.startsWith('      '))
  expect([page.length, wrapped]).toEqual([17, []])
  terminal.type('/help /kick', 'Enter')
  await terminal.shows('/kick <nickname> [<reason>]: Remove a user')
  terminal.type('/help j', 'Enter')
  await terminal.shows('or show one that you are in')
  terminal.type('/speak errors', 'Enter')
  await terminal.shows('Not here; roomd send says texts without joining')
  terminal.type('/help all', 'Enter')
  await terminal.shows('/address-bans [<text>]: The banned addresses')
  terminal.type('//shrug', 'Enter')
  await terminal.shows('<ann> /shrug')
})

test('nothing that others say reaches the terminal as a sequence', async (context) => {
  const terminal = await chatIn(context, 'unsafe')
  const bob = await member(daemon, 'LOGIN bob', 'JOIN unsafe')
  await bob.ask('MESSAGE "a\\u202eb\\u2028c\\u001b]0;title\\u0007d"')
  const screen = await terminal.shows('<bob> a')
  expect(screen.join('\n')).toContain('<bob> a\\u202eb\\u2028cd')
  expect(terminal.format('#{pane_title}')).not.toBe('title')
})

test('a server that is killed and started again: the gap is filled, and what was typed meanwhile is said', async (context) => {
  need('tmux', context)
  const line = await reservePort()
  const data = temporaryFolder()
  const first = await startTestDaemon({ line, data })
  const relay = await openRelay(line)
  const terminal = new Terminal(['ops', '--as', 'ann'], { port: relay.port })
  await terminal.shows('* ann joined')
  relay.cut()
  await first.stop()
  await terminal.shows('-!- The connection is lost')
  await terminal.shows('[1:ops offline]')
  terminal.type('typed meanwhile', 'Enter')
  await terminal.shows('sending 1')
  const second = await startTestDaemon({ line, data })
  try {
    const bob = await member(second, 'LOGIN bob', 'JOIN ops', 'MESSAGE missed')
    const screen = await terminal.shows('<ann> typed meanwhile')
    expect(screen.filter((row) => row.includes('<bob> missed'))).toHaveLength(1)
    await terminal.shows(/ ann \[1:ops\]\n>$/)
    bob.socket.destroy()
    expect(await bodiesOf(second, 'ops')).toEqual(['missed', 'typed meanwhile'])
  } finally {
    await second.stop()
  }
})

test('the terminal is as it was: behind Ctrl-Z, Ctrl-D and signals', async (context) => {
  const terminal = await chatIn(context, 'restored')
  expect(terminal.format('#{alternate_on}')).toBe('1')
  terminal.type('not sent', 'C-z')
  await terminal.shows(/Stopped[\s\S]*[$#]$/)
  expect(terminal.format('#{alternate_on}')).toBe('0')
  terminal.type('fg', 'Enter')
  await terminal.shows('> not sent')
  terminal.type('C-c')
  await terminal.shows(/\n>$/)
  terminal.type('C-d')
  await terminal.shows(/[$#]$/)
  const isSane = async () => {
    terminal.type('stty -a; echo "status $?"', 'Enter')
    expect((await terminal.shows('status 0')).join('\n')).toMatch(/ icanon .* echo /s)
    expect(terminal.format('#{alternate_on}#{cursor_flag}')).toBe('01')
  }
  await isSane()
  for (const signal of ['TERM', 'HUP']) {
    terminal.start()
    await terminal.shows('[1:restored]')
    terminal.kill(signal)
    await terminal.shows(/[$#]$/)
    await isSane()
  }
})

test('the password of an account is asked for, and not shown', async (context) => {
  need('tmux', context)
  await member(daemon, 'LOGIN carol', 'JOIN secret', '/register correct horse')
  const terminal = new Terminal(['secret', '--as', 'carol'], { port: daemon.line })
  await terminal.shows('Password for carol:')
  terminal.type('correct horse', 'Enter')
  const screen = await terminal.shows('[1:secret]')
  expect(screen.join('\n')).not.toContain('horse')
})

test('what is typed last is said; lines that are not said are told of at the end', async (context) => {
  need('tmux', context)
  const own = await startTestDaemon()
  onTestFinished(() => own.stop())
  const terminal = new Terminal(['last', '--as', 'ann'], { port: own.line })
  await terminal.shows('* ann joined')
  terminal.type('/register password99', 'Enter')
  await terminal.shows('Nickname ann is registered')
  terminal.type('/passwd password99 another99', 'Enter')
  await terminal.shows('Password changed')
  terminal.type('/join last2', 'Enter')
  await terminal.shows('[2:last2]')
  terminal.type('bye', 'Enter', 'C-d')
  await terminal.shows(/[$#]$/)
  expect(await bodiesOf(own, 'last2')).toEqual(['bye'])
  terminal.start()
  await terminal.shows('Password for ann:')
  terminal.type('another99', 'Enter')
  await terminal.shows('[1:last]')
  await own.stop()
  await terminal.shows('[1:last offline]')
  terminal.type('too late', 'Enter')
  await terminal.shows('sending 1')
  terminal.type('C-d')
  await terminal.shows('roomd chat: a line is not said')
})

test('without colours, and --plain, for screen readers', async (context) => {
  need('tmux', context)
  const terminal = new Terminal(['plain', '--as', 'ann', '--plain'], { port: daemon.line, env: { NO_COLOR: '1' } })
  await terminal.shows('* ann joined')
  expect(terminal.format('#{alternate_on}')).toBe('0')
  terminal.type('hello', 'Enter')
  await terminal.shows('<ann> hello')
  terminal.type('C-d')
  await terminal.shows(/[$#]$/)
})

test('a terminal without cursor movement has lines', async (context) => {
  const terminal = await chatIn(context, 'dumb')
  terminal.type('C-d')
  await terminal.shows(/[$#]$/)
  terminal.type('export TERM=dumb', 'Enter')
  terminal.start()
  await terminal.shows(/^\d\d:\d\d \* ann joined/m)
  expect(terminal.format('#{alternate_on}')).toBe('0')
})
