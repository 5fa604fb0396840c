/** docs/protocols/irc.md, section 9: modes, bans, and how they hold at other protocols. */
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { ChatroomClient, enter, logIn, register } from '../../support/chatroom.ts'
import { LineClient } from '../../support/client.ts'
import { codes, ircSuite, PASSWORD } from './suite.ts'

const suite = ircSuite({ http: 0, chatroom: 0, admins: ['root'] })

test('21. each mode is set, listed, unset, and refused to others', async () => {
  const [ann, bob] = await suite.together('#modes', 'ann', 'bob')
  const [modes = '', created = ''] = await ann.ask('MODE #modes')
  expect(modes).toBe(':roomd 324 ann #modes :+nt')
  expect(created).toMatch(/^:roomd 329 ann #modes :\d{10}$/)
  for (const [letter, parameter] of [['m'], ['i'], ['s'], ['k', 'a-long-key']] as const) {
    const shown = parameter === undefined ? '' : ' *'
    expect(await ann.ask(`MODE #modes +${letter} ${parameter ?? ''}`)).toEqual([
      `:ann!~ann@guest.roomd MODE #modes +${letter}${shown}`,
    ])
    expect((await ann.ask('MODE #modes'))[0]).toBe(
      parameter === undefined ? `:roomd 324 ann #modes :+nt${letter}` : `:roomd 324 ann #modes +nt${letter} :*`,
    )
    expect(await bob.rest()).toEqual([`:ann!~ann@guest.roomd MODE #modes +${letter}${shown}`])
    expect(await bob.ask(`MODE #modes -${letter}`)).toEqual([":roomd 482 bob #modes :You're not channel operator"])
    expect(codes(await ann.ask(`MODE #modes -${letter}`))).toEqual(['MODE'])
    await bob.rest()
  }
  expect((await ann.ask('MODE #modes'))[0]).toBe(':roomd 324 ann #modes :+nt')
  expect(await ann.ask('MODE #modes +lm 5')).toEqual([
    ':ann!~ann@guest.roomd MODE #modes +l 5',
    ':ann!~ann@guest.roomd MODE #modes +m',
  ])
  expect((await ann.ask('MODE #modes'))[0]).toBe(':roomd 324 ann #modes +ntml :5')
  // Each parameter stands where its letter does.
  await ann.ask('MODE #modes +k a-long-key')
  expect((await ann.ask('MODE #modes'))[0]).toBe(':roomd 324 ann #modes +ntmlk 5 :*')
  await ann.ask('MODE #modes -k')
  expect(await bob.ask('MODE #modes +l 6', 'MODE #modes -l')).toEqual([
    ':ann!~ann@guest.roomd MODE #modes +l 5',
    ':ann!~ann@guest.roomd MODE #modes +m',
    ':ann!~ann@guest.roomd MODE #modes +k *',
    ':ann!~ann@guest.roomd MODE #modes -k *',
    ":roomd 482 bob #modes :You're not channel operator",
    ":roomd 482 bob #modes :You're not channel operator",
  ])
  const limits = ['0', '-1', 'many', '12345678901234567', ':']
  expect(await ann.ask(...limits.map((limit) => `MODE #modes +l ${limit}`), 'MODE #modes +l')).toEqual([
    ...limits.map((limit) => `:roomd 696 ann #modes l ${limit === ':' ? '*' : limit} :A limit is a number of members`),
    ':roomd 461 ann MODE :Not enough parameters',
  ])
  // Without a parameter.
  expect(await ann.ask('MODE #modes -l+v bob', 'MODE #modes -mv bob')).toEqual([
    ':ann!~ann@guest.roomd MODE #modes -l',
    ':ann!~ann@guest.roomd MODE #modes +v bob',
    ':ann!~ann@guest.roomd MODE #modes -m',
    ':ann!~ann@guest.roomd MODE #modes -v bob',
  ])
  await bob.rest()
  expect(await ann.ask('MODE #modes +nt')).toEqual([])
  expect(await ann.ask('MODE #modes +v bob', 'MODE #modes -v bob', 'MODE #modes +mo-m bob')).toEqual([
    ':ann!~ann@guest.roomd MODE #modes +v bob',
    ':ann!~ann@guest.roomd MODE #modes -v bob',
    ':ann!~ann@guest.roomd MODE #modes +m',
    ':ann!~ann@guest.roomd MODE #modes +o bob',
    ':ann!~ann@guest.roomd MODE #modes -m',
  ])
  // Operators of one rank cannot take it from one another.
  expect(await ann.ask('MODE #modes -o bob', 'KICK #modes bob', 'MODE #modes +b bob')).toEqual(
    Array(3).fill(':roomd 482 ann #modes :You need a higher rank than theirs'),
  )
  await bob.ask('MODE #modes -o bob')
  expect(await ann.rest()).toEqual([':bob!~bob@guest.roomd MODE #modes -o bob'])
  expect(
    await ann.ask(
      'MODE #modes +x',
      'MODE #modes +o',
      'MODE #modes +o nobody',
      'MODE #modes +k',
      'MODE #nowhere +m',
      'MODE',
    ),
  ).toEqual([
    ':roomd 472 ann x :is unknown mode char to me',
    ':roomd 461 ann MODE :Not enough parameters',
    ':roomd 401 ann nobody :No such nick/channel',
    ':roomd 461 ann MODE :Not enough parameters',
    ':roomd 403 ann #nowhere :No such channel',
    ':roomd 461 ann MODE :Not enough parameters',
  ])
  expect(await ann.ask('MODE #modes +k x')).toEqual([
    ':roomd 525 ann #modes :A key has at least 8 characters and at most 72 bytes',
  ])
  const eve = await suite.guest('eve')
  expect(codes(await eve.ask('MODE #modes +m'))).toEqual(['442'])
  expect(codes(await eve.ask('MODE #modes'))).toEqual(['324', '329'])
})

test('21. a change that changes nothing is told to nobody', async () => {
  const [ann, bob] = await suite.together('#idle', 'ann', 'bob')
  expect(await ann.ask('MODE #idle -i-m-s-l-k', 'MODE #idle +o ann', 'MODE #idle -ov bob bob')).toEqual([])
  const line = 'MODE #idle +imslvo 5 bob bob'
  expect(await ann.ask(line)).toHaveLength(6)
  expect(await bob.rest()).toHaveLength(6)
  expect(await ann.ask(line.replace('vo 5 bob bob', 'o 05 bob'))).toEqual([])
  expect(await bob.rest()).toEqual([])
  // In one line each is compared with what those before it have made.
  expect(codes(await ann.ask('MODE #idle -m+m+m', 'MODE #idle +l 6'))).toEqual(['MODE', 'MODE', 'MODE'])
  const carol = await suite.guest('carol')
  expect(codes(await carol.ask('MODE #idle +m'))).toEqual(['442'])
  await ann.ask('MODE #idle -i')
  await carol.ask('JOIN #idle')
  expect(codes(await carol.ask('MODE #idle +m', 'MODE #idle +o ann'))).toEqual(['482', '482'])
  // Her JOIN comes first.
  expect(codes(await ann.ask('MODE #idle +v carol', 'MODE #idle -o carol'))).toEqual(['JOIN', 'MODE'])
})

test('21. +o of somebody outside is answered by 441, of nobody by 401; +n and +t are always on', async () => {
  const [ann] = await suite.together('#absent', 'ann')
  await suite.guest('out')
  expect(await ann.ask('MODE #absent +o out', 'MODE #absent +o ghost', 'MODE #absent -v ghost')).toEqual([
    ":roomd 441 ann out #absent :They aren't on that channel",
    ':roomd 401 ann ghost :No such nick/channel',
    ':roomd 401 ann ghost :No such nick/channel',
  ])
  expect(await ann.ask('MODE #absent +nt', 'MODE #absent -nt')).toEqual([
    ':roomd 742 ann #absent n nt :is always on here',
    ':roomd 742 ann #absent t nt :is always on here',
  ])
})

test('21. modes of users', async () => {
  const ann = await suite.guest('ann')
  expect(await ann.ask('MODE ann', 'MODE ann +wi', 'MODE ann +i', 'MODE ann')).toEqual([
    ':roomd 221 ann :+',
    ':ann!~ann@guest.roomd MODE ann :+i',
    ':roomd 221 ann :+i',
  ])
  // What one line changes is told in one.
  expect(await ann.ask('MODE ann +B-i', `MODE ann ${'+iB-iB'.repeat(80)}+i`, 'MODE ann -i+i', 'MODE ann')).toEqual([
    ':ann!~ann@guest.roomd MODE ann :+B-i',
    ':ann!~ann@guest.roomd MODE ann :+i-B',
    ':roomd 221 ann :+i',
  ])
  await suite.guest('bob')
  expect(
    await ann.ask('MODE ann -i', 'MODE ann', 'MODE ann +Q', 'MODE ann +x', 'MODE bob', 'MODE bob +i', 'MODE nobody'),
  ).toEqual([
    ':ann!~ann@guest.roomd MODE ann :-i',
    ':roomd 221 ann :+',
    ':roomd 501 ann :Unknown MODE flag',
    ':roomd 501 ann :Unknown MODE flag',
    ":roomd 502 ann :Can't change mode for other users",
    ":roomd 502 ann :Can't change mode for other users",
    ':roomd 401 ann nobody :No such nick/channel',
  ])
})

test('21. MODES counts the changes with a parameter; the others of a line are made too', async () => {
  const [ann] = await suite.together('#many', 'ann', 'bob')
  expect(await ann.ask('MODE #many +imnts-ims')).toEqual([
    ':ann!~ann@guest.roomd MODE #many +i',
    ':ann!~ann@guest.roomd MODE #many +m',
    ':ann!~ann@guest.roomd MODE #many +s',
    ':ann!~ann@guest.roomd MODE #many -i',
    ':ann!~ann@guest.roomd MODE #many -m',
  ])
  expect(await ann.ask('MODE #many -s+bbbbbl+i b!*@* c!*@* d!*@* e!*@* f!*@* 9', 'MODE #many')).toEqual([
    ':ann!~ann@guest.roomd MODE #many -s',
    ...['b', 'c', 'd', 'e'].map((nick) => `:ann!~ann@guest.roomd MODE #many +b ${nick}!*@*`),
    ':ann!~ann@guest.roomd MODE #many +i',
    ':roomd 324 ann #many :+nti',
    expect.stringMatching(/^:roomd 329 ann #many :/),
  ])
})

test('21. of a line all changes without a parameter are made, also behind others whose parameter is missing', async () => {
  const [ann] = await suite.together('#plain', 'ann')
  await ann.ask('MODE #plain +imslk 9 a-long-key')
  const changed = (await ann.ask('MODE #plain -imnstlk')).filter((line) => line.includes(' MODE '))
  expect(changed.map((line) => line.replace(/^.* #plain /, ''))).toEqual(['-i', '-m', '-s', '-l', '-k *'])
  expect(codes(await ann.ask(`MODE #plain +${'ov'.repeat(100)}+i`)).toSorted()).toEqual([
    ...Array(4).fill('461'),
    'MODE',
  ])
})

test('21. the owner is told why a guest who is operator gets no voice', async () => {
  const olga = await suite.owner('olga')
  const ann = await suite.guest('ann')
  for (const client of [olga, ann]) await client.ask('JOIN #voices')
  await olga.ask('MODE #voices +o ann')
  expect(await olga.ask('MODE #voices +v ann')).toEqual([':roomd 482 olga #voices :Operators have a voice already'])
  expect(await ann.ask('MODE #voices +v olga', 'MODE #voices -o olga')).toContain(
    ':roomd 482 ann #voices :You need a higher rank than theirs',
  )
})

test('22. the answers to a line with MODE are in the order of its changes, also with a long list of bans', async () => {
  const [ann] = await suite.together('#order', 'ann')
  const lin = await suite.line('lin', 'order')
  await ann.ask('MODE #order +o lin')
  const bans = Array.from({ length: 300 }, (_, n) => `/ban raider${n}`)
  await lin.ask(bans.join('\n'))
  await lin.rest()
  await ann.rest()
  const answer = codes(await ann.ask('MODE #order +o-o+b nobody1 nobody2'))
  expect(answer).toEqual(['401', '401', ...Array(300).fill('367'), '368'])
})

test('21. roles and modes of other protocols are shown, those without a letter as notices', async () => {
  const [ann] = await suite.together('#shown', 'ann')
  const lin = await suite.line('lin', 'shown')
  await ann.ask('MODE #shown +o lin')
  await lin.rest()
  await lin.ask('/moderated on')
  await lin.ask('/slow 5')
  await lin.ask('/topic From lines')
  await lin.ask('/mute eve 10m noise')
  await lin.rest()
  expect((await ann.rest()).slice(-4)).toEqual([
    ':lin!~lin@guest.roomd MODE #shown +m',
    ':roomd NOTICE #shown :slow is 5',
    ':lin!~lin@guest.roomd TOPIC #shown :From lines',
    ':roomd NOTICE #shown :eve is muted in #shown: noise',
  ])
})

test('21. in slow mode a guest that changes its nickname waits on', async () => {
  const lin = await suite.line('lin', 'slow')
  await lin.ask('/slow 60')
  const ann = await suite.guest('ann')
  await ann.ask('JOIN #slow')
  expect(await ann.ask('PRIVMSG #slow :one', 'NICK amy', 'NICK Amy')).toHaveLength(2)
  expect((await ann.ask('PRIVMSG #slow :two'))[0]).toMatch(/^:roomd 404 Amy #slow :Slow mode, wait \d+ seconds/)
  const bob = await suite.guest('bob')
  await bob.ask('JOIN #slow')
  expect(await bob.ask('PRIVMSG #slow :three')).toEqual([])
})

test('22. bans by nickname and mask keep others out, and mutes keep members from speaking', async () => {
  const [ann, bob] = await suite.together('#bans', 'ann', 'bob')
  expect(
    (await ann.ask('MODE #bans +b tr*!*@*', 'MODE #bans +b bob!*@*')).filter((line) => !line.includes(' KICK ')),
  ).toEqual([':ann!~ann@guest.roomd MODE #bans +b tr*!*@*', ':ann!~ann@guest.roomd MODE #bans +b bob!*@*'])
  expect(codes(await bob.until(/ KICK /)).at(-1)).toBe('KICK')
  expect(codes(await bob.ask('JOIN #bans'))).toEqual(['474'])
  const troll = await suite.guest('troll')
  expect(await troll.ask('JOIN #bans')).toEqual([':roomd 474 troll #bans :Cannot join channel (+b)'])
  const list = await ann.ask('MODE #bans b')
  expect(list[0]).toMatch(/^:roomd 367 ann #bans tr\*!\*@\* ann :\d{10}$/)
  expect(list[1]).toMatch(/^:roomd 367 ann #bans bob!\*@\* ann :\d{10}$/)
  expect(list[2]).toBe(':roomd 368 ann #bans :End of channel ban list')
  await ann.ask('MODE #bans -b tr*!*@*')
  await ann.ask('MODE #bans -b bob')
  expect(await ann.ask('MODE #bans +b')).toEqual([':roomd 368 ann #bans :End of channel ban list'])
  expect(codes(await troll.ask('JOIN #bans'))).toEqual(['JOIN', '353', '366'])
  // A ban of an account is by its nickname.
  const olga = await suite.owner('olga')
  await ann.ask('MODE #bans +b olga')
  expect(codes(await olga.ask('JOIN #bans'))).toEqual(['474'])
  const lin = await suite.line('lin', 'bans')
  await ann.ask('MODE #bans +o lin')
  await lin.ask('/mute troll')
  await lin.rest()
  await troll.rest()
  expect(await troll.ask('PRIVMSG #bans :hello')).toEqual([':roomd 404 troll #bans :You are muted in this channel'])
})

test('22. a ban by the user of a mask is for the nickname, and one by the host alone is refused', async () => {
  const [ann, bob] = await suite.together('#hosts', 'ann', 'bob')
  const eve = await suite.guest('eve')
  await eve.ask('JOIN #hosts')
  await ann.rest()
  const hosts = ['*!*@guest.roomd', '*!*@*.roomd', '*@guest.roomd', '@guest.roomd', '*!~*@guest.roomd', '!@roomd']
  const guests = ['*!~*@*', '*!~@*', '*!~*', '!~@']
  const partless = ['!', '@', ':', '!@', 'eve!', '!eve@*', 'eve!@*', 'eve@', 'eve!*@', '**!**@**']
  for (const mask of [...hosts, ...guests, ...partless])
    expect(await ann.ask(`MODE #hosts +b ${mask}`)).toEqual([
      `:roomd 696 ann #hosts b ${mask === ':' ? '*' : mask} :Bans are by nickname here: nick!*@*`,
    ])
  // The masks that clients make of a nickname, of irssi the first one.
  expect(await ann.ask('MODE #hosts +b *!*bob@*.roomd', 'MODE #hosts b')).toEqual([
    expect.stringContaining(' MODE #hosts +b bob!*@*'),
    expect.stringContaining(' KICK #hosts bob :'),
    expect.stringContaining(' 367 ann #hosts bob!*@* ann :'),
    expect.stringContaining(' 368 '),
  ])
  expect(codes(await bob.ask('JOIN #hosts')).at(-1)).toBe('474')
  await ann.ask('MODE #hosts -b *!*bob@*.roomd', 'MODE #hosts +b *!~bob@guest.roomd')
  expect((await ann.ask('MODE #hosts b'))[0]).toContain(' 367 ann #hosts bob!*@* ann :')
  expect(codes(await bob.ask('JOIN #hosts')).at(-1)).toBe('474')
  expect(await ann.ask('NAMES #hosts')).toContain(':roomd 353 ann = #hosts :@ann eve')
})

test('22. the masks for everybody ban all but operators', async () => {
  const [ann, bob] = await suite.together('#none', 'ann', 'bob')
  for (const mask of ['*', '*!*@*', '*@*']) {
    expect(await ann.ask(`MODE #none +b ${mask}`)).toContain(':ann!~ann@guest.roomd MODE #none +b *!*@*')
    expect(codes(await bob.ask('JOIN #none')).at(-1)).toBe('474')
    await ann.ask(`MODE #none -b ${mask}`)
    expect(codes(await bob.ask('JOIN #none'))).toContain('JOIN')
  }
})

test('23. +k, +i, +m and +s hold at the line protocol and at Globes', async () => {
  const [ann] = await suite.together('#held', 'ann')
  const lin = await LineClient.connect(suite.daemon)
  await lin.ask('LOGIN lin')
  await ann.ask('MODE #held +k a-long-key')
  expect(await lin.ask('JOIN held')).toMatchObject({ code: 'room-private' })
  await lin.ask('JOIN held a-long-key')
  await lin.rest()
  await ann.ask('MODE #held -k', 'MODE #held +m')
  await lin.rest()
  expect(await lin.ask('hello')).toMatchObject({ code: 'moderated' })
  await lin.ask('LEAVE')
  await lin.rest()
  await ann.ask('MODE #held -m', 'MODE #held +i')
  expect(await lin.ask('JOIN held')).toMatchObject({ code: 'invite-only' })
  await ann.ask('MODE #held -i', 'MODE #held +s')
  const listed = await fetch(`http://127.0.0.1:${suite.daemon.port('http')}/chats/`)
  expect(await listed.text()).not.toContain('"held"')
  lin.socket.destroy()
})

test('23. +k, +i, +m and +s hold at the rooms API, at the WebSocket of Globes and at Chatroom', async () => {
  const [ann] = await suite.together('#kept', 'ann')
  const http = `127.0.0.1:${suite.daemon.port('http')}`
  const post = async () => {
    const body = JSON.stringify({ text: 'hi' })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`http://${http}/rooms/kept/messages?as=ci`, { method: 'POST', headers, body })
    return answer.status === 201 ? 'said' : ((await answer.json()) as { code: string }).code
  }
  const handshake = async () => {
    const socket = new WebSocket(`ws://${http}/chats/kept/ws`)
    const opened = once(socket, 'open').then(() => 101)
    const refused = once(socket, 'unexpected-response').then(([, { statusCode }]) => Number(statusCode))
    socket.on('error', () => {})
    const status = await Promise.race([opened, refused])
    socket.terminate()
    return status
  }
  const box = await ChatroomClient.connect(suite.daemon.port('chatroom'))
  onTestFinished(() => void box.frames.socket.destroy())
  box.send(register('rita'), logIn('rita'))
  const enterKept = async () => {
    box.send(enter('kept'))
    return (await box.until(({ type }) => type === 'enter')).status
  }
  expect([await post(), await handshake()]).toEqual(['said', 101])
  await ann.ask('MODE #kept +k a-long-key')
  expect([await post(), await handshake(), await enterKept()]).toEqual(['not-found', 403, 'error'])
  await ann.ask('MODE #kept -k', 'MODE #kept +i')
  expect([await post(), await handshake(), await enterKept()]).toEqual(['invite-only', 401, 'error'])
  await ann.ask('MODE #kept -i', 'MODE #kept +m')
  expect([await post(), await handshake()]).toEqual(['moderated', 101])
  await ann.ask('MODE #kept -m', 'MODE #kept +s')
  const listed = (await (await fetch(`http://${http}/rooms`)).json()) as unknown
  expect(JSON.stringify(listed)).toContain('lobby')
  expect(JSON.stringify(listed)).not.toContain('"kept"')
})

test('23. +l lets as many in as it says, operators and the invited beside, and is that of other protocols', async () => {
  const [ann, bob] = await suite.together('#few', 'ann', 'bob')
  expect((await bob.ask('VERSION')).join(' ')).toContain(' CHANMODES=b,k,l,imnst ')
  await ann.ask('MODE #few +l 2')
  const eve = await suite.guest('eve')
  expect(await eve.ask('JOIN #few')).toEqual([':roomd 471 eve #few :Cannot join channel (+l)'])
  await bob.ask('PART #few', 'JOIN #few')
  expect(codes(await ann.ask('INVITE eve #few'))).toContain('341')
  await eve.rest()
  expect((await eve.ask('JOIN #few'))[0]).toBe(':eve!~eve@guest.roomd JOIN #few')
  await bob.rest()
  expect(await bob.ask('NICK rob')).toEqual([':bob!~bob@guest.roomd NICK :rob'])
  const lin = await LineClient.connect(suite.daemon)
  onTestFinished(() => void lin.socket.destroy())
  await lin.ask('LOGIN lin')
  expect(await lin.ask('JOIN few')).toMatchObject({ code: 'room-full' })
  await ann.ask('MODE #few +l 4')
  expect(await lin.ask('JOIN few')).toMatchObject({ result: 'Joined room few' })
  await lin.rest()
  await ann.ask('MODE #few +o lin')
  await lin.until(({ type }) => type === 'role')
  await ann.rest()
  await lin.ask('/limit 7')
  await lin.ask('/limit off')
  await lin.rest()
  expect(await ann.rest()).toEqual([':lin!~lin@guest.roomd MODE #few +l 7', ':lin!~lin@guest.roomd MODE #few -l'])
})

test('45. a room with a password that Globes has made is entered with its key', async () => {
  const made = await fetch(`http://127.0.0.1:${suite.daemon.port('http')}/chats`, {
    method: 'POST',
    body: JSON.stringify({ title: 'Private Talk', visibility: 'private', password: 'zebra umbrella 1234' }),
  })
  expect(await made.json()).toMatchObject({ status: true })
  const ann = await suite.guest('ann')
  expect(codes(await ann.ask('JOIN #PrivateTalk', 'JOIN #PrivateTalk wrong-key'))).toEqual(['475', '475'])
  const [joined] = await ann.ask('JOIN #privatetalk :zebra umbrella 1234')
  expect(joined).toBe(':ann!~ann@guest.roomd JOIN #PrivateTalk')
  // A title without spaces is the name of the channel, everywhere.
  const body = JSON.stringify({ title: 'Café', visibility: 'public' })
  await fetch(`http://127.0.0.1:${suite.daemon.port('http')}/chats`, { method: 'POST', body })
  expect(await ann.ask('JOIN #café')).toContain(':ann!~ann@guest.roomd JOIN #Café')
  expect((await ann.ask('LIST #c*'))[1]).toBe(':roomd 322 ann #Café 1 :')
})

test('21. a channel with a key is entered without it by its operators that have accounts, and by IRC operators', async () => {
  const owner = await suite.owner('olga')
  await owner.ask('JOIN #keyed', 'MODE #keyed +k a-long-key', 'PART #keyed')
  await suite.owner('root')
  const ann = await suite.guest('ann')
  const refused = ':roomd 475 ann #keyed :Cannot join channel (+k)'
  expect(await ann.ask('JOIN #keyed')).toEqual([refused])
  expect(codes(await owner.ask('JOIN #keyed'))).toContain('JOIN')
  await owner.ask('MODE #keyed +o ann')
  expect(await ann.ask('JOIN #keyed')).toEqual([refused])
  await ann.ask(`OPER root :${PASSWORD}`)
  expect(codes(await ann.ask('JOIN #keyed'))).toContain('JOIN')
})
