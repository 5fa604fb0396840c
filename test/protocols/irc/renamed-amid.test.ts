/** docs/protocols/irc.md, section 9, points 24 and 28: what happens in a channel while one of its users becomes another one. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { fold } from '../../../src/chat/names.ts'
import { LocalMemberships } from '../../../src/engine/local/memberships.ts'
import type { IrcClient } from '../../clients/irc.ts'
import { LineClient } from '../../support/client.ts'
import { type IrcStage, ircStage } from './stage.ts'
import { PASSWORD, plainResponse } from './suite.ts'

/** Runs `work` once, when a nickname is about to be claimed in the `nth` room. */
function beforeClaim(nick: string, nth: number, work: () => Promise<void>): void {
  const { claim } = LocalMemberships.prototype
  let count = 0
  const spy = vi.spyOn(LocalMemberships.prototype, 'claim').mockImplementation(async function (
    this: LocalMemberships,
    ...args
  ) {
    if (args[0] > 0 && fold(args[1]) === nick && ++count === nth) await work()
    return claim.apply(this, args)
  })
  onTestFinished(() => spy.mockRestore())
}

/** A guest and an operator in three channels, and one more guest in each. */
async function three(stage: IrcStage) {
  const op = await stage.guest('op')
  await op.ask('JOIN #one,#two,#three', 'MONITOR + ann')
  const ann = await stage.dial()
  await ann.ask('CAP REQ :sasl', 'NICK ann', 'USER bert 0 * :Ann', 'CAP END')
  await ann.ask('JOIN #one,#two,#three')
  const [one, two, three] = [await stage.guest('one'), await stage.guest('two'), await stage.guest('three')]
  for (const [client, channel] of [
    [one, '#one'],
    [two, '#two'],
    [three, '#three'],
  ] as const)
    await client.ask(`JOIN ${channel}`)
  for (const client of [op, ann, one, two, three]) await client.rest()
  return { op, ann, one, two, three, line: stage.line }
}

async function account(stage: IrcStage, nick: string): Promise<void> {
  const maker = await stage.guest(nick)
  await maker.ask(`REGISTER * * :${PASSWORD}`)
  maker.send('QUIT')
  await maker.closed
}

/** The two ways in which a guest gets another nickname. */
const WAYS = [
  { way: 'NICK', become: (client: IrcClient) => client.ask('NICK olga'), host: '!~bert@guest.roomd' },
  {
    way: 'SASL',
    become: (client: IrcClient) => client.ask('AUTHENTICATE PLAIN', `AUTHENTICATE ${plainResponse('olga', PASSWORD)}`),
    host: '!olga@account.roomd',
  },
] as const

async function ready(way: (typeof WAYS)[number]['way']) {
  const stage = await ircStage()
  if (way === 'SASL') await account(stage, 'olga')
  return three(stage)
}

const nickOf = (way: string) => `:ann!${way === 'SASL' ? 'ann@account.roomd' : '~bert@guest.roomd'} NICK :olga`

test.for(WAYS)(
  '$way: a ban amid the change ends the former presence, and the client is told of the channel',
  async (how) => {
    const { op, ann, one, two, three } = await ready(how.way)
    beforeClaim('olga', 2, async () => void (await op.ask('MODE #two +b olga!*@*')))
    const own = await how.become(ann)
    expect(own.slice(own.findIndex((line) => line.includes(' NICK ')))).toEqual([
      ':ann!~bert@guest.roomd NICK :olga',
      `:olga${how.host} PART #two`,
      ':roomd 474 olga #two :Cannot join channel (+b)',
    ])
    for (const client of [one, three]) expect(await client.rest()).toEqual([nickOf(how.way)])
    expect(await two.rest()).toEqual([':op!~op@guest.roomd MODE #two +b olga!*@*', ':ann!~bert@guest.roomd PART #two'])
    expect(await two.ask('NAMES #two')).toContain(':roomd 353 two = #two :@op two')
    expect(await op.rest()).toContain(':roomd 731 op :ann')
    expect((await op.ask('WHOWAS ann'))[0]).toMatch(/ 314 op ann ~bert /)
    // It goes on in the others.
    await one.ask('PRIVMSG #one :to olga')
    expect(await ann.rest()).toEqual([':one!~one@guest.roomd PRIVMSG #one :to olga'])
  },
)

