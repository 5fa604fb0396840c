/** docs/protocols/irc.md, section 9: USER arguments in sources, and real names. */
import { expect, onTestFinished, test } from 'vitest'
import { IrcClient } from '../../clients/irc.ts'
import { ircStage } from './stage.ts'
import { codes, ircSuite, PASSWORD, plain, plainResponse, tagOf } from './suite.ts'

const suite = ircSuite()

/** A guest with a USER argument and a real name, with capabilities. */
async function guest(nick: string, user: string, realName = nick, caps = ''): Promise<IrcClient> {
  const client = await suite.dial()
  if (caps !== '') await client.ask(`CAP REQ :${caps}`)
  await client.ask(`NICK ${nick}`, `USER ${user} 0 * :${realName}`)
  if (caps !== '') await client.ask('CAP END')
  return client
}

/** Another session of an account. */
async function further(nick: string, realName: string, caps = ''): Promise<IrcClient> {
  const client = await suite.dial()
  if (caps !== '') await client.ask(`CAP REQ :${caps}`)
  await client.ask(`PASS :${PASSWORD}`, `NICK ${nick}`, `USER other 0 * :${realName}`, ...(caps && ['CAP END']))
  return client
}

/** The sources of lines. */
function sources(lines: readonly string[]): string[] {
  return [...new Set(lines.map((line) => plain(line).split(' ')[0] ?? ''))]
}

test('24. the source of a guest has its USER argument in all that it does', async () => {
  const [ann] = await suite.together('#source', 'ann')
  await ann.ask('MONITOR + bob,rob')
  const bob = await guest('bob', 'robert', 'Robert Roe', 'echo-message')
  expect(await ann.rest()).toEqual([':roomd 730 ann :bob!~robert@guest.roomd'])
  expect((await bob.ask('JOIN #source'))[0]).toBe(':bob!~robert@guest.roomd JOIN #source')
  await ann.ask('MODE #source +o bob')
  const said = [
    'PRIVMSG #source :hello',
    'NOTICE ann :psst',
    'PRIVMSG ann :\u0001VERSION\u0001',
    'TOPIC #source :news',
    'MODE #source +m',
    'INVITE ann #own',
    'PART #source :away',
    'JOIN #source',
  ]
  await bob.ask('JOIN #own')
  const own = await bob.ask(...said)
  const seen = await ann.rest()
  expect(seen.map((line) => line.split(' ')[1])).toEqual(
    expect.arrayContaining(['PRIVMSG', 'NOTICE', 'TOPIC', 'MODE', 'INVITE', 'PART', 'JOIN']),
  )
  const byBob = (lines: readonly string[]) => sources(lines.filter((line) => line.startsWith(':bob!')))
  expect(byBob(seen)).toEqual([':bob!~robert@guest.roomd'])
  expect(byBob(own)).toEqual([':bob!~robert@guest.roomd'])
  expect(await bob.ask('NICK rob')).toEqual([':bob!~robert@guest.roomd NICK :rob'])
  expect(await ann.rest()).toEqual(
    expect.arrayContaining([
      ':bob!~robert@guest.roomd NICK :rob',
      ':roomd 731 ann :bob',
      ':roomd 730 ann :rob!~robert@guest.roomd',
    ]),
  )
  await ann.ask('MODE #source -m')
  expect(await bob.ask('PRIVMSG #source :as rob')).toContain(':rob!~robert@guest.roomd PRIVMSG #source :as rob')
  expect(await ann.rest()).toContain(':rob!~robert@guest.roomd PRIVMSG #source :as rob')
  expect(await ann.ask('MONITOR S')).toContain(':roomd 730 ann :rob!~robert@guest.roomd')
  bob.send('PRIVMSG #source :last words', 'QUIT :bye')
  await bob.closed
  expect((await ann.until(/ QUIT /)).filter((line) => line.startsWith(':rob!'))).toEqual([
    ':rob!~robert@guest.roomd PRIVMSG #source :last words',
    ':rob!~robert@guest.roomd QUIT :Quit: bye',
  ])
})

