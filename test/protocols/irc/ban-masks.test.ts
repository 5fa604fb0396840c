/** docs/protocols/irc.md, sections 5 and 9: bans by the user of a source, as irssi makes them. */
import { expect, test } from 'vitest'
import type { IrcClient } from '../../clients/irc.ts'
import { codes, ircSuite, PASSWORD } from './suite.ts'

const suite = ircSuite()

async function guest(nick: string, user: string): Promise<IrcClient> {
  const client = await suite.dial()
  await client.ask(`NICK ${nick}`, `USER ${user} 0 * :${nick}`)
  return client
}

/** The masks that a channel's operator sees banned. */
async function bans(operator: IrcClient, channel: string): Promise<(string | undefined)[]> {
  const lines = await operator.ask(`MODE ${channel} b`)
  return lines.filter((line) => line.includes(' 367 ')).map((line) => line.split(' ')[4])
}

test('22. a ban by the USER argument of a member is for its nickname', async () => {
  const [ann] = await suite.together('#user', 'ann')
  const [bob, eve] = [await guest('bob', 'robert'), await guest('eve', 'other')]
  for (const client of [bob, eve]) await client.ask('JOIN #user')
  await ann.rest()
  for (const mask of ['*!*robert@*.roomd', '*!~robert@guest.roomd', '*!ROBERT', '*!*rob?r*@*']) {
    expect(await ann.ask(`MODE #user +b ${mask}`)).toEqual([
      ':ann!~ann@guest.roomd MODE #user +b bob!*@*',
      expect.stringContaining(' KICK #user bob :'),
    ])
    expect(codes(await bob.ask('JOIN #user')).at(-1)).toBe('474')
    expect(await bans(ann, '#user')).toEqual(['bob!*@*'])
    // The same mask lifts it.
    await ann.ask(`MODE #user -b ${mask}`)
    expect(await bans(ann, '#user')).toEqual([])
    expect(codes(await bob.ask('JOIN #user'))).toContain('JOIN')
    await ann.rest()
  }
  // A nickname counts before the user.
  await ann.ask('MODE #user +b eve!*robert@*')
  expect(await bans(ann, '#user')).toEqual(['eve!*@*'])
})

/** The reason for which a mask bans nobody. */
async function refusal(operator: IrcClient, channel: string, mask: string): Promise<string | undefined> {
  const before = await bans(operator, channel)
  const [line = ''] = await operator.ask(`MODE ${channel} +b ${mask}`)
  expect(await bans(operator, channel)).toEqual(before)
  const [head, why] = line.split(` ${channel} b ${mask} :`)
  expect(head).toMatch(/^:roomd 696 \S+$/)
  return why
}

const fits = (names: string) => `The mask fits ${names}, ban by nickname: nick!*@*`

test('22. a ban by the USER argument finds guests elsewhere, and is refused where nobody fits it', async () => {
  const [ann] = await suite.together('#gone', 'ann')
  const bob = await guest('bob', 'robert')
  await bob.ask('JOIN #gone', 'PART #gone')
  await ann.rest()
  await ann.ask('MODE #gone +b *!*robert@*.roomd')
  expect(await bans(ann, '#gone')).toEqual(['bob!*@*'])
  expect(codes(await bob.ask('JOIN #gone'))).toEqual(['474'])
  await ann.ask('MODE #gone -b *!*robert@*.roomd')
  expect(await bans(ann, '#gone')).toEqual([])
  bob.send('QUIT')
  await bob.closed
  for (const mask of ['*!*robert@*.roomd', '*!~robert@guest.roomd', '*!*nobody@*', '*!*bob@*', '*!*rob*@*'])
    expect(await refusal(ann, '#gone', mask)).toBe(fits('nobody here'))
})

test('22. the user of a mask is compared with its ~, and the host too', async () => {
  const owner = await suite.owner('annacct')
  const [ann] = await suite.together('#source', 'ann')
  await owner.ask('JOIN #source')
  const mallory = await guest('mallory', 'annacct')
  await mallory.ask('JOIN #source', 'PART #source')
  await ann.rest()
  expect(await ann.ask('MODE #source +b *!~annacct@guest.roomd')).toEqual([
    ':ann!~ann@guest.roomd MODE #source +b mallory!*@*',
  ])
  expect(codes(await mallory.ask('JOIN #source'))).toEqual(['474'])
  await ann.ask('MODE #source -b mallory')
  for (const mask of ['*!~annacct@account.roomd', '*!~annacct@*.example', '*!annacct@example'])
    expect(await refusal(ann, '#source', mask)).toBe(fits('nobody here'))
  expect(await ann.ask('MODE #source +b *!annacct@account.roomd')).toEqual([
    ':ann!~ann@guest.roomd MODE #source +b annacct!*@*',
    ':ann!~ann@guest.roomd KICK #source annacct :ann',
  ])
  // So too where it is elsewhere.
  await ann.ask('MODE #source -b *!annacct@account.roomd')
  expect(await bans(ann, '#source')).toEqual([])
  await owner.ask('MODE annacct +i')
  await ann.ask('MODE #source +b *!annacct@account.roomd')
  expect(await bans(ann, '#source')).toEqual(['annacct!*@*'])
})

