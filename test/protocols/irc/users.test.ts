/** docs/protocols/irc.md, section 9: users. */
import { expect, onTestFinished, test, vi } from 'vitest'
import type { IrcClient } from '../../clients/irc.ts'
import { codes, ircSuite, PASSWORD, plain, tagOf } from './suite.ts'
import { currentWay } from './way.ts'

const suite = ircSuite()

test('16. masks of WHO find who has the user mode i in shared channels only', async () => {
  const hidden = await suite.guest('hidden')
  const ann = await suite.guest('ann')
  const found = async (client: IrcClient, mask: string) => codes(await client.ask(`WHO ${mask}`))
  await hidden.ask('MODE hidden +i')
  expect(await found(ann, 'hid*')).toEqual(['315'])
  expect(await found(ann, 'hidden')).toEqual(['352', '315'])
  expect(await found(hidden, 'hid*')).toEqual(['352', '315'])
  for (const client of [hidden, ann]) await client.ask('JOIN #seen')
  await ann.rest()
  expect(await found(ann, 'hid*')).toEqual(['352', '315'])
  for (const client of [ann, hidden]) await client.ask('PART #seen')
  expect(await found(ann, 'hid*')).toEqual(['315'])
  await hidden.ask('MODE hidden -i')
  expect(await found(ann, 'hid*')).toEqual(['352', '315'])
})

test('16. WHO of a channel, a nickname, a mask and oneself; the fields of WHOX', async () => {
  const [ann, bob] = await suite.together('#who', 'ann', 'bob')
  const olga = await suite.owner('olga')
  await olga.ask('JOIN #who')
  await bob.ask('AWAY :lunch')
  await ann.rest()
  const end = (mask: string) => `:roomd 315 ann ${mask} :End of WHO list`
  expect(await ann.ask('WHO #who')).toEqual([
    ':roomd 352 ann #who ~ann guest.roomd roomd ann H@ :0 ann',
    ':roomd 352 ann #who ~bob guest.roomd roomd bob G :0 bob',
    ':roomd 352 ann #who olga account.roomd roomd olga H :0 olga',
    end('#who'),
  ])
  expect(await ann.ask('WHO bob')).toEqual([':roomd 352 ann * ~bob guest.roomd roomd bob G :0 bob', end('bob')])
  expect(await ann.ask('WHO ann')).toEqual([':roomd 352 ann * ~ann guest.roomd roomd ann H :0 ann', end('ann')])
  expect(await ann.ask('WHO o*')).toEqual([':roomd 352 ann * olga account.roomd roomd olga H :0 olga', end('o*')])
  expect(await ann.ask('WHO o?g?')).toEqual([':roomd 352 ann * olga account.roomd roomd olga H :0 olga', end('o?g?')])
  expect(await ann.ask('WHO olga?', 'WHO ?olga*', 'WHO *?????')).toEqual([end('olga?'), end('?olga*'), end('*?????')])
  expect(await ann.ask('WHO nobody', 'WHO #nowhere')).toEqual([end('nobody'), end('#nowhere')])
  expect(await ann.ask('WHO #who %tcuhnfar,42')).toEqual([
    ':roomd 354 ann 42 #who ~ann guest.roomd ann H@ 0 :ann',
    ':roomd 354 ann 42 #who ~bob guest.roomd bob G 0 :bob',
    ':roomd 354 ann 42 #who olga account.roomd olga H olga :olga',
    end('#who'),
  ])
  expect(await ann.ask('WHO olga %na')).toEqual([':roomd 354 ann olga :olga', end('olga')])
  const hidden = await suite.guest('eve')
  await ann.ask('MODE #who +s')
  expect(await hidden.ask('WHO #who')).toEqual([':roomd 315 eve #who :End of WHO list'])
})