test('24. a nickname that is in use keeps its source while others ask for it', async () => {
  const [ann] = await suite.together('#kept', 'ann')
  const lin = await suite.line('lin', 'kept')
  const bob = await guest('bob', 'robert')
  await ann.rest()
  expect(await bob.ask('NICK lin')).toEqual([':roomd 433 bob lin :Nickname is already in use'])
  await lin.ask('hello')
  expect(await ann.rest()).toEqual([':lin!~lin@guest.roomd PRIVMSG #kept :hello'])
  expect(await ann.ask('USERHOST bob lin')).toEqual([':roomd 302 ann :bob=+~robert@guest.roomd lin=+~lin@guest.roomd'])
})

test('24. the nickname of a guest of another protocol is its user, whoever had it before', async () => {
  const [ann] = await suite.together('#after', 'ann')
  const bob = await guest('bob', 'robert')
  await bob.ask('JOIN #after', 'PRIVMSG #after :from IRC')
  bob.send('QUIT')
  await bob.closed
  await ann.rest()
  const line = await suite.line('bob', 'after')
  await line.ask('from lines')
  expect(await ann.rest()).toEqual([
    ':bob!~bob@guest.roomd JOIN #after',
    ':bob!~bob@guest.roomd PRIVMSG #after :from lines',
  ])
  expect((await ann.ask('WHOIS bob'))[0]).toBe(':roomd 311 ann bob ~bob guest.roomd * :bob')
})

test('1. of a USER argument the characters of nicknames are shown, at most 32; the nickname where there are none', async () => {
  const ann = await suite.guest('ann')
  const long = 'x'.repeat(40)
  for (const [nick, given, shown] of [
    ['one', '~r*o!b@e?r:t', 'robert'],
    ['two', '*', 'two'],
    ['three', long, 'x'.repeat(32)],
    ['four', 'Zoë\u200b.\u0002z', 'Zoë.z'],
  ] as const) {
    const client = await guest(nick, given)
    expect(await ann.ask(`USERHOST ${nick}`)).toEqual([`:roomd 302 ann :${nick}=+~${shown}@guest.roomd`])
    // It stays with the session.
    await client.ask(`NICK ${nick}er`)
    expect(await ann.ask(`USERHOST ${nick}er`)).toEqual([`:roomd 302 ann :${nick}er=+~${shown}@guest.roomd`])
  }
})

test('1. an empty real name is refused by 461, and a long one is cut', async () => {
  const client = await suite.dial()
  expect(await client.ask('NICK ann', 'USER ann 0 * :', 'USER ann 0 * :\u0002 \u0003')).toEqual([
    ':roomd 461 * USER :Not enough parameters',
    ':roomd 461 * USER :Not enough parameters',
  ])
  expect(codes(await client.ask(`USER ann 0 * :\u0002A${'n'.repeat(200)}`))[0]).toBe('001')
  expect((await client.ask('WHOIS ann'))[0]).toBe(`:roomd 311 ann ann ~ann guest.roomd * :A${'n'.repeat(127)}`)
})

test('1. a real name is without what nobody sees, and refused where nothing else is left', async () => {
  const client = await suite.dial()
  for (const unseen of ['\u200b\u200d', '\u3164', '\u202e\u2066\u200f\u061c', ' \u2028 \u2029'])
    expect(await client.ask(`USER ann 0 * :${unseen}`)).toEqual([':roomd 461 * USER :Not enough parameters'])
  expect(codes(await client.ask('NICK ann', 'USER ann 0 * :\u202eA\u200bnn\ufe0f\u2069 Zoë'))[0]).toBe('001')
  expect((await client.ask('WHOIS ann'))[0]).toBe(':roomd 311 ann ann ~ann guest.roomd * :Ann Zoë')
  expect(await client.ask('SETNAME :\u200e\u2067')).toEqual([
    ':roomd FAIL SETNAME INVALID_REALNAME :A real name is not empty',
  ])
})

