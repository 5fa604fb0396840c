/**
 * One script of events in the default room, and what each of the six protocols makes of it (docs/protocols/README.md): the same
 * wherever each client's daemon is.
 */
import { once } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { GlobesClient } from '../clients/globes.ts'
import { IrcClient } from '../clients/irc.ts'
import { ChatroomClient } from '../support/chatroom.ts'
import { LineClient, type Transport } from '../support/client.ts'
import type { TestDaemon } from '../support/daemon.ts'
import { type Frame, FrameClient } from '../support/frames.ts'
import { joining, leaving, saying } from '../support/globes.ts'
import { onlineIn } from './chatterbox/stage.ts'
import { ACK, pirateClients } from './piratchat/stage.ts'

/** Something that happens in the room, as the script has it. */
interface Step {
  readonly kind: 'joined' | 'left' | 'message'
  readonly from: string
  readonly text?: string
}

const NAMES = ['ann', 'web', 'irc', 'box', 'win', 'pirate', 'globe'] as const
/** Somebody who takes part, or watches without being there. */
export type Part = (typeof NAMES)[number] | 'watcher'
/** Whose client is where. */
export type Places = (part: Part) => TestDaemon

const TEXT = 'é😀 <b>&amp;</b> "\\"'

/** Who has come so far, through whatever protocol. */
const SCRIPT: readonly Step[] = [
  ...NAMES.map((from) => ({ kind: 'joined', from }) as const),
  ...NAMES.map((from) => ({ kind: 'message', from, text: `${from}: ${TEXT}` }) as const),
  { kind: 'left', from: 'globe' },
  { kind: 'left', from: 'pirate' },
  { kind: 'left', from: 'win' },
  { kind: 'left', from: 'box' },
  { kind: 'left', from: 'irc' },
  { kind: 'left', from: 'web' },
  { kind: 'message', from: 'ann', text: 'alone again' },
]

/** The part that somebody sees: from his own joining on to his own leaving. */
function stretchOf(name: string): readonly Step[] {
  const start = SCRIPT.findIndex(({ kind, from }) => kind === 'joined' && from === name)
  const end = SCRIPT.findIndex(({ kind, from }) => kind === 'left' && from === name)
  return SCRIPT.slice(start, end < 0 ? undefined : end + 1)
}

const TYPES = { joined: 'userJoined', left: 'userLeft', message: 'message' }
const PRESENCE = { joined: 'joined', left: 'left' }

/** The line protocol: everything, one's own too. */
const asLine = ({ kind, from, text }: Step) => ({
  type: TYPES[kind],
  from,
  room: 'lobby',
  body: kind === 'message' ? text : `User ${from} has ${PRESENCE[kind]} the room`,
})

/** Chatterbox: who comes and goes except oneself, every message. */
const asBox = ({ kind, from, text }: Step) =>
  kind === 'message'
    ? { MESSAGES: [[from, 'ALL', expect.any(Number), text]] }
    : { [kind === 'joined' ? 'USERS_JOINED' : 'USERS_LEFT']: [from] }

/** What Chatterbox tells in one frame, where several things have come at once, as if each had come alone. */
function apart(frame: Frame): Frame[] {
  return Object.entries(frame).flatMap(([key, list]) => (list as unknown[]).map((one) => ({ [key]: [one] })))
}

/** Piratchat: what others do, and an acknowledgement of what one says. */
const asPirate = (self: string) => (step: Step) => {
  const { kind, from, text } = step
  if (kind === 'message') return from === self ? ACK : { message: text, author: from }
  return { event: kind === 'joined' ? 'join' : 'leave', username: from }
}

/** Those who have proved that they own the account of their name. */
const ACCOUNTS: ReadonlySet<string> = new Set(['win', 'pirate'])

/** Globes: everything, one's own too. */
const asGlobe = ({ kind, from, text }: Step) => ({
  event_type: { joined: 'join', left: 'leave', message: 'send' }[kind],
  name: from,
  room_id: 1,
  ...(from === 'globe' && kind !== 'left' && { color: 'teal' }),
  msg: { joined: `${from} entered the room.`, left: `${from} has left the room.`, message: text }[kind],
  time: expect.stringMatching(/Z$/),
  ...(ACCOUNTS.has(from) && { verified: true }),
})

