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

test('22. a ban by the USER argument finds who is elsewhere or has gone, and where nobody fits it is for the nickname', async () => {
  const [ann] = await suite.together('#gone', 'ann')
  const bob = await guest('bob', 'robert')
  await bob.ask('JOIN #gone', 'PART #gone')
  await ann.ask('MODE #gone +b *!*robert@*.roomd')
  expect(await bans(ann, '#gone')).toEqual(['bob!*@*'])
  expect(codes(await bob.ask('JOIN #gone'))).toEqual(['474'])
  const carl = await guest('carl', 'charles')
  carl.send('QUIT')
  await carl.closed
  await ann.ask('MODE #gone -b bob', 'MODE #gone +b *!*charles@*.roomd')
  expect(await bans(ann, '#gone')).toEqual(['carl!*@*'])
  await ann.ask('MODE #gone -b *!*charles@*.roomd', 'MODE #gone +b *!*nobody@*.roomd')
  expect(await bans(ann, '#gone')).toEqual(['*nobody!*@*'])
  await ann.ask('MODE #gone -b *!*nobody@*.roomd')
  expect(await bans(ann, '#gone')).toEqual([])
})

test('22. a ban by the USER argument may find as many who are elsewhere as there are in the channel', async () => {
  const [ann] = await suite.together('#two', 'ann', 'bob', 'eve')
  for (const nick of ['hal', 'ida']) await guest(nick, 'twins')
  await ann.ask('MODE #two +b *!*twins@*.roomd')
  expect(await bans(ann, '#two')).toEqual(['hal!*@*', 'ida!*@*'])
})

test('22. a ban by a user that many have bans nobody by accident', async () => {
  const [ann] = await suite.together('#crowd', 'ann')
  const [bob, eve] = [await guest('bob', 'root'), await guest('eve', 'root')]
  for (const client of [bob, eve]) await client.ask('JOIN #crowd')
  await ann.rest()
  const refused = (mask: string) => [
    `:roomd 696 ann #crowd b ${mask} :The mask fits too many users, ban by nickname: nick!*@*`,
  ]
  // They are all of the others.
  for (const mask of ['*!*root@*.roomd', '*!~root@*', '*!*o*@*'])
    expect(await ann.ask(`MODE #crowd +b ${mask}`)).toEqual(refused(mask))
  const other = await guest('carl', 'charles')
  await other.ask('JOIN #crowd')
  await ann.rest()
  await ann.ask('MODE #crowd +b *!*root@*.roomd')
  expect(await bans(ann, '#crowd')).toEqual(['bob!*@*', 'eve!*@*'])
  await ann.ask('MODE #crowd -b *!*root@*.roomd')
  expect(await bans(ann, '#crowd')).toEqual([])
  for (const client of [bob, eve]) await client.ask('JOIN #crowd')
  for (const nick of ['dan', 'fay', 'gil']) await (await guest(nick, 'root')).ask('JOIN #crowd')
  await ann.rest()
  expect(await ann.ask('MODE #crowd +b *!*root@*.roomd')).toEqual(refused('*!*root@*.roomd'))
  for (const mask of ['*!?*@*', '*!~?@*', '*!~*@*', '*!*@guest.roomd', '*!**@*'])
    expect(await ann.ask(`MODE #crowd +b ${mask}`)).toEqual([
      `:roomd 696 ann #crowd b ${mask} :Bans are by nickname here: nick!*@*`,
    ])
  expect(await bans(ann, '#crowd')).toEqual([])
  // Who is no operator learns nothing of it.
  await bob.rest()
  expect(codes(await bob.ask('MODE #crowd +b *!*root@*', 'MODE #crowd -b *!*root@*'))).toEqual(['482', '482'])
})

test('22. a ban by the user spares operators, accounts with another user, and users of other protocols with another nickname', async () => {
  const [ann] = await suite.together('#spared', 'ann')
  const [bob, eve] = [await guest('bob', 'robert'), await guest('eve', 'robert')]
  for (const client of [bob, eve]) await client.ask('JOIN #spared')
  const olga = await suite.owner('olga')
  await olga.ask('JOIN #spared')
  await suite.line('robert', 'spared')
  await ann.ask('MODE #spared +o eve', 'MODE #spared +b *!*robert@*.roomd')
  expect(await bans(ann, '#spared')).toEqual(['bob!*@*', 'robert!*@*'])
  await ann.rest()
  expect((await ann.ask('NAMES #spared'))[0]).toBe(':roomd 353 ann = #spared :@ann @eve olga')
  // The source of an account has its nickname, whatever its USER argument.
  const fresh = await guest('joiner', 'samuel')
  await fresh.ask(`REGISTER * * :${PASSWORD}`, 'JOIN #spared')
  await ann.rest()
  await ann.ask('MODE #spared +b *!*samuel@*.roomd')
  expect(await bans(ann, '#spared')).toEqual(['bob!*@*', 'robert!*@*', '*samuel!*@*'])
  await ann.ask('MODE #spared +b *!joiner@*.roomd')
  expect(codes(await fresh.ask('JOIN #spared')).at(-1)).toBe('474')
})