test('22. a mask that one user fits by the nickname, and another one by the USER argument, names both', async () => {
  const owner = await suite.owner('meant')
  const [ann] = await suite.together('#both', 'ann')
  await owner.ask('JOIN #both')
  const mallory = await guest('mallory', 'meant')
  await mallory.ask('JOIN #both')
  await ann.rest()
  for (const mask of ['*!*meant@*.roomd', '*!MEANT@*', '*!*mean?@*'])
    expect(await refusal(ann, '#both', mask)).toBe(fits('meant and mallory'))
  // So too where one of them has left the channel.
  await mallory.ask('PART #both')
  await ann.rest()
  expect(await refusal(ann, '#both', '*!*meant@*.roomd')).toBe(fits('meant and mallory'))
  await mallory.ask('JOIN #both')
  await owner.ask('PART #both')
  await ann.rest()
  // It is somebody's in the channel by the USER argument.
  await ann.ask('MODE #both +b *!*meant@*.roomd')
  expect(await bans(ann, '#both')).toEqual(['mallory!*@*'])
})

test('22. a mask finds no invisible guests of other channels, and with wildcards nobody outside', async () => {
  const stranger = await guest('stranger', 'stranger')
  await stranger.ask('JOIN #alone')
  const [hidden, other] = [await guest('hidden1', 'secret'), await guest('other', 'sandra')]
  await hidden.ask('MODE hidden1 +i', 'JOIN #hidden', 'MODE #hidden +s')
  for (const mask of ['*!se*@*', '*!*sec*@*', '*!?secret@*', '*!secret@*', '*!*secret@*.roomd', '*!sandr?@*'])
    expect(await refusal(stranger, '#alone', mask)).toBe(fits('nobody here'))
  await stranger.ask('MODE #alone +b *!sandra@*')
  expect(await bans(stranger, '#alone')).toEqual(['other!*@*'])
  await stranger.ask('MODE #alone -b other')
  await other.ask('JOIN #alone')
  await stranger.rest()
  await stranger.ask('MODE #alone +b *!*andr?@*')
  expect(await bans(stranger, '#alone')).toEqual(['other!*@*'])
  await stranger.ask('MODE #alone -b *!*andr?@*')
  expect(await bans(stranger, '#alone')).toEqual([])
  // Who shares a channel is found.
  await hidden.ask('JOIN #shared')
  await stranger.ask('JOIN #shared', 'MODE #alone +b *!secret@*')
  expect(await bans(stranger, '#alone')).toEqual(['hidden1!*@*'])
})

test('22. a mask that several users fit bans nobody, and names them', async () => {
  const [ann] = await suite.together('#crowd', 'ann')
  const [bob, eve] = [await guest('bob', 'root'), await guest('eve', 'root')]
  for (const client of [bob, eve]) await client.ask('JOIN #crowd')
  await ann.rest()
  for (const mask of ['*!*root@*.roomd', '*!~root@*', '*!*oo*@*'])
    expect(await refusal(ann, '#crowd', mask)).toBe(fits('bob and eve'))
  for (const nick of ['dan', 'fay', 'gil']) await (await guest(nick, 'root')).ask('JOIN #crowd')
  await ann.rest()
  expect(await refusal(ann, '#crowd', '*!*root@*.roomd')).toBe(fits('bob, eve, dan, fay and 1 more'))
  for (const mask of ['*!?*@*', '*!~?@*', '*!~*@*', '*!*@guest.roomd', '*!**@*'])
    expect(await refusal(ann, '#crowd', mask)).toBe('Bans are by nickname here: nick!*@*')
  // Nicknames of one character are not all of them.
  expect(codes(await ann.ask('MODE #crowd +b ?!*root@*', 'MODE #crowd +b ?!*@*'))).toEqual(['432', '432'])
  // Those of the same user elsewhere do not count.
  await ann.ask('JOIN #few')
  await bob.ask('JOIN #few')
  await ann.rest()
  await ann.ask('MODE #few +b *!*root@*.roomd')
  expect(await bans(ann, '#few')).toEqual(['bob!*@*'])
  // Who is no operator learns nothing of it.
  await bob.rest()
  expect(codes(await bob.ask('MODE #crowd +b *!*root@*', 'MODE #crowd -b *!*root@*'))).toEqual(['482', '482'])
})

test('22. a ban by the user finds users of other protocols by their nickname, and accounts by no other', async () => {
  const [ann] = await suite.together('#spared', 'ann')
  await suite.line('robert', 'spared')
  const eve = await guest('eve', 'evelyn')
  await eve.ask('JOIN #spared')
  const fresh = await guest('joiner', 'samuel')
  await fresh.ask(`REGISTER * * :${PASSWORD}`, 'JOIN #spared')
  await ann.rest()
  // An operator is not banned by another one.
  await ann.ask('MODE #spared +o eve')
  await ann.rest()
  expect(codes(await ann.ask('MODE #spared +b *!*evelyn@*'))).toEqual(['482'])
  await ann.ask('MODE #spared +b *!*robert@*.roomd')
  expect(await bans(ann, '#spared')).toEqual(['robert!*@*'])
  // The source of an account has its nickname, whatever its USER argument.
  expect(await refusal(ann, '#spared', '*!*samuel@*.roomd')).toBe(fits('nobody here'))
  await ann.ask('MODE #spared +b *!joiner@*.roomd')
  expect(codes(await fresh.ask('JOIN #spared')).at(-1)).toBe('474')
})
