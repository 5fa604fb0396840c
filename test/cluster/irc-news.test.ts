/** docs/protocols/irc.md, section 4: what users of one node learn of those of another one beside the events of rooms. */
import { expect, onTestFinished, test } from 'vitest'
import { IrcClient } from '../clients/irc.ts'
import { PASSWORD, plainResponse } from '../protocols/irc/suite.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { type Node, startNodes } from './nodes.ts'

async function guest({ daemon }: Node, nick: string, caps = ''): Promise<IrcClient> {
  const client = await IrcClient.register(daemon.port('irc'), nick, caps)
  onTestFinished(() => void client.socket.destroy())
  return client
}

withRedis('IRC on two nodes', () => {
  const server = RedisServer.forAll()

  test('44. MONITOR, AWAY, INVITE, tags, LUSERS and WHOWAS know the users of the other node', async () => {
    const [here, there] = await startNodes([server.url, server.url], '--irc', '0')
    if (!here || !there) throw new Error('there are two')
    const ann = await guest(here, 'ann', 'away-notify message-tags draft/chathistory')
    expect(await ann.ask('MONITOR + bob')).toEqual([':roomd 731 ann :bob'])
    const bob = await guest(there, 'bob', 'message-tags')
    expect(await ann.until(/ 730 /)).toEqual([':roomd 730 ann :bob!~bob@guest.roomd'])
    expect(await ann.ask('ISON bob', 'MONITOR S')).toEqual([
      ':roomd 303 ann :bob',
      ':roomd 730 ann :bob!~bob@guest.roomd',
    ])
    expect((await bob.ask('LUSERS'))[0]).toBe(':roomd 251 bob :There are 2 users and 0 invisible on 2 servers')

    await ann.ask('JOIN #ops', 'MODE #ops +i')
    expect(await ann.ask('INVITE bob #ops')).toEqual([':roomd 341 ann bob :#ops'])
    expect(await bob.until(/ INVITE /)).toEqual([':ann!~ann@guest.roomd INVITE bob #ops'])
    await bob.ask('JOIN #ops')
    await ann.until(/ JOIN /)
    await bob.ask('AWAY :lunch')
    expect(await ann.until(/ AWAY /)).toEqual([':bob!~bob@guest.roomd AWAY :lunch'])
    await bob.ask('@+typing=active TAGMSG #ops', '@+draft/reply=1 PRIVMSG #ops :yes')
    expect((await ann.until(/TAGMSG/)).at(-1)).toMatch(
      /^@msgid=[\w-]+;\+typing=active :bob!~bob@guest\.roomd TAGMSG #ops$/,
    )
    expect((await ann.until(/PRIVMSG/)).at(-1)).toMatch(
      /^@msgid=\d+;\+draft\/reply=1 :bob!~bob@guest\.roomd PRIVMSG #ops :yes$/,
    )
    await bob.ask('PRIVMSG ann :\u0001VERSION\u0001')
    expect((await ann.until(/VERSION/)).at(-1)).toContain(' :bob!~bob@guest.roomd PRIVMSG ann :\u0001VERSION\u0001')

    bob.send('QUIT')
    await bob.closed
    await ann.until(/ 731 /)
    expect((await ann.ask('WHOWAS bob'))[0]).toBe(':roomd 314 ann bob ~bob guest.roomd * :bob')
  })

  test('44. a guest that proves an account by SASL becomes its owner for the other node, and shares its channels', async () => {
    const [here, there] = await startNodes([server.url, server.url], '--irc', '0')
    if (!here || !there) throw new Error('there are two')
    const olga = await guest(there, 'olga')
    await olga.ask(`REGISTER * * :${PASSWORD}`, 'JOIN #shared')
    const bob = await guest(there, 'bob', 'account-notify')
    await bob.ask('JOIN #shared,#lone')
    const ann = await guest(here, 'ann', 'sasl')
    await ann.ask('JOIN #shared,#lone')
    await bob.until(/ann\S* JOIN #lone/)
    ann.send('AUTHENTICATE PLAIN', `AUTHENTICATE ${plainResponse('olga')}`)
    expect((await ann.until(/ NICK /)).at(-1)).toBe(':ann!~ann@guest.roomd NICK :olga')
    await ann.ask('PRIVMSG #lone :end')
    const seen = await bob.until(/ PRIVMSG #lone :end/)
    expect(seen.filter((line) => !line.includes(' MODE ')).sort()).toEqual([
      ':ann!ann@account.roomd NICK :olga',
      ':ann!~ann@guest.roomd ACCOUNT olga',
      ':ann!~ann@guest.roomd PART #shared',
      ':olga!olga@account.roomd PRIVMSG #lone :end',
    ])
    await ann.ask('PRIVMSG #shared :from the other node')
    for (const client of [olga, bob]) await client.until(/ PRIVMSG #shared :from the other node/)
    olga.send('QUIT')
    await olga.closed
    expect(await bob.ask('NAMES #shared')).toContain(':roomd 353 bob = #shared :@olga bob')
  })
})
