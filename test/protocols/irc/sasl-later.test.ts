/** docs/protocols/irc.md, section 9, point 28: SASL behind the registration. */
import { expect, onTestFinished, test } from 'vitest'
import type { IrcClient } from '../../clients/irc.ts'
import { LineClient } from '../../support/client.ts'
import { type IrcStage, ircStage } from './stage.ts'
import { PASSWORD, plainResponse } from './suite.ts'

/** A client that has logged in to an account, which is made if need be. */
async function owner(stage: IrcStage, nick: string): Promise<IrcClient> {
  const maker = await stage.guest(nick)
  await maker.ask(`REGISTER * * :${PASSWORD}`)
  return maker
}

async function leave(client: IrcClient): Promise<void> {
  client.send('QUIT')
  await client.closed
}

function identify(client: IrcClient, account: string, password = PASSWORD): Promise<string[]> {
  return client.ask('AUTHENTICATE PLAIN', `AUTHENTICATE ${plainResponse(account, password)}`)
}

function proved(before: string, account: string): string[] {
  return [
    'AUTHENTICATE +',
    `:roomd 900 ${before} ${account}!${account}@account.roomd ${account} :You are now logged in as ${account}`,
    `:roomd 903 ${before} :SASL authentication successful`,
  ]
}

test('28. a guest that proves an account becomes its owner, in its channels and with its roles', async () => {
  const stage = await ircStage()
  await leave(await owner(stage, 'olga'))
  const ann = await stage.guest('ann', 'sasl')
  await ann.ask('JOIN #ops')
  const bob = await stage.guest('bob', 'account-notify chghost extended-monitor account-tag')
  await bob.ask('JOIN #ops', 'MONITOR + ann,olga')
  const eve = await stage.guest('eve')
  await eve.ask('JOIN #ops')
  const watcher = await stage.guest('watcher', 'account-notify extended-monitor')
  await watcher.ask('MONITOR + ann')
  for (const client of [ann, bob, eve]) await client.rest()

  expect(await identify(ann, 'olga')).toEqual([
    ...proved('ann', 'olga'),
    ':ann!~ann@guest.roomd NICK :olga',
    ':olga!olga@account.roomd MODE #ops +o olga',
  ])
  const seen = (await bob.rest()).sort()
  expect(seen).toEqual([
    ':ann!~ann@guest.roomd ACCOUNT olga',
    ':ann!~ann@guest.roomd CHGHOST ann account.roomd',
    ':roomd 730 bob :olga!olga@account.roomd',
    ':roomd 731 bob :ann',
    '@account=olga :ann!ann@account.roomd NICK :olga',
    '@account=olga :olga!olga@account.roomd MODE #ops +o olga',
  ])
  expect(await eve.rest()).toEqual([':ann!ann@account.roomd NICK :olga', ':olga!olga@account.roomd MODE #ops +o olga'])
  expect(await watcher.rest()).toEqual([':ann!~ann@guest.roomd ACCOUNT olga', ':roomd 731 watcher :ann'])

  expect(await ann.ask('WHOIS olga', 'NICK anna')).toEqual(
    expect.arrayContaining([
      ':roomd 330 olga olga olga :is logged in as',
      ':roomd 447 olga :The owner of an account keeps its nickname',
    ]),
  )
  expect(await eve.ask('NAMES #ops')).toContain(':roomd 353 eve = #ops :bob eve @olga')
  await ann.ask('PRIVMSG #ops :hello')
  expect(await bob.rest()).toEqual(['@account=olga :olga!olga@account.roomd PRIVMSG #ops :hello'])
  await bob.ask('PRIVMSG olga :psst')
  expect(await ann.rest()).toEqual([':bob!~bob@guest.roomd PRIVMSG olga :psst'])

  // A channel of the other sessions that it has left stays so when it proves its account once more.
  const phone = await stage.guest('phone', 'sasl')
  await identify(phone, 'olga')
  expect(await phone.ask('PART #ops')).toEqual([':olga!olga@account.roomd PART #ops'])
  expect(await identify(phone, 'olga')).toEqual(proved('olga', 'olga'))
  await leave(phone)
  expect((await eve.rest()).filter((line) => / (JOIN|PART|QUIT|NICK) /.test(line))).toEqual([])

  // The former nickname is free, the role is the account's.
  const other = await stage.guest('ann')
  await other.ask('JOIN #ops')
  await leave(ann)
  const again = await stage.guest('zoe', 'sasl')
  await again.ask('JOIN #ops')
  expect(await identify(again, 'olga')).toContain(':zoe!~zoe@guest.roomd NICK :olga')
  expect(await eve.ask('NAMES #ops')).toContain(':roomd 353 eve = #ops :bob eve ann @olga')
})