/** Chatroom: messages; who is there is told by lists. */
const asWindow = ({ from, text }: Step) => ({ type: 'msg', status: 'ok', data: { to: 'public', from, text } })

/** IRC: what others do, and one's own coming and going. Who ends the connection quits. */
const asIrc = ({ kind, from, text }: Step) => {
  const source = ACCOUNTS.has(from) ? `:${from}!${from}@account.roomd` : `:${from}!~${from}@guest.roomd`
  if (kind === 'message') return `${source} PRIVMSG #lobby :${text}`
  if (kind === 'joined') return `${source} JOIN #lobby`
  return from === 'pirate' || from === 'box' ? `${source} QUIT :Connection closed` : `${source} PART #lobby`
}

/** Everybody's clients, connected. All are gone when the test is done. */
async function clients(at: Places) {
  const sockets: { destroy(): unknown }[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  const line = async (part: Part, transport: Transport) => {
    const client = await LineClient.connect(at(part), transport)
    sockets.push(client.socket)
    return client
  }
  const globe = async (part: Part) => {
    const port = at(part).port('http')
    const websocket = new WebSocket(`ws://127.0.0.1:${port}/chats/1/ws`)
    sockets.push({ destroy: () => websocket.terminate() })
    const client = new GlobesClient(websocket)
    await once(websocket, 'open')
    // Its node asks where the log stands when it begins to watch; what it is asked behind that is answered behind that.
    await pirateClients(port, sockets).get('/chats/1')
    return client
  }
  const box = await FrameClient.connect(at('box').port('chatterbox'), 'TLS')
  const win = await ChatroomClient.connect(at('win').port('chatroom'))
  sockets.push(box.socket, win.frames.socket)
  const data = { username: 'win', password: 'correct horse' }
  await win.ask({ type: 'register', data })
  await win.ask({ type: 'login', data })
  const irc = await IrcClient.connect(at('irc').port('irc'))
  sockets.push(irc.socket)
  const pirates = pirateClients(at('pirate').port('http'), sockets)
  return {
    ann: await line('ann', 'TCP'),
    web: await line('web', 'WS'),
    irc,
    box,
    win,
    pirates,
    globe: await globe('globe'),
    watcher: await globe('watcher'),
  }
}

/** Plays the script, and holds what each protocol was told to it. */
export async function play(at: Places): Promise<void> {
  const { ann, web, irc, box, win, pirates, globe, watcher } = await clients(at)
  const cookie = await pirates.user('pirate')
  /** What the window was told. */
  const frames: Frame[] = []
  let welcome: Frame | undefined
  let pirate: Awaited<ReturnType<typeof pirates.open>> | undefined

  const enterAt = (client: LineClient, name: string) => client.send(`LOGIN ${name}`, 'JOIN lobby')
  const enter: Record<string, () => unknown> = {
    ann: () => enterAt(ann, 'ann'),
    web: () => enterAt(web, 'web'),
    irc: () => irc.send('NICK irc', 'USER irc 0 * :irc', 'JOIN #lobby'),
    // The list in its reply is that of the moment in which it is told.
    box: async () => {
      welcome = await box.ask({ USERNAME: 'box' })
    },
    win: () => win.send({ type: 'enter', data: { room: 'public chat' } }),
    pirate: async () => {
      pirate = await pirates.open(cookie)
    },
    globe: () => globe.send(joining('globe', 'teal')),
  }
  const say: Record<string, (text: string) => unknown> = {
    ann: (text) => ann.send(text),
    web: (text) => web.send(text),
    irc: (text) => irc.send(`PRIVMSG #lobby :${text}`),
    box: (text) => box.send({ MESSAGES: [['box', 'ALL', 1_524_700_000, text]] }),
    win: (text) => win.send({ type: 'msg', data: { to: 'public', text } }),
    pirate: (text) => pirate?.send(text),
    globe: (text) => globe.send(saying('globe', text, 'teal')),
  }
  const leave: Record<string, () => unknown> = {
    globe: () => globe.send(leaving('globe')),
    pirate: () => pirates.get('/api/logout', cookie),
    win: () => win.send({ type: 'exit' }),
    box: () => box.socket.end(),
    web: () => web.send('LEAVE'),
    irc: () => irc.send('PART #lobby'),
  }

  // One after the other: ann, who sees everything, says when each has happened.
  const seen: unknown[] = []
  for (const { kind, from, text = '' } of SCRIPT) {
    if (kind === 'joined') await enter[from]?.()
    else if (kind === 'message') await say[from]?.(text)
    else await leave[from]?.()
    seen.push((await ann.until(({ type }) => Object.values(TYPES).includes(type))).at(-1))
    if (kind === 'message' && from === 'globe') await everybodyIsListed()
  }

  /** However one asks who is there (docs/protocols/README.md, R28). */
  async function everybodyIsListed() {
    expect((await pirates.get('/api/online', cookie)).body).toBe(JSON.stringify({ online_clients: NAMES }))
    const { users } = JSON.parse((await pirates.get('/chats/1')).body)
    expect(users.map(({ username, color }: Frame) => [username, color])).toEqual(
      NAMES.map((name) => [name, name === 'globe' ? 'teal' : '']),
    )
    expect(await ann.ask('/who')).toMatchObject({ members: NAMES })
    win.send({ type: 'list' })
    // Told when its node has got round to it: until then nobody leaves.
    await win.until((frame) => {
      frames.push(frame)
      return isDeepStrictEqual(frame.data, { 'Public Chat': NAMES })
    })
  }

  expect(seen).toMatchObject(SCRIPT.map(asLine))
  const events = (await web.rest()).filter(({ type }) => type !== 'commandResult')
  expect(events).toMatchObject(stretchOf('web').map(asLine))

  const heard = (await irc.rest()).filter((text) => / (JOIN|PART|QUIT|PRIVMSG) /.test(text))
  expect(heard).toEqual(
    stretchOf('irc').flatMap((step) => (step.kind === 'message' && step.from === 'irc' ? [] : [asIrc(step)])),
  )

  expect(welcome).toMatchObject({ USERNAME_ACCEPTED: true, INFO: 'Welcome to the server!', MESSAGES: [] })
  expect(onlineIn(welcome ?? {})).toEqual(['ann', 'web', 'irc', 'box'])
  expect((await box.rest()).flatMap(apart)).toEqual(stretchOf('box').slice(1, -1).map(asBox))

  const messages = stretchOf('win').filter(({ kind }) => kind === 'message')
  win.send({ type: 'logout' })
  await win.until((frame) => {
    frames.push(frame)
    return frame.type === 'logout'
  })
  expect(frames.filter(({ type }) => type === 'msg')).toEqual(messages.map(asWindow))
  const lists = frames.filter(({ type }) => type === 'list_room').map(({ data }) => data)
  expect(lists).toContainEqual({ 'Public Chat': NAMES })

  const others = stretchOf('pirate').slice(1, -1)
  expect(await pirate?.take(others.length)).toEqual(others.map(asPirate('pirate')))
  expect(await pirate?.closed).toBe(1000)

  const told = SCRIPT.slice(0, -1).length
  expect(await watcher.take(told + 1)).toEqual(SCRIPT.map(asGlobe))
  // It has watched from the beginning, too, and goes on when it has left.
  expect(await globe.take(told + 1)).toEqual(SCRIPT.map(asGlobe))

  const { body } = await pirates.get('/chats/events/1')
  expect(JSON.parse(body)).toEqual({
    status: true,
    data: SCRIPT.map((step) => ({ color: '', verified: false, ...asGlobe(step) })),
  })

  ann.send('HISTORY')
  const record = (await ann.rest()).flatMap((entry) => (entry.type === 'history' ? [entry.body] : []))
  expect(record).toMatchObject(SCRIPT.map(asLine))
  expect(record.map(({ id }) => id)).toEqual((seen as { id: string }[]).map(({ id }) => id))
}