test('16. USER argument and real name in WHO, WHOX, NAMES and JOIN', async () => {
  const ann = await guest('ann', 'anna', 'Ann Other', 'extended-join userhost-in-names')
  expect(await ann.ask('JOIN #described')).toContain(':ann!~anna@guest.roomd JOIN #described * :Ann Other')
  const bob = await guest('bob', 'robert', 'Robert Roe')
  await bob.ask('JOIN #described')
  const olga = await further((await suite.owner('olga')) && 'olga', 'Olga O.')
  await olga.ask('JOIN #described')
  await suite.line('lin', 'described')
  expect(await ann.rest()).toEqual([
    ':bob!~robert@guest.roomd JOIN #described * :Robert Roe',
    ':olga!olga@account.roomd JOIN #described olga :Olga O.',
    ':lin!~lin@guest.roomd JOIN #described * :lin',
  ])
  expect((await ann.ask('WHO #described')).filter((line) => line.includes(' 352 '))).toEqual([
    ':roomd 352 ann #described ~anna guest.roomd roomd ann H@ :0 Ann Other',
    ':roomd 352 ann #described ~robert guest.roomd roomd bob H :0 Robert Roe',
    ':roomd 352 ann #described olga account.roomd roomd olga H :0 Olga O.',
    ':roomd 352 ann #described ~lin guest.roomd roomd lin H :0 lin',
  ])
  expect((await ann.ask('WHO bob %uhnr', 'WHO olga %ur')).filter((line) => line.includes(' 354 '))).toEqual([
    ':roomd 354 ann ~robert guest.roomd bob :Robert Roe',
    ':roomd 354 ann olga :Olga O.',
  ])
  expect((await ann.ask('NAMES #described'))[0]).toBe(
    ':roomd 353 ann = #described :@ann!~anna@guest.roomd bob!~robert@guest.roomd olga!olga@account.roomd lin!~lin@guest.roomd',
  )
})

test('17. WHOIS and WHOWAS have USER argument and real name, also of a nickname that was changed', async () => {
  const ann = await suite.guest('ann')
  const bob = await guest('spectre', 'robert', 'Robert Roe')
  expect((await ann.ask('WHOIS spectre'))[0]).toBe(':roomd 311 ann spectre ~robert guest.roomd * :Robert Roe')
  await bob.ask('SETNAME :Bob', 'NICK shade')
  expect((await ann.ask('WHOWAS spectre'))[0]).toBe(':roomd 314 ann spectre ~robert guest.roomd * :Bob')
  bob.send('QUIT')
  await bob.closed
  const other = await guest('shade', 'other', 'Other One')
  other.send('QUIT')
  await other.closed
  const lin = await suite.line('shade', 'whowas')
  lin.socket.end()
  await lin.closed
  await expect
    .poll(async () => (await ann.ask('WHOWAS shade')).filter((line) => line.includes(' 314 ')))
    .toEqual([
      ':roomd 314 ann shade ~shade guest.roomd * :shade',
      ':roomd 314 ann shade ~other guest.roomd * :Other One',
      ':roomd 314 ann shade ~robert guest.roomd * :Bob',
    ])
})

