/** `roomd room`, `roomd account` and `roomd address`, on daemons in processes of their own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { main } from '../support/main.ts'
import { operate, operateHere, rowsOf } from '../support/operator.ts'
import { CHANGED, client, REMOVED, start, stop, toTheEnd } from './stage.ts'

test('a running daemon lists, closes rooms, and removes accounts', async () => {
  const data = temporaryFolder()
  const { daemon, port } = await start('--data', data, '--lobby', 'hall', '--admins', 'Ann')
  const ann = await client(port, 'LOGIN Ann', '/register the first', 'JOIN ops')
  const bob = await client(port, 'LOGIN bob', 'JOIN ops')
  const socket = join(data, 'control.sock')
  expect(statSync(socket).mode & 0o777).toBe(0o600)

  const [rooms, accounts, ...mistakes] = await Promise.all([
    operate(['room', 'list', '--data', data]),
    operate(['account', 'list', '--data', data]),
    operate(['address', 'remove', '10.0.0.0/8', '--data', data]),
    operateHere(['room', 'close', 'HALL', '--data', data]),
    operateHere(['room', 'close', 'nowhere', '--data', data]),
    operateHere(['account', 'remove', 'bob', '--data', data]),
    operate(['account', 'password', 'bob', '--data', data], { input: 'long enough\n' }),
    operateHere(['account', 'password', 'ann', '--data', data], { input: '\n' }),
    operateHere(['account', 'add', 'ci', '--data', data], { input: '' }),
  ])
  const created = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  const lobby = {
    NAME: 'hall',
    MEMBERS: '0',
    VISIBILITY: 'public',
    CREATED: created,
    'MADE BY': '-',
    TITLE: 'Public Chat',
  }
  const made = expect.stringMatching(/^Ann@[0-9a-f]{8}$/)
  expect(rowsOf(rooms)).toEqual([lobby, { ...lobby, NAME: 'ops', MEMBERS: '2', 'MADE BY': made, TITLE: 'ops' }])
  expect(rowsOf(accounts)).toEqual([{ NAME: 'Ann', CREATED: created, 'OPENED WITH': 'password', MARKS: '-' }])
  expect([rooms, accounts]).toMatchObject([
    { status: 0, stderr: '' },
    { status: 0, stderr: '' },
  ])
  expect(mistakes).toEqual(
    [
      '10.0.0.0/8 is not banned',
      'the lobby cannot be closed',
      'there is no room nowhere',
      'there is no account bob',
      'there is no account bob',
      'a password has 8 to 128 characters',
      'there is no password on the standard input',
    ].map((text) => ({ status: 1, stdout: '', stderr: `roomd: ${text}\n` })),
  )

  const closed = await operateHere(['room', 'close', 'OPS', '--data', data])
  expect(closed).toEqual({ status: 0, stdout: 'closed room ops\n', stderr: '' })
  // A member sees everything up to its own leaving.
  await ann.until((line) => line.type === 'userLeft' && line.from === 'Ann')
  await bob.until((line) => line.type === 'userLeft' && line.from === 'bob')
  expect(await bob.next()).toMatchObject({ type: 'notice', closed: 'ops' })
  expect(await bob.ask('/rooms')).toMatchObject({ rooms: [{ room: 'hall' }] })
  expect(await operateHere(['account', 'password', 'ann', '--data', data], { input: 'the second\r\nignored' })).toEqual(
    {
      status: 0,
      stdout: 'changed the password of Ann\n',
      stderr: '',
    },
  )
  expect((await toTheEnd(ann)).at(-1)).toBe(CHANGED)
  const marked = await operateHere(['account', 'ann', '--bot', '--data', data])
  expect(marked).toEqual({ status: 0, stdout: 'marked account Ann\n', stderr: '' })
  expect(await (await client(port)).ask('LOGIN ann the first')).toMatchObject({ error: 'Password incorrect' })
  const again = await client(port, 'LOGIN ann the second', 'JOIN hall')
  expect(await bob.ask('/who hall')).toMatchObject({
    result: 'In hall: Ann (bot)',
    marks: [{ nickname: 'Ann', marks: ['bot', 'account'] }],
  })
  const removed = await operateHere(['account', 'remove', 'ANN', '--data', data])
  expect(removed).toEqual({
    status: 0,
    stdout: 'removed account Ann\n',
    stderr: 'roomd: warning: --admins names Ann: the user who registers the name becomes admin\n',
  })
  expect((await toTheEnd(again)).at(-1)).toBe(REMOVED)
  const byOperator = daemon.log.filter(({ msg }) => String(msg).endsWith('by the operator'))
  expect(byOperator).toMatchObject([
    { level: 30, msg: 'room closed by the operator', title: 'ops' },
    { level: 30, msg: 'password changed by the operator', name: 'Ann' },
    { level: 30, msg: 'account marked by the operator', name: 'Ann', admin: false, bot: true },
    { level: 30, msg: 'account removed by the operator', name: 'Ann' },
  ])
  expect(JSON.stringify(daemon.log)).not.toMatch(/second|first/)

  await stop(daemon)
  expect(existsSync(socket)).toBe(false)
})

test('a stopped daemon needs not be started for it', async () => {
  const data = temporaryFolder()
  const { daemon, port } = await start('--data', data, '--lobby', 'hall')
  await client(port, 'LOGIN eve', '/register the third', 'JOIN dev')
  await stop(daemon)
  const made = await operate(['token', 'create', 'EVE', 'ci', '--rooms', 'dev', '--until', '30d', '--data', data])
  expect(made).toEqual({ status: 0, stdout: expect.stringMatching(/^rd_[A-Za-z0-9]{36}\n$/), stderr: '' })
  const again = await start('--data', data, '--lobby', 'hall')
  await client(again.port, `LOGIN eve ${made.stdout.trimEnd()}`, 'JOIN dev')
  const [token] = rowsOf(await operateHere(['token', 'list', 'eve', '--data', data]))
  expect(token).toMatchObject({ NAME: 'ci', MAY: 'read,write', ROOMS: 'dev' })
  await stop(again.daemon)
  const marked = await operateHere(['account', 'eve', '--admin', '--data', data])
  expect(marked).toEqual({ status: 0, stdout: 'marked account eve\n', stderr: '' })
  const [eve] = rowsOf(await operateHere(['account', 'list', '--data', data]))
  expect(eve).toMatchObject({ NAME: 'eve', MARKS: 'admin' })
  expect(await operateHere(['account', 'remove', 'eve', '--data', data])).toMatchObject({ status: 0, stderr: '' })
  expect(await operateHere(['room', 'close', 'dev', '--data', data])).toMatchObject({ status: 0, stderr: '' })
  // The lobby keeps the name that the daemon has given it.
  expect(rowsOf(await operateHere(['room', 'list', '--data', data])).map(({ NAME }) => NAME)).toEqual(['hall'])
  expect(rowsOf(await operateHere(['account', 'list', '--data', data]))).toEqual([])
})

test('the socket that a dead daemon has left is no hindrance, and is replaced', async () => {
  const data = temporaryFolder()
  const { daemon, port } = await start('--data', data)
  await client(port, 'LOGIN Ann', '/register the first', 'JOIN ops')
  daemon.child.kill('SIGKILL')
  await daemon.exit
  const socket = join(data, 'control.sock')
  expect(existsSync(socket)).toBe(true)
  const listed = await operateHere(['room', 'list', '--data', data])
  expect(listed.status).toBe(0)
  // Who was in a room when the daemon died has left it.
  expect(rowsOf(listed).map(({ NAME, MEMBERS }) => `${NAME} ${MEMBERS}`)).toEqual(['lobby 0', 'ops 0'])
  const { daemon: next } = await start('--data', data)
  expect((await operateHere(['room', 'close', 'ops', '--data', data])).status).toBe(0)
  await next.logged('room closed by the operator')
  await stop(next)
  expect(existsSync(socket)).toBe(false)
})

test('a path too long for a socket, or something else in its place, is a warning', async () => {
  const long = join(temporaryFolder(), 'x'.repeat(100))
  const taken = temporaryFolder()
  writeFileSync(join(taken, 'control.sock'), 'mine')
  for (const [data, reason] of [
    [long, /path is longer than/],
    [taken, /something else of that name/],
  ] as const) {
    const { daemon, port } = await start('--data', data)
    expect(
      await daemon.logged('no control socket: roomd room and roomd account cannot reach this daemon'),
    ).toMatchObject({
      level: 40,
      reason: expect.stringMatching(reason),
    })
    await client(port, 'LOGIN Ann', 'JOIN ops')
    const refused = await operateHere(['room', 'list', '--data', data])
    expect(refused).toMatchObject({ status: 1, stdout: '' })
    expect(refused.stderr).toMatch(
      /^roomd: no daemon listens at .*control\.sock, and cannot open .* in use by another process\n$/,
    )
    await stop(daemon)
  }
  expect(readFileSync(join(taken, 'control.sock'), 'utf8')).toBe('mine')
  expect(readdirSync(long)).not.toContain('control.sock')
})

test.skipIf(process.getuid?.() !== 0)('another user does not get through', async () => {
  const data = temporaryFolder()
  chmodSync(data, 0o755)
  await start('--data', data)
  const through = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const refused = await operate(['account', 'list', '--data', data], { through })
  expect(refused).toMatchObject({ status: 1, stdout: '' })
  expect(refused.stderr).toMatch(
    /^roomd: cannot reach the daemon at .*: permission denied; run this command as the user of the daemon\n$/,
  )
  const file = join(data, 'roomd.db')
  for (const [mode, what] of [
    [0o755, `read ${file}`],
    [0o700, `enter ${data}`],
  ] as const) {
    chmodSync(data, mode)
    expect(await operate(['export', '--data', data], { through })).toEqual({
      status: 1,
      stdout: '',
      stderr: `roomd: cannot read ${file}: user 65534 may not ${what}, which belongs to user 0\n`,
    })
  }
})

test.skipIf(process.getuid?.() !== 0)(
  'what root imports into the folder of another user, its daemon opens',
  async () => {
    const [from, data] = [temporaryFolder(), temporaryFolder()]
    const { daemon, port } = await start('--data', from)
    await client(port, 'LOGIN Ann', 'JOIN ops')
    await stop(daemon)
    chownSync(data, 65534, 65534)
    const { stdout: input } = await operate(['export', '--data', from])
    const through = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    for (const folder of [data, join(data, 'new')]) {
      expect(await operate(['import', '--data', folder], { input })).toMatchObject({ status: 0 })
      const rooms = rowsOf(await operate(['room', 'list', '--data', folder], { through }))
      expect(rooms).toMatchObject([{ NAME: 'lobby' }, { NAME: 'ops' }])
      for (const file of readdirSync(folder))
        expect(statSync(join(folder, file))).toMatchObject({ uid: 65534, gid: 65534 })
    }
  },
)

test('what makes no sense is told in one line, with status 2', async () => {
  const data = temporaryFolder()
  const cases = [
    [['room', 'list', '--data', data], `there is no ${join(data, 'roomd.db')}`],
    [['room', 'list', '--data', ':memory:'], '--data :memory: keeps nothing'],
    [['room', 'list', 'ops', '--data', data], 'room list takes no name'],
    [['room', 'close', '--data', data], 'room close needs a name'],
    [['account', 'password', 'ann', 'secret'], 'account takes no secret; see roomd account --help'],
    [['token', 'create', 'ann', '--data', data], 'token create needs the name of a token'],
  ] as const
  const answers = await Promise.all(cases.map(([args]) => operateHere(args)))
  expect(answers).toEqual(cases.map(([, text]) => ({ status: 2, stdout: '', stderr: `roomd: ${text}\n` })))
  expect(readdirSync(data)).toEqual([])
})

test('what is no request is answered, and so is the next one', async () => {
  const data = temporaryFolder()
  await start('--data', data)
  const ask = async (text: string) => {
    let answer = ''
    for await (const chunk of connect(join(data, 'control.sock')).end(text)) answer += chunk
    return answer
  }
  const unknown = '{"failed":"unknown request"}\n'
  for (const text of [
    '\n',
    'list\n',
    '{"action":"room open"}\n',
    '{"action":"room close"}\n',
    '{"action":"account password","name":"a"}',
  ]) {
    expect(await ask(text)).toBe(unknown)
  }
  expect(await ask('')).toBe('')
  expect(await ask('{"action":"account list"}\n')).toMatch(/^\{"row":\["NAME".*\n\{"done":""\}\n$/)
})

test('a daemon that ends within its answer is told of', async () => {
  const data = temporaryFolder()
  const server = createServer((socket) => socket.once('data', () => socket.end('{"row":["NAME"]}\n')))
  onTestFinished(() => void server.close())
  await new Promise<void>((listening) => server.listen(join(data, 'control.sock'), listening))
  expect(await operateHere(['room', 'list', '--data', data])).toEqual({
    status: 1,
    stdout: '',
    stderr: 'roomd: the daemon stopped before it replied\n',
  })
})

test.runIf(existsSync('/dev/full'))('output that cannot be written is told of, with status 1', async () => {
  const data = temporaryFolder()
  const { daemon, port } = await start('--data', data)
  await client(port, 'LOGIN ann', '/register the first')
  for (const args of [
    ['account', 'list'],
    ['token', 'create', 'ann', 'ci'],
  ]) {
    const full = openSync('/dev/full', 'w')
    const command = spawn(process.execPath, [main, ...args, '--data', data], { stdio: ['ignore', full, 'pipe'] })
    closeSync(full)
    if (!command.stderr) throw new Error('There is no pipe')
    const [stderr, [status]] = await Promise.all([textOf(command.stderr), once(command, 'close')])
    expect([status, stderr]).toEqual([1, 'roomd: standard output: ENOSPC: no space left on device, write\n'])
  }
  await stop(daemon)
})
