import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { version } from '../../src/arguments.ts'
import { olderNode, refusalOf, runWith } from '../support/older-node.ts'
import { RoomdProcess } from '../support/process.ts'

const root = resolve(import.meta.dirname, '../..')
const ARGS = ['--line', '0', '--data', ':memory:']
const running: RoomdProcess[] = []
afterEach(() => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL')
})

function roomd(args: readonly string[], env?: NodeJS.ProcessEnv, through?: readonly string[]): RoomdProcess {
  const daemon = new RoomdProcess(args, env, through)
  running.push(daemon)
  return daemon
}

test.runIf(olderNode)('an older Node says in one line which is needed, status 2', () => {
  if (!olderNode) return expect.fail()
  for (const file of ['src/main.ts', 'src/main.js']) {
    expect(runWith(olderNode, join(root, file)), file).toEqual(refusalOf(olderNode))
    expect(runWith(olderNode, join(root, file), '--version')).toMatchObject({ status: 0, stdout: `${version()}\n` })
  }
})

test('the Node that is needed is the one that package.json installs', () => {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const older = "Object.defineProperty(process.versions, 'node', { value: '23.9.1' })"
  const run = (preload: string) =>
    spawnSync(process.execPath, ['--import', `data:text/javascript,${preload}`, join(root, 'src/main.ts'), '--help'], {
      encoding: 'utf8',
    })
  const needed = /^\^(\d+)\./.exec(devDependencies.node)?.[1]
  expect(run(older)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining(`needs Node ${needed} or`),
  })
  expect(run('')).toMatchObject({ status: 0, stderr: '' })
})

