/** A daemon with IRC for the tests of a file, and clients that are gone with each test. */
import { afterAll, afterEach, beforeAll } from 'vitest'
import { IrcClient } from '../../clients/irc.ts'
import { LineClient } from '../../support/client.ts'
import { type Overrides, startTestDaemon, type TestDaemon } from '../../support/daemon.ts'
import { currentWay, listenersOf } from './way.ts'

export interface IrcSuite {
  readonly daemon: TestDaemon
  /** A client that is connected and has sent nothing. */
  dial(): Promise<IrcClient>
  /** A guest. */
  guest(nick: string, caps?: string): Promise<IrcClient>
  /** The owner of an account, which is made if need be. */
  owner(nick: string, caps?: string): Promise<IrcClient>
  /** Guests who are in a channel, in this order, each having seen the others join. */
  together<const Nicks extends readonly string[]>(
    channel: string,
    ...nicks: Nicks
  ): Promise<{ -readonly [I in keyof Nicks]: IrcClient }>
  /** A client of the line protocol in a room. */
  line(name: string, room: string, password?: string): Promise<LineClient>
}

/** The password of all accounts of the tests. */
export const PASSWORD = 'correct horse'

/** The codes, or words, of lines. */
export function codes(lines: readonly string[]): (string | undefined)[] {
  return lines.map((line) => plain(line).split(' ')[1])
}

/** A line without its tags. */
export function plain(line: string): string {
  return line.replace(/^@\S+ /, '')
}

/** The value of a tag of a line. */
export function tagOf(line: string, key: string): string | undefined {
  const [, tags = ''] = /^@(\S+) /.exec(line) ?? []
  const found = tags.split(';').find((tag) => tag === key || tag.startsWith(`${key}=`))
  return found?.slice(key.length + 1)
}

/** The base64 of a response of SASL PLAIN. */
export function plainResponse(account: string, password = PASSWORD): string {
  return Buffer.from(`\0${account}\0${password}`).toString('base64')
}

/** Starts a daemon before the tests of a file, and stops it behind them. */
export function ircSuite(overrides: Overrides = {}): IrcSuite {
  const way = currentWay()
  let daemon: TestDaemon | undefined
  const clients: IrcClient[] = []
  const lines: LineClient[] = []
  const accounts = new Set<string>()
  beforeAll(async () => {
    daemon = await startTestDaemon({ irc: 0, 'guest-rate': 0, ...listenersOf(way), ...overrides })
  })
  afterEach(async () => {
    for (const client of clients) client.send('QUIT')
    for (const { socket } of lines) socket.end()
    await Promise.all([...clients, ...lines].map(({ closed }) => closed))
    clients.length = 0
    lines.length = 0
  })
  afterAll(() => daemon?.stop())
  const running = (): TestDaemon => {
    if (!daemon) throw new Error('the daemon is not started')
    return daemon
  }
  const keep = (client: IrcClient): IrcClient => {
    clients.push(client)
    return client
  }
  const dial = async () => keep(await IrcClient.dial(running().port, way))
  const guest = async (nick: string, caps = '') => (await dial()).register(nick, caps)
  return {
    get daemon() {
      return running()
    },
    dial,
    guest,
    async owner(nick, caps = '') {
      if (!accounts.has(nick)) {
        const maker = await (await IrcClient.dial(running().port, way)).register(nick)
        await maker.ask(`REGISTER * * :${PASSWORD}`)
        maker.send('QUIT')
        await maker.closed
        accounts.add(nick)
      }
      return (await dial()).register(nick, caps, PASSWORD)
    },
    together: async <const Nicks extends readonly string[]>(channel: string, ...nicks: Nicks) => {
      const members: IrcClient[] = []
      for (const nick of nicks) {
        const client = await guest(nick)
        await client.ask(`JOIN ${channel}`)
        members.push(client)
      }
      for (const client of members) await client.rest()
      return members as { -readonly [I in keyof Nicks]: IrcClient }
    },
    async line(name, room, password = '') {
      const client = await LineClient.connect(running())
      lines.push(client)
      await client.ask(`LOGIN ${name} ${password}`.trim())
      client.send(`JOIN ${room}`)
      await client.until((line) => line.type === 'userJoined' && line.from === name)
      return client
    },
  }
}
