/** docs/protocols/refusals.md: what each protocol answers to each refusal of the core, over its sockets. */
import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ERRORS } from '../../commands/errors.ts'
import { REFUSAL_CODES } from '../../scripts/refusals.ts'
import { Accounts } from '../../src/chat/accounts.ts'
import { Chat } from '../../src/chat/chat.ts'
import { Directory } from '../../src/chat/directory.ts'
import { Messages } from '../../src/chat/messages.ts'
import { Posting } from '../../src/chat/posting.ts'
import { Refusal, type RefusalCode } from '../../src/chat/refusal.ts'
import { IrcClient } from '../clients/irc.ts'
import { ChatroomClient, enter, logIn, register, say } from '../support/chatroom.ts'
import { LineClient } from '../support/client.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { FrameClient } from '../support/frames.ts'
import { joining, notice, openGlobes, saying } from '../support/globes.ts'
import { BoxClient } from './chatterbox/stage.ts'
import { pirateClients } from './piratchat/stage.ts'

/** The cells of the documented table, by code; undefined for an answer that is none. */
const DOCUMENTED = new Map(
  readFileSync(new URL('../../docs/protocols/refusals.md', import.meta.url), 'utf8')
    .split('\n')
    .filter((row) => row.startsWith('| `'))
    .map((row) => row.split('|').map((cell) => /^ `(.*)` $/.exec(cell)?.[1]))
    .map(([, code, ...cells]) => [code as RefusalCode, cells]),
)
const [LINE, BOX, PIRATE_HTTP, PIRATE, GLOBES_HTTP, GLOBES, CHATROOM, IRC, API] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
const LIMIT = 7
const LONG = 'x'.repeat(4_001)

/** The documented answer to a code, with what stands for its subject in this test. */
function answer(code: RefusalCode, column: number, subjects: Readonly<Record<string, string>> = {}) {
  const text = DOCUMENTED.get(code)?.[column]
  return text?.replace(/<(\w+)>/g, (_, subject: string) =>
    subject === 'limit' ? String(LIMIT) : (subjects[subject] ?? subject),
  )
}

function refusal(code: RefusalCode): Refusal {
  return new Refusal(code, ERRORS[code].text.includes('<limit>') ? LIMIT : undefined)
}

async function start(): Promise<TestDaemon> {
  const daemon = await startTestDaemon({
    'chatterbox-plain': 0,
    chatroom: 0,
    http: 0,
    irc: 0,
    'guest-rate': 0,
  })
  onTestFinished(() => daemon.stop())
  return daemon
}

async function windowIn(daemon: TestDaemon, name: string): Promise<ChatroomClient> {
  const client = await ChatroomClient.connect(daemon.port('chatroom'))
  onTestFinished(() => void client.frames.socket.destroy())
  client.send(register(name, 'correct horse'), logIn(name, 'correct horse'))
  await client.until(({ type }) => type === 'list')
  return client
}

async function ircIn(daemon: TestDaemon, channel: string): Promise<IrcClient> {
  const client = await IrcClient.register(daemon.port('irc'), 'irc')
  onTestFinished(() => void client.socket.destroy())
  await client.ask(`JOIN ${channel}`)
  return client
}

/** The documented line for a code, where a channel is the subject, or a nickname. */
function ircAnswer(code: RefusalCode, channel: string, nickname = channel): string {
  const text = answer(code, IRC, { room: channel.slice(1), nickname }) ?? ''
  return `:roomd ${text.replace(/^\d+/, '$& irc')}`
}

async function boxAt(daemon: TestDaemon): Promise<BoxClient> {
  const client = new BoxClient(await FrameClient.connect(daemon.port('chatterbox-plain'), 'TCP'))
  onTestFinished(() => void client.raw.socket.destroy())
  return client
}

test('the table has every code, and no other', () => {
  expect([...DOCUMENTED.keys()].sort()).toEqual([...REFUSAL_CODES].sort())
  for (const [code, cells] of DOCUMENTED) expect([code, cells[LINE]]).toEqual([code, ERRORS[code].text])
})

