import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import split2 from 'split2'
import { afterEach, expect, test } from 'vitest'
import { certificate } from '../support/certificate.ts'
import { readLine } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { RoomdProcess } from '../support/process.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

function folder(): string {
  const path = temporaryFolder()
  return path
}

function roomd(args: readonly string[], env?: NodeJS.ProcessEnv): RoomdProcess {
  const daemon = new RoomdProcess(args, env)
  cleanups.unshift(() => daemon.child.kill('SIGKILL'))
  return daemon
}

interface Line {
  type: string
  result?: string | null
  body: { type: string; body: string } & string
}

/** Sends lines, half-closes, and returns everything said until the server closes. */
async function converse(port: number, text: string): Promise<Line[]> {
  const socket = connect(port, '127.0.0.1')
  socket.end(text)
  const lines: Line[] = []
  for await (const line of socket.pipe(split2(readLine))) lines.push(line)
  return lines
}

async function historyOf(port: number, room: string): Promise<string[]> {
  const lines = await converse(port, `LOGIN reader\nJOIN ${room}\nHISTORY\n`)
  return lines.filter(({ type, body }) => type === 'history' && body.type === 'message').map(({ body }) => body.body)
}

test('a pipe that half-closes gets one object a line for everything and then the end', async () => {
  const port = await roomd(['--line', '0', '--data', folder()]).ready()
  const lines = await converse(port, 'LOGIN bot\nJOIN ops\nhello\nHISTORY\n')
  expect(lines.map(({ type, result }) => result ?? type)).toEqual([
    'Username set to bot',
    'Joined room ops',
    'userJoined',
    'OK',
    'message',
    'commandResult',
    'history',
    'history',
  ])
})

test('what was acknowledged before kill -9 is in HISTORY afterwards, and everybody has left', async () => {
  const data = folder()
  const first = roomd(['--line', '0', '--data', data])
  const port = await first.ready()
  const socket: Socket = connect(port, '127.0.0.1')
  cleanups.unshift(() => socket.destroy())
  socket.on('error', () => {})
  let acknowledged = 0
  socket.pipe(split2(readLine)).on('data', ({ result }: Line) => {
    if (result !== 'OK') return
    if (++acknowledged === 2_000) first.child.kill('SIGKILL')
  })
  socket.write('LOGIN bot\nJOIN ops\n')
  for (let n = 0; n < 10_000; n++) socket.write(`line ${n}\n`)
  await Promise.all([first.exit, once(socket, 'close')])
  expect(acknowledged).toBeGreaterThanOrEqual(2_000)

  const again = await roomd(['--line', '0', '--data', data]).ready()
  const kept = await historyOf(again, 'ops')
  expect(kept.length).toBeGreaterThanOrEqual(acknowledged)
  expect(kept).toEqual(kept.map((_, n) => `line ${n}`))
  const lines = await converse(again, 'LOGIN bot\nJOIN ops\nHISTORY\n')
  const presence = lines.filter(({ type }) => type === 'history').map(({ body }) => body.type)
  expect(presence.filter((type) => type === 'userLeft').length).toBe(
    presence.filter((type) => type === 'userJoined').length - 1,
  )
})

test('SIGTERM: clients are told, the exit status is 0', async () => {
  const daemon = roomd(['--line', '0', '--data', ':memory:'])
  const socket = connect(await daemon.ready(), '127.0.0.1')
  const lines: Line[] = []
  socket.write('LOGIN ann\n')
  for await (const line of socket.pipe(split2(readLine))) {
    lines.push(line)
    if (lines.length === 1) daemon.child.kill('SIGTERM')
  }
  expect(lines.at(-1)).toMatchObject({ type: 'notice', reconnect: true })
  expect(await daemon.exit).toMatchObject({ status: 0, stderr: '' })
})

test.each([
  [['--line', '99999'], 2, '--line is a number from 0 to 65535, or off, not 99999'],
  [['--line', 'x'], 2, '--line is a number from 0 to 65535, or off, not x'],
  [['--nonsense', '1'], 2, 'nonsense'],
  [['--line-tls', '0', '--tls-cert', 'x'], 2, '--tls-cert and --tls-key go together'],
  [['--max-line', '0'], 2, '--max-line is a whole number of at least 64, not 0'],
  [['--sync', 'never'], 2, 'sync'],
  [['--http-tls=maybe'], 2, '--http-tls is true or false, not maybe'],
  [['--no-guests=1'], 2, '--no-guests takes no value'],
  [['--line=off', '--no-http', '--no-irc', '--no-chatroom', '--no-chatterbox'], 2, 'no listener'],
  [['--no-line'], 2, 'no listener: give --line or another listener a port'],
  [
    ['--lobby', 'no way'],
    2,
    '--lobby must be 1 to 64 letters, digits, dots, hyphens and underscores, the first a letter or digit',
  ],
  [['--data', '/dev/null/data', '--line', '0'], 1, 'cannot make the folder /dev/null/data: /dev/null is not a folder'],
  [['--data', import.meta.filename, '--line', '0'], 1, `roomd: ${import.meta.filename} is not a folder\n`],
  [['--data', '/proc/x/y', '--line', '0'], 1, 'roomd: cannot make the folder /proc/x/y: no folder can be made there\n'],
  [['--host', '203.0.113.1', '--data', ':memory:', '--line', '0'], 1, '203.0.113.1 is not an address of this machine'],
])('%j exits with status %d and one line', async (args, status, text) => {
  const { status: got, stderr } = await roomd(args).exit
  expect(stderr).toContain(text)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(got).toBe(status)
})