test('34. SETNAME is shown to who has negotiated setname, in common channels or watching, and to the user', async () => {
  const ann = await guest('ann', 'anna', 'Ann', 'setname labeled-response account-tag server-time')
  const bob = await guest('bob', 'robert', 'Bob', 'setname')
  const eve = await guest('eve', 'eve')
  const watcher = await guest('watcher', 'watcher', 'watcher', 'setname extended-monitor')
  const stranger = await guest('stranger', 'stranger', 'stranger', 'setname')
  for (const client of [ann, bob, eve]) await client.ask('JOIN #name', 'JOIN #other')
  await watcher.ask('MONITOR + ann')
  for (const client of [ann, bob, eve]) await client.rest()
  const [answer = '', ...more] = await ann.ask('@label=7 SETNAME :Ann of roomd')
  expect([plain(answer), tagOf(answer, 'label'), more]).toEqual([
    ':ann!~anna@guest.roomd SETNAME :Ann of roomd',
    '7',
    [],
  ])
  expect(tagOf(answer, 'time')).toBeDefined()
  for (const client of [bob, watcher])
    expect(await client.rest()).toEqual([':ann!~anna@guest.roomd SETNAME :Ann of roomd'])
  expect([await eve.rest(), await stranger.rest()]).toEqual([[], []])
  expect((await bob.ask('WHOIS ann'))[0]).toBe(':roomd 311 bob ann ~anna guest.roomd * :Ann of roomd')
  // It is not shown to the user without the capability, and takes effect.
  expect(await eve.ask('SETNAME :Eve')).toEqual([])
  expect(await bob.rest()).toEqual([':eve!~eve@guest.roomd SETNAME :Eve'])
  const tooLong = 'x'.repeat(129)
  expect(await bob.ask('SETNAME', 'SETNAME :', 'SETNAME :\u0003 ', `SETNAME :${tooLong}`)).toEqual([
    ':roomd 461 bob SETNAME :Not enough parameters',
    ':roomd FAIL SETNAME INVALID_REALNAME :A real name is not empty',
    ':roomd FAIL SETNAME INVALID_REALNAME :A real name is not empty',
    ':roomd FAIL SETNAME INVALID_REALNAME :A real name has at most 128 characters',
  ])
  expect((await eve.ask('WHOIS bob'))[0]).toContain(' :Bob')
  expect(await bob.ask(`SETNAME :${'y'.repeat(128)}`)).toHaveLength(1)
})

test('34. of several sessions of an account the real name of the newest one counts, or the one that was set last', async () => {
  const ann = await guest('ann', 'anna', 'Ann', 'setname')
  await ann.ask('JOIN #sessions')
  await suite.owner('nora')
  const first = await further('nora', 'First', 'setname')
  await first.ask('JOIN #sessions')
  await ann.rest()
  const shown = async () => (await ann.ask('WHOIS nora'))[0]?.split(' :')[1]
  expect(await shown()).toBe('First')
  const second = await further('nora', 'Second', 'setname')
  const changed = (realName: string) => [`:nora!nora@account.roomd SETNAME :${realName}`]
  expect(await ann.rest()).toEqual(changed('Second'))
  expect(await first.rest()).toEqual(changed('Second'))
  expect(await shown()).toBe('Second')
  expect(await first.ask('SETNAME :Third')).toEqual(changed('Third'))
  expect((await second.rest()).filter((line) => line.includes('SETNAME'))).toEqual(changed('Third'))
  expect(await ann.rest()).toEqual(changed('Third'))
  first.send('QUIT')
  await first.closed
  expect(await ann.rest()).toEqual(changed('Second'))
  expect(await shown()).toBe('Second')
})

test('34. REGISTER changes the source, which CHGHOST tells', async () => {
  const ann = await guest('ann', 'anna', 'Ann', 'chghost account-notify')
  await ann.ask('JOIN #change')
  const fresh = await guest('newcomer', 'robert', 'Robert')
  await fresh.ask('JOIN #change')
  await ann.rest()
  expect(await fresh.ask(`REGISTER * * :${PASSWORD}`)).toContain(
    ':roomd 900 newcomer newcomer!newcomer@account.roomd newcomer :You are now logged in as newcomer',
  )
  expect(await ann.rest()).toEqual([
    ':newcomer!~robert@guest.roomd ACCOUNT newcomer',
    ':newcomer!~robert@guest.roomd CHGHOST newcomer account.roomd',
  ])
  await fresh.ask('PRIVMSG #change :hello')
  expect(await ann.rest()).toEqual([':newcomer!newcomer@account.roomd PRIVMSG #change :hello'])
})

