import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { afterEach, expect, test } from 'vitest'
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
  }
})

test('the Node that is needed is the one that package.json names', () => {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const older = "Object.defineProperty(process.versions, 'node', { value: '23.9.1' })"
  const run = (preload: string) =>
    spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${preload}`, join(root, 'src/main.ts'), '--version'],
      {
        encoding: 'utf8',
      },
    )
  const needed = /^>=(\d+)$/.exec(engines.node)?.[1]
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
  await daemon.logged('still stopping; a further signal ends it at once')
  daemon.child.kill('SIGTERM')
  expect(await daemon.exit).toMatchObject({ status: 1, signal: null, stderr: '' })
  expect(daemon.log.at(-1)).toMatchObject({ level: 40, msg: 'ended before every client had its last lines' })
  slow.destroy()
})
