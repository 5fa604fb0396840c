/** docs/protocols/irc.md, section 9: messages. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { codes, ircSuite, plain, tagOf } from './suite.ts'

const suite = ircSuite()

/** The lines that do not match, and those that do. */
function split(lines: readonly string[], pattern: RegExp): [string[], string[]] {
  return [lines.filter((line) => !pattern.test(line)), lines.filter((line) => pattern.test(line))]
}

test('9. PRIVMSG reaches all others; the sender too with echo-message, with its label', async () => {
  const [bob] = await suite.together('#say', 'bob')
  const ann = await suite.guest('ann', 'echo-message labeled-response batch message-tags server-time')
  await ann.ask('JOIN #say')
  const eve = await suite.guest('eve')
  await eve.ask('JOIN #say')
  await bob.rest()
  await ann.rest()
  expect(await bob.ask('PRIVMSG #say :from bob')).toEqual([])
  expect(await eve.rest()).toEqual([':bob!~bob@guest.roomd PRIVMSG #say :from bob'])
  await ann.rest()
  ann.send('@label=l1 PRIVMSG #say :from ann', '@label=l2 PRIVMSG eve :psst')
  const [first = '', second = ''] = [await ann.next(), await ann.next()]
  expect([tagOf(first, 'label'), plain(first)]).toEqual(['l1', ':ann!~ann@guest.roomd PRIVMSG #say :from ann'])
  expect([tagOf(second, 'label'), plain(second)]).toEqual(['l2', ':ann!~ann@guest.roomd PRIVMSG eve :psst'])
  expect(tagOf(first, 'msgid')).toMatch(/^\d+$/)
  expect(await eve.rest()).toEqual([
    ':ann!~ann@guest.roomd PRIVMSG #say :from ann',
    ':ann!~ann@guest.roomd PRIVMSG eve :psst',
  ])
})

test('10. a password for NickServ reaches nobody', async () => {
  const ann = await suite.guest('ann')
  const impostor = await suite.guest('NickServ')
  expect(await ann.ask('PRIVMSG NickServ :IDENTIFY secret', 'NOTICE nickserv :IDENTIFY secret')).toEqual([
    ':roomd 401 ann NickServ :No such nick/channel',
    expect.stringMatching(/^:roomd NOTICE ann :There is no NickServ: /),
  ])
  expect(await ann.ask('NS IDENTIFY secret', 'NickServ IDENTIFY secret')).toEqual([
    expect.stringMatching(/^:roomd 421 ann NS :There is no NickServ: /),
    expect.stringMatching(/^:roomd 421 ann NICKSERV :There is no NickServ: /),
  ])
  expect(await impostor.rest()).toEqual([])
})

test('10. PRIVMSG to several targets, to nobody, without text or target, to a channel that one is not in', async () => {
  const [ann, bob] = await suite.together('#ten', 'ann', 'bob')
  const eve = await suite.guest('eve')
  expect(await ann.ask('PRIVMSG #ten,eve,nobody,eve,bob :hello')).toEqual([
    ':roomd 401 ann nobody :No such nick/channel',
    ':roomd 407 ann bob :Too many targets',
  ])
  const told = ':ann!~ann@guest.roomd PRIVMSG eve :hello'
  expect(await eve.rest()).toEqual([told, told])
  expect(await bob.rest()).toEqual([':ann!~ann@guest.roomd PRIVMSG #ten :hello'])
  expect(
    await eve.ask('PRIVMSG #ten :outside', 'PRIVMSG #nowhere :x', 'PRIVMSG ann', 'PRIVMSG', 'PRIVMSG ann :'),
  ).toEqual([
    ':roomd 404 eve #ten :Cannot send to channel (+n)',
    ':roomd 404 eve #nowhere :Cannot send to channel (+n)',
    ':roomd 412 eve :No text to send',
    ':roomd 411 eve :No recipient given (PRIVMSG)',
    ':roomd 412 eve :No text to send',
  ])
  expect(await ann.ask('PRIVMSG @#ten :to operators')).toEqual([':roomd 401 ann @#ten :No such nick/channel'])
  expect(await ann.ask('PRIVMSG ann :to myself')).toEqual([':ann!~ann@guest.roomd PRIVMSG ann :to myself'])
  await suite.owner('olga').then((olga) => olga.ask('QUIT').catch(() => {}))
  // An account that is away gets it later.
  expect(await ann.ask('PRIVMSG olga :for later')).toEqual([])
})

test('10. a message to oneself is echoed where that is asked for, with its label, and arrives', async () => {
  const line = ':ann!~ann@guest.roomd PRIVMSG ann :to myself'
  const ann = await suite.guest('ann', 'labeled-response batch message-tags')
  // In no room, and in one.
  for (const before of ['PING x', 'JOIN #self']) {
    await ann.ask(before, 'CAP REQ :-echo-message')
    expect(await ann.ask('PRIVMSG ann :to myself')).toEqual([expect.stringMatching(/^@msgid=\S+ :/)])
    const unechoed = await ann.ask('@label=a PRIVMSG ann :to myself')
    expect(unechoed.map(plain).sort()).toEqual([line, ':roomd ACK'])
    expect(unechoed.map((each) => [plain(each), tagOf(each, 'label')])).toContainEqual([line, undefined])
    await ann.ask('CAP REQ :echo-message')
    const [echo = '', delivery = '', ...more] = await ann.ask('@label=b PRIVMSG ann :to myself')
    expect([plain(echo), plain(delivery), more]).toEqual([line, line, []])
    expect([tagOf(echo, 'label'), tagOf(delivery, 'label')]).toEqual(['b', undefined])
    expect(tagOf(echo, 'msgid')).toBe(tagOf(delivery, 'msgid'))
  }
})

