/** docs/protocols/irc.md, section 9: channels and their members. */
import { expect, test } from 'vitest'
import { codes, ircSuite, plain } from './suite.ts'

const suite = ircSuite()

test('5. QUIT is told once to everybody who shares a channel, and ERROR ends the connection', async () => {
  const [ann, bob, eve] = await suite.together('#one', 'ann', 'bob', 'eve')
  for (const client of [ann, bob]) await client.ask('JOIN #two,#three')
  await eve.ask('JOIN #three')
  for (const client of [ann, eve]) await client.rest()
  bob.send('QUIT :gone fishing')
  expect((await bob.until(/^ERROR/)).at(-1)).toBe('ERROR :Closing link: gone fishing')
  await bob.closed
  for (const client of [ann, eve])
    expect(await client.rest()).toEqual([':bob!~bob@guest.roomd QUIT :Quit: gone fishing'])
  // It is told again when it has come back.
  const again = await suite.guest('bob')
  await again.ask('JOIN #one')
  await eve.rest()
  again.socket.destroy()
  expect((await eve.until(/ QUIT /)).at(-1)).toBe(':bob!~bob@guest.roomd QUIT :Connection closed')
})

test('6. JOIN shows the joiner itself, the topic and who is there', async () => {
  const ann = await suite.guest('ann')
  expect(await ann.ask('JOIN #fresh')).toEqual([
    ':ann!~ann@guest.roomd JOIN #fresh',
    ':roomd 353 ann = #fresh :@ann',
    ':roomd 366 ann #fresh :End of /NAMES list',
  ])
  await ann.ask('TOPIC #fresh :What is new')
  const bob = await suite.guest('bob')
  const lines = await bob.ask('JOIN #FRESH')
  expect(codes(lines)).toEqual(['JOIN', '332', '333', '353', '366'])
  expect(lines[0]).toBe(':bob!~bob@guest.roomd JOIN #fresh')
  expect(lines[1]).toBe(':roomd 332 bob #fresh :What is new')
  expect(lines[2]).toMatch(/^:roomd 333 bob #fresh ann :\d{10}$/)
  expect(lines[3]).toBe(':roomd 353 bob = #fresh :@ann bob')
  expect(await ann.rest()).toEqual(
    [':ann!~ann@guest.roomd TOPIC #fresh :What is new', ':bob!~bob@guest.roomd JOIN #fresh'].slice(1),
  )
})

test('6. JOIN takes several channels, keys in order, and 0', async () => {
  const ann = await suite.guest('ann')
  await ann.ask('JOIN #k1,#k2', 'MODE #k1 +k key-of-one', 'MODE #k2 +k key-of-two')
  const bob = await suite.guest('bob')
  expect(codes(await bob.ask('JOIN #k1,#k2,#free key-of-two,key-of-two'))).toEqual([
    '475',
    'JOIN',
    '353',
    '366',
    'JOIN',
    '353',
    '366',
  ])
  expect(codes(await bob.ask('JOIN #k1 key-of-one'))).toEqual(['JOIN', '353', '366'])
  const parts = await bob.ask('JOIN 0')
  expect(parts).toEqual(['#k2', '#free', '#k1'].map((channel) => `:bob!~bob@guest.roomd PART ${channel}`))
  expect(codes(await bob.ask('JOIN x', 'JOIN &x', 'JOIN', 'JOIN #a:b'))).toEqual(['403', '403', '461', '403'])
})

test('6. the key of a single channel may have spaces and commas', async () => {
  const [ann] = await suite.together('#spaced', 'ann')
  await ann.ask('MODE #spaced +k :pass phrase, with commas')
  const bob = await suite.guest('bob')
  expect(codes(await bob.ask('JOIN #spaced pass phrase,'))).toEqual(['475'])
  expect(codes(await bob.ask('JOIN #spaced pass phrase, with commas'))).toEqual(['JOIN', '353', '366'])
})

test('6. a new channel has a name of at most CHANNELLEN characters; an older room may have a longer one', async () => {
  const ann = await suite.guest('ann')
  const [, most = ''] = / CHANNELLEN=(\d+) /.exec((await ann.ask('VERSION')).join('\n')) ?? []
  const channel = '#'.padEnd(Number(most), 'x')
  expect(codes(await ann.ask(`JOIN ${channel}`, `JOIN ${channel}x`))).toEqual(['JOIN', '353', '366', '403'])
  expect(await ann.ask('JOIN #küche')).toEqual([
    ':roomd 403 ann #küche :The name of a new channel is # with 1 to 64 of a-z A-Z 0-9 . _ -, first a letter or digit',
  ])
  const lin = await suite.line('lin', 'short')
  const title = 'y'.repeat(70)
  await lin.ask(`/title ${title}`)
  expect((await ann.ask(`JOIN #${title}`)).map(plain)[0]).toBe(`:ann!~ann@guest.roomd JOIN #${title}`)
})

test('7. JOIN of a channel that one is in is silent', async () => {
  const [ann, bob] = await suite.together('#twice', 'ann', 'bob')
  expect(await ann.ask('JOIN #twice', 'JOIN #TWICE')).toEqual([])
  expect(await bob.rest()).toEqual([])
})

test('8. PART with a reason and without, of a channel that one is not in, and of none', async () => {
  const [ann, bob] = await suite.together('#part', 'ann', 'bob')
  expect(await ann.ask('PART #part')).toEqual([':ann!~ann@guest.roomd PART #part'])
  expect(await bob.ask('PART #part,#nowhere :so long')).toEqual([
    ':ann!~ann@guest.roomd PART #part',
    ':bob!~bob@guest.roomd PART #part :so long',
    ':roomd 403 bob #nowhere :No such channel',
  ])
  expect(await bob.ask('PART #part')).toEqual([":roomd 442 bob #part :You're not on that channel"])
  await ann.ask('JOIN #part')
  await bob.ask('JOIN #part')
  await ann.rest()
  await bob.ask('PART #part :so long')
  expect(await ann.rest()).toEqual([':bob!~bob@guest.roomd PART #part :so long'])
})

test('13. TOPIC is set, read, cleared, and forbidden to others', async () => {
  const [ann, bob] = await suite.together('#topic', 'ann', 'bob')
  expect(await ann.ask('TOPIC #topic')).toEqual([':roomd 331 ann #topic :No topic is set'])
  expect(await ann.ask('TOPIC #topic :Release on Friday')).toEqual([
    ':ann!~ann@guest.roomd TOPIC #topic :Release on Friday',
  ])
  // What it is already it is not set to.
  expect(await ann.ask('TOPIC #topic :Release on Friday')).toEqual([])
  const line = await suite.line('lin', 'topic')
  expect(await bob.ask('TOPIC #topic :Release on Friday')).toEqual([
    ':ann!~ann@guest.roomd TOPIC #topic :Release on Friday',
    ':lin!~lin@guest.roomd JOIN #topic',
    ":roomd 482 bob #topic :You're not channel operator",
  ])
  expect(codes(await bob.ask('TOPIC #topic'))).toEqual(['332', '333'])
  const long = 'x'.repeat(301)
  expect(await ann.ask(`TOPIC #topic :${long}`)).toContain(`:ann!~ann@guest.roomd TOPIC #topic :${long.slice(1)}`)
  await line.until(({ type }) => type === 'topic')
  await bob.rest()
  await ann.ask('TOPIC #topic :')
  expect(await line.until(({ type }) => type === 'topic')).toMatchObject([{ type: 'topic', from: 'ann', body: '' }])
  expect(codes(await bob.ask('TOPIC #topic'))).toEqual(['TOPIC', '331'])
  const topics = ['', 'a', 'b', 'a'].map((text) => `TOPIC #topic :${text}`)
  expect((await ann.ask(...topics)).map((line) => line.replace(/^.* :/, ''))).toEqual(['a', 'b', 'a'])
  const eve = await suite.guest('eve')
  expect(codes(await eve.ask('TOPIC #topic :x', 'TOPIC #nowhere', 'TOPIC'))).toEqual(['442', '403', '461'])
})

test('14. NAMES of own, foreign and hidden channels', async () => {
  const [ann] = await suite.together('#mine', 'ann', 'bob')
  await suite.together('#theirs', 'eve')
  const [eve] = await suite.together('#secret', 'mallory')
  await eve.ask('MODE #secret +s')
  expect(await ann.ask('NAMES #mine,#theirs,#secret,#nowhere')).toEqual([
    ':roomd 353 ann = #mine :@ann bob',
    ':roomd 366 ann #mine :End of /NAMES list',
    ':roomd 353 ann = #theirs :@eve',
    ':roomd 366 ann #theirs :End of /NAMES list',
    ':roomd 366 ann #secret :End of /NAMES list',
    ':roomd 366 ann #nowhere :End of /NAMES list',
  ])
  expect(await eve.ask('NAMES #secret')).toEqual([
    ':roomd 353 mallory @ #secret :@mallory',
    ':roomd 366 mallory #secret :End of /NAMES list',
  ])
  expect(codes(await ann.ask('NAMES', 'NAMES ,'))).toEqual(['366', '366'])
  // Of the surplus each is told.
  expect((await ann.ask('NAMES #mine,#a,#b,#c,,#d,#e')).slice(-4)).toEqual([
    ':roomd 366 ann #b :End of /NAMES list',
    ':roomd 366 ann #c :End of /NAMES list',
    ':roomd 407 ann #d :Too many targets',
    ':roomd 407 ann #e :Too many targets',
  ])
})

test('14. the names of a crowd come in several lines', async () => {
  const nicks = Array.from({ length: 30 }, (_, n) => `member-with-a-long-name-${n}`)
  const [first] = await suite.together('#crowd', ...nicks)
  const lines = (await first?.ask('NAMES #crowd')) ?? []
  const named = lines.slice(0, -1).flatMap((line) => line.replace(/^.* :/, '').split(' '))
  expect(lines.length).toBeGreaterThan(2)
  for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(510)
  expect(named).toEqual([`@${nicks[0]}`, ...nicks.slice(1)])
})

test('15. LIST with masks and numbers of users; hidden channels are absent', async () => {
  await suite.together('#list-a', 'ann', 'bob')
  await suite.together('#list-b', 'eve')
  const [hider] = await suite.together('#list-hidden', 'mallory')
  await hider.ask('MODE #list-hidden +s')
  await hider.ask('TOPIC #list-hidden :x')
  const asker = await suite.guest('zoe')
  const listed = async (filter: string) =>
    (await asker.ask(`LIST ${filter}`)).filter((line) => line.includes(' 322 ')).map((line) => line.split(' ')[3])
  expect(codes(await asker.ask('LIST'))[0]).toBe('321')
  expect(codes(await asker.ask('LIST')).at(-1)).toBe('323')
  expect(await listed('')).toEqual(expect.arrayContaining(['#list-a', '#list-b', '#lobby']))
  expect(await listed('')).not.toContain('#list-hidden')
  expect(await listed('#list-*')).toEqual(['#list-a', '#list-b'])
  expect(await listed('#list-*,>1')).toEqual(['#list-a'])
  expect(await listed('#list-*,<2')).toEqual(['#list-b'])
  expect(await listed('#LIST-B')).toEqual(['#list-b'])
  expect(await listed('#list-?')).toEqual(await listed('#list-*'))
  expect(await listed('#list-?b')).toEqual([])
  expect(await listed('#list-b,#list-a,#list-hidden')).toEqual(['#list-a', '#list-b'])
  expect(await listed('#list-*,!*-a')).toEqual(['#list-b'])
  expect(await listed('#list-a,#list-b >1')).toEqual(['#list-a'])
  expect((await hider.ask('LIST #list-h*'))[1]).toBe(':roomd 322 mallory #list-hidden 1 :x')
  const unfit = '#no*,'.repeat(19)
  expect([await listed(`${unfit}#list-a`), await listed(`${unfit}#no,#list-a`)]).toEqual([['#list-a'], []])
})

test('19. INVITE: the inviter gets 341, the invitee is told, members with invite-notify too', async () => {
  const [ann, bob] = await suite.together('#club', 'ann', 'bob')
  const eve = await suite.guest('eve')
  const witness = await suite.guest('wit', 'invite-notify')
  await ann.ask('MODE #club +i')
  expect(codes(await eve.ask('JOIN #club'))).toEqual(['473'])
  expect(await bob.ask('INVITE eve #club')).toEqual([
    ':ann!~ann@guest.roomd MODE #club +i',
    ":roomd 482 bob #club :You're not channel operator",
  ])
  expect(await ann.ask('INVITE wit #club')).toContain(':roomd 341 ann wit :#club')
  expect(await witness.until(/ INVITE /)).toEqual([':ann!~ann@guest.roomd INVITE wit #club'])
  await witness.ask('JOIN #club')
  await ann.rest()
  expect(await ann.ask('INVITE eve #club')).toEqual([':roomd 341 ann eve :#club'])
  expect(await witness.until(/ INVITE /)).toEqual([':ann!~ann@guest.roomd INVITE eve #club'])
  expect(await eve.until(/ INVITE /)).toEqual([':ann!~ann@guest.roomd INVITE eve #club'])
  const endOfList = ':roomd 337 eve :End of /INVITE list'
  expect(await eve.ask('INVITE')).toEqual([':roomd 336 eve :#club', endOfList])
  expect(codes(await bob.rest())).toEqual(['JOIN'])
  expect(codes(await eve.ask('JOIN #club'))).toEqual(['JOIN', '353', '366'])
  expect(await eve.ask('INVITE')).toEqual([endOfList])
  await ann.rest()
  expect(await ann.ask('INVITE eve #club')).toEqual([':roomd 443 ann eve #club :is already on channel'])
  expect(codes(await ann.ask('INVITE eve', 'INVITE eve #nowhere', 'INVITE ! #club'))).toEqual(['461', '403', '432'])
})

test('19. each member who may speak invites into an open channel, which lets into no full one', async () => {
  const [ann, bob, zoe] = await suite.together('#open', 'ann', 'bob', 'zoe')
  const [eve, far] = [await suite.guest('eve'), await suite.guest('far', 'invite-notify')]
  expect(await bob.ask('INVITE eve #open')).toEqual([':roomd 341 bob eve :#open'])
  expect(await eve.rest()).toEqual([':bob!~bob@guest.roomd INVITE eve #open'])
  expect(await far.ask('INVITE eve #open')).toEqual([":roomd 442 far #open :You're not on that channel"])
  expect(codes(await bob.ask('INVITE ! #open', 'INVITE zoe #open', 'INVITE ghost #open'))).toEqual([
    '432',
    '443',
    '401',
  ])
  await ann.ask('MODE #open +l 3')
  expect(codes(await eve.ask('JOIN #open'))).toEqual(['471'])
  await ann.ask('MODE #open +m')
  await bob.rest()
  expect(await bob.ask('INVITE far #open')).toEqual([':roomd 404 bob #open :Cannot send to channel (+m)'])
  expect(await far.rest()).toEqual([])
  expect(codes(await zoe.rest())).toEqual(['MODE', 'MODE'])
})

test('19. INVITE of nobody is answered by 401 and remembered for nobody; the owner of an account may be away', async () => {
  const [ann] = await suite.together('#invited', 'ann')
  await ann.ask('MODE #invited +i')
  expect(await ann.ask('INVITE ghost #invited')).toEqual([':roomd 401 ann ghost :No such nick/channel'])
  const ghost = await suite.guest('ghost')
  expect(codes(await ghost.ask('JOIN #invited'))).toEqual(['473'])
  const olga = await suite.owner('olga')
  olga.send('QUIT')
  await olga.closed
  expect(await ann.ask('INVITE olga #invited')).toEqual([':roomd 341 ann olga :#invited'])
})

test('19. INVITE without parameters shows those to rooms with many roles that nobody is in', async () => {
  const [ann, eve] = [await suite.guest('ann'), await suite.guest('eve')]
  const rooms = ['#crowded', '#packed']
  for (const room of rooms) {
    await ann.ask(`JOIN ${room}`)
    await ann.ask(...Array.from({ length: 300 }, (_, n) => `INVITE other${n} ${room}`))
    await ann.ask(`INVITE eve ${room}`)
    await eve.until(/ INVITE /)
    await ann.ask(`PART ${room}`)
  }
  expect(await eve.ask('INVITE')).toEqual([
    ...rooms.map((room) => `:roomd 336 eve :${room}`),
    ':roomd 337 eve :End of /INVITE list',
  ])
})

test('20. KICK with a comment and without; who is kicked is out and may come back', async () => {
  const [ann, bob, eve] = await suite.together('#kick', 'ann', 'bob', 'eve')
  expect(await ann.ask('KICK #kick bob :too loud')).toEqual([':ann!~ann@guest.roomd KICK #kick bob :too loud'])
  expect(await bob.until(/ KICK /)).toEqual([':ann!~ann@guest.roomd KICK #kick bob :too loud'])
  expect(codes(await bob.ask('PRIVMSG #kick :still?'))).toEqual(['404'])
  expect(codes(await bob.ask('JOIN #kick'))).toEqual(['JOIN', '353', '366'])
  await ann.rest()
  await eve.rest()
  await ann.ask('KICK #kick bob,zoe')
  expect(await eve.rest()).toEqual([':ann!~ann@guest.roomd KICK #kick bob :ann'])
  await ann.rest()
  expect(await ann.ask('KICK #kick zoe', 'KICK #nowhere eve', 'KICK #kick')).toEqual([
    ":roomd 441 ann zoe #kick :They aren't on that channel",
    ':roomd 403 ann #nowhere :No such channel',
    ':roomd 461 ann KICK :Not enough parameters',
  ])
  expect((await ann.ask('KICK #kick p,q,r,s,eve,t :all')).slice(-3)).toEqual([
    ":roomd 441 ann s #kick :They aren't on that channel",
    ':roomd 407 ann eve :Too many targets',
    ':roomd 407 ann t :Too many targets',
  ])
  expect(codes(await eve.ask('KICK #kick ann'))).toEqual(['482'])
  // As many channels as users, or one of them.
  await ann.ask('JOIN #kick-too')
  await bob.ask('JOIN #kick,#kick-too')
  for (const client of [ann, bob, eve]) await client.rest()
  expect(await ann.ask('KICK #kick,#kick eve', 'KICK #kick,#nowhere,#kick-too eve,bob,bob :bye')).toEqual([
    ':roomd 461 ann KICK :Not enough parameters',
    ':ann!~ann@guest.roomd KICK #kick eve :bye',
    ':roomd 403 ann #nowhere :No such channel',
    ':ann!~ann@guest.roomd KICK #kick-too bob :bye',
  ])
  const out = await suite.guest('out')
  expect(codes(await out.ask('KICK #kick ann'))).toEqual(['442'])
})

test('30. two sessions of an account: one JOIN and one QUIT for the others, messages for both', async () => {
  const ann = await suite.guest('ann')
  await ann.ask('JOIN #shared')
  const first = await suite.owner('olga')
  const second = await suite.owner('olga')
  await first.ask('JOIN #shared')
  await second.ask('JOIN #shared')
  expect(await ann.rest()).toEqual([':olga!olga@account.roomd JOIN #shared'])
  await ann.ask('PRIVMSG #shared :to all', 'PRIVMSG olga :to you')
  for (const client of [first, second]) {
    expect(await client.rest()).toEqual([
      ':ann!~ann@guest.roomd PRIVMSG #shared :to all',
      ':ann!~ann@guest.roomd PRIVMSG olga :to you',
    ])
  }
  // The other session sees what one says.
  await first.ask('PRIVMSG #shared :from the first')
  expect(await second.rest()).toEqual([':olga!olga@account.roomd PRIVMSG #shared :from the first'])
  expect(await ann.rest()).toEqual([':olga!olga@account.roomd PRIVMSG #shared :from the first'])
  await second.ask('PART #shared')
  expect(await ann.rest()).toEqual([])
  second.send('QUIT')
  await second.closed
  expect(await ann.ask('NAMES #shared')).toContain(':roomd 353 ann = #shared :@ann olga')
  first.send('QUIT :done')
  await first.closed
  expect(await ann.rest()).toEqual([':olga!olga@account.roomd QUIT :Quit: done'])
})

test('47. names with spaces and of other scripts are shown, addressed and kicked', async () => {
  const ann = await suite.guest('ann')
  await ann.ask('JOIN #names')
  const zoë = await suite.guest('Zoë\u00a0Müller')
  await zoë.ask('JOIN #names')
  expect((await ann.rest()).map(plain)).toEqual([':Zoë\u00a0Müller!~Zoë\u00a0Müller@guest.roomd JOIN #names'])
  await ann.ask('PRIVMSG Zoë\u00a0Müller :hello')
  expect(await zoë.rest()).toEqual([':ann!~ann@guest.roomd PRIVMSG Zoë\u00a0Müller :hello'])
  await ann.ask('KICK #names zoë\u00a0müller :bye')
  expect(await zoë.rest()).toEqual([':ann!~ann@guest.roomd KICK #names Zoë\u00a0Müller :bye'])
})