test.for(WAYS)('$way: a KICK amid the change is the end of the user in the channel', async (how) => {
  const { op, ann, one, two, three } = await ready(how.way)
  const kicked: string[] = []
  beforeClaim('olga', 2, async () => void kicked.push(...(await op.ask('KICK #two ann :out'))))
  const own = await how.become(ann)
  expect(kicked).toContain(':op!~op@guest.roomd KICK #two ann :out')
  const shown = own.filter((line) => / (KICK|NICK|PART|JOIN) /.test(line))
  expect(shown).toEqual([':op!~op@guest.roomd KICK #two ann :out', ':ann!~bert@guest.roomd NICK :olga'])
  expect(await two.rest()).toEqual([':op!~op@guest.roomd KICK #two ann :out'])
  for (const client of [one, three]) expect(await client.rest()).toEqual([nickOf(how.way)])
  expect(await two.ask('NAMES #two')).toContain(':roomd 353 two = #two :@op two')
  expect(await ann.ask('PRIVMSG #two :hello')).toContainEqual(expect.stringMatching(/ 404 olga #two /))
  // Nobody holds either nickname there.
  if (how.way === 'NICK') expect(await ann.ask('JOIN #two')).toContain(':roomd 353 olga = #two :@op two olga')
})

test.for([2, 3])(
  '28. where another session of the account joins room %i amid the change, the guest leaves it',
  async (nth) => {
    const stage = await ircStage()
    await account(stage, 'olga')
    const { ann, one, two, three: last } = await three(stage)
    const [room, there] = nth === 2 ? (['two', two] as const) : (['three', last] as const)
    await one.ask(`JOIN #${room}`)
    const other = await LineClient.connect(stage.daemon)
    onTestFinished(() => void other.socket.destroy())
    await other.ask(`LOGIN olga ${PASSWORD}`)
    beforeClaim('olga', nth, async () => void (await other.ask(`JOIN ${room}`)))
    for (const client of [ann, one, there]) await client.rest()
    const own = await WAYS[1].become(ann)
    expect(own.filter((line) => / (NICK|PART|JOIN) /.test(line))).toEqual([':ann!~bert@guest.roomd NICK :olga'])
    expect(await there.rest()).toEqual([
      `:olga!olga@account.roomd JOIN #${room}`,
      `:ann!~bert@guest.roomd PART #${room}`,
    ])
    expect(await one.rest()).toContain(nickOf('SASL'))
    expect(await there.ask(`NAMES #${room}`)).toContain(`:roomd 353 ${room} = #${room} :@op ${room} one olga`)
    await there.ask(`PRIVMSG #${room} :to both`)
    expect(await ann.rest()).toEqual([`:${room}!~${room}@guest.roomd PRIVMSG #${room} :to both`])
    expect((await other.until(({ type }) => type === 'message')).at(-1)).toMatchObject({ body: 'to both' })
  },
)

test.for(WAYS)('$way: another title amid the change is shown behind it', async (how) => {
  const { op, ann, one, line } = await ready(how.way)
  const lin = await line('lin', 'one')
  await op.ask('MODE #one +o lin')
  for (const client of [ann, one]) await client.rest()
  beforeClaim('olga', 1, async () => {
    await lin.ask('/title Cellar')
    await one.until(/ 366 /)
  })
  const shown = await how.become(ann)
  if (!shown.some((text) => text.includes(' 366 '))) shown.push(...(await ann.until(/ 366 /)))
  expect(shown.filter((text) => / (NICK|PART|JOIN|353|366) /.test(text))).toEqual([
    ':ann!~bert@guest.roomd NICK :olga',
    `:olga${how.host} PART #one :The channel is #Cellar now`,
    `:olga${how.host} JOIN #Cellar`,
    expect.stringMatching(/^:roomd 353 olga = #Cellar :.*olga/),
    ':roomd 366 olga #Cellar :End of /NAMES list',
  ])
})
