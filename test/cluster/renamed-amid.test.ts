/** docs/protocols/irc.md, section 9, points 24 and 28, with the others on another node. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { fold } from '../../src/chat/names.ts'
import { RedisMemberships } from '../../src/engine/redis/memberships.ts'
import { IrcClient } from '../clients/irc.ts'
import { PASSWORD, plainResponse } from '../protocols/irc/suite.ts'
import { LineClient } from '../support/client.ts'
import type { TestDaemon } from '../support/daemon.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { startNodesHere } from './nodes.ts'

async function guest({ daemon }: { readonly daemon: TestDaemon }, nick: string, caps?: string): Promise<IrcClient> {
  const client = await IrcClient.register(daemon.port('irc'), nick, caps)
  onTestFinished(() => void client.socket.destroy())
  return client
}

/** Runs `work` once, when a nickname has been claimed in a room. */
function behindClaim(nick: string, work: () => Promise<void>): void {
  const { claim } = RedisMemberships.prototype
  let isDone = false
  const spy = vi.spyOn(RedisMemberships.prototype, 'claim').mockImplementation(async function (
    this: RedisMemberships,
    ...args
  ) {
    const isFirst = args[0] > 0 && fold(args[1]) === nick && !isDone
    if (isFirst) isDone = true
    const claimed = await claim.apply(this, args)
    if (isFirst) await work()
    return claimed
  })
  onTestFinished(() => spy.mockRestore())
}

async function loginToLine({ daemon }: { readonly daemon: TestDaemon }, name: string): Promise<LineClient> {
  const client = await LineClient.connect(daemon)
  onTestFinished(() => void client.socket.destroy())
  await client.ask(`LOGIN ${name} ${PASSWORD}`)
  return client
}

withRedis('a user who becomes another one, on two nodes', () => {
  const server = RedisServer.forAll()

  test('28. where another session of the account joins on the other node amid the change, the guest leaves', async () => {
    const [here, there] = await startNodesHere([server.url, server.url], { irc: 0 })
    if (!here || !there) throw new Error('there are two')
    const maker = await guest(here, 'olga')
    await maker.ask(`REGISTER * * :${PASSWORD}`)
    maker.send('QUIT')
    await maker.closed
    const [bob, ann] = [await guest(there, 'bob'), await guest(here, 'ann', 'sasl')]
    await bob.ask('JOIN #ops')
    await ann.ask('JOIN #ops')
    await bob.until(/ JOIN /)
    const other = await loginToLine(there, 'olga')
    behindClaim('olga', async () => void (await other.ask('JOIN ops')))
    const own = await ann.ask('AUTHENTICATE PLAIN', `AUTHENTICATE ${plainResponse('olga', PASSWORD)}`)
    expect(own.filter((line) => / (NICK|PART|JOIN) /.test(line))).toEqual([':ann!~ann@guest.roomd NICK :olga'])
    expect((await bob.until(/ PART /)).filter((line) => / (NICK|PART|JOIN) /.test(line))).toEqual([
      ':olga!olga@account.roomd JOIN #ops',
      ':ann!~ann@guest.roomd PART #ops',
    ])
    expect(await bob.ask('NAMES #ops')).toContain(':roomd 353 bob = #ops :@bob olga')
    bob.send('PRIVMSG #ops :to both')
    expect((await ann.until(/to both/)).at(-1)).toBe(':bob!~bob@guest.roomd PRIVMSG #ops :to both')
    await other.until((line) => line.type === 'message' && line.body === 'to both')
  })

  test('24. a guest that changes its nickname waits on in slow mode, on each node', async () => {
    const [here, there] = await startNodesHere([server.url, server.url], { irc: 0 })
    if (!here || !there) throw new Error('there are two')
    const op = await LineClient.connect(there.daemon)
    onTestFinished(() => void op.socket.destroy())
    await op.ask('LOGIN op')
    await op.ask('JOIN slow')
    await op.ask('/slow 60')
    const ann = await guest(here, 'ann')
    await ann.ask('JOIN #slow')
    expect(await ann.ask('PRIVMSG #slow :one', 'NICK amy')).toEqual([':ann!~ann@guest.roomd NICK :amy'])
    expect((await ann.ask('PRIVMSG #slow :two'))[0]).toMatch(/^:roomd 404 amy #slow :Slow mode, wait \d+ seconds/)
    await op.until((line) => line.type === 'userJoined' && line.from === 'amy')
    const author = await LineClient.connect(there.daemon)
    onTestFinished(() => void author.socket.destroy())
    ann.send('QUIT')
    await ann.closed
    await author.ask('LOGIN amy')
    await author.ask('/speak slow')
    expect(await author.ask('three')).toMatchObject({ code: 'slow-mode' })
  })

  test('24. a KICK on the other node amid the change is the end of the user in the channel', async () => {
    const [here, there] = await startNodesHere([server.url, server.url], { irc: 0 })
    if (!here || !there) throw new Error('there are two')
    const [bob, ann] = [await guest(there, 'bob'), await guest(here, 'ann')]
    await bob.ask('JOIN #ops')
    await ann.ask('JOIN #ops')
    await bob.until(/ JOIN /)
    behindClaim('rob', async () => {
      bob.send('KICK #ops ann')
      await bob.until(/ KICK #ops ann/)
    })
    const own = await ann.ask('NICK rob')
    expect([...own, ...(await ann.rest())].sort()).toEqual([
      ':ann!~ann@guest.roomd NICK :rob',
      ':bob!~bob@guest.roomd KICK #ops ann :bob',
    ])
    expect(await bob.ask('NAMES #ops')).toContain(':roomd 353 bob = #ops :@bob')
    expect(await ann.ask('JOIN #ops')).toContain(':roomd 353 rob = #ops :@bob rob')
  })
})