test('16. a mask of WHO has parts for nickname, user and host', async () => {
  const eve = await suite.dial()
  eve.send('NICK eve', 'USER masked 0 * :Eve')
  await eve.until(/ 422 /)
  const other = await suite.guest('evan')
  await suite.owner('olga')
  const nicks = async (mask: string) =>
    (await other.ask(`WHO ${mask} %n`)).flatMap((line) => /^:roomd 354 evan :(.*)$/.exec(line)?.[1] ?? [])
  for (const mask of ['*!*masked@*', '*!~masked@guest.roomd', '*!MASKED', 'masked@*', 'eve!*@*', 'ev*!~m?sked@*.roomd'])
    expect([mask, await nicks(mask)]).toEqual([mask, ['eve']])
  expect(await nicks('ev*!*@guest.roomd')).toEqual(['eve', 'evan'])
  expect(await nicks('ol*@account.roomd')).toEqual(['olga'])
  for (const mask of ['*!masked@account.roomd', 'evan!masked@*', '!@masked', 'masked'])
    expect([mask, await nicks(mask)]).toEqual([mask, []])
})

test('17. WHOIS tells account, channels, idle time, AWAY and the protocol; 401 for nobody', async () => {
  const [ann] = await suite.together('#whois', 'ann')
  const olga = await suite.owner('olga')
  await olga.ask('JOIN #whois,#other', 'AWAY :lunch')
  await ann.rest()
  const lines = await ann.ask('WHOIS olga')
  // A connection over TLS is told.
  const secure = currentWay().transport === 'TLS' ? ['671'] : []
  expect(codes(lines)).toEqual(['311', '312', '319', '330', ...secure, '317', '301', '318'])
  expect(lines[0]).toBe(':roomd 311 ann olga olga account.roomd * :olga')
  expect(lines[2]?.split(' :')[1]?.split(' ').sort()).toEqual(['#whois', '@#other'])
  expect(lines[3]).toBe(':roomd 330 ann olga olga :is logged in as')
  expect(lines.at(-3)).toMatch(/^:roomd 317 ann olga \d+ \d{10} :seconds idle, signon time$/)
  expect(lines.at(-2)).toBe(':roomd 301 ann olga :lunch')
  await suite.line('lin', 'whois')
  await ann.rest()
  expect(await ann.ask('WHOIS lin')).toContain(':roomd 320 ann lin :is connected through the protocol line')
  expect(await ann.ask('WHOIS nobody')).toEqual([
    ':roomd 401 ann nobody :No such nick/channel',
    ':roomd 318 ann nobody :End of /WHOIS list',
  ])
  expect(codes(await ann.ask('WHOIS'))).toEqual(['461'])
  // Hidden channels are for their members.
  await ann.ask('MODE #whois +s')
  const eve = await suite.guest('eve')
  expect(codes(await eve.ask('WHOIS ann'))).toEqual(['311', '312', ...secure, '317', '318'])
})

test('17. where the clock goes back, nobody is idle for less than no time', async () => {
  const ann = await suite.guest('ann')
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
  onTestFinished(() => void vi.useRealTimers())
  expect((await ann.ask('WHOIS ann')).find((line) => line.includes(' 317 '))).toMatch(/^:roomd 317 ann ann 0 \d{10} :/)
})

test('18. WHOWAS tells of users who have gone', async () => {
  const ann = await suite.guest('ann')
  expect(await ann.ask('WHOWAS ghost')).toEqual([
    ':roomd 406 ann ghost :There was no such nickname',
    ':roomd 369 ann ghost :End of WHOWAS',
  ])
  for (const _ of 'two') {
    const ghost = await suite.guest('ghost')
    ghost.send('QUIT')
    await ghost.closed
  }
  const lines = await ann.ask('WHOWAS Ghost 2')
  expect(codes(lines)).toEqual(['314', '312', '314', '312', '369'])
  expect(lines[0]).toBe(':roomd 314 ann ghost ~ghost guest.roomd * :ghost')
  expect(codes(await ann.ask('WHOWAS ghost 1'))).toEqual(['314', '312', '369'])
  const now = await suite.guest('ghost')
  await now.ask('NICK spirit')
  expect(codes(await ann.ask('WHOWAS ghost'))).toHaveLength(9)
})