test('30. of two sessions that write to one user at the same time, each is shown what the other one says, and its own by its label', async () => {
  const numbers = Array.from({ length: 100 }, (_, n) => n)
  const silent = await suite.owner('uma')
  const echoed = await suite.owner('uma', 'message-tags labeled-response echo-message')
  const tom = await suite.guest('tom')
  for (const client of [silent, echoed, tom]) await client.ask('JOIN #both')
  await echoed.rest()
  for (const n of numbers) {
    echoed.send(`@label=e${n} PRIVMSG tom :echoed ${n}`)
    silent.send(`PRIVMSG tom :silent ${n}`)
  }
  const shown = { silent: await silent.rest(), echoed: await echoed.rest() }
  // What the other one has said may still have been on its way.
  shown.silent.push(...(await silent.rest()))
  shown.echoed.push(...(await echoed.rest()))
  const texts = (lines: string[]) =>
    split(lines, / JOIN /)[0].map((line) => `${tagOf(line, 'label')} ${plain(line).replace(/^.* PRIVMSG tom :/, '')}`)
  expect(texts(shown.silent)).toEqual(numbers.map((n) => `undefined echoed ${n}`))
  const [others, own] = split(texts(shown.echoed), / echoed /)
  expect(others).toEqual(numbers.map((n) => `undefined silent ${n}`))
  expect(own).toEqual(numbers.map((n) => `e${n} echoed ${n}`))
})

test('11. NOTICE is never answered', async () => {
  const [ann, bob] = await suite.together('#note', 'ann', 'bob')
  expect(
    await ann.ask('NOTICE #nowhere :x', 'NOTICE nobody :x', 'NOTICE', 'NOTICE #note', 'NOTICE #note :heard'),
  ).toEqual([])
  await ann.ask('NOTICE bob :just you')
  expect(await bob.rest()).toEqual([
    ':ann!~ann@guest.roomd NOTICE #note :heard',
    ':ann!~ann@guest.roomd NOTICE bob :just you',
  ])
})

test('12. ACTION is CTCP at IRC clients, and a flag elsewhere; other requests of CTCP are for IRC alone', async () => {
  const [ann, bob] = await suite.together('#act', 'ann', 'bob')
  const lin = await suite.line('lin', 'act')
  await ann.rest()
  await bob.rest()
  await ann.ask('PRIVMSG #act :\u0001ACTION waves\u0001', 'PRIVMSG bob :\u0001ACTION nods\u0001')
  expect(await bob.rest()).toEqual([
    ':ann!~ann@guest.roomd PRIVMSG #act :\u0001ACTION waves\u0001',
    ':ann!~ann@guest.roomd PRIVMSG bob :\u0001ACTION nods\u0001',
  ])
  expect(await lin.until(({ type }) => type === 'message')).toMatchObject([{ body: 'waves', action: true }])
  await ann.ask('PRIVMSG lin :\u0001ACTION nods\u0001')
  expect(await lin.until(({ type }) => type === 'private')).toMatchObject([{ body: '* ann nods' }])
  lin.send('/inbox')
  expect(await lin.until(({ type }) => type === 'history')).toMatchObject([{}, { body: { body: '* ann nods' } }])
  await lin.ask('/me bows')
  expect(await bob.until(/ACTION/)).toEqual([':lin!~lin@guest.roomd PRIVMSG #act :\u0001ACTION bows\u0001'])
  await ann.ask('PRIVMSG bob :\u0001VERSION\u0001', 'PRIVMSG #act :\u0001PING 1\u0001')
  await bob.ask('NOTICE ann :\u0001VERSION irssi\u0001')
  expect(await ann.until(/VERSION/)).toContain(':bob!~bob@guest.roomd NOTICE ann :\u0001VERSION irssi\u0001')
  expect((await lin.rest()).filter(({ type }) => type === 'message').map((line) => line)).toEqual([
    expect.objectContaining({ body: 'bows' }),
  ])
})

test('38. CTCP requests arrive as they are, at IRC clients alone', async () => {
  const [ann, bob] = await suite.together('#ctcp', 'ann', 'bob')
  await ann.ask('PRIVMSG bob :\u0001VERSION\u0001', 'PRIVMSG #ctcp :\u0001PING 1\u0001')
  expect(await bob.rest()).toEqual([
    ':ann!~ann@guest.roomd PRIVMSG bob :\u0001VERSION\u0001',
    ':ann!~ann@guest.roomd PRIVMSG #ctcp :\u0001PING 1\u0001',
  ])
})

