import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import split2 from 'split2'
import { expect, onTestFinished, test } from 'vitest'
import { checkout } from '../support/checkout.ts'
import { readLine } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { nodeEnvironment } from '../support/main.ts'
import { need } from '../support/needed.ts'
import { LINE_ONLY } from '../support/process.ts'

const root = resolve(import.meta.dirname, '../..')
const ARGS = ['--line', '0', '--data', ':memory:']
const env = {
  ...LINE_ONLY,
  ...nodeEnvironment(),
  HOME: temporaryFolder(),
  TERM: 'dumb',
}

/** A command in a process group of its own, in a checkout. */
function start(command: string, args: readonly string[]) {
  const child = spawn(command, args, { cwd: checkout(), env, detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} cannot be started`)
  const closed = once(child, 'close')
  onTestFinished(() => {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  /** Resolves with what a pattern finds in the output, as soon as it does. */
  const printed = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(output)
      if (found) return found
      const [ended] = await Promise.race([once(child.stdout, 'data').then(() => []), closed.then(() => ['ended'])])
      if (ended && !pattern.test(output)) throw new Error(`ended without ${pattern}: ${output}`)
    }
  }
  return { child, pid, closed, printed }
}

/** Somebody who is logged in, and keeps the connection open until told to end it. */
async function logIn(port: number, name: string) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => {
    socket.destroy()
  })
  const lines = socket.pipe(split2(readLine))[Symbol.asyncIterator]()
  socket.write(`LOGIN ${name}\n`)
  await lines.next()
  return { next: async () => (await lines.next()).value, end: () => socket.end() }
}

const NOTICE = { type: 'notice', reconnect: true }
const LISTENING = /"protocol":"line".*?"port":(\d+)/
const npmStart = ['start', '--', ...ARGS, '--drain-timeout', '30']

test('SIGTERM to npm alone stops roomd gracefully', async () => {
  const { child, closed, printed } = start('npm', npmStart)
  const port = Number((await printed(LISTENING))[1])
  const ann = await logIn(port, 'ann')
  child.kill('SIGTERM')
  expect(await ann.next()).toMatchObject(NOTICE)
  ann.end()
  await printed(/"msg":"stopped"/)
  expect(await closed).toEqual([0, null])
  await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s to the whole group, twice, still lets clients take their last lines',
  async (signal) => {
    const { pid, closed, printed } = start('npm', npmStart)
    const port = Number((await printed(LISTENING))[1])
    const [ann, bob] = [await logIn(port, 'ann'), await logIn(port, 'bob')]
    process.kill(-pid, signal)
    expect(await ann.next()).toMatchObject(NOTICE)
    process.kill(-pid, signal)
    ann.end()
    expect(await bob.next()).toMatchObject(NOTICE)
    bob.end()
    await printed(/"msg":"stopped"/)
    expect(await closed).toEqual([0, null])
  },
)

test('at a terminal it says where to go, and Ctrl-C, once or twice, gives clients their notice', async () => {
  const command = `npm start -- ${ARGS.join(' ')} --http 0 --drain-timeout 30`
  const { child, closed, printed } = start('script', ['-qefc', command, '/dev/null'])
  const [, url, port] = await printed(/Open (http:\/\/127\.0\.0\.1:\d+\/) or: nc 127\.0\.0\.1 (\d+)/)
  expect(await (await fetch(`${url}healthz`)).text()).toBe('alive\n')
  const ann = await logIn(Number(port), 'ann')
  child.stdin.write('\x03')
  expect(await ann.next()).toMatchObject(NOTICE)
  child.stdin.write('\x03')
  await printed(/\^C[\s\S]*\^C/)
  ann.end()
  await printed(/stopped/)
  child.stdin.end()
  await closed
})

/** A package whose only dependency is a folder in it, with the scripts of roomd that install it; `npm start` lists what is installed. */
function somePackage() {
  const path = temporaryFolder()
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  symlinkSync(join(root, 'scripts'), join(path, 'scripts'))
  const { prestart, start } = scripts
  const write = (file: string, content: object) => writeFileSync(join(path, file), JSON.stringify(content))
  mkdirSync(join(path, 'dep'))
  write('dep/package.json', { name: 'dep', version: '1.0.0' })
  const dependencies = { dep: 'file:dep' }
  const named = { name: 'some', version: '1.0.0' }
  write('package.json', { ...named, dependencies, scripts: { prestart, start: 'ls node_modules' } })
  write('package-lock.json', {
    ...named,
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { ...named, dependencies },
      dep: { version: '1.0.0' },
      'node_modules/dep': { resolved: 'dep', link: true },
    },
  })
  expect(start).toContain('src/main.ts')
  return { path, write, named }
}

test('a first run says that it installs dependencies, the next one says nothing, and why it cannot is shown', () => {
  const { path, write, named } = somePackage()
  const run = (command: string) =>
    execFileSync('sh', ['-c', `${command} 2>&1 >/dev/null || true`], { cwd: path, env, encoding: 'utf8' })
  expect(run('npm start')).toMatch(/^Installing dependencies \(first run only\)…\n/)
  expect(run('npm start')).toBe('')
  // A new lock file that does not fit.
  write('package-lock.json', { ...named, lockfileVersion: 3, packages: { '': named } })
  expect(run('npm start')).toMatch(/^Installing dependencies .*\n[\s\S]*Missing: dep@.* from lock file/)
})

test('of several first runs at once one installs', async (context) => {
  need('flock', context)
  const { path } = somePackage()
  const runs = ['start', 'start', 'start'].map((script) => promisify(execFile)('npm', [script], { cwd: path, env }))
  const done = await Promise.all(runs)
  for (const { stdout } of done) expect(stdout).toMatch(/^dep$/m)
  expect(done.filter(({ stderr }) => stderr.startsWith('Installing'))).toHaveLength(1)
})

test.each(['--no-irc', '--host=0.0.0.0', '--line 0'])(
  'npm start %s: roomd says that -- is missing, status 2',
  async (given) => {
    const [option = ''] = given.replace('no-', '').split(/[ =]/)
    const run = promisify(execFile)('npm', ['start', '--silent', ...given.split(' ')], { cwd: checkout(), env })
    await expect(run).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        `roomd: npm has taken ${option}; put -- before options: npm start -- ${option} …\n`,
      ),
    })
  },
)

test.each(['-- --http 7778', '7778'])(
  'npm run daemon %s: told that its options are variables, status 2',
  async (given) => {
    const run = promisify(execFile)('npm', ['run', 'daemon', '--silent', ...given.split(' ')], { cwd: checkout(), env })
    await expect(run).rejects.toMatchObject({
      code: 2,
      stderr: 'roomd: npm run daemon takes options as variables: ROOMD_HTTP=7778 npm run daemon\n',
    })
  },
)

test('the alias of README runs roomd in another folder', () => {
  const [alias] = /alias roomd=".*?"/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  const script = `${alias}\ncd /\neval 'roomd --version'`
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(execFileSync('sh', ['-c', script], { cwd: checkout(), env, encoding: 'utf8' })).toBe(`${version}\n`)
})