test('25. AWAY is told to who writes, to WHOIS, and to neighbours with away-notify', async () => {
  const [ann] = await suite.together('#away', 'ann')
  const bob = await suite.guest('bob', 'away-notify')
  await bob.ask('JOIN #away')
  await ann.rest()
  expect(await ann.ask('AWAY :at lunch')).toEqual([':roomd 306 ann :You have been marked as being away'])
  expect(await bob.rest()).toEqual([':ann!~ann@guest.roomd AWAY :at lunch'])
  expect(await bob.ask('PRIVMSG ann :hello', 'NOTICE ann :hello')).toEqual([':roomd 301 bob ann :at lunch'])
  await ann.rest()
  expect(await ann.ask('AWAY')).toEqual([':roomd 305 ann :You are no longer marked as being away'])
  expect(await bob.rest()).toEqual([':ann!~ann@guest.roomd AWAY'])
  // A user is away when all of its sessions are.
  const [first, second] = [await suite.owner('olga'), await suite.owner('olga')]
  await first.ask('JOIN #away')
  await bob.rest()
  await first.ask('AWAY :gone')
  expect(await bob.rest()).toEqual([])
  await second.ask('AWAY :gone too')
  expect(await bob.rest()).toEqual([':olga!olga@account.roomd AWAY :gone'])
  expect(codes(await ann.ask(`AWAY :${'x'.repeat(201)}`))).toEqual(['JOIN', '306'])
  expect(await bob.ask('PRIVMSG ann :there?')).toContain(`:roomd 301 bob ann :${'x'.repeat(200)}`)
})

test('25. who enters and is away is shown as away once, behind the JOIN, with away-notify', async () => {
  const bob = await suite.guest('bob', 'away-notify server-time account-tag extended-join')
  const [plainBob] = await suite.together('#entered', 'eve')
  await bob.ask('JOIN #entered')
  await plainBob.rest()
  const olga = await suite.owner('olga')
  await olga.ask('AWAY :in the shop', 'JOIN #entered')
  const seen = await bob.rest()
  expect(seen.map(plain)).toEqual([
    ':olga!olga@account.roomd JOIN #entered olga :olga',
    ':olga!olga@account.roomd AWAY :in the shop',
  ])
  expect(seen.map((line) => [tagOf(line, 'account'), tagOf(line, 'time')])).toEqual(
    seen.map(() => ['olga', tagOf(seen[0] ?? '', 'time')]),
  )
  expect(await plainBob.rest()).toEqual([':olga!olga@account.roomd JOIN #entered'])
  await olga.ask('PART #entered', 'AWAY', 'JOIN #entered')
  expect((await bob.rest()).filter((line) => line.includes('AWAY'))).toEqual([])
})

test('26. ISON, USERHOST and MONITOR', async () => {
  const ann = await suite.guest('ann')
  await suite.guest('bob')
  await suite.owner('olga')
  expect(await ann.ask('ISON bob nobody OLGA', 'ISON :bob nobody')).toEqual([
    ':roomd 303 ann :bob OLGA',
    ':roomd 303 ann :bob',
  ])
  expect(await ann.ask('USERHOST bob olga nobody')).toEqual([
    ':roomd 302 ann :bob=+~bob@guest.roomd olga=+olga@account.roomd',
  ])
  expect(await ann.ask('MONITOR + bob,eve')).toEqual([':roomd 730 ann :bob!~bob@guest.roomd', ':roomd 731 ann :eve'])
  const eve = await suite.guest('eve')
  expect(await ann.until(/ 730 /)).toEqual([':roomd 730 ann :eve!~eve@guest.roomd'])
  await eve.ask('NICK eva')
  expect(await ann.until(/ 731 /)).toEqual([':roomd 731 ann :eve'])
  await eve.ask('NICK eve')
  expect(await ann.until(/ 730 /)).toEqual([':roomd 730 ann :eve!~eve@guest.roomd'])
  eve.send('QUIT')
  expect(await ann.until(/ 731 /)).toEqual([':roomd 731 ann :eve'])
  expect(await ann.ask('MONITOR L', 'MONITOR S', 'MONITOR - bob', 'MONITOR L', 'MONITOR C', 'MONITOR L')).toEqual([
    ':roomd 732 ann :bob,eve',
    ':roomd 733 ann :End of MONITOR list',
    ':roomd 730 ann :bob!~bob@guest.roomd',
    ':roomd 731 ann :eve',
    ':roomd 732 ann :eve',
    ':roomd 733 ann :End of MONITOR list',
    ':roomd 733 ann :End of MONITOR list',
  ])
  const many = Array.from({ length: 100 }, (_, n) => `n${n}`)
  for (let start = 0; start < 100; start += 50) await ann.ask(`MONITOR + ${many.slice(start, start + 50).join(',')}`)
  expect(await ann.ask('MONITOR + one,two')).toEqual([':roomd 734 ann 100 one,two :Monitor list is full'])
  // Users of other protocols and the second session of an account.
  const bob = await suite.guest('watcher')
  await bob.ask('MONITOR + lin,olga')
  await suite.line('lin', 'monitored')
  expect(await bob.until(/ 730 /)).toEqual([':roomd 730 watcher :lin!~lin@guest.roomd'])
  const second = await suite.owner('olga')
  second.send('QUIT')
  await second.closed
  expect(await bob.rest()).toEqual([])
})