test('28. where the account is through another session, the guest leaves; and it enters the channels of the account', async () => {
  const stage = await ircStage()
  const laptop = await owner(stage, 'olga')
  await laptop.ask('JOIN #ops,#dev')
  const bob = await stage.guest('bob', 'account-notify')
  const phone = await stage.guest('phone', 'sasl')
  for (const client of [bob, phone]) await client.ask('JOIN #ops')
  await phone.ask('JOIN #new')
  await bob.ask('JOIN #dev,#new')
  for (const client of [laptop, bob, phone]) await client.rest()

  const shown = await identify(phone, 'olga')
  expect(shown.slice(0, 4)).toEqual([...proved('phone', 'olga'), ':phone!~phone@guest.roomd NICK :olga'])
  expect(shown.filter((line) => / (JOIN|PART|QUIT) /.test(line))).toEqual([':olga!olga@account.roomd JOIN #dev'])
  const seen = await bob.rest()
  expect(seen.filter((line) => !line.includes(' MODE '))).toEqual([
    ':phone!~phone@guest.roomd PART #ops',
    ':phone!~phone@guest.roomd ACCOUNT olga',
    ':phone!phone@account.roomd NICK :olga',
  ])
  await bob.ask('PRIVMSG #ops :to both', 'PRIVMSG #dev :too', 'PRIVMSG #new :to one')
  expect((await phone.rest()).flatMap((line) => / :(to.*)$/.exec(line)?.[1] ?? [])).toEqual([
    'to both',
    'too',
    'to one',
  ])
  expect((await laptop.rest()).flatMap((line) => / :(to.*)$/.exec(line)?.[1] ?? [])).toEqual(['to both', 'too'])
  await leave(laptop)
  expect(await bob.ask('NAMES #ops')).toContain(':roomd 353 bob = #ops :@olga bob')
  await leave(phone)
  expect((await bob.until(/ QUIT /)).at(-1)).toBe(':olga!olga@account.roomd QUIT :Connection closed')
  expect(await bob.rest()).toEqual([])
})

test('28. the owner of an account proves it again, or another one, before and behind the registration', async () => {
  const stage = await ircStage()
  for (const name of ['olga', 'carl']) await leave(await owner(stage, name))
  const client = await stage.dial()
  await client.ask('CAP REQ :sasl', 'NICK somebody', 'USER u 0 * :U')
  expect(await identify(client, 'carl')).toEqual(proved('*', 'carl'))
  expect(await identify(client, 'olga')).toEqual(proved('*', 'olga'))
  expect((await client.ask('CAP END'))[0]).toBe(':somebody NICK :olga')
  const bob = await stage.guest('bob', 'account-notify')
  await client.ask('JOIN #ops')
  await bob.ask('JOIN #ops')
  await client.rest()
  expect(await identify(client, 'olga')).toEqual(proved('olga', 'olga'))
  expect(await identify(client, 'olga', 'wrong password')).toEqual([
    'AUTHENTICATE +',
    ':roomd 904 olga :SASL authentication failed',
  ])
  expect(await bob.rest()).toEqual([])
  expect(await identify(client, 'carl')).toEqual([...proved('olga', 'carl'), ':olga!olga@account.roomd NICK :carl'])
  // The role of one account does not go to another one.
  expect(await bob.rest()).toEqual([':olga!olga@account.roomd PART #ops', ':carl!carl@account.roomd JOIN #ops'])
  expect(await bob.ask('NAMES #ops')).toContain(':roomd 353 bob = #ops :bob carl')
  await leave(client)
  expect((await bob.until(/ QUIT /)).at(-1)).toBe(':carl!carl@account.roomd QUIT :Connection closed')
})

