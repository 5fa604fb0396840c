/** docs/protocols/irc.md, section 9, point 44: users on two nodes. */
import { expect, onTestFinished, test } from 'vitest'
import { IrcClient } from '../clients/irc.ts'
import { tagOf } from '../protocols/irc/suite.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { type Node, startNodes } from './nodes.ts'

async function guest({ daemon }: Node, nick: string, caps?: string): Promise<IrcClient> {
  const client = await IrcClient.register(daemon.port('irc'), nick, caps)
  onTestFinished(() => void client.socket.destroy())
  return client
}

withRedis('IRC on two nodes', () => {
  const server = RedisServer.forAll()

  test('44. names, modes, kicks, nicknames and private messages reach the other node', async () => {
    const [here, there] = await startNodes([server.url, server.url], '--irc', '0')
    if (!here || !there) throw new Error('there are two')
    const ann = await guest(here, 'ann')
    await ann.ask('JOIN #ops')
    const bob = await guest(there, 'bob')
    expect(await bob.ask('JOIN #ops')).toContain(':roomd 353 bob = #ops :@ann bob')
    await ann.until(/ JOIN #ops/)

    const taken = await IrcClient.connect(there.daemon.port('irc'))
    onTestFinished(() => void taken.socket.destroy())
    expect(await taken.ask('NICK ann', 'USER ann 0 * :ann')).toContain(':roomd 433 * ann :Nickname is already in use')

    ann.send('PRIVMSG #ops :hello there', 'MODE #ops +v bob', 'TOPIC #ops :two nodes')
    expect((await bob.until(/ TOPIC /)).slice(-3)).toEqual([
      ':ann!~ann@guest.roomd PRIVMSG #ops :hello there',
      ':ann!~ann@guest.roomd MODE #ops +v bob',
      ':ann!~ann@guest.roomd TOPIC #ops :two nodes',
    ])
    bob.send('NICK rob')
    expect((await ann.until(/ NICK /)).at(-1)).toBe(':bob!~bob@guest.roomd NICK :rob')
    expect(await ann.ask('NAMES #ops')).toContain(':roomd 353 ann = #ops :@ann +rob')
    ann.send('PRIVMSG rob :psst')
    expect((await bob.until(/psst/)).at(-1)).toBe(':ann!~ann@guest.roomd PRIVMSG rob :psst')
    expect(await ann.ask('WHOIS rob')).toContain(':roomd 319 ann rob :+#ops')
    ann.send('KICK #ops rob :out')
    expect((await bob.until(/ KICK /)).at(-1)).toBe(':ann!~ann@guest.roomd KICK #ops rob :out')
    expect(await bob.ask('PRIVMSG #ops :still here')).toEqual([':roomd 404 rob #ops :Cannot send to channel (+n)'])
    bob.send('JOIN #ops')
    await ann.until(/ JOIN /)
    bob.send('QUIT :bye')
    expect((await ann.until(/ QUIT /)).at(-1)).toBe(':rob!~rob@guest.roomd QUIT :Quit: bye')

    await ann.ask('REGISTER * * :correct horse')
    const second = await IrcClient.connect(there.daemon.port('irc'))
    onTestFinished(() => void second.socket.destroy())
    expect(await second.ask('PASS :correct horse', 'NICK ann', 'USER ann 0 * :ann')).toContain(
      ':ann!ann@account.roomd JOIN #ops',
    )
  })

  test('44. USER arguments and real names are shown on their own node', async () => {
    const [here, there] = await startNodes([server.url, server.url], '--irc', '0')
    if (!here || !there) throw new Error('there are two')
    const [ann, bob] = [await guest(here, 'ann'), await guest(there, 'bob')]
    const carl = await IrcClient.connect(here.daemon.port('irc'))
    onTestFinished(() => void carl.socket.destroy())
    await carl.ask('NICK carl', 'USER charles 0 * :Carl Doe')
    for (const client of [ann, bob, carl]) await client.ask('JOIN #names')
    await ann.until(/^:carl\S+ JOIN /)
    await bob.rest()
    await carl.ask('SETNAME :Carl Roe', 'PRIVMSG #names :hello')
    expect((await ann.until(/hello/)).at(-1)).toBe(':carl!~charles@guest.roomd PRIVMSG #names :hello')
    expect((await bob.until(/hello/)).at(-1)).toBe(':carl!~carl@guest.roomd PRIVMSG #names :hello')
    expect((await ann.ask('WHOIS carl'))[0]).toBe(':roomd 311 ann carl ~charles guest.roomd * :Carl Roe')
    expect((await bob.ask('WHOIS carl'))[0]).toBe(':roomd 311 bob carl ~carl guest.roomd * :carl')
    carl.send('NICK carlo', 'QUIT')
    expect((await ann.until(/ QUIT /)).slice(-2)).toEqual([
      ':carl!~charles@guest.roomd NICK :carlo',
      ':carlo!~charles@guest.roomd QUIT :Connection closed',
    ])
    expect((await bob.until(/ QUIT /)).slice(-2)).toEqual([
      ':carl!~carl@guest.roomd NICK :carlo',
      ':carlo!~carlo@guest.roomd QUIT :Connection closed',
    ])
    // The departure is told behind QUIT, and to the other node last.
    const whowas = (client: IrcClient) => expect.poll(async () => (await client.ask('WHOWAS carlo'))[0])
    await whowas(ann).toBe(':roomd 314 ann carlo ~charles guest.roomd * :Carl Roe')
    await whowas(bob).toBe(':roomd 314 bob carlo ~carlo guest.roomd * :carlo')
  })

  test('31. a private message has one msgid for both, and each may read its history from there', async () => {
    const [here, there] = await startNodes([server.url, server.url], '--irc', '0')
    if (!here || !there) throw new Error('there are two')
    const caps = 'draft/chathistory batch message-tags echo-message'
    const [ann, bob] = [await guest(here, 'ann', caps), await guest(there, 'bob', caps)]
    for (const client of [ann, bob]) await client.ask('JOIN #ids')
    await ann.until(/ JOIN #ids/)
    const ids: string[] = []
    for (const [from, to, line] of [
      [ann, bob, 'PRIVMSG bob :1'],
      [bob, ann, 'PRIVMSG ann :2'],
      [ann, bob, 'PRIVMSG bob :3'],
    ] as const) {
      from.send(line)
      const both = await Promise.all([from, to].map((client) => client.until(/ PRIVMSG /)))
      const [echoed, told] = both.map((lines) => tagOf(lines.at(-1) ?? '', 'msgid'))
      expect(told).toBe(echoed)
      ids.push(told ?? '')
    }
    for (const [client, other] of [[ann, 'bob'] as const, [bob, 'ann'] as const]) {
      const found = async (request: string) =>
        (await client.ask(`CHATHISTORY ${request}`)).slice(1, -1).map((line) => tagOf(line, 'msgid'))
      expect(await found(`LATEST ${other} * 10`)).toEqual(ids)
      expect(await found(`AFTER ${other} msgid=${ids[0]} 10`)).toEqual(ids.slice(1))
      expect(await found(`BEFORE ${other} msgid=${ids[2]} 10`)).toEqual(ids.slice(0, 2))
      expect(await found(`BEFORE ${other} timestamp=0001-01-01T00:00:00.000Z 10`)).toEqual([])
      expect(await found(`AFTER ${other} timestamp=9999-01-01T00:00:00.000Z 10`)).toEqual([])
    }
  })
})
