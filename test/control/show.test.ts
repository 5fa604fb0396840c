/** `roomd room show`, `roomd account show` and --json, on a daemon in a process of its own and without one. */
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { operateHere } from '../support/operator.ts'
import { isReply } from '../support/stage.ts'
import { client, start, stop } from './stage.ts'

const TIME = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
const ADDRESS = expect.stringMatching(/^[0-9a-f]{8}$/)

const objectsIn = ({ stdout }: { stdout: string }) =>
  stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
const cellsOf = ({ stdout }: { stdout: string }) =>
  Object.fromEntries(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
  )

test('one room and one account are shown, as a table and as JSON, with and without a daemon', async () => {
  const data = temporaryFolder()
  const { daemon, port } = await start('--data', data)
  const ann = await client(port, 'LOGIN Ann', '/register correct horse', 'JOIN ops')
  for (const line of [
    '/topic no \u202eraids',
    '/moderated on',
    '/slow 5',
    '/token create ci',
    '/lock battery staple',
  ]) {
    ann.send(line)
    expect((await ann.until(isReply)).at(-1), line).toMatchObject({ type: 'commandResult' })
  }
  const bob = await client(port, 'LOGIN bob')
  await bob.ask('JOIN ops battery staple')
  const on = ['--data', data]
  expect(await operateHere(['account', 'ann', '--bot', ...on])).toMatchObject({ status: 0 })
  const [room, asJson, account, accountJson, ...unknown] = await Promise.all([
    operateHere(['room', 'show', 'OPS', ...on]),
    operateHere(['room', 'show', 'ops', '--json', ...on]),
    operateHere(['account', 'show', 'ann', ...on]),
    operateHere(['account', 'show', 'ann', '--json', ...on]),
    operateHere(['room', 'show', 'nowhere', ...on]),
    operateHere(['account', 'show', 'bob', '--json', ...on]),
  ])
  expect(cellsOf(room)).toEqual({
    NAME: 'ops',
    TITLE: 'ops',
    VISIBILITY: 'private',
    PASSWORD: 'yes',
    CREATED: TIME,
    'MADE BY': expect.stringMatching(/^Ann@[0-9a-f]{8}$/),
    OWNER: 'Ann',
    TOPIC: 'no \\u{202e}raids (Ann)',
    MODES: 'moderated, slow 5',
    MEMBERS: 'Ann (owner), bob',
  })
  expect(asJson.stdout).toMatch(/^[^\n\u202e]+\n$/)
  const made = { name: 'Ann', address: ADDRESS }
  expect(objectsIn(asJson)).toEqual([
    {
      room: 'ops',
      title: 'ops',
      visibility: 'private',
      password: true,
      createdAt: TIME,
      madeBy: made,
      owner: 'Ann',
      topic: { text: 'no \u202eraids', by: 'Ann', at: TIME },
      modes: { moderated: true, slow: '5' },
      members: [
        { nickname: 'Ann', rank: 'owner' },
        { nickname: 'bob', rank: 'member' },
      ],
    },
  ])
  expect(cellsOf(account)).toEqual({
    NAME: 'Ann',
    CREATED: TIME,
    'OPENED WITH': 'password',
    MARKS: 'bot',
    ROOMS: 'ops',
    TOKENS: 'ci',
    SESSION: expect.stringMatching(/^line 127\.0\.0\.1 since 20\S+Z$/),
  })
  const shown = { account: 'Ann', createdAt: TIME, openedWith: 'password', admin: false, bot: true }
  const session = { id: expect.any(String), protocol: 'line', address: '127.0.0.1', since: TIME }
  expect(objectsIn(accountJson)).toEqual([{ ...shown, rooms: ['ops'], tokens: ['ci'], sessions: [session] }])
  expect(unknown).toEqual([
    { status: 1, stdout: '', stderr: 'roomd: there is no room nowhere\n' },
    { status: 1, stdout: '', stderr: 'roomd: there is no account bob\n' },
  ])

  const lists = async () => [
    objectsIn(await operateHere(['room', 'list', '--json', ...on])),
    objectsIn(await operateHere(['account', 'list', '--json', ...on])),
    objectsIn(await operateHere(['token', 'list', 'ann', '--json', ...on])),
    objectsIn(await operateHere(['address', 'list', '--json', ...on])),
  ]
  const lobby = { room: 'lobby', title: 'Public Chat', visibility: 'public', createdAt: TIME, members: 0 }
  const ops = { room: 'ops', title: 'ops', visibility: 'private', createdAt: TIME, madeBy: made, members: 2 }
  const others = [[shown], [{ name: 'ci', may: ['read', 'write'], createdAt: TIME }], []]
  expect(await lists()).toEqual([[lobby, ops], ...others])
  await stop(daemon)
  expect(await lists()).toEqual([[lobby, { ...ops, members: 0 }], ...others])
  const alone = await operateHere(['account', 'show', 'ann', '--json', '--admins', 'ann', ...on])
  expect(objectsIn(alone)).toEqual([{ ...shown, admin: true, rooms: [], tokens: ['ci'], sessions: [] }])
})

test('--json is for list and show', async () => {
  for (const args of [
    ['room', 'close', 'ops'],
    ['account', 'ann', '--admin'],
    ['token', 'create', 'ann', 'ci'],
  ]) {
    const { status, stderr } = await operateHere([...args, '--json', '--data', temporaryFolder()])
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^roomd: [a-z ]+ prints no JSON; --json is for list/)])
  }
})

test('an account that is marked as a program’s goes on hearing rooms', async () => {
  const data = temporaryFolder()
  const { daemon, port } = await start('--data', data)
  const ann = await client(port, 'LOGIN Ann', '/register correct horse', 'JOIN ops')
  const listener = await client(port, 'LOGIN Ann correct horse', '/listen ops')
  expect(await operateHere(['account', 'ann', '--bot', '--data', data])).toMatchObject({ status: 0 })
  ann.send('still here')
  const heard = await listener.until(({ type }) => type === 'message' || type === 'notice')
  expect(heard.at(-1)).toMatchObject({ type: 'message', body: 'still here' })
  await stop(daemon)
})