test('28. where the former account is through another session, its JOIN is shown to the session that has become another one', async () => {
  const stage = await ircStage()
  await leave(await owner(stage, 'olga'))
  const desk = await owner(stage, 'carl')
  await desk.ask('SETNAME :Carl C.', 'JOIN #both')
  const phone = await stage.dial()
  await phone.register('carl', 'sasl extended-join account-tag', PASSWORD)
  await phone.ask('JOIN #own')
  const bob = await stage.guest('bob')
  await bob.ask('JOIN #both')
  await phone.rest()
  const shown = await identify(phone, 'olga')
  expect(shown.filter((line) => / (NICK|JOIN|PART) /.test(line))).toEqual([
    '@account=olga :carl!carl@account.roomd NICK :olga',
    '@account=carl :carl!carl@account.roomd JOIN #both carl :Carl C.',
  ])
  expect(await bob.rest()).toEqual([':olga!olga@account.roomd JOIN #both'])
  await desk.ask('PRIVMSG #both :still here', 'PART #both')
  expect((await phone.rest()).filter((line) => line.includes(':carl!'))).toEqual([
    '@account=carl :carl!carl@account.roomd PRIVMSG #both :still here',
    '@account=carl :carl!carl@account.roomd PART #both',
  ])
})

test('28. an account that may not be in a channel of the guest is refused, and nothing changes', async () => {
  const stage = await ircStage()
  await leave(await owner(stage, 'olga'))
  const op = await stage.guest('op')
  await op.ask('JOIN #ops', 'MODE #ops +b olga!*@*')
  const ann = await stage.guest('ann', 'sasl')
  await ann.ask('JOIN #ops')
  await op.rest()
  expect(await identify(ann, 'olga')).toEqual([
    'AUTHENTICATE +',
    ':roomd 904 ann :The account is banned in one of your channels',
  ])
  expect(await op.rest()).toEqual([])
  await ann.ask('PRIVMSG #ops :still ann')
  expect(await op.rest()).toEqual([':ann!~ann@guest.roomd PRIVMSG #ops :still ann'])
  await ann.ask('PART #ops')
  expect(await identify(ann, 'olga')).toContain(':ann!~ann@guest.roomd NICK :olga')
})

test('28. other protocols see a guest that proves an account under its new nickname', async () => {
  const stage = await ircStage()
  await leave(await owner(stage, 'olga'))
  const eve = await stage.line('eve', 'ops')
  const ann = await stage.guest('ann', 'sasl')
  await ann.ask('JOIN #ops')
  await eve.until((line) => line.type === 'userJoined' && line.from === 'ann')
  await identify(ann, 'olga')
  const lines = await eve.until(({ type }) => type === 'userJoined')
  expect(lines).toMatchObject([
    { type: 'userLeft', from: 'ann' },
    { type: 'userJoined', from: 'olga' },
  ])
  const other = await LineClient.connect(stage.daemon)
  onTestFinished(() => void other.socket.destroy())
  expect(await other.ask('LOGIN ann')).toMatchObject({ type: 'commandResult' })
  expect(await other.ask(`LOGIN olga ${PASSWORD}`)).not.toMatchObject({ error: 'Nickname is in use' })
})

test('41. a session keeps the rights that OPER has given it when it becomes an account, by SASL or REGISTER', async () => {
  const stage = await ircStage({ admins: ['boss'] })
  await leave(await owner(stage, 'boss'))
  await leave(await owner(stage, 'olga'))
  const [ann, eve] = [await stage.guest('ann', 'sasl'), await stage.guest('eve')]
  for (const client of [ann, eve])
    expect(await client.ask(`OPER boss :${PASSWORD}`)).toContainEqual(expect.stringContaining(' 381 '))
  await identify(ann, 'olga')
  await eve.ask(`REGISTER * * :${PASSWORD}`)
  for (const client of [ann, eve]) expect((await client.ask('LUSERS'))[1]).toMatch(/ 252 \S+ 2 /)
  await ann.ask('JOIN #ops')
  await eve.ask('JOIN #ops')
  expect((await eve.ask('KICK #ops olga')).at(-1)).toMatch(/ KICK #ops olga /)
})
