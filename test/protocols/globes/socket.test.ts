/** docs/protocols/globes.md, section 7: the WebSocket, each point under its number. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Room } from '../../../src/chat/session.ts'
import type { Event } from '../../../src/engine/event.ts'
import { GlobesWire } from '../../../src/protocols/globes/socket/wire.ts'
import { LinkedSession } from '../../../src/protocols/linked-session.ts'
import { tickEnd } from '../../../src/tick.ts'
import { WEBSOCKET_LINGER_MS } from '../../../src/transport/websocket.ts'
import * as core from '../../chat/stage.ts'
import { useBrowser } from '../../support/browser.ts'
import { TIMED } from '../../support/eventually.ts'
import {
  bearer,
  failure,
  globesStage,
  joined,
  joining,
  leaving,
  left,
  notice,
  openGlobes,
  said,
  saying,
  serveGlobes,
} from '../../support/globes.ts'
import { holdTimers } from '../../support/timers.ts'

const INVALID_TOKEN = failure(403, 'Token error: Invalid token', 'token')
const DUPLICATE = [1008, 'Client error: Duplicate username']

test('21. what is no handshake, and what no handshake is good for', async () => {
  const { api, den, refused } = await globesStage()
  const { path } = await den()
  const other = await den('Cave')
  const session = { status: 400, body: failure(301, 'Could not establish session') }
  expect(await api('GET', '/chats/1/ws')).toMatchObject(session)
  expect((await api('GET', `${path}/ws`)).status).toBe(403)
  const unknown = { status: 404, body: failure(101, 'Room error: Room not found', 'nope') }
  expect(await api('GET', '/chats/nope/ws')).toMatchObject(unknown)
  const missing = await refused('/chats/nope/ws')
  expect(missing).toMatchObject(unknown)
  expect(missing.type).toMatch(/^application\/json/)
  for (const protocols of [[], ['nonsense'], [await other.tokenFor('david')]]) {
    expect(await refused(`${path}/ws`, protocols)).toMatchObject({ status: 403, body: INVALID_TOKEN })
  }
})

test('22. the subprotocol is given back when there is one; a header will do; any origin may come if wanted', async () => {
  const { den, connect } = await globesStage({ 'globes-any-origin': true })
  const { path, tokenFor } = await den()
  const token = await tokenFor('david')
  expect((await connect(`${path}/ws`, [token])).websocket.protocol).toBe(token)
  expect((await connect(`${path}/ws`, [token, 'more'])).websocket.protocol).toBe(token)
  expect((await connect('/chats/1/ws', ['anything'])).websocket.protocol).toBe('anything')
  expect((await connect()).websocket.protocol).toBe('')
  const options = { headers: bearer(token), origin: 'https://elsewhere.example' }
  expect((await connect(`${path}/ws`, [], options)).websocket.protocol).toBe('')
  // Other protocols know of none.
  await expect(connect('/line', ['anything'])).rejects.toThrow('no subprotocol')
  const unwanted = await globesStage()
  await expect(unwanted.connect('/chats/1/ws', [], { origin: 'https://elsewhere.example' })).rejects.toThrow('403')
})

test('23. 24. who comes and what is said is told to all sockets of the room and no others', async () => {
  const { connect, create } = await globesStage()
  const { id } = await create({ title: 'Other' })
  const [david, eve, other] = [await connect(), await connect(), await connect(`/chats/${id}/ws`)]
  david.send(joining('david', 'red'))
  david.send(saying('david', 'hello "ü" 😀', 'blue'), saying('david', 'plain'))
  const events = [joined('david', 1, 'red'), said('david', 'hello "ü" 😀', 1, 'blue'), said('david', 'plain')]
  for (const client of [david, eve]) expect(await client.take(3)).toEqual(events)
  other.send(joining('david', 'x'.repeat(33)))
  expect(await other.next()).toEqual(joined('david', id))
  expect(other.now()).toEqual([])
})

test('25. 29. the join comes before the first message, also of who has not asked for it', async () => {
  const { connect } = await globesStage()
  const [david, eve] = [await connect(), await connect()]
  david.send(joining('david'), saying('david', 'one'), saying('david', 'two'))
  const events = [joined('david'), said('david', 'one'), said('david', 'two')]
  for (const client of [david, eve]) expect(await client.take(3)).toEqual(events)
  eve.send(saying('eve', 'hi', 'green'), saying('eve', 'again'))
  const more = [joined('eve', 1, 'green'), said('eve', 'hi', 1, 'green'), said('eve', 'again')]
  for (const client of [david, eve]) expect(await client.take(3)).toEqual(more)
})

test('25. much that is said at once comes whole and in order, and leaving comes behind it', async () => {
  const { connect } = await globesStage()
  const [david, watcher] = [await connect(), await connect()]
  const texts = Array.from({ length: 600 }, (_, n) => `${n}`)
  david.send(...texts.map((text) => saying('david', text, `c${text}`)), leaving('david'))
  for (const client of [david, watcher]) {
    expect(await client.next()).toEqual(joined('david', 1, 'c0'))
    for (const text of texts) expect(await client.next()).toEqual(said('david', text, 1, `c${text}`))
    expect(await client.next()).toEqual(left('david'))
  }
})

test('26. leaving is told once; the socket stays, and may come back', async () => {
  const { connect, join, api } = await globesStage()
  const watcher = await connect()
  const david = await join('david', 'red', watcher)
  david.send({ ...leaving('david'), color: 'red' }, leaving('david'))
  for (const client of [david, watcher]) expect(await client.next()).toEqual(left('david', 1, 'red'))
  expect((await api('GET', '/chats/1')).body.users).toEqual([])
  david.send(joining('eve'), saying('David', 'again'), leaving('david'))
  const events = [joined('david'), said('david', 'again'), left('david')]
  for (const client of [david, watcher]) expect(await client.take(3)).toEqual(events)
  david.websocket.close()
  await david.closed
  await join('mark', '', watcher)
})

test('26. leaving and closing at once is told once', async () => {
  const { connect, join } = await globesStage()
  const watcher = await connect()
  for (const end of ['close', 'terminate'] as const) {
    const david = await join('david', '', watcher)
    david.send(leaving('david'))
    david.websocket[end]()
    await david.closed
    expect(await watcher.next()).toEqual(left('david'))
  }
  await join('mark', '', watcher)
})

test('27. closing without a word is told, whole', async () => {
  const { connect, join } = await globesStage()
  const watcher = await connect()
  for (const end of ['close', 'terminate'] as const) {
    const david = await join('david', 'red', watcher)
    david.websocket[end]()
    expect(await watcher.next()).toEqual(left('david', 1, 'red'))
  }
})

test('28. who has never joined hears everything and is told of by nothing', async () => {
  const { connect, join } = await globesStage()
  const [watcher, silent] = [await connect(), await connect()]
  silent.send(leaving('david'))
  const david = await join('david', '', watcher, silent)
  david.send(saying('david', 'hello'))
  for (const client of [david, watcher, silent]) expect(await client.next()).toEqual(said('david', 'hello'))
  silent.websocket.close()
  await silent.closed
  await join('mark', '', watcher)
})

test('30. names are kept as they are written', async () => {
  const { join } = await globesStage()
  const david = await join('David O.-Lee_é日')
  david.send(saying('David O.-Lee_é日', 'hello'))
  expect(await david.next()).toEqual(said('David O.-Lee_é日', 'hello'))
})

test('31. a name is there once, whatever its case and whoever holds it; the first one is not touched', async () => {
  const { api, connect, join, line } = await globesStage()
  const david = await join('david')
  for (const event of [joining('DAVID'), saying('david', 'x'), joining('david')]) {
    const other = await connect()
    other.send(event, saying('david', 'not me'))
    expect(await other.closed).toEqual(DUPLICATE)
  }
  david.send(joining('david'), saying('david', 'still here'))
  expect(await david.next()).toEqual(said('david', 'still here'))
  expect((await api('GET', '/chats/1')).body.users).toMatchObject([{ username: 'david' }])
  const guest = await line('guest')
  await guest.ask('JOIN lobby')
  const other = await connect()
  other.send(joining('Guest'))
  expect(await other.closed).toEqual(DUPLICATE)
})

test('31. of two who take a name at once one gets it', async () => {
  const { connect } = await globesStage()
  const clients = [await connect(), await connect()]
  for (const client of clients) client.send(joining('david'))
  const [code] = await Promise.race(clients.map(({ closed }) => closed))
  expect(code).toBe(1008)
  const [winner] = clients.filter(({ websocket }) => websocket.readyState === WebSocket.OPEN)
  expect(await winner?.next()).toEqual(joined('david'))
})

test('31. names of accounts are reserved, and some words; what is no name is refused', async () => {
  const { api, connect, den, line } = await globesStage()
  const { path } = await den()
  const owner = await line('owner')
  await owner.ask('/register correct horse')
  for (const name of ['Owner', 'all', 'public', 'Server']) {
    const client = await connect()
    client.send(joining(name))
    expect(await client.closed).toEqual(DUPLICATE)
  }
  const client = await connect()
  client.send(joining('<b>'))
  expect(await client.closed).toEqual([1008, 'Client error: Invalid username'])
  const unproven = { status: 401, body: failure(304, 'Unauthorized operation', 'name') }
  expect(await api('POST', '/chats/1/token', { name: 'OWNER' })).toMatchObject(unproven)
  expect(await api('POST', `${path}/token`, { name: 'owner', secret: 'zebra umbrella 1234' })).toMatchObject(unproven)
})

test('32. a socket speaks in one name', async () => {
  const { connect, join } = await globesStage()
  const watcher = await connect()
  const david = await join('david', '', watcher)
  david.send(saying('eve', 'not me'), leaving('eve'), joining('eve'), saying('david', 'me'))
  for (const client of [david, watcher]) expect(await client.next()).toEqual(said('david', 'me'))
})

test('33. in a private room that is the name of the token', async () => {
  const { connect, den } = await globesStage()
  const { id, path, tokenFor } = await den()
  for (const event of [joining('eve'), saying('eve', 'x')]) {
    const client = await connect(`${path}/ws`, [await tokenFor('david')])
    client.send(event)
    expect(await client.closed).toEqual([1008, 'Client error: Unauthorized operation'])
  }
  const david = await connect(`${path}/ws`, [await tokenFor('david')])
  david.send(joining('David'))
  expect(await david.next()).toEqual(joined('David', id))
})

test('34. what is no event is passed over', async () => {
  const { connect, join } = await globesStage()
  const watcher = await connect()
  const david = await join('david', '', watcher)
  const nonsense = ['nojson', '{}', '[]', 'null', '5', '', '{"event_type":"send","name":"david"}']
  const events = [
    saying('david', ''),
    saying('david', '\u0007'),
    saying('', 'x'),
    { ...saying('david', 'x'), event_type: 'zzz' },
    { ...saying('david', 'x'), event_type: 'SEND' },
    { ...saying('david', 'x'), name: 5 },
    { ...saying('david', 'x'), msg: {} },
  ]
  for (const client of [david, watcher]) {
    client.send(...nonsense, ...events)
    client.websocket.send(Buffer.from(JSON.stringify(saying('david', 'binary'))))
  }
  // Not even by what would have joined first.
  david.send({ ...saying('david', 'on'), color: 5 })
  for (const client of [david, watcher]) expect(await client.next()).toEqual(said('david', 'on'))
  watcher.send(saying('eve', 'me too'))
  for (const client of [david, watcher]) expect(await client.take(2)).toEqual([joined('eve'), said('eve', 'me too')])
})

test('35. only what is documented is passed on', async () => {
  const { join } = await globesStage()
  const david = await join('david')
  david.send({ event_type: 'send', name: 'david', msg: 'x', secret: 'pw', room_id: 77, time: 'never', users: [] })
  expect(await david.next()).toEqual(said('david', 'x'))
})

test('36. long messages pass, frames too long end the connection', async () => {
  const { connect, join } = await globesStage()
  const watcher = await connect()
  const david = await join('david', '', watcher)
  david.send(saying('david', 'x'.repeat(4_000)), saying('david', '日'.repeat(4_000)))
  for (const client of [david, watcher])
    expect(await client.take(2)).toMatchObject([{ name: 'david' }, { name: 'david' }])
  const json = JSON.stringify(saying('david', 'fits'))
  david.send(json.padEnd(16_384), json.padEnd(16_385))
  expect(await david.closed).toEqual([1009, ''])
  expect(await watcher.take(2)).toEqual([said('david', 'fits'), left('david')])
})

test('37. who gives no sign of life is dropped in time, and is told of', TIMED, async () => {
  const { chat } = await core.stage()
  const silence = 1_000
  const port = await serveGlobes(chat, { everyMs: 300, silenceMs: silence })
  const [eve, david] = [await openGlobes(port), await openGlobes(port, { autoPong: false })]
  david.send(joining('david'))
  expect(await eve.next()).toEqual(joined('david'))
  const started = performance.now()
  expect(await eve.next()).toEqual(left('david'))
  const took = performance.now() - started
  expect((await david.closed)[0]).toBe(1006)
  expect(took).toBeGreaterThan(silence / 2)
  expect(took).toBeLessThan(2 * silence)
  // Whose pongs come stays.
  await new Promise((resolve) => eve.websocket.once('ping', resolve))
  await new Promise((resolve) => eve.websocket.once('ping', resolve))
  expect(eve.websocket.readyState).toBe(WebSocket.OPEN)
})

test('38. 47. who does not read holds nobody up, and is told so in the end', async () => {
  // The time in which it has to read the end.
  holdTimers(WEBSOCKET_LINGER_MS)
  const { connect, join } = await globesStage({ 'max-queue': 65_536 })
  const slow = await connect()
  const watcher = await connect()
  const david = await join('david', '', watcher, slow)
  slow.websocket.pause()
  const text = 'x'.repeat(4_000)
  // Less at once than may be queued: the watcher reads no sooner than this process does.
  for (let n = 0; n < 200; n++) {
    david.send(...Array.from({ length: 10 }, () => saying('david', text)))
    for (const { msg } of await watcher.take(10)) expect(msg).toBe(text)
  }
  slow.websocket.resume()
  const tooSlow = 'Reading too slowly, messages would be lost'
  expect(await slow.closed).toEqual([1008, tooSlow])
  expect(slow.now().at(-1)).toEqual(notice(tooSlow))
})

test('events of a turn are encoded once, whatever the number of sockets', async () => {
  const { connect, join } = await globesStage()
  const david = await join('david')
  const watchers = await Promise.all(Array.from({ length: 20 }, () => connect()))
  const stringify = vi.spyOn(JSON, 'stringify')
  onTestFinished(() => stringify.mockRestore())
  david.websocket.send('{"event_type":"send","name":"david","msg":"once"}')
  for (const client of [david, ...watchers]) expect(await client.next()).toEqual(said('david', 'once'))
  expect(stringify.mock.calls.filter(([value]) => value?.event_type === 'send')).toHaveLength(1)
})

test('nor are they for those who have come within the turn and get a part of it', async () => {
  const wire = new GlobesWire()
  const heard: number[] = []
  const link = {
    address: '',
    push: ({ length }: Buffer) => void heard.push(length),
    drained: async () => {},
    hangUp: () => {},
    disconnect: () => {},
    mayBeEnding: false,
    isGone: false,
  }
  const session = () => new LinkedSession(wire, link)
  const events = ['one', 'two'].map((body, id): Event => ({ kind: 'message', room: 1, from: 'david', body, id, at: 0 }))
  const record = {
    id: 1,
    title: '',
    slug: '',
    description: '',
    visibility: 'public',
    createdAt: 0,
    changedAt: 0,
  } as const
  // Of a place no more than this is looked at.
  const place = { record, log: 'room:1' } as unknown as Room
  const stringify = vi.spyOn(JSON, 'stringify')
  onTestFinished(() => stringify.mockRestore())
  wire.deliver(place, events, [session(), session()])
  wire.deliver(place, events.slice(1), [session()])
  expect(stringify).toHaveBeenCalledTimes(2)
  const [all = 0, same, part] = heard
  expect([same, part]).toEqual([all, all / 2])
  await tickEnd()
})

describe('in a browser', () => {
  const browser = useBrowser()

  test('40. a page in Chromium talks in a private room', async () => {
    const { port, den } = await globesStage({ 'globes-any-origin': true })
    const { id, path, tokenFor } = await den()
    const page = await browser().newPage()
    onTestFinished(() => page.close())
    // A page of another origin, as that of the original client may be.
    await page.goto(`http://localhost:${port}/chats`)
    const talk = `new Promise((resolve, reject) => {
      const heard = []
      const socket = new WebSocket('ws://127.0.0.1:${port}${path}/ws', '${await tokenFor('david')}')
      socket.onerror = () => reject(new Error('it did not open'))
      socket.onopen = () => socket.send(JSON.stringify({ event_type: 'join', name: 'david', color: 'red', msg: '' }))
      socket.onmessage = ({ data }) => {
        heard.push(JSON.parse(data))
        if (heard.length === 1) socket.send(JSON.stringify({ event_type: 'send', name: 'david', msg: 'from a page' }))
        else resolve(heard)
      }
    })`
    expect(await page.evaluate(talk)).toEqual([joined('david', id, 'red'), said('david', 'from a page', id)])
  })
})
