/** docs/protocols/irc.md, section 9, points 5 and 24, where the log of one room is behind that of another one. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { RedisLog } from '../../src/engine/redis/log.ts'
import { IrcClient } from '../clients/irc.ts'
import type { TestDaemon } from '../support/daemon.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { startNodesHere } from './nodes.ts'

async function guest({ daemon }: { readonly daemon: TestDaemon }, nick: string): Promise<IrcClient> {
  const client = await IrcClient.register(daemon.port('irc'), nick)
  onTestFinished(() => void client.socket.destroy())
  return client
}

/** Holds back what other nodes append to a log, until the result is called. */
function holdBack(name: string): () => void {
  const { onMessage } = RedisLog.prototype
  const held: (() => void)[] = []
  const spy = vi.spyOn(RedisLog.prototype, 'onMessage').mockImplementation(function (this: RedisLog, text) {
    const pass = () => onMessage.call(this, text)
    if (this.name === name) held.push(pass)
    else pass()
  })
  onTestFinished(() => spy.mockRestore())
  return () => {
    spy.mockRestore()
    for (const pass of held.splice(0)) pass()
  }
}

withRedis('IRC on two nodes, of which one hears of a room later than of another one', () => {
  const server = RedisServer.forAll()

  /** Ann is alone on her node, in #one and #two; bob and carl are on the other one, and carl in both. */
  async function company(bobsChannels: string) {
    const [here, there] = await startNodesHere([server.url, server.url], { irc: 0 })
    if (!here || !there) throw new Error('there are two')
    const ann = await guest(there, 'ann')
    await ann.ask('JOIN #one', 'JOIN #two')
    const [bob, carl] = [await guest(here, 'bob'), await guest(here, 'carl')]
    await carl.ask('JOIN #one', 'JOIN #two')
    await ann.until(/ JOIN #two/)
    await bob.ask(...bobsChannels.split(' ').map((channel) => `JOIN ${channel}`))
    for (const channel of ['#one', '#two']) {
      await carl.ask(`PRIVMSG ${channel} :begin`)
      await ann.until(/:begin/)
    }
    // The lobby is the first room.
    const letGo = holdBack('room:3')
    /** Resolves with what ann is shown behind a text in #one, of what has been held back. */
    const behind = async () => {
      await carl.ask('PRIVMSG #one :then')
      const before = await ann.until(/ #one :then/)
      letGo()
      await carl.ask('PRIVMSG #two :end')
      const after = await ann.until(/ #two :end/)
      return [before.slice(0, -1), after.slice(0, -1)]
    }
    return { here, ann, bob, carl, behind }
  }

  test('24. NICK and QUIT are shown once, and not of the next user of the nickname', async () => {
    const { here, bob, behind } = await company('#one #two')
    await bob.ask('NICK rob', 'PRIVMSG #two :who am I?')
    bob.send('QUIT')
    await bob.closed
    const next = await guest(here, 'bob')
    await next.ask('JOIN #one')
    expect(await behind()).toEqual([
      [
        ':bob!~bob@guest.roomd NICK :rob',
        ':rob!~rob@guest.roomd QUIT :Connection closed',
        ':bob!~bob@guest.roomd JOIN #one',
      ],
      [':rob!~rob@guest.roomd PRIVMSG #two :who am I?'],
    ])
  })

  test('24. who has entered the later room under the former nickname is shown there with the present one', async () => {
    const { ann, bob, carl, behind } = await company('#one')
    await bob.ask('JOIN #two', 'PRIVMSG #two :hello', 'NICK rob')
    expect(await behind()).toEqual([
      [':bob!~bob@guest.roomd NICK :rob'],
      [':rob!~rob@guest.roomd JOIN #two', ':bob!~bob@guest.roomd PRIVMSG #two :hello'],
    ])
    await carl.ask('KICK #two rob')
    bob.send('QUIT')
    expect(await ann.until(/ QUIT /)).toEqual([':rob!~rob@guest.roomd QUIT :Connection closed'])
  })

  test('24. the end of a nickname that somebody else has by now is shown in its own channel', async () => {
    const { here, bob, behind } = await company('#two')
    await bob.ask('NICK rob')
    await (await guest(here, 'bob')).ask('JOIN #one')
    expect(await behind()).toEqual([
      [':bob!~bob@guest.roomd JOIN #one'],
      [':bob!~bob@guest.roomd PART #two', ':rob!~rob@guest.roomd JOIN #two'],
    ])
  })

  test('5. who has quit does not come into the later room any more', async () => {
    const { here, bob, behind } = await company('#one')
    await bob.ask('JOIN #two', 'PRIVMSG #two :hello')
    bob.send('QUIT :bye')
    await bob.closed
    await (await guest(here, 'bob')).ask('JOIN #one,#two')
    expect(await behind()).toEqual([
      [':bob!~bob@guest.roomd QUIT :Quit: bye', ':bob!~bob@guest.roomd JOIN #one'],
      [':bob!~bob@guest.roomd PRIVMSG #two :hello', ':bob!~bob@guest.roomd JOIN #two'],
    ])
  })

  test('5. QUIT is not shown again behind an own JOIN', async () => {
    const { ann, bob, behind } = await company('#one #two')
    bob.send('QUIT :bye')
    await ann.until(/:bob!~bob@guest.roomd QUIT :Quit: bye/)
    await ann.ask('JOIN #three')
    expect(await behind()).toEqual([[], []])
  })
})
