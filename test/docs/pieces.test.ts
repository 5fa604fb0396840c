/** The pieces of docs/bots.md for other programs: done with them is what these programs do. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest'
import { bodiesOf, member, messagesOf } from '../cli/stage.ts'
import { ALERTMANAGER, GRAFANA } from '../protocols/rooms-api/hooks/payloads.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { main, nodeEnvironment } from '../support/main.ts'
import { examplesOf } from './examples.ts'

const blocks = examplesOf('docs/bots.md')

let daemon: TestDaemon
let folder: string
let environment: NodeJS.ProcessEnv

beforeAll(async () => {
  daemon = await startTestDaemon({ http: 0 })
  folder = temporaryFolder()
  program('roomd', `exec ${process.execPath} ${main} "$@"`)
  environment = {
    ...nodeEnvironment(),
    PATH: `${folder}:${dirname(process.execPath)}:${process.env.PATH}`,
    ROOMD_SERVER: `127.0.0.1:${daemon.line}`,
    HOME: folder,
  }
})
afterAll(() => daemon.stop())

/** Makes a program that comes first on the PATH. */
function program(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

/** The code of the only block that has a text. */
function block(text: string): string {
  const [found, ...more] = blocks.filter(({ code }) => code.includes(text))
  expect(more).toEqual([])
  return found?.code ?? expect.fail(`no block has ${text}`)
}

function need({ skip }: TestContext, command: string): void {
  if (spawnSync('sh', ['-c', `command -v ${command}`]).status === 0) return
  if (process.env.CI === 'true' && command !== 'git') throw new Error(`${command} is missing`)
  skip(`${command} is missing`)
}

function sh(command: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  return run('sh', ['-c', command], env)
}

async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): Promise<void> {
  const child = spawn(command, args, { env: { ...environment, ...env }, cwd: folder })
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr += chunk))
  child.stdin.on('error', () => {}).end(input)
  const status = await new Promise((resolve) => child.once('close', resolve))
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
}

test('the lines for cron say what their programs print, and what does not run', async () => {
  program('pgrep', 'exit 1')
  program('df', 'echo Filesystem Use%; echo root 42%')
  for (const line of block('0 7 * * 1-5').split('\n')) {
    const [, command = ''] = /^(?:\S+ +){5}(.*)$/.exec(line) ?? []
    // Cron takes a percent sign for the end of the command.
    expect(command).not.toContain('%')
    await sh(command)
  }
  expect(await messagesOf(daemon, 'ops')).toMatchObject([
    { from: 'disk', body: 'Filesystem Use%\nroot 42%' },
    { from: 'cron', body: 'nginx does not run' },
  ])
})

test('the unit for OnFailure= says which unit has failed', async () => {
  const unit = block('tell-ops@.service')
  program('systemctl', 'echo "$5 failed"')
  const [, command = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? []
  const [, name = ''] = /^Environment=ROOMD_AS=(\w+)$/m.exec(unit) ?? []
  await sh(command.replaceAll('%i', 'web.service').replace('/bin/sh', 'sh'), { ROOMD_AS: name })
  expect((await messagesOf(daemon, 'ops')).at(-1)).toMatchObject({ from: 'systemd', body: 'web.service failed' })
  const path = join(folder, 'tell-ops@.service')
  writeFileSync(path, unit)
  const verified = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
  if (!verified.error) expect(verified.stderr).not.toContain('tell-ops@.service:')
})

test('the hook of git tells the commits of a push, of a new branch too, and nothing of a deleted one', async (context) => {
  need(context, 'git')
  const repository = join(folder, 'repository.git')
  const work = join(folder, 'work')
  mkdirSync(work)
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: work, env: environment, stdio: 'pipe' })
  const commit = (subject: string) =>
    git('-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', 'commit', '--allow-empty', '-qm', subject)
  git('init', '-q', '--bare', repository)
  writeFileSync(join(repository, 'hooks/post-receive'), `${block('while read -r old new ref')}\n`, { mode: 0o755 })
  git('init', '-q', '-b', 'main')
  commit('one')
  await run('git', ['-C', work, 'push', '-q', repository, 'main'])
  commit('two')
  commit('three')
  await run('git', ['-C', work, 'push', '-q', repository, 'main'])
  git('-C', repository, 'config', 'receive.denyDeleteCurrent', 'ignore')
  await run('git', ['-C', work, 'push', '-q', repository, ':main'])
  const said = (await messagesOf(daemon, 'ops')).filter(({ from }) => from === 'git')
  expect(said.map(({ body }) => body)).toEqual(['Ann: one (main)', 'Ann: two (main)', 'Ann: three (main)'])
})

/** A token of the account ci for the room ops. */
async function token(name: string): Promise<string> {
  const ci = await member(
    daemon,
    ...(name === 'hook' ? ['LOGIN ci', '/register correct horse'] : ['LOGIN ci correct horse']),
  )
  ci.send(`/token create ${name} rooms=ops may=write`)
  const [reply] = await ci.until(({ type }) => type === 'commandResult')
  return (reply?.type === 'commandResult' && reply.token?.value) || expect.fail(JSON.stringify(reply))
}

test('Alertmanager and Grafana reach the room by the addresses, and GitHub Actions by the step', async () => {
  const hook = await token('hook')
  const port = daemon.port('http')
  for (const [file, payload] of [
    ['alertmanager.yml', ALERTMANAGER],
    ['contactPoints', GRAFANA],
  ] as const) {
    const [, url = ''] = /url: (\S+)$/m.exec(block(file)) ?? []
    const address = url.replace('127.0.0.1:7777', `127.0.0.1:${port}`).replace('TOKEN', hook)
    const headers = { 'content-type': 'application/json' }
    const { status } = await fetch(address, { method: 'POST', headers, body: JSON.stringify(payload) })
    expect([file, status]).toEqual([file, 200])
  }
  const said = await bodiesOf(daemon, 'ops')
  expect(said.at(-2)).toContain('HighLatency')
  expect(said.at(-1)).toContain('Disk almost full')

  const [, script = ''] = /run: \|\n(.*)$/s.exec(block('Tell the room\n')) ?? []
  const env = {
    TOKEN: await token('actions'),
    STATUS: 'success',
    GITHUB_REPOSITORY: 'ann/site',
    GITHUB_REF_NAME: 'main',
    GITHUB_RUN_ID: '17',
    GITHUB_RUN_ATTEMPT: '1',
  }
  const step = script.replace('https://chat.example', `http://127.0.0.1:${port}`)
  // Repeated by curl, it is said once.
  for (let time = 0; time < 2; time++) await run('bash', ['-e', '-c', step], env)
  const last = (await messagesOf(daemon, 'ops')).slice(said.length)
  expect(last).toMatchObject([{ from: 'ci', body: 'ann/site main: success' }])
})