test('26. with extended-monitor AWAY and ACCOUNT of watched users come without a common channel', async () => {
  const watcher = await suite.guest('watcher', 'extended-monitor away-notify account-notify')
  const other = await suite.guest('other', 'away-notify account-notify')
  const will = await suite.guest('will')
  for (const client of [watcher, other]) await client.ask('MONITOR + will')
  await will.ask('AWAY :at lunch', `REGISTER * * :${PASSWORD}`)
  expect(await watcher.rest()).toEqual([
    ':will!~will@guest.roomd AWAY :at lunch',
    ':will!~will@guest.roomd ACCOUNT will',
  ])
  expect(await other.rest()).toEqual([])
})

test('34. extended-join, account-tag, account-notify, chghost, userhost-in-names and multi-prefix', async () => {
  const all = 'extended-join account-tag account-notify chghost userhost-in-names multi-prefix'
  const ann = await suite.guest('ann', all)
  await ann.ask('JOIN #caps')
  const bob = await suite.guest('bob')
  await bob.ask('JOIN #caps')
  const olga = await suite.owner('olga')
  await olga.ask('JOIN #caps', 'PRIVMSG #caps :hello')
  expect(await ann.rest()).toEqual([
    ':bob!~bob@guest.roomd JOIN #caps * :bob',
    '@account=olga :olga!olga@account.roomd JOIN #caps olga :olga',
    '@account=olga :olga!olga@account.roomd PRIVMSG #caps :hello',
  ])
  expect((await ann.ask('NAMES #caps'))[0]).toBe(
    ':roomd 353 ann = #caps :@ann!~ann@guest.roomd bob!~bob@guest.roomd olga!olga@account.roomd',
  )
  expect(await ann.ask('JOIN #extended')).toContain(':ann!~ann@guest.roomd JOIN #extended * :ann')
  const fresh = await suite.guest('fresh')
  await fresh.ask('JOIN #caps')
  await ann.rest()
  await olga.rest()
  await fresh.ask(`REGISTER * * :${PASSWORD}`)
  expect(await ann.rest()).toEqual([
    '@account=fresh :fresh!~fresh@guest.roomd ACCOUNT fresh',
    '@account=fresh :fresh!~fresh@guest.roomd CHGHOST fresh account.roomd',
  ])
  expect(await olga.rest()).toEqual([])
  await fresh.ask('PRIVMSG #caps :as an account')
  const [line = ''] = await ann.rest()
  expect([tagOf(line, 'account'), plain(line)]).toEqual([
    'fresh',
    ':fresh!fresh@account.roomd PRIVMSG #caps :as an account',
  ])
  const silent = await suite.guest('silent', 'no-implicit-names')
  expect(codes(await silent.ask('JOIN #caps'))).not.toContain('353')
  const quiet = await suite.guest('quiet', 'draft/no-implicit-names')
  expect(codes(await quiet.ask('JOIN #caps'))).not.toContain('353')
})