test.skipIf(process.getuid?.() !== 0)(
  'the folder or file that may not be used is named with its owner, status 1',
  async () => {
    const data = folder()
    const file = join(data, 'roomd.db')
    chmodSync(data, 0o755)
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    const refused = async () => await new RoomdProcess(['--line', '0', '--data', data], {}, nobody).exit
    const why = (what: string) => ({ status: 1, stderr: `roomd: cannot open ${file}: user 65534 may not ${what}\n` })
    expect(await refused()).toMatchObject(why(`write to ${data}, which belongs to user 0`))
    chownSync(data, 65534, 65534)
    for (const suffix of ['', '-wal']) {
      // As of a copy that was put there by root.
      writeFileSync(file + suffix, '', { mode: 0o600 })
      expect(await refused()).toMatchObject(why(`read and write ${file}${suffix}, which belongs to user 0`))
      chownSync(file + suffix, 65534, 65534)
    }
  },
)

const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0

test.skipIf(!mayMount)('a file system that is read-only is named as such, status 1', async () => {
  const data = folder()
  const writable = roomd(['--line', '0', '--data', data])
  await writable.ready()
  writable.child.kill()
  await writable.exit
  const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
  const through = ['unshare', '--mount', 'sh', '-c', script, data]
  const { status, stderr } = await new RoomdProcess(['--line', '0', '--data', data], {}, through).exit
  expect(stderr).toBe(
    `roomd: cannot open ${join(data, 'roomd.db')}: the file system of ${data}/roomd.db is read-only\n`,
  )
  expect(status).toBe(1)
})

test('a database that another roomd uses, or a newer one wrote, is named, status 1', async () => {
  const data = folder()
  const file = join(data, 'roomd.db')
  const first = roomd(['--line', '0', '--data', data])
  await first.ready()
  const second = await roomd(['--line', '0', '--data', data]).exit
  expect(second).toMatchObject({
    status: 1,
    stderr: `roomd: cannot open ${file}: it is in use by another process; --data FOLDER chooses another; is roomd running already?\n`,
  })
  first.child.kill('SIGTERM')
  await first.exit
  const db = new DatabaseSync(file)
  db.exec('PRAGMA user_version = 99')
  db.close()
  const { status, stderr } = await roomd(['--line', '0', '--data', data]).exit
  expect(stderr).toContain(`cannot open ${file}: it was written by a newer roomd (schema 99`)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(status).toBe(1)
})

test('a disk that is full from the start is named, status 1', async () => {
  const data = folder()
  const { status, stderr } = await new RoomdProcess(['--line', '0', '--data', data], {}, ['prlimit', '--fsize=4096'])
    .exit
  expect(stderr).toContain(join(data, 'roomd.db'))
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(status).toBe(1)
})

test('a signal before the start is complete ends the process', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  cleanups.push(() => silent.close())
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const daemon = roomd(['--line', '0', '--redis', `redis://127.0.0.1:${port}`])
  const [asked] = await once(silent, 'connection')
  daemon.child.kill('SIGTERM')
  expect(await daemon.exit).toMatchObject({ signal: 'SIGTERM', stderr: '' })
  expect(daemon.log.at(-1)).toMatchObject({ msg: 'stopped before it was ready' })
  asked.destroy()
})

test('--no-line leaves that listener out', async () => {
  const { certFile, keyFile } = certificate()
  const daemon = roomd([
    '--no-line',
    '--line-tls',
    '0',
    '--tls-cert',
    certFile,
    '--tls-key',
    keyFile,
    '--data',
    ':memory:',
  ])
  expect(await daemon.ready('line-tls')).toBeGreaterThan(0)
  expect(daemon.log.filter(({ msg }) => msg === 'listening').map(({ protocol }) => protocol)).toEqual(['line-tls'])
})

test('a port in use is named, status 1', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  cleanups.push(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const { status, stderr } = await roomd(['--line', String(port), '--data', ':memory:']).exit
  expect(stderr).toBe(
    `roomd: port ${port} on 127.0.0.1 is in use; --line PORT chooses another; is roomd running already?\n`,
  )
  expect(status).toBe(1)
})

test('options come from the environment and from a file too', async () => {
  const file = join(folder(), 'roomd.json')
  writeFileSync(file, JSON.stringify({ line: 0, 'max-text': 5 }))
  const port = await roomd(['--config', file], { ROOMD_DATA: ':memory:' }).ready()
  const lines = await converse(port, 'LOGIN ann\nJOIN ops\nsix so\nfive5\n')
  expect(lines.map(({ type }) => type)).toEqual([
    'commandResult',
    'commandResult',
    'userJoined',
    'error',
    'commandResult',
    'message',
  ])
})
