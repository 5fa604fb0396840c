/** Commands whose standard input, output or error cannot be read or written. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { localEngineIn } from '../support/local-engine.ts'
import { main, nodeEnvironment } from '../support/main.ts'
import { bodiesOf } from './stage.ts'

let daemon: TestDaemon

beforeAll(async () => {
  daemon = await startTestDaemon()
})
afterAll(() => daemon.stop())

function start(args: readonly string[], stdio: readonly ('pipe' | 'ignore' | number)[]): ChildProcess {
  const env = { ...nodeEnvironment(), ROOMD_SERVER: `127.0.0.1:${daemon.line}` }
  const child = spawn(process.execPath, [main, ...args], { env, stdio: [...stdio] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function endOf(child: ChildProcess) {
  const [stderr, [status]] = await Promise.all([child.stderr ? text(child.stderr) : '', once(child, 'close')])
  return { status, stderr }
}

/** A folder, and a file that is open for writing or reading only. */
function opened(what: 'folder' | 'w' | 'wx+' | 'r'): number {
  const folder = temporaryFolder()
  if (what === 'r') closeSync(openSync(join(folder, 'file'), 'w'))
  const opened = openSync(what === 'folder' ? folder : join(folder, 'file'), what === 'folder' ? 'r' : what)
  onTestFinished(() => closeSync(opened))
  return opened
}

const ADD = ['account', 'add', 'ann', '--data', '/nowhere']

test.each([
  ['send', ['send', 'unreadable']],
  ['send --one', ['send', 'unreadable', '--one']],
  ['chat', ['chat', 'unreadable']],
  ['import', ['import', '--data', '/nowhere']],
  ['account add', ADD],
])('%s: standard input that cannot be read is told in one line, with status 1', async (_command, args) => {
  for (const [what, why] of [
    ['folder', 'it is a folder'],
    ['w', 'it is not open for reading'],
  ] as const) {
    const { status, stderr } = await endOf(start(args, [opened(what), 'ignore', 'pipe']))
    expect([status, stderr]).toEqual([1, expect.stringMatching(`^roomd[^\n]*: standard input: ${why}\n$`)])
  }
})

test.each([
  ['chat', ['chat', 'unwritable']],
  ['tail', ['tail', 'lobby', '--no-follow', '--since', 'all']],
  ['send --help', ['send', '--help']],
])('%s: standard output that cannot be written is told in one line, with status 1', async (_command, args) => {
  await endOf(start(['chat', 'lobby'], ['ignore', 'ignore', 'ignore']))
  const { status, stderr } = await endOf(start(args, ['pipe', opened('r'), 'pipe']))
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^roomd \w+: standard output: EBADF[^\n]*\n$/)])
})

test('standard error that cannot be written ends nothing: what comes behind a refused line is said', async () => {
  const sending = start(['send', 'silent'], ['pipe', 'ignore', opened('r')])
  sending.stdin?.write(`before\n${'x'.repeat(100_000)}\nbetween\n`)
  await expect.poll(() => bodiesOf(daemon, 'silent')).toEqual(['before', 'between'])
  sending.stdin?.end('behind\n')
  expect(await endOf(sending)).toMatchObject({ status: 1 })
  expect(await bodiesOf(daemon, 'silent')).toEqual(['before', 'between', 'behind'])
})

test('audit: standard output that cannot be written is told in one line, with status 1', async () => {
  const data = temporaryFolder()
  const engine = await localEngineIn(data)
  await engine.logs.append('room:1', { kind: 'topic', from: 'ann', body: 'deploys', room: 1 })
  await engine.stop()
  const { status, stderr } = await endOf(start(['audit', '--data', data], ['ignore', opened('r'), 'pipe']))
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^roomd: standard output: EBADF[^\n]*\n$/)])
})

test('an export whose summary cannot be written has succeeded', async () => {
  const data = temporaryFolder()
  await (await localEngineIn(data)).stop()
  const args = ['export', '--data', data, '--output', join(data, 'export')]
  expect(await endOf(start(args, ['ignore', 'ignore', opened('r')]))).toMatchObject({ status: 0 })
})