/** The TCP ports that a process listens on. */
function listening(pid = 0): number[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`)
    } catch {
      return ''
    }
  })
  const LISTEN = '0A'
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === LISTEN && sockets.includes(`socket:[${inode}]`))
    .map(([, address = '']) => Number.parseInt(address.split(':')[1] ?? '', 16))
}

test('SIGUSR1 opens no debugger', async () => {
  const daemon = roomd(ARGS, { NODE_OPTIONS: '--inspect-port=0' })
  const port = await daemon.ready()
  daemon.child.kill('SIGUSR1')
  const socket = connect(port, '127.0.0.1').end('/ping\n')
  await once(socket.resume(), 'close')
  expect(listening(daemon.child.pid)).toEqual([port])
  daemon.child.kill('SIGTERM')
  expect(await daemon.exit).toMatchObject({ status: 0, stderr: '' })
})

test('an empty variable is not set', async () => {
  const daemon = roomd(ARGS, { ROOMD_REDIS: '', ROOMD_ADMINS: '', ROOMD_KEEP_DAYS: '', ROOMD_HTTP: 'off' })
  await daemon.ready()
  expect(daemon.log.filter(({ level }) => Number(level) >= 40)).toEqual([])
  expect(daemon.log.find(({ msg }) => msg === 'ready')).not.toHaveProperty('ports.http')
})

test('variables of the environment that are no options are one warning, without their values', async () => {
  const daemon = roomd(ARGS, {
    ROOMD: '/srv/roomd',
    ROOMD_SERVICE_HOST: '10.3.104.46',
    ROOMD_PORT: 'tcp://10.3.104.46:9090',
    ROOMD_MAXTEXT: '7',
  })
  await daemon.ready()
  const warnings = daemon.log.filter(({ level }) => level === 40)
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toMatchObject({ msg: 'ignored environment variables that are not options' })
  expect(new Set(warnings[0]?.variables as string[])).toEqual(
    new Set(['ROOMD_SERVICE_HOST', 'ROOMD_PORT', 'ROOMD_MAXTEXT (did you mean ROOMD_MAX_TEXT?)']),
  )
  expect(JSON.stringify(daemon.log)).not.toContain('10.3.104.46')
})

test.each([
  { ROOMD_LINE: 'tcp://10.3.104.46:9090' },
  { ROOMD_LINE: 'nowhere' },
  { ROOMD_SYNC: 'never' },
  { ROOMD_LINE_ASCII: 'perhaps' },
  { ROOMD_LINE_ASCII: '1' },
])('%j is refused, status 2, whatever else is there', async (env) => {
  const { status, stderr } = await roomd(['--data', ':memory:'], { ...env, ROOMD_PORT: 'tcp://10.3.104.46:9090' }).exit
  expect(stderr).toMatch(/^roomd: --(line|sync|line-ascii) .*\n$/)
  expect(status).toBe(2)
})

test('an export names such variables too', async () => {
  const { status, stderr } = await roomd(['export', '--data', '/nowhere'], {
    ROOMD_REDISPREFIX: 'x',
  }).exit
  expect(stderr).toMatch(
    /^roomd: ignored environment variables that are not options: ROOMD_REDISPREFIX \(did you mean ROOMD_REDIS_PREFIX\?\)\n/,
  )
  expect(status).not.toBe(0)
})

test('a file of --motd that cannot be read is a warning at the start', async () => {
  const daemon = roomd([...ARGS, '--irc', '0', '--motd', '/nonexist'])
  expect(await daemon.logged('cannot read the file of --motd')).toMatchObject({ level: 40, file: '/nonexist' })
})

test('more connections than files may be open are warned of with both numbers', async () => {
  const limited = ['prlimit', '--nofile=600']
  const daemon = roomd([...ARGS, '--max-connections', '500'], {}, limited)
  await daemon.ready()
  expect(daemon.log.filter(({ level }) => level === 40)).toMatchObject([
    { maxConnections: 500, openFiles: 600, connectionsThatFit: 450, msg: expect.stringContaining('ulimit -n') },
  ])
  const unbounded = roomd([...ARGS, '--max-connections', '0'], {}, limited)
  await unbounded.ready()
  expect(unbounded.log.filter(({ level }) => level === 40)).toHaveLength(1)
  // Node raises the soft limit to the hard one.
  const fitting = roomd([...ARGS, '--max-connections', '500'], {}, ['prlimit', '--nofile=600:700'])
  await fitting.ready()
  expect(fitting.log.filter(({ level }) => level === 40)).toEqual([])
})

test('a signal that comes when the stop has taken a while ends it at once, an earlier one does not', async () => {
  const daemon = roomd([...ARGS, '--drain-timeout', '60', '--max-rate', '0'])
  const port = await daemon.ready()
  // More than the kernel takes for somebody who does not read.
  const bot = connect(port, '127.0.0.1')
  bot.resume().end(`LOGIN bot\nJOIN ops\n${`${'x'.repeat(3_900)}\n`.repeat(4_000)}`)
  await once(bot, 'close')
  const slow = connect(port, '127.0.0.1')
  slow.on('error', () => {})
  slow.write('LOGIN slow\nJOIN ops\nHISTORY\n')
  slow.once('readable', () => {})
  await expect.poll(() => slow.readableLength).toBeGreaterThan(10_000)
  daemon.child.kill('SIGTERM')
  await daemon.logged('stopping')
  daemon.child.kill('SIGTERM')
  await daemon.logged('still stopping; a second signal forces the stop')
  daemon.child.kill('SIGTERM')
  expect(await daemon.exit).toMatchObject({ status: 1, signal: null, stderr: '' })
  expect(daemon.log.at(-1)).toMatchObject({ level: 40, msg: 'forced stop: connections closed with unread output' })
  slow.destroy()
})

test('a log that no terminal shows does not say where to go', async () => {
  const daemon = roomd([...ARGS, '--http', '0'])
  await daemon.ready()
  daemon.child.kill('SIGTERM')
  await daemon.exit
  expect(daemon.log.map(({ msg }) => msg)).toEqual(['listening', 'listening', 'ready', 'stopping', 'stopped'])
})
