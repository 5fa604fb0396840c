/**
 * No request holds the event loop for long where a room has thousands of bans, hundreds of members and a past of unusual texts, and many
 * clients ask at once. Measured as in event-loop.test.ts.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { localEngineIn } from '../support/local-engine.ts'
import { MeasuredDaemon } from '../support/measured.ts'
import { readUntil } from '../support/world.ts'

/** CPU time of a round of the event loop, in ms. */
const BUDGET_MS = 20
const LOGIN = 'LOGIN owner correct horse battery'
const BANS = 16_000
/** Bans of 64 KiB of text. */
const TOLD = 216
const ROOMS = 300
const MEMBERS = 200
/** Members of a large room. */
const THRONG = 600
/** Sessions of one account. */
const DEVICES = 20
/** Costly masks for LIST. */
const MASKS = Array.from({ length: 15 }, (_, n) => `*${'x?'.repeat(11)}${n}`).join(',')

let daemon: MeasuredDaemon
let members: readonly Socket[]
let token: string
let owners: readonly Socket[]
const sockets: Socket[] = []

/** Combining marks in the order that takes longest to sort. */
const marks = (count: number) => `a${'\u0345'.repeat(count / 2)}${'\u0323'.repeat(count / 2)}`
const texts = (count: number, text: (n: number) => string) => Array.from({ length: count }, (_, n) => text(n)).join('')

async function dial(listener: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: daemon.port(listener) }).setNoDelay()
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

/** Resolves when lines are answered. */
async function ask(socket: Socket, lines: string): Promise<void> {
  const answered = readUntil(socket, 'PONG done')
  socket.write(`${lines}\n/ping done\n`)
  await answered
}

async function askIrc(socket: Socket, lines: string): Promise<void> {
  const answered = readUntil(socket, 'PONG roomd :done')
  socket.write(`${lines}\r\nPING done\r\n`)
  await answered
}

async function check(work: () => Promise<unknown>): Promise<void> {
  expect(await daemon.longest(work, BUDGET_MS)).toBeLessThanOrEqual(BUDGET_MS)
}

/** Writes a folder with a room of many bans, and others with long names. */
async function fill(folder: string): Promise<void> {
  const engine = await localEngineIn(folder)
  const create = (slug: string) => engine.rooms.create({ title: slug, slug, visibility: 'public' })
  await Promise.all(Array.from({ length: ROOMS }, (_, n) => create(`${'x'.repeat(60)}${n}`)))
  const { id: room } = await create('raided')
  const ban = {
    kind: 'role',
    room,
    from: 'owner',
    body: 'why '.repeat(70),
    details: { role: 'banned', on: true },
  } as const
  const mute = { ...ban, details: { role: 'muted', on: true } } as const
  for (const role of [ban, mute]) {
    const to = (n: number) => engine.logs.append(`room:${room}`, { ...role, to: `raider${n}` })
    await Promise.all(Array.from({ length: BANS }, (_, n) => to(n)))
  }
  await engine.stop()
}

beforeAll(async () => {
  const folder = temporaryFolder()
  await fill(folder)
  const ports = ['line', 'irc', 'http'].flatMap((name) => [`--${name}`, '0'])
  const off = ['chatterbox', 'chatroom', 'search'].map((name) => `--no-${name}`)
  daemon = await MeasuredDaemon.start([...ports, ...off, '--max-rate', '0', '--admins', 'owner', '--data', folder])
  const maker = await dial('line')
  let told = ''
  maker.on('data', (chunk) => (told += chunk))
  await ask(maker, 'LOGIN owner\n/register correct horse battery\n/token create hook rooms=ops may=write')
  token = /rd_\w+/.exec(told)?.[0] ?? ''
  owners = await Promise.all(Array.from({ length: DEVICES }, () => dial('line')))
  for (const owner of owners) await ask(owner, `${LOGIN}\nJOIN raided`)
  members = await Promise.all(Array.from({ length: MEMBERS }, () => dial('irc')))
  await Promise.all(members.map((member, n) => askIrc(member, `NICK member${n}\r\nUSER m 0 * :m\r\nJOIN #crowd`)))
})

afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await daemon?.stop()
})

test('the bans of a room, to all devices of its owner', () =>
  check(() => Promise.all(owners.map((owner) => ask(owner, '/bans')))))

test('the mutes of a room, to all devices of its owner', () =>
  check(() => Promise.all(owners.map((owner) => ask(owner, '/mutes')))))