test('38. CTCP requests and TAGMSG to oneself arrive, and are echoed where that is asked for', async () => {
  const requests = ['PRIVMSG ann :\u0001PING 1\u0001', 'NOTICE ann :\u0001PING 1\u0001', 'TAGMSG ann']
  const arriving = requests.map((request) => `:ann!~ann@guest.roomd ${request}`)
  const ann = await suite.guest('ann', 'message-tags')
  expect((await ann.ask(...requests)).map(plain)).toEqual(arriving)
  await ann.ask('CAP REQ :echo-message labeled-response batch')
  for (const [index, request] of requests.entries()) {
    const lines = await ann.ask(`@label=self ${request}`)
    expect(lines.map(plain)).toEqual([arriving[index], arriving[index]])
    expect(lines.map((line) => tagOf(line, 'label')).sort()).toEqual(['self', undefined])
    expect(new Set(lines.map((line) => tagOf(line, 'msgid'))).size).toBe(1)
  }
  // To others a request has an echo as a message has, also one in a NOTICE, which otherwise is not answered.
  await suite.guest('bob')
  await ann.ask('CAP REQ :-message-tags')
  expect(
    await ann.ask('@label=a NOTICE bob :\u0001PING 2\u0001', '@label=b NOTICE nobody :x', 'NOTICE nobody :x'),
  ).toEqual(['@label=a :ann!~ann@guest.roomd NOTICE bob :\u0001PING 2\u0001', '@label=b :roomd ACK'])
})

test('38. CTCP requests and TAGMSG stay in their place among messages', async () => {
  const [ann, bob] = await suite.together('#order', 'ann', 'bob')
  for (const client of [ann, bob]) await client.ask('CAP REQ :message-tags')
  for (const target of ['#order', 'bob']) {
    const sent = Array.from({ length: 5 }, (_, n) => [
      `PRIVMSG ${target} :one ${n}`,
      `PRIVMSG ${target} :\u0001PING ${n}\u0001`,
      `PRIVMSG ${target} :two ${n}`,
      `NOTICE ${target} :\u0001VERSION ${n}\u0001`,
      `NOTICE ${target} :three ${n}`,
      `@+typing=done TAGMSG ${target}`,
      `PRIVMSG ${target} :\u0001ACTION ${n}\u0001`,
    ]).flat()
    ann.send(...sent, `PRIVMSG ${target} :end`)
    const heard = (await bob.until(/:end$/)).slice(0, -1)
    expect(heard.map((line) => plain(line).replace(/^\S+ /, ''))).toEqual(sent.map(plain))
  }
})

test('35. a CTCP request of several lines is refused, and is no line of its own anywhere', async () => {
  const ann = await suite.guest('ann', 'batch draft/multiline')
  const bob = await suite.guest('bob')
  for (const client of [ann, bob]) await client.ask('JOIN #lines')
  const open = 'BATCH +a draft/multiline #lines'
  const lines = [
    open,
    '@batch=a PRIVMSG #lines :\u0001PING',
    '@batch=a PRIVMSG #lines ::eve!~eve@x JOIN #lines',
    'BATCH -a',
  ]
  const [invalid] = (await ann.ask(...lines)).slice(-1)
  expect(invalid).toBe(':roomd FAIL BATCH MULTILINE_INVALID :The message has not been sent')
  expect(await bob.rest()).toEqual([])
  // Lines that are concatenated are one.
  await ann.ask(
    open,
    '@batch=a PRIVMSG #lines :\u0001PI',
    '@batch=a;draft/multiline-concat PRIVMSG #lines :NG\u0001',
    'BATCH -a',
  )
  expect(await bob.rest()).toEqual([':ann!~ann@guest.roomd PRIVMSG #lines :\u0001PING\u0001'])
})

test('38. a CTCP request that does not fit into the line that others get is refused', async () => {
  const ann = await suite.guest('ann', 'batch draft/multiline labeled-response')
  const bob = await suite.guest('bob')
  for (const client of [ann, bob]) await client.ask('JOIN #fits')
  await ann.rest()
  const requestOf = (bytes: number) => `\u0001${'x'.repeat(bytes - 2)}\u0001`
  const space = 510 - ':ann!~ann@guest.roomd PRIVMSG #fits :'.length
  const tooLong = requestOf(space + 2)
  const sent = [`PRIVMSG bob :${requestOf(space + 2)}`, `PRIVMSG #fits :${requestOf(space)}`]
  expect(await ann.ask(...sent)).toEqual([])
  expect(await bob.rest()).toEqual(sent.map((line) => `:ann!~ann@guest.roomd ${line}`))
  expect(await ann.ask(`PRIVMSG #fits :${tooLong}`, `@label=a PRIVMSG bob,#fits :${tooLong}`)).toEqual([
    ':roomd 417 ann :Input line was too long',
    '@label=a :roomd 417 ann :Input line was too long',
  ])
  expect(await ann.ask(`NOTICE #fits :${tooLong}`, `@label=b NOTICE #fits :${tooLong}`)).toEqual([
    '@label=b :roomd ACK',
  ])
  const half = Math.ceil(tooLong.length / 2)
  const [first, second] = [tooLong.slice(0, half), tooLong.slice(half)]
  expect(
    await ann.ask(
      'BATCH +a draft/multiline #fits',
      `@batch=a PRIVMSG #fits :${first}`,
      `@batch=a;draft/multiline-concat PRIVMSG #fits :${second}`,
      'BATCH -a',
    ),
  ).toEqual([`:roomd FAIL BATCH MULTILINE_MAX_BYTES ${space} :The message has not been sent`])
  expect(await bob.rest()).toEqual([])
})

