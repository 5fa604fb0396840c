/** docs/protocols/irc.md, section 9: nicknames, private messages, and the users of other protocols. */
import { expect, test } from 'vitest'
import { LineClient } from '../../support/client.ts'
import { ircStage } from './stage.ts'

test('24. a change of nickname is seen once by whoever shares a channel, and nothing is missed meanwhile', async () => {
  const { together, guest, line } = await ircStage()
  const [ann, bob] = await together('#ops', 'ann', 'bob')
  if (!ann || !bob) throw new Error('there are two')
  await ann.ask('JOIN #dev')
  await bob.ask('JOIN #dev')
  const eve = await line('eve', 'ops')
  await ann.rest()
  const says = Array.from({ length: 20 }, (_, n) => `line ${n}`)
  eve.send(...says.slice(0, 10))
  bob.send('NICK rob')
  eve.send(...says.slice(10))
  const own = await bob.until(/ NICK /)
  expect(own.at(-1)).toBe(':bob!~bob@guest.roomd NICK :rob')
  await eve.rest()
  const heard = [...own, ...(await bob.rest())].flatMap((text) => / PRIVMSG #ops :(.*)$/.exec(text)?.[1] ?? [])
  expect(heard).toEqual(says)
  const seen = (await ann.rest()).filter((text) => !text.includes(' PRIVMSG '))
  expect(seen).toEqual([':bob!~bob@guest.roomd NICK :rob'])
  expect(await ann.ask('NAMES #ops')).toContain(':roomd 353 ann = #ops :@ann eve rob')
  expect(await ann.ask('NICK Ann')).toEqual([':ann!~ann@guest.roomd NICK :Ann'])
  // A guest keeps its role.
  expect(await ann.ask('NAMES #ops')).toContain(':roomd 353 Ann = #ops :eve rob @Ann')
  expect(await ann.ask('PRIVMSG #ops :as Ann', 'NICK rob', 'NICK eve', 'NICK !')).toEqual([
    ':roomd 433 Ann rob :Nickname is already in use',
    ':roomd 433 Ann eve :Nickname is already in use',
    ':roomd 432 Ann ! :Erroneous nickname',
  ])
  const other = await guest('bob')
  expect(await other.ask('PRIVMSG rob :hello')).toEqual([])
  expect(await bob.rest()).toContain(':bob!~bob@guest.roomd PRIVMSG rob :hello')
})

test('24. a client whose connection has just ended has its nickname again at once', async () => {
  const { guest, dial } = await ircStage()
  for (let n = 0; n < 5; n++) {
    const [before, after] = [await guest(`nick${n}`), await dial()]
    before.socket.destroy()
    expect((await after.ask(`NICK nick${n}`, 'USER u 0 * :u'))[0]).toBe(
      `:roomd 001 nick${n} :Welcome to roomd, nick${n}`,
    )
  }
})

test('24. two clients that want each other’s nickname again and again are gone with their connections', async () => {
  const { guest, together } = await ircStage()
  const [eye, ann, bob] = await together('#ops', 'eye', 'ann', 'bob')
  if (!eye || !ann || !bob) throw new Error('there are three')
  ann.socket.end(`${'NICK bob\r\n'.repeat(100)}`)
  bob.socket.end(`${'NICK ann\r\n'.repeat(100)}`)
  const quits = [...(await eye.until(/ QUIT /)), ...(await eye.until(/ QUIT /))]
  expect(quits.filter((text) => text.includes(' QUIT '))).toHaveLength(2)
  await guest('ann')
  await guest('bob')
})

test('24. a nickname that a client asks for while its connection ends is free behind that', async () => {
  const { guest } = await ircStage()
  const nicks = Array.from({ length: 20 }, (_, n) => `late${n}`)
  const clients = await Promise.all(nicks.map((_, n) => guest(`early${n}`)))
  for (const [n, client] of clients.entries()) {
    client.send(`NICK ${nicks[n]}`)
    client.socket.destroy()
  }
  await Promise.all(clients.map(({ closed }) => closed))
  for (const nick of nicks) {
    const client = await guest(nick)
    expect(await client.ask(`ISON ${nick}`)).toEqual([`:roomd 303 ${nick} :${nick}`])
  }
})

test('10. guests write to one another without a channel, across protocols', async () => {
  const { guest, line, daemon } = await ircStage()
  const [ann, bob] = [await guest('ann'), await guest('bob')]
  expect(await ann.ask('PRIVMSG bob :psst', 'PRIVMSG nobody :hello', 'PRIVMSG bob', 'PRIVMSG')).toEqual([
    ':roomd 401 ann nobody :No such nick/channel',
    ':roomd 412 ann :No text to send',
    ':roomd 411 ann :No recipient given (PRIVMSG)',
  ])
  expect(await bob.rest()).toEqual([':ann!~ann@guest.roomd PRIVMSG bob :psst'])
  const eve = await line('eve', 'ops')
  await ann.ask('PRIVMSG eve :from IRC')
  expect(await eve.until(({ type }) => type === 'private')).toMatchObject([{ from: 'ann', body: 'from IRC' }])
  await eve.ask('/tell bob from lines')
  await eve.rest()
  expect(await bob.rest()).toEqual([':eve!~eve@guest.roomd PRIVMSG bob :from lines'])
  const other = await LineClient.connect(daemon)
  expect(await other.ask('LOGIN ann')).toMatchObject({ type: 'error', error: 'Nickname is in use' })
  other.socket.destroy()
})

test('24. guests change their nicknames in an invite-only channel too, and stay in it as what they are', async () => {
  const { guest, together } = await ircStage()
  const [ann, bob] = await together('#closed', 'ann', 'bob')
  if (!ann || !bob) throw new Error('there are two')
  await ann.ask('MODE #closed +i')
  await bob.rest()
  expect(await ann.ask('NICK amy', 'NAMES #closed')).toEqual([
    ':ann!~ann@guest.roomd NICK :amy',
    ':roomd 353 amy = #closed :bob @amy',
    ':roomd 366 amy #closed :End of /NAMES list',
  ])
  expect(await bob.ask('NICK ben', 'PRIVMSG #closed :still here')).toEqual([
    ':ann!~ann@guest.roomd NICK :amy',
    ':bob!~bob@guest.roomd NICK :ben',
  ])
  expect((await ann.rest()).at(-1)).toBe(':ben!~bob@guest.roomd PRIVMSG #closed :still here')
  const eve = await guest('eve')
  expect((await eve.ask('JOIN #closed'))[0]).toMatch(/ 473 /)
})

test('24. a refused change of nickname leaves the former one held, and the other one free', async () => {
  const { guest, daemon } = await ircStage()
  const ann = await guest('ann')
  await ann.ask('JOIN #x')
  await ann.ask('MODE #x +bb zzz amy')
  expect(await ann.ask('NICK zzz')).toEqual([':roomd 447 ann :That nickname is banned in one of your channels'])
  expect(await ann.ask('NICK zzz')).not.toContainEqual(expect.stringContaining(' NICK '))
  const other = await LineClient.connect(daemon)
  const answers = [await other.ask('LOGIN ann'), await other.ask('JOIN y')]
  expect(answers).toContainEqual(expect.objectContaining({ code: expect.stringMatching(/^name-in-(use|room)$/) }))
  const third = await LineClient.connect(daemon)
  expect(await third.ask('LOGIN zzz')).toMatchObject({ type: 'commandResult' })
  expect(await third.ask('JOIN y')).toMatchObject({ type: 'commandResult' })
  expect(await ann.ask('NICK amy')).not.toContainEqual(expect.stringContaining(' NICK '))
  await ann.ask('MODE #x -b amy')
  expect(await ann.ask('NICK amy')).toEqual([':ann!~ann@guest.roomd NICK :amy'])
  const fourth = await LineClient.connect(daemon)
  expect(await fourth.ask('LOGIN ann')).toMatchObject({ type: 'commandResult' })
  expect(await fourth.ask('JOIN y')).toMatchObject({ type: 'commandResult' })
})
