/** A daemon with IRC, and clients that are gone with the test. */
import { onTestFinished } from 'vitest'
import { IrcClient } from '../../clients/irc.ts'
import { LineClient } from '../../support/client.ts'
import { type Overrides, startTestDaemon, type TestDaemon } from '../../support/daemon.ts'
import { currentWay, listenersOf } from './way.ts'

export interface IrcStage {
  readonly daemon: TestDaemon
  /** A client that is connected and has sent nothing. */
  dial(): Promise<IrcClient>
  /** A guest. */
  guest(nick: string, caps?: string): Promise<IrcClient>
  /** Guests who are in a channel, in this order, each having seen the others join. */
  together(channel: string, ...nicks: string[]): Promise<IrcClient[]>
  /** A client of the line protocol in a room. */
  line(name: string, room: string): Promise<LineClient>
}

export async function ircStage(overrides: Overrides = {}): Promise<IrcStage> {
  const way = currentWay()
  const listeners = { irc: 0, ...listenersOf(way) }
  const daemon = await startTestDaemon({ ...listeners, 'guest-rate': 0, ...overrides })
  onTestFinished(() => daemon.stop())
  const kept = <T extends { readonly socket: { destroy(): unknown } }>(client: T): T => {
    onTestFinished(() => void client.socket.destroy())
    return client
  }
  const dial = async () => kept(await IrcClient.dial(daemon.port, way))
  const guest = async (nick: string, caps = '') => (await dial()).register(nick, caps)
  return {
    daemon,
    guest,
    dial,
    together: async (channel, ...nicks) => {
      const clients: IrcClient[] = []
      for (const nick of nicks) {
        const client = await guest(nick)
        await client.ask(`JOIN ${channel}`)
        clients.push(client)
      }
      for (const client of clients) await client.rest()
      return clients
    },
    line: async (name, room) => {
      const client = kept(await LineClient.connect(daemon))
      await client.ask(`LOGIN ${name}`)
      client.send(`JOIN ${room}`)
      await client.until((line) => line.type === 'userJoined' && line.from === name)
      return client
    },
  }
}