test('35. a multiline batch of which a line is refused is not said', async () => {
  const ann = await suite.guest('ann', 'batch draft/multiline message-tags')
  const bob = await suite.guest('bob')
  for (const client of [ann, bob]) await client.ask('JOIN #holes')
  await ann.rest()
  const tooLong = ':roomd 417 ann :Input line was too long'
  const refused = [
    ['@batch=r PRIVMSG #holes :\xff', ':roomd FAIL PRIVMSG INVALID_UTF8 :Message rejected, it is not UTF-8'],
    [`@batch=r PRIVMSG #holes :${'x'.repeat(520)}`, tooLong],
    [`@batch=r PRIVMSG #holes :${'x'.repeat(10_000)}`, tooLong],
  ] as const
  for (const [line, answer] of refused) {
    ann.send('BATCH +r draft/multiline #holes', '@batch=r PRIVMSG #holes :one')
    ann.write(Buffer.from(`${line}\r\n`, 'latin1'))
    expect(await ann.ask('@batch=r PRIVMSG #holes :three', 'BATCH -r')).toEqual([
      answer,
      ':roomd FAIL BATCH MULTILINE_INVALID :The message has not been sent',
    ])
  }
  // A line beside the batch is no line of it.
  ann.send('BATCH +r draft/multiline #holes', '@batch=r PRIVMSG #holes :one', `PRIVMSG #holes :${'x'.repeat(520)}`)
  expect(await ann.ask('@batch=r PRIVMSG #holes :two', 'BATCH -r')).toEqual([tooLong])
  expect((await bob.rest()).map((line) => line.replace(/^.* :/, ''))).toEqual(['one', 'two'])
})

test('codes for colours and formats are removed for all', async () => {
  const [ann, bob] = await suite.together('#paint', 'ann', 'bob')
  await ann.ask('PRIVMSG #paint :\u000304,12red\u0003 \u0002bold\u000f \u001dslanted\u001d 5\u00037,x')
  expect(await bob.rest()).toEqual([':ann!~ann@guest.roomd PRIVMSG #paint :red bold slanted 5,x'])
  const red = '\u0002a\u000f \u000304red\u0003 text'
  const eve = await suite.guest('eve')
  await eve.ask('JOIN #paint')
  await bob.ask('JOIN #paint')
  await bob.rest()
  await ann.ask(`TOPIC #paint :${red}`, `KICK #paint eve :${red}`, `AWAY :${red}`, `PART #paint :${red}`)
  expect(await bob.ask('PRIVMSG ann :there?')).toEqual([
    ':ann!~ann@guest.roomd TOPIC #paint :a red text',
    ':ann!~ann@guest.roomd KICK #paint eve :a red text',
    ':ann!~ann@guest.roomd PART #paint :a red text',
    ':roomd 301 bob ann :a red text',
  ])
  await eve.ask('JOIN #paint')
  eve.send(`QUIT :${red}`)
  expect((await bob.until(/ QUIT /)).at(-1)).toBe(':eve!~eve@guest.roomd QUIT :Quit: a red text')
})

test('31. server-time and msgid are on every event; the ids are those of HISTORY', async () => {
  const ann = await suite.guest('ann', 'server-time message-tags')
  await ann.ask('JOIN #ids')
  const lin = await suite.line('lin', 'ids')
  await lin.ask('hello')
  await lin.ask('/kick ann no right')
  await ann.ask('PRIVMSG #ids :mine', 'TOPIC #ids :subject', 'MODE #ids +m')
  await lin.rest()
  lin.send('HISTORY')
  await lin.until(({ type }) => type === 'commandResult')
  const history = await lin.rest()
  const ids = new Map(history.flatMap((line) => (line.type === 'history' ? [[line.body.type, line.body.id]] : [])))
  const seen = await ann.ask('PRIVMSG #ids :end')
  expect(seen).toEqual([])
  const bob = await suite.guest('bob', 'server-time message-tags')
  await bob.ask('JOIN #ids')
  await ann.ask('TOPIC #ids :new')
  for (const line of [...(await ann.rest()), ...(await bob.rest())]) {
    expect(tagOf(line, 'time')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(tagOf(line, 'msgid')).toMatch(/^\d{16}$/)
  }
  expect(ids.size).toBeGreaterThan(0)
})

test("31. one's own JOIN and PART have the msgid and the time that others see", async () => {
  const caps = 'server-time message-tags'
  const [ann, bob] = [await suite.guest('ann', caps), await suite.guest('bob', caps)]
  const now = Date.now.bind(Date)
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000)
  onTestFinished(() => clock.mockRestore())
  await bob.ask('JOIN #echoes')
  // The clock goes back, so that ids are ahead of it, and no two times are the same.
  let past = now()
  clock.mockImplementation(() => past++)
  const [own, others] = [await ann.ask('JOIN #echoes', 'PART #echoes :bye', 'JOIN #echoes'), await bob.rest()]
  const shown = (lines: string[]) =>
    lines
      .filter((line) => / (JOIN|PART) /.test(line))
      .map((line) => [plain(line), tagOf(line, 'msgid'), tagOf(line, 'time')])
  expect(shown(own)).toEqual(shown(others))
  expect(shown(own)).toHaveLength(3)
  for (const [, msgid] of shown(own)) expect(msgid).toMatch(/^\d+$/)
  clock.mockRestore()
  // A further session of a user is told to nobody.
  const olga = await suite.owner('olga', caps)
  const further = await suite.owner('olga', caps)
  const joins = [...(await olga.ask('JOIN #echoes')), ...(await further.ask('JOIN #echoes'))]
  expect(joins.filter((line) => line.includes(' JOIN ')).map((line) => tagOf(line, 'msgid'))).toEqual([
    expect.stringMatching(/^\d+$/),
    undefined,
  ])
})

