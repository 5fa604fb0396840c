/** docs/protocols/irc.md, section 9: the server, its operators, and floods. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { askDaemon } from '../../../src/control/client.ts'
import { controlPathOf } from '../../../src/control/socket.ts'
import { COMMANDS } from '../../../src/protocols/irc/commands/index.ts'
import { LineClient } from '../../support/client.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { codes, ircSuite, PASSWORD, plain, tagOf } from './suite.ts'
import { currentWay } from './way.ts'

const motd = join(temporaryFolder(), 'motd')
const data = temporaryFolder()
const suite = ircSuite({ data, motd, admins: ['root'], 'guest-rate': 40, 'guest-burst': 40, trusted: ['192.0.2.1'] })

test('42. MOTD, VERSION, TIME, INFO, ADMIN, STATS, LINKS, HELP and LUSERS', async () => {
  writeFileSync(motd, 'Welcome\n\nto the attic\n')
  const ann = await suite.guest('ann')
  expect(await ann.ask('MOTD')).toEqual([
    ':roomd 375 ann :- roomd Message of the day -',
    ':roomd 372 ann :- Welcome',
    ':roomd 372 ann :- ',
    ':roomd 372 ann :- to the attic',
    ':roomd 376 ann :End of /MOTD command',
  ])
  expect(await ann.ask('HELP : odd', 'HELP ::odd')).toEqual([
    ':roomd 524 ann * :Help not found',
    ':roomd 524 ann * :Help not found',
  ])
  const version = await ann.ask('VERSION')
  expect(version[0]).toMatch(/^:roomd 351 ann roomd-\S+ roomd :/)
  expect(codes(version)).toEqual(['351', '005', '005', '005'])
  expect((await ann.ask('TIME'))[0]).toMatch(/^:roomd 391 ann roomd :.* GMT$/)
  expect(codes(await ann.ask('INFO', 'ADMIN', 'LINKS'))).toEqual(['371', '371', '374', '256', '257', '364', '365'])
  const [uptime = '', end] = await ann.ask('STATS u')
  expect(uptime).toMatch(/^:roomd 242 ann :Server Up 0 days 0:00:\d\d$/)
  expect(end).toBe(':roomd 219 ann u :End of /STATS report')
  expect(codes(await ann.ask('STATS o', 'HELP nothing', 'HELP constructor'))).toEqual(['219', '524', '524'])
  const lin = await LineClient.connect(suite.daemon)
  await lin.ask('LOGIN lin')
  expect(await ann.ask('LUSERS')).toEqual([
    ':roomd 251 ann :There are 2 users and 0 invisible on 1 servers',
    ':roomd 252 ann 0 :operator(s) online',
    ':roomd 254 ann 0 :channels formed',
    ':roomd 255 ann :I have 2 clients and 0 servers',
    expect.stringMatching(/^:roomd 265 ann 2 (\d+) :Current local users 2, max \1$/),
    expect.stringMatching(/^:roomd 266 ann 2 (\d+) :Current global users 2, max \1$/),
  ])
  await ann.ask('MONITOR + lin')
  lin.socket.destroy()
  await ann.until(/ 731 /)
  const counts = (await ann.ask('LUSERS')).slice(-2)
  expect(
    counts.map((line) => /26[56] ann 1 (\d+) :.*, max \1$/.exec(line)?.[1] ?? 0).every((most) => Number(most) >= 2),
  ).toBe(true)
})

test('42. HELP and HELPOP list the commands, and tell about each', async () => {
  const ann = await suite.guest('ann')
  const [start, ...list] = await ann.ask('HELP')
  expect(start).toBe(':roomd 704 ann * :Commands of roomd; HELP <command> tells about one')
  const end = list.pop()
  expect(end).toBe(':roomd 706 ann * :End of /HELP')
  const named = list.flatMap((line) => (/^:roomd 705 ann \* :(.*)$/.exec(line)?.[1] ?? '').split(' '))
  expect(named).toEqual([...COMMANDS.keys()])
  expect(await ann.ask('HELPOP')).toEqual([start, ...list, end])
  expect(await ann.ask('help join')).toEqual([
    ':roomd 704 ann JOIN :JOIN <channel>{,<channel>} [<key>{,<key>}] | 0',
    ':roomd 705 ann JOIN :Enters channels; one that does not exist is made. JOIN 0 leaves all.',
    ':roomd 706 ann JOIN :End of /HELP',
  ])
  const about = await ann.ask('HELP MODE', 'HELP WHO')
  expect(about[0]).toMatch(/ \| <nickname> \[\{\+ \| -\}\{B \| i\}\]$/)
  expect(about[1]).toContain('+i hides it from masks of WHO')
  expect(about[3]).toBe(':roomd 704 ann WHO :WHO <channel or mask> [o][%<fields>[,<token>]]')
  for (const name of named) {
    ann.send(`HELPOP ${name}`)
    const [usage, help, ...rest] = (await ann.until(/ 706 /)).filter((line) => !line.startsWith(':roomd NOTICE '))
    expect(usage).toMatch(new RegExp(`^:roomd 704 ann ${name} :(@<tags> )?${name}( |$)`))
    expect(help).toMatch(new RegExp(`^:roomd 705 ann ${name} :.+\\.$`))
    expect(rest).toEqual([`:roomd 706 ann ${name} :End of /HELP`])
  }
})

test('41. OPER with an admin account, KILL, WALLOPS and REHASH; not for others', async () => {
  await suite.owner('root')
  await suite.owner('olga')
  const [ann, bob] = [await suite.guest('ann'), await suite.guest('bob')]
  const denied = ":roomd 481 ann :Permission Denied- You're not an IRC operator"
  expect(await ann.ask('KILL bob :go', 'WALLOPS :hear', 'REHASH')).toEqual([denied, denied, denied])
  expect(await ann.ask('OPER root wrong-password', `OPER olga :${PASSWORD}`, 'OPER nobody x', 'OPER root')).toEqual([
    ':roomd 464 ann :Password incorrect',
    ':roomd 464 ann :Password incorrect',
    ':roomd 464 ann :Password incorrect',
    ':roomd 461 ann OPER :Not enough parameters',
  ])
  expect(await ann.ask(`OPER root :${PASSWORD}`, 'MODE ann')).toEqual([
    ':ann!~ann@guest.roomd MODE ann :+o',
    ':roomd 381 ann :You are now an IRC operator',
    ':roomd 221 ann :+o',
  ])
  expect(await ann.ask('MODE ann -o', 'MODE ann +o', 'MODE ann')).toEqual([':roomd 221 ann :+o'])
  expect(await ann.ask('WHOIS ann')).toContain(':roomd 313 ann ann :is an admin')
  expect(await ann.ask('WHO * o%n', 'WHO bob o')).toEqual([
    ':roomd 354 ann :root',
    ':roomd 354 ann :ann',
    ':roomd 315 ann * :End of WHO list',
    ':roomd 315 ann bob :End of WHO list',
  ])
  expect(await ann.ask('WHOIS bob')).toContain(':roomd 378 ann bob :is connecting from 127.0.0.1')
  expect(await ann.ask('REHASH')).toEqual([':roomd 382 ann certificate :Rehashing'])
  await ann.ask('WALLOPS :all hands')
  expect(await bob.until(/all hands/)).toEqual([':roomd NOTICE bob :all hands'])
  await ann.rest()
  const cat = await suite.guest('cat')
  for (const client of [bob, cat]) await client.ask('JOIN #killed')
  expect(await ann.ask('KILL bob :go away', 'KILL nobody :x')).toEqual([':roomd 401 ann nobody :No such nick/channel'])
  expect((await bob.until(/^ERROR/)).at(-1)).toBe('ERROR :Disconnected by an admin: go away')
  await bob.closed
  expect(await cat.rest()).toEqual([':bob!~bob@guest.roomd QUIT :Disconnected by an admin: go away'])
})

test('31. announcements and the PART of a closed room have the time, and the PART the account', async () => {
  await suite.owner('root')
  await suite.owner('olga')
  const ann = await suite.guest('ann')
  await ann.ask(`OPER root :${PASSWORD}`)
  const olga = await suite.owner('olga', 'server-time account-tag message-tags')
  await olga.ask('JOIN #shut', 'MODE olga +B')
  await ann.ask('WALLOPS :all hands')
  const [notice = ''] = (await olga.until(/all hands/)).slice(-1)
  const boss = await LineClient.connect(suite.daemon)
  onTestFinished(() => void boss.socket.destroy())
  await boss.ask(`LOGIN root ${PASSWORD}`)
  boss.send('/close shut')
  const [parting = ''] = (await olga.until(/ PART /)).slice(-1)
  expect([notice, parting].map(plain)).toEqual([
    ':roomd NOTICE olga :all hands',
    ':olga!olga@account.roomd PART #shut :The room has been closed',
  ])
  expect([notice, parting].map((line) => [tagOf(line, 'account'), tagOf(line, 'bot')])).toEqual([
    [undefined, undefined],
    ['olga', ''],
  ])
  for (const line of [notice, parting]) expect(tagOf(line, 'time')).toMatch(/^\d{4}-\d\d-\d\dT/)
})

test('17. WHOIS and MODE tell that a user is a bot', async () => {
  const bot = await suite.owner('robot')
  for await (const reply of (await askDaemon(controlPathOf(data), {
    action: 'account mark',
    name: 'robot',
    bot: true,
  })) ?? [])
    expect(reply).toEqual({ done: 'marked account robot' })
  expect(await bot.ask('WHOIS robot', 'MODE robot', 'WHO robot %nf')).toEqual(
    expect.arrayContaining([':roomd 335 robot robot :is a bot', ':roomd 221 robot :+B', ':roomd 354 robot robot :HB']),
  )
  // What the operator has marked stays marked.
  expect(await bot.ask('MODE robot -B', 'MODE robot')).toEqual([':roomd 221 robot :+B'])
  const ann = await suite.guest('ann', 'message-tags')
  await ann.ask('JOIN #bots')
  await bot.ask('JOIN #bots', 'PRIVMSG #bots :hello')
  await bot.ask('PRIVMSG #bots :\u0001VERSION\u0001')
  await bot.ask('PRIVMSG ann :you')
  const heard = await ann.until(/ PRIVMSG ann /)
  expect(heard.map((line) => [tagOf(line, 'bot'), plain(line)])).toEqual([
    ['', ':robot!robot@account.roomd JOIN #bots'],
    ['', ':robot!robot@account.roomd PRIVMSG #bots :hello'],
    ['', ':robot!robot@account.roomd PRIVMSG #bots :\u0001VERSION\u0001'],
    ['', ':robot!robot@account.roomd PRIVMSG ann :you'],
  ])
  const reader = await suite.guest('eve', 'message-tags batch draft/chathistory')
  await reader.ask('JOIN #bots')
  await ann.ask('PRIVMSG #bots :no bot')
  const read = (await reader.ask('CHATHISTORY LATEST #bots * 9')).filter((line) => tagOf(line, 'batch') !== undefined)
  expect(read.map((line) => tagOf(line, 'bot'))).toEqual(['', undefined])
})

test('17. a client says by the user mode +B that it is a bot, and by -B that it is none', async () => {
  const bot = await suite.guest('beep')
  expect(await bot.ask('MODE beep +B', 'MODE beep +B', 'MODE beep')).toEqual([
    ':beep!~beep@guest.roomd MODE beep :+B',
    ':roomd 221 beep :+B',
  ])
  const ann = await suite.guest('ann', 'message-tags batch draft/chathistory')
  await ann.ask('JOIN #beeps')
  await bot.ask('JOIN #beeps')
  expect(await ann.ask('WHOIS beep')).toContain(':roomd 335 ann beep :is a bot')
  expect(await ann.ask('WHO beep %nf')).toContain(':roomd 354 ann beep :HB')
  await bot.ask('PRIVMSG #beeps :beep', 'NOTICE ann :boop', 'PRIVMSG ann :\u0001VERSION\u0001')
  await bot.ask('AWAY :in the shop', 'MODE beep -B', 'PRIVMSG #beeps :no bot')
  expect(await bot.ask('MODE beep')).toEqual([':roomd 221 beep :+'])
  const heard = (await ann.rest()).filter((line) => / (PRIVMSG|NOTICE) /.test(line))
  expect(heard.map((line) => [tagOf(line, 'bot'), plain(line).split(' :')[1]])).toEqual([
    ['', 'beep'],
    ['', 'boop'],
    ['', '\u0001VERSION\u0001'],
    [undefined, 'no bot'],
  ])
  expect(await ann.ask('WHO beep %f')).toContain(':roomd 354 ann :G')
  const read = (await ann.ask('CHATHISTORY LATEST #beeps * 9')).filter((line) => tagOf(line, 'batch') !== undefined)
  expect(read.map((line) => tagOf(line, 'bot'))).toEqual(['', undefined])
})

test('50. a client that floods is paced, is told once, and loses nothing', async () => {
  const [ann, bob] = await suite.together('#flood', 'ann', 'bob')
  const said = Array.from({ length: 70 }, (_, n) => `PRIVMSG #flood :${n}`)
  ann.send(...said)
  const heard = await bob.until(/ :69$/)
  expect(heard.map((line) => line.replace(/^.* :/, ''))).toEqual(said.map((_, n) => String(n)))
  // Byte by byte they may come more slowly than they are read.
  if (currentWay().mode === 'bytes') return
  const told = (await ann.rest()).filter((line) => line.includes('Slow down'))
  expect(told).toEqual([':roomd NOTICE ann :Slow down: your lines are read at the permitted rate'])
})