test('the members of a large room, to many', async () => {
  const throng = await Promise.all(Array.from({ length: THRONG }, () => dial('line')))
  await Promise.all(throng.map((one, n) => ask(one, `LOGIN one${n}\nJOIN throng`)))
  await check(() => Promise.all(throng.slice(0, MEMBERS).map((one) => ask(one, '/who'))))
  for (const one of throng) one.destroy()
})

test('of thousands of bans the newest 64 KiB are told, and the number of the others', async () => {
  const [owner] = owners
  let told = ''
  owner?.on('data', (chunk) => (told += chunk))
  await ask(owner as Socket, '/bans')
  const { bans, more } = JSON.parse(told.split('\n', 1)[0] ?? '')
  expect({ count: bans.length, first: bans[0].to, last: bans.at(-1).to, more }).toEqual({
    count: TOLD,
    first: `raider${BANS - TOLD}`,
    last: `raider${BANS - 1}`,
    more: BANS - TOLD,
  })
})

test('bans that are lifted from all devices', () =>
  check(() => Promise.all(owners.map((owner) => ask(owner, '/unban somebody')))))

test('the bans of a room many times, by one line', async () => {
  const owner = await dial('irc')
  await askIrc(owner, 'PASS owner:correct horse battery\r\nNICK owner\r\nUSER o 0 * :o\r\nJOIN #raided')
  await check(() => askIrc(owner, `MODE #raided ${'b'.repeat(490)}`))
})

test('channels that fit masks, to many', () =>
  check(() => Promise.all(members.slice(0, DEVICES).map((member) => askIrc(member, `LIST ${MASKS}`)))))

test.for(['WHO #crowd %tcuihsnfdlaor', 'WHO *e*'])('%s, to all members', (line) =>
  check(() => Promise.all(members.map((member) => askIrc(member, line)))),
)

test('nicknames that change in many channels', async () => {
  const channels = Array.from({ length: 12 }, (_, n) => `#many${n}`).join(',')
  await Promise.all(members.map((member) => askIrc(member, `JOIN ${channels}`)))
  let change = 0
  await check(() => {
    change++
    return Promise.all(members.slice(0, DEVICES).map((member, n) => askIrc(member, `NICK changed${change}x${n}`)))
  })
})

test('a search among messages of marks', async () => {
  const reader = await dial('line')
  await ask(reader, `LOGIN reader\nJOIN marked\n${texts(12, () => `/message ${marks(3_990)}\n`)}`)
  await check(() => ask(reader, '/search word'))
})

/** A payload of as many parts as fit. */
const payloadOf = (key: string, part: string, count = Math.floor(1_048_000 / (part.length + 1))) =>
  `{"${key}":[${`${part},`.repeat(count).slice(0, -1)}]}`
const times = (count: number, part: (n: number) => string) => Array.from({ length: count }, (_, n) => part(n)).join(',')
const key = (n: number) => `"${n.toString(36)}"`
const label = (n: number) => `"l${n}":"${'v '.repeat(40)}"`

test.for<readonly [string, number, string]>([
  ['blocks without a text', 200, `{"blocks":[${'{},'.repeat(19_900)}{"text":{"text":"end"}}]}`],
  ['more parts than are taken', 400, payloadOf('blocks', '{}')],
  ['numbers', 200, payloadOf('data', '1')],
  ['links in a text', 200, `{"text":"${'<a>'.repeat(349_000)}"}`],
  ['links in elements', 200, payloadOf('blocks', `{"elements":[{"text":"${'<a>'.repeat(30)}"}]}`, 4_900)],
  ['labels', 200, `{"version":"4","alerts":[{"labels":{${times(9_900, label)}}}]}`],
  ['keys', 200, `{${times(9_900, (n) => `${key(n)}:1`)}}`],
  ['more keys than are taken', 400, `{${times(90_000, (n) => `${key(n)}:1`)}}`],
  ['kinds of objects', 200, `{"data":[${times(4_900, (n) => `{${key(2 * n)}:1,${key(2 * n + 1)}:1}`)}]}`],
])('a payload of a webhook of many %s', ([, status, body]) =>
  check(async () => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`http://127.0.0.1:${daemon.port('http')}/hooks/${token}`, {
      method: 'POST',
      headers,
      body,
    })
    expect(answer.status).toBe(status)
    await answer.text()
  }),
)
