/** `roomd chat` as lines, where there is no terminal. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OK, openScripted } from '../../client/scripted.ts'
import { startTestDaemon, type TestDaemon } from '../../support/daemon.ts'
import { bodiesOf, member } from '../stage.ts'
import { Verb, verb } from '../verb.ts'

let daemon: TestDaemon

beforeAll(async () => {
  daemon = await startTestDaemon()
})
afterAll(() => daemon.stop())

test('lines are said and commands carried out, one after the other; the end of the input ends it', async () => {
  const input = 'hello\n\n/who\n//shrug\n/nonsense\n/tell nobody hi\n/quit\nnot said\n'
  const { status, stdout, stderr } = await verb(['chat', 'lines', '--as', 'ann'], { port: daemon.line, input })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(await bodiesOf(daemon, 'lines')).toEqual(['hello', '/shrug'])
  expect(stdout).not.toContain('\x1b')
  const lines = stdout.trimEnd().split('\n')
  expect(lines.map((line) => line.replace(/^\d\d:\d\d /, ''))).toEqual(
    expect.arrayContaining([
      '--- lines',
      '* ann joined',
      '<ann> hello',
      'In lines: ann (operator)',
      '-!- Unknown command: /nonsense (/help lists the commands; /message /nonsense says it)',
      '-!- No such user here: nobody (nobody-here)',
    ]),
  )
})

test('commands that would take the connection out of its room are not here', async () => {
  const moving = ['enter', 'speak', 'listen']
  const input = `${moving.map((name) => `/${name} elsewhere\n`).join('')}still here\n`
  const { stdout } = await verb(['chat', 'moving', '--as', 'ann'], { port: daemon.line, input })
  expect(stdout.match(/Not here/g)).toHaveLength(moving.length)
  expect(stdout).toContain('<ann> still here')
})

test('without a room it enters the lobby; other rooms are named', async () => {
  const chat = new Verb(['chat', `127.0.0.1:${daemon.line}`, '--as', 'ann'], { port: daemon.line })
  await chat.printed('* ann joined')
  expect(chat.stdout).toMatch(/^--- lobby\n\d\d:\d\d \* ann joined\n/)
  chat.child.stdin.write('/join second\n')
  await chat.printed('--- second')
  await member(daemon, 'LOGIN bob', 'JOIN lobby', 'MESSAGE for ann\u0007')
  await chat.printed('<bob> for ann')
  expect(chat.stdout).toMatch(/\n\[lobby\] \d\d:\d\d <bob> for ann\n/)
  chat.child.kill('SIGTERM')
  expect(await chat.ended).toMatchObject({ status: 0, stderr: '' })
})

test('private messages that were missed and cannot be read are told of, and the chat goes on', async () => {
  const sent = { type: 'private', from: 'bob', to: 'ann', utctimestamp: '2026-01-01T00:00:00.000Z' }
  const inboxOf = (id: number) => ({ ...sent, body: `psst ${id}`, id: String(id) })
  const { url } = await openScripted(({ line, connection, write, cut }) => {
    if (line === '/who') write({ ...OK, members: ['ann'] })
    else if (line === '/help' && connection === 1) write(OK, inboxOf(1))
    else if (line === '/cut' && connection === 1) cut()
    else if (line === '/inbox after=1 end=yes') {
      write({ type: 'error', error: 'History is gone', code: 'history-gone' }, inboxOf(9))
    } else return false
    return true
  })
  const chat = new Verb(['chat', 'ops', '--as', 'ann'], { port: Number(new URL(url).port) })
  await chat.printed('psst 1')
  chat.child.stdin.write('/cut\n')
  await chat.printed('psst 9')
  expect(chat.stdout).toContain('-!- Events missing')
  chat.child.kill('SIGTERM')
  expect(await chat.ended).toMatchObject({ status: 0, stderr: '' })
})