test('31. what is in no log has the time too, and the account of its user', async () => {
  const caps = 'server-time account-tag account-notify away-notify chghost invite-notify'
  const ann = await suite.guest('ann', caps)
  const seen = await ann.ask('JOIN #told')
  const olga = await suite.owner('olga')
  await olga.ask('JOIN #told')
  const bob = await suite.guest('bobby')
  await bob.ask('JOIN #told', 'REGISTER * * :correct horse')
  await olga.ask('AWAY :at lunch', 'JOIN #other', 'INVITE ann #other')
  seen.push(...(await ann.ask('MONITOR + eve')))
  await suite.guest('eve')
  seen.push(...(await ann.rest()))
  const told = seen.filter((line) => !/ (JOIN|MODE|353|366|731) /.test(line))
  expect(told.map((line) => [...plain(line).split(' ', 2), tagOf(line, 'account')])).toEqual([
    [':bobby!~bobby@guest.roomd', 'ACCOUNT', 'bobby'],
    [':bobby!~bobby@guest.roomd', 'CHGHOST', 'bobby'],
    [':olga!olga@account.roomd', 'AWAY', 'olga'],
    [':olga!olga@account.roomd', 'INVITE', 'olga'],
    [':roomd', '730', undefined],
  ])
  for (const line of seen.filter((line) => !/ (353|366|731) /.test(line)))
    expect(tagOf(line, 'time')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test('33. labeled-response: a line, a batch, and ACK', async () => {
  const ann = await suite.guest('ann', 'labeled-response batch')
  expect(await ann.ask('@label=a PING x')).toEqual(['@label=a :roomd PONG roomd :x'])
  expect(await ann.ask('@label=b AWAY :lunch')).toEqual(['@label=b :roomd 306 ann :You have been marked as being away'])
  expect(await ann.ask('@label=c NOTICE nobody :x', '@label=d PONG')).toEqual([
    '@label=c :roomd ACK',
    '@label=d :roomd ACK',
  ])
  expect(await ann.ask('@label=e FOO')).toEqual(['@label=e :roomd 421 ann FOO :Unknown command'])
  const lines = await ann.ask('@label=f JOIN #labelled')
  const [, batch] = /BATCH \+(\S+) labeled-response$/.exec(lines[0] ?? '') ?? []
  expect(lines).toEqual([
    `@label=f :roomd BATCH +${batch} labeled-response`,
    `@batch=${batch} :ann!~ann@guest.roomd JOIN #labelled`,
    `@batch=${batch} :roomd 353 ann = #labelled :@ann`,
    `@batch=${batch} :roomd 366 ann #labelled :End of /NAMES list`,
    `:roomd BATCH -${batch}`,
  ])
  const whois = await ann.ask('@label=g WHOIS ann')
  expect(whois[0]).toMatch(/^@label=g :roomd BATCH \+/)
  expect(whois.slice(1, -1).every((line) => line.startsWith('@batch='))).toBe(true)
  expect(await ann.ask('@label=h PRIVMSG #labelled :no echo')).toEqual(['@label=h :roomd ACK'])
  // Without the capability a label is nothing.
  const bob = await suite.guest('bob')
  expect(await bob.ask('@label=x AWAY')).toEqual([':roomd 305 bob :You are no longer marked as being away'])
})

test('33. the echo of a labelled message to a user who is away, and RPL_AWAY, are one batch', async () => {
  const ann = await suite.guest('ann')
  const bob = await suite.guest('bob', 'labeled-response batch echo-message')
  await ann.ask('AWAY :lunch')
  bob.send('@label=one PRIVMSG ann :there?')
  const lines = await bob.until(/ BATCH -/)
  const [begin = ''] = lines
  const batch = / BATCH \+(\S+) labeled-response$/.exec(begin)?.[1]
  expect(lines).toEqual([
    `@label=one :roomd BATCH +${batch} labeled-response`,
    `@batch=${batch} :bob!~bob@guest.roomd PRIVMSG ann :there?`,
    `@batch=${batch} :roomd 301 bob ann :lunch`,
    `:roomd BATCH -${batch}`,
  ])
  expect(await bob.ask('@label=two NOTICE ann :there?')).toEqual([
    '@label=two :bob!~bob@guest.roomd NOTICE ann :there?',
  ])
})

test('33. the echoes of a labelled message to several targets are one batch', async () => {
  const caps = 'echo-message labeled-response batch message-tags draft/multiline'
  const ann = await suite.guest('ann', caps)
  const bob = await suite.guest('bob', 'labeled-response batch')
  for (const client of [ann, bob]) await client.ask('JOIN #labels')
  await ann.rest()
  const bare = (line: string) => line.replace(/msgid=[\w-]+/, 'msgid')
  ann.send('@label=a PRIVMSG bob,nobody,#labels,Bob :hi', '@label=b PRIVMSG #labels :alone')
  const [opening = '', ...lines] = (await ann.rest()).map(bare)
  const [, batch] = /^@label=a :roomd BATCH \+(\S+) labeled-response$/.exec(opening) ?? []
  const end = lines.indexOf(`:roomd BATCH -${batch}`)
  expect(
    lines
      .slice(0, end)
      .filter((line) => tagOf(line, 'label') === undefined)
      .toSorted(),
  ).toEqual([
    `@batch=${batch} :roomd 401 ann nobody :No such nick/channel`,
    ...['#labels', 'bob', 'bob'].map((to) => `@batch=${batch};msgid :ann!~ann@guest.roomd PRIVMSG ${to} :hi`),
  ])
  expect(lines.filter((line) => tagOf(line, 'label') === 'b').map(plain)).toEqual([
    ':ann!~ann@guest.roomd PRIVMSG #labels :alone',
  ])
  expect(lines).toHaveLength(6)
  // Of several lines, which are a batch in the batch, and in a NOTICE, which is not answered.
  const parts = ['@batch=1 NOTICE bob,nobody,#labels :one', '@batch=1 NOTICE bob,nobody,#labels :two']
  const said = await ann.ask('@label=c BATCH +1 draft/multiline bob,nobody,#labels', ...parts, 'BATCH -1')
  const outer = /^@label=c :roomd BATCH \+(\S+) labeled-response$/.exec(said[0] ?? '')?.[1] ?? ''
  expect(said.at(-1)).toBe(`:roomd BATCH -${outer}`)
  const inner = said
    .filter((line) => tagOf(line, 'batch') === outer)
    .map((line) => plain(line).replace(/[+-]b\d+/, 'b'))
  expect(inner.toSorted()).toEqual([
    ':ann!~ann@guest.roomd BATCH b draft/multiline #labels',
    ':ann!~ann@guest.roomd BATCH b draft/multiline bob',
    ':roomd BATCH b',
    ':roomd BATCH b',
  ])
  expect(said).toHaveLength(2 + 4 + 4)
  // Without echoes there is one reply.
  expect(await bob.ask('@label=d PRIVMSG ann,#labels :hi', '@label=e NOTICE ann,nobody :x')).toEqual(
    expect.arrayContaining(['@label=d :roomd ACK', '@label=e :roomd ACK']),
  )
})

test('33. each label is answered, also of what is refused', async () => {
  const ann = await suite.guest('ann', 'labeled-response batch')
  await ann.ask('JOIN #asked')
  // A batch is one with the capability only.
  expect(await ann.ask('@label=a;batch=q PRIVMSG #asked :hi', '@label=b;batch=q PING x')).toEqual([
    '@label=a :roomd ACK',
    '@label=b :roomd PONG roomd :x',
  ])
  await ann.ask('CAP REQ :echo-message draft/multiline')
  const request = '\u0001PING\u0001'
  const notices = [`#none,#nil :${request}`, '#none, :x', 'ann,bob', ',', ', :x', '']
  for (const rest of notices) expect(await ann.ask(`@label=n NOTICE ${rest}`)).toEqual(['@label=n :roomd ACK'])
  const noRecipient = '@label=p :roomd 411 ann :No recipient given (PRIVMSG)'
  expect(await ann.ask('@label=p PRIVMSG , :x', '@label=p PRIVMSG ,')).toEqual([noRecipient, noRecipient])
  const long = 'x'.repeat(520)
  expect(await ann.ask(`@label=q PRIVMSG #asked :${long}`, `@label=q PRIVMSG ann,bob :${long}`)).toEqual(
    Array.from({ length: 2 }, () => '@label=q :roomd 417 ann :Input line was too long'),
  )
  const unsent = ':roomd FAIL BATCH MULTILINE_INVALID :The message has not been sent'
  expect(await ann.ask('@label=r;batch=none PRIVMSG ann,bob :x')).toEqual([`@label=r ${unsent}`])
  const begun = '@label=s BATCH +1 draft/multiline #asked'
  expect(await ann.ask(begun, 'BATCH -1')).toEqual([`@label=s ${unsent}`])
  expect(await ann.ask('@label=t BATCH +1 draft/multiline ,')).toEqual([
    '@label=t :roomd 461 ann BATCH :Not enough parameters',
  ])
  // One that takes the place of another one.
  const next = ['@label=u BATCH +2 draft/multiline #asked', 'BATCH +2 draft/multiline #asked']
  expect(await ann.ask(begun, ...next)).toEqual([`@label=s ${unsent}`, `@label=u ${unsent}`])
  expect(await ann.ask('@label=u BATCH +3 draft/multiline #asked')).toEqual([])
  expect(await ann.ask('@batch=3 PRIVMSG #asked :said', 'BATCH -3')).toEqual([
    '@label=u :ann!~ann@guest.roomd PRIVMSG #asked :said',
  ])
})

test('38. client-only tags are passed on to clients with message-tags, and TAGMSG is not stored', async () => {
  const ann = await suite.guest('ann', 'message-tags echo-message labeled-response batch')
  const bob = await suite.guest('bob', 'message-tags')
  const eve = await suite.guest('eve')
  for (const client of [ann, bob, eve]) await client.ask('JOIN #tags')
  for (const client of [ann, bob, eve]) await client.rest()
  const [echo = '', relayed = ''] = [...(await ann.ask('@label=t;+typing=active TAGMSG #tags')), ...(await bob.rest())]
  const msgid = tagOf(echo, 'msgid')
  expect(msgid).toMatch(/^[\w-]+$/)
  expect([echo, relayed]).toEqual([
    `@label=t;msgid=${msgid};+typing=active :ann!~ann@guest.roomd TAGMSG #tags`,
    `@msgid=${msgid};+typing=active :ann!~ann@guest.roomd TAGMSG #tags`,
  ])
  await ann.ask('@+draft/reply=17;nonsense=1;+x=a\\sb\\:c PRIVMSG #tags :answer')
  const [line = ''] = await bob.rest()
  expect(plain(line)).toBe(':ann!~ann@guest.roomd PRIVMSG #tags :answer')
  expect([tagOf(line, '+draft/reply'), tagOf(line, '+x'), tagOf(line, 'nonsense')]).toEqual([
    '17',
    'a\\sb\\:c',
    undefined,
  ])
  await bob.ask('@+typing=done TAGMSG ann')
  expect((await ann.rest()).at(-1)).toMatch(/^@msgid=[\w-]+;\+typing=done :bob!~bob@guest\.roomd TAGMSG ann$/)
  expect(await eve.rest()).toEqual([':ann!~ann@guest.roomd PRIVMSG #tags :answer'])
  await ann.ask('MODE #tags +m')
  await bob.rest()
  expect(await bob.ask('@+typing=active TAGMSG #tags', 'TAGMSG nobody', 'TAGMSG')).toEqual([
    ':roomd 404 bob #tags :Cannot send to channel (+m)',
    ':roomd 401 bob nobody :No such nick/channel',
    ':roomd 461 bob TAGMSG :Not enough parameters',
  ])
  expect(codes(await eve.ask('TAGMSG #tags'))).toEqual(['MODE', '421'])
})

test('35. messages of several lines come and go as batches, within their limits', async () => {
  const caps = 'batch draft/multiline message-tags'
  const ann = await suite.guest('ann', `${caps} echo-message labeled-response`)
  const bob = await suite.guest('bob', caps)
  const eve = await suite.guest('eve')
  for (const client of [ann, bob, eve]) await client.ask('JOIN #multi')
  const lin = await suite.line('lin', 'multi')
  for (const client of [ann, bob, eve]) await client.rest()
  ann.send(
    '@label=m BATCH +1 draft/multiline #multi',
    '@batch=1 PRIVMSG #multi :first',
    '@batch=1 PRIVMSG #multi :',
    '@batch=1 PRIVMSG #multi :thi',
    '@batch=1;draft/multiline-concat PRIVMSG #multi :rd',
    'BATCH -1',
  )
  const [opening = ''] = await ann.until(/BATCH -/)
  expect(tagOf(opening, 'label')).toBe('m')
  expect(await lin.until(({ type }) => type === 'message')).toMatchObject([{ body: 'first\n\nthird' }])
  const [start = '', ...rest] = await bob.rest()
  const [, batch] = /^:ann!~ann@guest.roomd BATCH \+(\S+) draft\/multiline #multi$/.exec(plain(start)) ?? []
  expect(tagOf(start, 'msgid')).toMatch(/^\d+$/)
  expect(rest).toEqual([
    `@batch=${batch} :ann!~ann@guest.roomd PRIVMSG #multi :first`,
    `@batch=${batch} :ann!~ann@guest.roomd PRIVMSG #multi :`,
    `@batch=${batch} :ann!~ann@guest.roomd PRIVMSG #multi :third`,
    `:roomd BATCH -${batch}`,
  ])
  expect(await eve.rest()).toEqual([
    ':ann!~ann@guest.roomd PRIVMSG #multi :first',
    ':ann!~ann@guest.roomd PRIVMSG #multi :third',
  ])
  // A long line is continued.
  await lin.ask(`word ${'x'.repeat(900)}`)
  const long = await bob.until(/BATCH -/)
  expect(long.filter((line) => line.includes('draft/multiline-concat'))).toHaveLength(long.length - 3)
  const said = long.slice(1, -1).map((line) => line.replace(/^.* PRIVMSG #multi :/, ''))
  expect(said.join('')).toBe(`word ${'x'.repeat(900)}`)

  const tooMany = Array.from({ length: 101 }, () => '@batch=2 PRIVMSG #multi :x')
  expect(await bob.ask('BATCH +2 draft/multiline #multi', ...tooMany, 'BATCH -2')).toEqual([
    ':roomd FAIL BATCH MULTILINE_MAX_LINES 100 :The message has not been sent',
  ])
  const tooLong = Array.from({ length: 10 }, () => `@batch=3 PRIVMSG #multi :${'y'.repeat(450)}`)
  expect(await bob.ask('BATCH +3 draft/multiline #multi', ...tooLong, 'BATCH -3')).toEqual([
    ':roomd FAIL BATCH MULTILINE_MAX_BYTES 4000 :The message has not been sent',
  ])
  expect(await bob.ask('BATCH +4 draft/multiline #multi', '@batch=4 PRIVMSG #other :x', 'BATCH -4')).toEqual([
    ':roomd FAIL BATCH MULTILINE_INVALID_TARGET #multi #other :The message has not been sent',
  ])
  const invalid = ':roomd FAIL BATCH MULTILINE_INVALID :The message has not been sent'
  const blank = ['@batch=4 PRIVMSG #multi :x', '@batch=4;draft/multiline-concat PRIVMSG #multi :']
  expect(await bob.ask('BATCH +4 draft/multiline #multi', ...blank, 'BATCH -4')).toEqual([invalid])
  // What belongs to no batch that has begun is refused at once, and leaves the one that has.
  expect(await bob.ask('BATCH +4 draft/multiline #multi', '@batch=5 PRIVMSG #multi :lost')).toEqual([invalid])
  expect(await bob.ask('@batch=4 PRIVMSG #multi :kept', 'BATCH -4', '@batch=4 NOTICE #multi :late')).toEqual([invalid])
  expect((await ann.until(/kept/)).filter((line) => /lost|late/.test(line))).toEqual([])
  const refused = await bob.ask('BATCH +5 draft/multiline #multi', 'BATCH -5', 'BATCH -6', 'BATCH +7 other #multi')
  expect(codes(refused)).toEqual(['FAIL', 'FAIL', 'FAIL'])
  expect(refused[2]).toBe(':roomd FAIL BATCH UNKNOWN_TYPE other :Only batches of draft/multiline')
  expect(await eve.ask('BATCH +1 draft/multiline #multi')).toContain(':roomd 421 eve BATCH :Unknown command')
})

test('36. REDACT deletes own messages, and any as operator; others get FAIL', async () => {
  const caps = 'message-tags draft/message-redaction'
  const ann = await suite.guest('ann', caps)
  const bob = await suite.guest('bob', caps)
  const eve = await suite.guest('eve', 'message-tags')
  for (const client of [ann, bob, eve]) await client.ask('JOIN #redact')
  for (const client of [ann, bob, eve]) await client.rest()
  await bob.ask('PRIVMSG #redact :one', 'PRIVMSG #redact :two')
  const [one, two] = (await ann.rest()).map((line) => tagOf(line, 'msgid') ?? '')
  expect(await eve.ask(`REDACT #redact ${one} :not mine`)).toContain(
    `:roomd FAIL REDACT REDACT_FORBIDDEN #redact ${one} :You may not delete this message`,
  )
  expect((await bob.ask(`REDACT #redact ${one} :typo`)).map(plain)).toEqual([
    `:bob!~bob@guest.roomd REDACT #redact ${one} :typo`,
  ])
  expect((await ann.ask(`REDACT #redact ${two}`)).map(plain)).toEqual([
    `:bob!~bob@guest.roomd REDACT #redact ${one} :typo`,
    `:ann!~ann@guest.roomd REDACT #redact :${two}`,
  ])
  expect(codes(await eve.rest())).toEqual([])
  // Behind a reason that is too long for a message of the room, as behind that of KICK.
  await ann.ask('PRIVMSG #redact :three')
  const [three] = (await bob.rest()).flatMap((line) => (line.includes('three') ? (tagOf(line, 'msgid') ?? []) : []))
  const [shortened] = await ann.ask(`REDACT #redact ${three} :${'x'.repeat(301)}`)
  expect(shortened).toMatch(new RegExp(` REDACT #redact ${three} :x{300}$`))
  expect(
    await ann.ask('REDACT #redact 1', 'REDACT #redact x', 'REDACT #nowhere 1', 'REDACT bob x', 'REDACT #redact'),
  ).toEqual([
    ':roomd FAIL REDACT UNKNOWN_MSGID #redact 1 :There is no such message',
    ':roomd FAIL REDACT UNKNOWN_MSGID #redact x :There is no such message',
    ':roomd FAIL REDACT INVALID_TARGET #nowhere :You cannot delete messages there',
    ':roomd FAIL REDACT INVALID_TARGET bob :You cannot delete messages there',
    ':roomd 461 ann REDACT :Not enough parameters',
  ])
})

test('46. text of other protocols arrives as valid lines', async () => {
  const [ann] = await suite.together('#text', 'ann')
  const lin = await suite.line('lin', 'text')
  await ann.rest()
  await lin.ask('MESSAGE ":colon\\nsecond line\\n\\n\\tlast"')
  const long = 'word '.repeat(799).trimEnd()
  await lin.ask(`MESSAGE ${long}`)
  await lin.ask(`MESSAGE ${'é'.repeat(4_000)}`)
  ann.send('MODE #text +o lin')
  await lin.until(({ type }) => type === 'role')
  const topic = '語'.repeat(300)
  await lin.ask(`/topic ${topic}`)
  await lin.rest()
  const [lines, [, changed = '']] = split(await ann.rest(), / MODE | TOPIC /)
  expect(Buffer.byteLength(changed)).toBeLessThanOrEqual(510)
  expect(topic.startsWith(changed.replace(':lin!~lin@guest.roomd TOPIC #text :', ''))).toBe(true)
  for (const line of lines) {
    expect(line).toMatch(/^:lin!~lin@guest\.roomd PRIVMSG #text :[^\0\r\n]+$/)
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(510)
  }
  const said = lines.map((line) => line.slice(line.indexOf(' :') + 2))
  expect(said.slice(0, 3)).toEqual([':colon', 'second line', '\tlast'])
  expect(said.slice(3).join('').replaceAll(' ', '')).toBe(long.replaceAll(' ', '') + 'é'.repeat(4_000))
})