test('28. a guest who proves an account has its source until then, and is remembered with it', async () => {
  const [ann] = await suite.together('#proof', 'ann')
  const watcher = await guest('watcher', 'watcher', 'watcher', 'chghost account-notify setname')
  const old = await further((await suite.owner('prover')) && 'prover', 'Before')
  const bob = await guest('ghost', 'robert', 'Robert', 'sasl setname')
  for (const client of [watcher, old, bob]) await client.ask('JOIN #proof')
  await bob.ask('JOIN #mine')
  await watcher.ask('JOIN #mine')
  for (const client of [ann, watcher]) await client.rest()
  const own = await bob.ask('AUTHENTICATE PLAIN', `AUTHENTICATE ${plainResponse('prover')}`)
  expect(own.filter((line) => / (90\d|NICK|SETNAME) /.test(line))).toEqual([
    ':roomd 900 ghost prover!prover@account.roomd prover :You are now logged in as prover',
    ':roomd 903 ghost :SASL authentication successful',
    ':ghost!~robert@guest.roomd NICK :prover',
    ':prover!prover@account.roomd SETNAME :Robert',
  ])
  expect((await watcher.rest()).filter((line) => / (ACCOUNT|CHGHOST|SETNAME) /.test(line))).toEqual([
    ':ghost!~robert@guest.roomd ACCOUNT prover',
    ':ghost!~robert@guest.roomd CHGHOST ghost account.roomd',
    ':prover!prover@account.roomd SETNAME :Robert',
  ])
  await ann.rest()
  expect((await ann.ask('WHOIS prover'))[0]).toBe(':roomd 311 ann prover prover account.roomd * :Robert')
  expect((await ann.ask('WHOWAS ghost'))[0]).toBe(':roomd 314 ann ghost ~robert guest.roomd * :Robert')
})

test('17. WHOWAS of an account has no real name of a session that has become another account before', async () => {
  const ann = await suite.guest('ann')
  for (const name of ['former', 'latter']) {
    const maker = await suite.owner(name)
    maker.send('QUIT')
    await maker.closed
  }
  const line = await suite.line('former', 'whowas', PASSWORD)
  const moved = await further('former', 'Of the other', 'sasl')
  await moved.ask('AUTHENTICATE PLAIN', `AUTHENTICATE ${plainResponse('latter')}`)
  expect((await ann.ask('WHOIS latter'))[0]).toContain(' :Of the other')
  line.socket.end()
  await line.closed
  await expect
    .poll(async () => (await ann.ask('WHOWAS former'))[0])
    .toBe(':roomd 314 ann former former account.roomd * :former')
})

test('32. in the history a guest has its USER argument as long as it is here', async () => {
  const ann = await suite.guest('ann', 'draft/chathistory')
  const bob = await guest('bob', 'robert')
  for (const client of [ann, bob]) await client.ask('JOIN #past')
  await bob.ask('PRIVMSG #past :hello')
  await ann.rest()
  const history = async () => (await ann.ask('CHATHISTORY LATEST #past * 10')).filter((line) => line.includes('hello'))
  expect(await history()).toEqual([':bob!~robert@guest.roomd PRIVMSG #past :hello'])
  bob.send('QUIT')
  await bob.closed
  await expect.poll(history).toEqual([':bob!~bob@guest.roomd PRIVMSG #past :hello'])
})

test('43. sources and real names are the same over TCP and over WebSockets', async () => {
  const stage = await ircStage({ http: 0 })
  for (const [index, transport] of (['TCP', 'text.ircv3.net', 'binary.ircv3.net'] as const).entries()) {
    const over = await IrcClient.dial(stage.daemon.port, { transport, mode: 'whole' })
    onTestFinished(() => void over.socket.destroy())
    expect(over.isWebSocket).toBe(transport !== 'TCP')
    await over.register('over', 'extended-join')
    await over.ask(`JOIN #ways${index}`)
    const bob = await IrcClient.dial(stage.daemon.port, { transport, mode: 'whole' })
    onTestFinished(() => void bob.socket.destroy())
    await bob.ask('NICK bob', 'USER robert 0 * :Robert Roe', `JOIN #ways${index}`)
    expect(await over.rest()).toEqual([`:bob!~robert@guest.roomd JOIN #ways${index} * :Robert Roe`])
    for (const client of [over, bob]) {
      client.send('QUIT')
      await client.closed
    }
  }
})