test('a message that is refused', async () => {
  const daemon = await start()
  const line = await LineClient.connect(daemon)
  onTestFinished(() => void line.socket.destroy())
  line.send('LOGIN ann', 'JOIN lobby')
  await line.until(({ type }) => type === 'userJoined')
  const win = await windowIn(daemon, 'win')
  win.send(enter('Public Chat'))
  await win.until(({ type }) => type === 'list_room')
  const sockets: { destroy(): unknown }[] = []
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()))
  const pirates = pirateClients(daemon.port('http'), sockets)
  const pirate = await pirates.open(await pirates.user('pirate'))
  const box = await boxAt(daemon)
  await box.login('box')
  const irc = await ircIn(daemon, '#lobby')
  const globe = async () => {
    const client = await openGlobes(daemon.port('http'))
    client.send(joining('globe'))
    await client.until(({ event_type, name }) => event_type === 'join' && name === 'globe')
    return client
  }
  let open = await globe()
  const say_ = vi.spyOn(Messages.prototype, 'say')
  onTestFinished(() => say_.mockRestore())

  for (const code of REFUSAL_CODES) {
    say_.mockImplementation(() => Promise.reject(refusal(code)))
    await line.rest()
    expect(await line.ask('hello'), code).toMatchObject({
      code,
      error: answer(code, LINE, { nickname: 'hello', room: 'hello', id: 'hello', network: 'hello', name: 'hello' }),
    })

    await box.rest()
    box.say('hello')
    const told = answer(code, BOX)
    expect([code, await box.rest()]).toEqual([code, told === undefined ? [] : [{ ERROR: told }]])

    // A channel takes no messages from outside (docs/protocols/irc.md, section 5).
    const outside = ':roomd 404 irc #lobby :Cannot send to channel (+n)'
    await irc.rest()
    expect([code, await irc.ask('PRIVMSG #lobby :hello')]).toEqual([
      code,
      [code === 'not-in-room' ? outside : ircAnswer(code, '#lobby')],
    ])

    pirate.now()
    pirate.send('hello')
    expect(await pirate.until(({ status }) => status !== undefined).then((all) => all.at(-1)), code).toEqual({
      status: false,
      code: answer(code, PIRATE),
    })

    win.send(say('hello'))
    const message = answer(code, CHATROOM, { room: 'Public Chat', nickname: 'public' })
    if (message !== undefined) {
      expect(await win.until(({ type }) => type === 'msg'), code).toEqual({ type: 'msg', status: 'error', message })
    }

    const [, how, text = ''] = /^(\S+) ?(.*)$/.exec(answer(code, GLOBES) ?? '') ?? []
    open.send(saying('globe', 'hello'))
    if (how === undefined || how === 'notice') {
      const heard: unknown[] = []
      for (const _ of 'two') {
        open.send(saying('globe', LONG))
        heard.push(...(await open.until(({ msg }) => String(msg).startsWith('Message too long'))).slice(0, -1))
      }
      expect([code, heard.filter((event) => (event as { name: string }).name === 'server')]).toEqual([
        code,
        how === undefined ? [] : [notice(text)],
      ])
    } else {
      expect([code, await open.closing]).toEqual([code, [Number(how), text]])
      if (text !== '') expect(open.now().at(-1)).toEqual(notice(text))
      open = await globe()
    }
  }
  // Chatroom was silent where it says so.
  expect((await win.settled()).filter(({ type }) => type === 'msg')).toEqual([])
})

test('a login, registration or entry that is refused', async () => {
  const daemon = await start()
  const [box, win] = [await boxAt(daemon), await windowIn(daemon, 'win')]
  const sockets: { destroy(): unknown }[] = []
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()))
  const pirates = pirateClients(daemon.port('http'), sockets)
  const cookie = await pirates.user('pirate')
  const irc = await ircIn(daemon, '#lobby')
  const spies = {
    join: vi.spyOn(Chat.prototype, 'join'),
    register: vi.spyOn(Accounts.prototype, 'registerWithKey'),
    create: vi.spyOn(Directory.prototype, 'create'),
  }
  onTestFinished(() => void vi.restoreAllMocks())
  for (const code of REFUSAL_CODES) {
    for (const spy of Object.values(spies)) spy.mockRejectedValue(refusal(code))
    const info = answer(code, BOX)
    if (info !== undefined) {
      expect([code, await box.login('box')]).toEqual([code, { USERNAME_ACCEPTED: false, INFO: info }])
    }
    const status = Number(answer(code, PIRATE_HTTP))
    expect([code, (await pirates.post('/api/register', '{"username":"new"}')).status]).toEqual([code, status])
    expect([code, await pirates.refused(cookie)]).toEqual([code, status])

    expect([code, await irc.ask('JOIN #attic')]).toEqual([code, [ircAnswer(code, '#attic', 'irc')]])

    const made = await pirates.post('/chats', JSON.stringify({ title: 'Attic', visibility: 'public' }))
    const [, number, error] = /^(\d+) ?(.*)$/.exec(answer(code, GLOBES_HTTP) ?? '') ?? []
    if (number !== undefined) expect([code, made.status]).toEqual([code, Number(number)])
    if (error) expect(JSON.parse(made.body)).toMatchObject({ status: false, error: { error } })

    const message = answer(code, CHATROOM, { room: 'Public Chat', nickname: 'undefined' })
    if (message !== undefined && code !== 'name-in-use') {
      win.send(enter('Public Chat'))
      expect(await win.until(({ type }) => type === 'enter'), code).toMatchObject({ status: 'error', message })
    }
  }
})

test('a request of the rooms API that is refused', async () => {
  const daemon = await start()
  const enter = vi.spyOn(Posting.prototype, 'enter')
  onTestFinished(() => enter.mockRestore())
  for (const code of REFUSAL_CODES) {
    enter.mockRejectedValue(refusal(code))
    const url = `http://127.0.0.1:${daemon.port('http')}/rooms/ops/messages?as=ci`
    const response = await fetch(url, { method: 'POST', body: 'hello' })
    const [, status, detail] = /^(\d+) (.*)$/.exec(answer(code, API) ?? '') ?? []
    expect([code, response.status]).toEqual([code, Number(status ?? 500)])
    const text = await response.text()
    if (detail !== undefined) expect(JSON.parse(text)).toMatchObject({ code, detail })
    if ([429, 503].includes(response.status)) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  }
})
