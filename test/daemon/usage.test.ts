/** What the command line says about wrong use, and its help. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { main, nodeEnvironment } from '../support/main.ts'
import { operateHere } from '../support/operator.ts'

const folder = temporaryFolder()

function run(...args: string[]) {
  const options = { encoding: 'utf8', cwd: folder, env: nodeEnvironment(), input: '' } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], options)
  return { status, stdout, stderr }
}

const file = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const typo = file('typo.json', '{"max-txt": 3}')
const empty = file('empty.json', '\n')
const list = file('list.json', '[]')
const unquoted = file('unquoted.json', 'max-text: 3\n')

test.each([
  ['sned ops x', 'unknown command sned; did you mean send? see roomd --help'],
  ['frobnicate', 'unknown command frobnicate; see roomd --help'],
  ['room list a b', 'room list takes no name'],
  ['room owner den --data .', 'room owner needs a name and an account'],
  ['room close a b --data .', 'room close takes one name'],
  ['--max-txt 3', 'unknown option --max-txt; did you mean --max-text? see roomd --help'],
  ['--line-port=3', 'unknown option --line-port; did you mean --line? see roomd --help'],
  ['--frobnicate', 'unknown option --frobnicate; see roomd --help'],
  ['--port 80', 'unknown option --port; each protocol has its own: --line, --irc, --http; see roomd --help'],
  ['account list --frobnicate', 'unknown option --frobnicate; see roomd account --help'],
  ['--line', '--line needs a number'],
  ['--data', '--data needs a folder'],
  ['--max-text', '--max-text needs a number'],
  [
    'account',
    'account needs an action: list, show NAME, add NAME, remove NAME, password NAME, NAME --admin, NAME --bot',
  ],
  ['room', 'room needs an action: list, show NAME, close NAME, owner NAME ACCOUNT'],
  [
    'account explode ann',
    'account explode is unknown; the actions are: list, show NAME, add NAME, remove NAME, password NAME, NAME --admin, NAME --bot',
  ],
  ['address frobnicate', 'address frobnicate is unknown; the actions are: list, remove NETWORK'],
  ['token', 'token needs an action: create ACCOUNT NAME, list ACCOUNT, revoke ACCOUNT NAME'],
  [`--config ${typo}`, `--config ${typo}: unknown option max-txt; did you mean max-text?`],
  [`--config ${empty}`, `--config ${empty} is empty`],
  [`--config ${list}`, `--config ${list}: it is not a JSON object of options`],
  [`--config ${unquoted}`, `--config ${unquoted}: Unexpected token 'm', "max-text: 3 " is not valid JSON`],
  [`--config ${folder}/none`, `--config ${folder}/none: there is no such file`],
])('roomd %s: one line, status 2', async (args, text) => {
  expect(await operateHere(args.split(' '))).toEqual({ status: 2, stdout: '', stderr: `roomd: ${text}\n` })
})

test('the process tells it and ends', () => {
  for (const args of ['--line', 'room owner den --data .'])
    expect(run(...args.split(' '))).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^roomd: .*\n$/),
    })
})

test('the help shows the commands and the most used options; that of serve shows all', () => {
  const [brief, whole, of] = [run('-h'), run('serve', '--help'), run('room', '--help')]
  expect(brief).toEqual(run('--help'))
  expect(brief).toMatchObject({ status: 0, stderr: '' })
  expect(brief.stdout).toMatch(/roomd token .*--line .*roomd send ops 'deploy done'.*roomd serve --help/s)
  expect(brief.stdout).not.toContain('--max-text')
  expect(brief.stdout.split('\n').length).toBeLessThan(60)
  expect(whole.stdout).toMatch(/--line .*--max-text .*--log-level /s)
  expect(of.stdout).not.toContain('--line')
  expect(run('-v')).toEqual(run('--version'))
})

test('a machine with another language gets the same messages', () => {
  const env = { ...nodeEnvironment(), LC_ALL: 'de_DE.UTF-8' }
  const { status, stderr } = spawnSync(process.execPath, [main, '--frobnicate'], { encoding: 'utf8', env })
  expect([status, stderr]).toEqual([2, 'roomd: unknown option --frobnicate; see roomd --help\n'])
})
