/** docs/protocols/irc.md, section 9: history. */
import { expect, test } from 'vitest'
import { codes, ircSuite, plain, tagOf } from './suite.ts'

const suite = ircSuite({ 'irc-replay': 3 })
const CAPS = 'draft/chathistory batch server-time message-tags'

/** The texts of the messages in a batch. */
function texts(lines: readonly string[]): string[] {
  return lines.flatMap((line) => / (?:PRIVMSG|NOTICE) \S+ :(.*)$/.exec(line)?.[1] ?? [])
}

test('32. each subcommand of CHATHISTORY reads what it says, in a batch', async () => {
  const ann = await suite.guest('ann', CAPS)
  await ann.ask('JOIN #past')
  const bob = await suite.guest('bob', `${CAPS} echo-message`)
  await bob.ask('JOIN #past')
  const ids: string[] = []
  const times: string[] = []
  for (let n = 1; n <= 9; n++) {
    const [line = ''] = await bob.ask(`PRIVMSG #past :${n}`)
    ids.push(tagOf(line, 'msgid') ?? '')
    times.push(tagOf(line, 'time') ?? '')
    // Two messages of one millisecond have one timestamp.
    while (new Date().toISOString() <= (times.at(-1) ?? '')) await new Promise(setImmediate)
  }
  await ann.rest()
  const lines = await ann.ask('CHATHISTORY LATEST #past * 3')
  const [, batch] = /^:roomd BATCH \+(\S+) chathistory #past$/.exec(lines[0] ?? '') ?? []
  expect(lines.at(-1)).toBe(`:roomd BATCH -${batch}`)
  for (const line of lines.slice(1, -1)) expect(tagOf(line, 'batch')).toBe(batch)
  expect(lines.slice(1, -1).map((line) => tagOf(line, 'msgid'))).toEqual(ids.slice(6))
  const read = async (request: string) => texts(await ann.ask(`CHATHISTORY ${request}`)).join('')
  const [id, time] = [(n: number) => `msgid=${ids[n - 1]}`, (n: number) => `timestamp=${times[n - 1]}`]
  expect(await read(`LATEST #past ${id(7)} 10`)).toBe('89')
  expect(await read(`LATEST #past ${id(4)} 2`)).toBe('89')
  expect(await read(`BEFORE #past ${id(4)} 2`)).toBe('23')
  expect(await read(`BEFORE #past ${time(4)} 50`)).toBe('123')
  expect(await read(`AFTER #past ${id(4)} 2`)).toBe('56')
  expect(await read(`AFTER #past ${time(8)} 10`)).toBe('9')
  expect(await read(`AFTER #past ${id(9)} 10`)).toBe('')
  expect(await read(`AROUND #past ${id(5)} 4`)).toBe('4567')
  expect(await read(`BETWEEN #past ${id(3)} ${id(8)} 10`)).toBe('4567')
  expect(await read(`BETWEEN #past ${id(3)} ${id(8)} 2`)).toBe('45')
  expect(await read(`BETWEEN #past ${id(8)} ${id(3)} 2`)).toBe('67')
  expect(await read('AFTER #past timestamp=2001-01-01T00:00:00.000Z 2')).toBe('12')
  expect(await read('BEFORE #past timestamp=2201-01-01T00:00:00.000Z 2')).toBe('89')
  expect(await read('LATEST #past * 0')).toBe('')
})

test('32. requests that cannot be answered get FAIL', async () => {
  const ann = await suite.guest('ann', CAPS)
  await ann.ask('JOIN #fail')
  const fails = await ann.ask(
    'CHATHISTORY LATEST #fail * many',
    'CHATHISTORY LATEST #fail',
    'CHATHISTORY BEFORE #fail msgid=x 1',
    'CHATHISTORY BEFORE #fail timestamp=yesterday 1',
    'CHATHISTORY BETWEEN #fail msgid=1 1',
    'CHATHISTORY SIDEWAYS #fail * 1',
    'CHATHISTORY LATEST #elsewhere * 1',
    'CHATHISTORY TARGETS a b 1',
    'CHATHISTORY',
  )
  const invalid = (verb: string) => `:roomd FAIL CHATHISTORY INVALID_PARAMS ${verb} :Invalid parameters`
  expect(fails).toEqual([
    invalid('LATEST'),
    invalid('LATEST'),
    invalid('BEFORE'),
    invalid('BEFORE'),
    invalid('BETWEEN'),
    invalid('SIDEWAYS'),
    ':roomd FAIL CHATHISTORY INVALID_TARGET LATEST #elsewhere :You are not in that channel',
    invalid('TARGETS'),
    ':roomd 461 ann CHATHISTORY :Not enough parameters',
  ])
})

test('32. other events than messages are for clients with event-playback', async () => {
  const ann = await suite.guest('ann', `${CAPS} draft/event-playback`)
  await ann.ask('JOIN #events', 'TOPIC #events :new', 'PRIVMSG #events :said')
  const all = await ann.ask('CHATHISTORY LATEST #events * 10')
  expect(codes(all.slice(1, -1))).toEqual(['JOIN', 'TOPIC', 'PRIVMSG'])
  const bob = await suite.guest('bob', CAPS)
  await bob.ask('JOIN #events')
  expect(codes((await bob.ask('CHATHISTORY LATEST #events * 10')).slice(1, -1))).toEqual(['PRIVMSG'])
})

test('32. private messages of an account, and the targets with history', async () => {
  const olga = await suite.owner('olga', `${CAPS} echo-message`)
  const bob = await suite.guest('bob')
  await bob.ask('JOIN #targets', 'PRIVMSG olga :one')
  await olga.ask('PRIVMSG bob :two', 'JOIN #targets')
  await bob.ask('PRIVMSG olga :three', 'PRIVMSG #targets :in the channel')
  await olga.rest()
  expect(texts(await olga.ask('CHATHISTORY LATEST bob * 10'))).toEqual(['one', 'two', 'three'])
  expect(texts(await olga.ask('CHATHISTORY LATEST bob * 2'))).toEqual(['two', 'three'])
  expect(texts(await olga.ask('CHATHISTORY LATEST nobody * 10'))).toEqual([])
  const [from, to] = ['timestamp=2001-01-01T00:00:00.000Z', 'timestamp=2201-01-01T00:00:00.000Z']
  const targets = await olga.ask(`CHATHISTORY TARGETS ${from} ${to} 10`)
  expect(targets[0]).toMatch(/ BATCH \+\S+ draft\/chathistory-targets$/)
  expect(
    targets
      .slice(1, -1)
      .map((line) => plain(line).split(' ').slice(1, 4).join(' '))
      .sort(),
  ).toEqual(['CHATHISTORY TARGETS #targets', 'CHATHISTORY TARGETS bob'])
  expect(await olga.ask(`CHATHISTORY TARGETS ${to} ${to} 10`)).toHaveLength(2)
})

test('31. 32. a private message has one msgid for both, as it comes and in the history, where it is a bound', async () => {
  const [pia, quin] = [
    await suite.owner('pia', `${CAPS} echo-message`),
    await suite.owner('quin', `${CAPS} echo-message`),
  ]
  const eve = await suite.guest('eve')
  // The two share a room for the second half.
  const ids: string[] = []
  for (let n = 0; n < 10; n++) {
    if (n === 5) for (const client of [pia, quin]) await client.ask('JOIN #both')
    const [from, to, name] = n % 2 === 0 ? [pia, quin, 'quin'] : [quin, pia, 'pia']
    // The ids of one inbox come to be ahead of those of the other.
    await eve.ask('JOIN #eve', `PRIVMSG ${name} :between`)
    await Promise.all([from.rest(), to.rest()])
    const [echo = ''] = await from.ask(`@+draft/reply=${ids.at(-1) ?? 'none'} PRIVMSG ${name} :${n}`)
    const [told = ''] = await to.rest()
    expect([plain(echo), tagOf(echo, 'msgid')]).toEqual([plain(told), expect.stringMatching(/^[\w-]+$/)])
    expect(tagOf(told, 'msgid')).toBe(tagOf(echo, 'msgid'))
    ids.push(tagOf(echo, 'msgid') ?? '')
  }
  expect(new Set(ids).size).toBe(10)
  for (const [client, other] of [[pia, 'quin'] as const, [quin, 'pia'] as const]) {
    const read = async (request: string) => texts(await client.ask(`CHATHISTORY ${request}`)).join('')
    const id = (n: number) => `msgid=${ids[n]}`
    const all = (await client.ask(`CHATHISTORY LATEST ${other} * 20`)).slice(1, -1)
    expect(all.map((line) => tagOf(line, 'msgid'))).toEqual(ids)
    expect(all.slice(1).map((line) => tagOf(line, '+draft/reply'))).toEqual(ids.slice(0, -1))
    expect(await read(`LATEST ${other} ${id(4)} 20`)).toBe('56789')
    expect(await read(`BEFORE ${other} ${id(4)} 20`)).toBe('0123')
    expect(await read(`AFTER ${other} ${id(3)} 3`)).toBe('456')
    expect(await read(`AFTER ${other} ${id(9)} 3`)).toBe('')
    expect(await read(`AROUND ${other} ${id(7)} 3`)).toBe('678')
    expect(await read(`AROUND ${other} ${id(7)} 1`)).toBe('7')
    expect(await read(`BETWEEN ${other} ${id(0)} ${id(9)} 3`)).toBe('123')
    expect(await read(`BETWEEN ${other} ${id(9)} ${id(0)} 3`)).toBe('678')
    // One that is gone from what is searched.
    expect(await read(`AFTER ${other} msgid=gone_long-ago 2`)).toBe('01')
    expect(await read(`BEFORE ${other} msgid=gone_long-ago 2`)).toBe('')
    expect(await client.ask(`CHATHISTORY BEFORE ${other} msgid=no:id 2`)).toEqual([
      ':roomd FAIL CHATHISTORY INVALID_PARAMS BEFORE :Invalid parameters',
    ])
  }
})

test('a client without chathistory gets the newest messages when it joins', async () => {
  const [bob] = await suite.together('#replay', 'bob')
  await bob.ask(
    'PRIVMSG #replay :1',
    'NOTICE #replay :2',
    'PRIVMSG #replay :\u0001ACTION 3\u0001',
    'PRIVMSG #replay :4',
  )
  const ann = await suite.guest('ann')
  const minute = String.raw`\[\d{4}-\d\d-\d\d \d\d:\d\d\]`
  const replayed = (await ann.ask('JOIN #replay')).slice(-3)
  expect(replayed[0]).toMatch(new RegExp(`^:bob!~bob@guest.roomd NOTICE #replay :${minute} 2$`))
  expect(replayed[1]).toMatch(new RegExp(`^:bob!~bob@guest.roomd PRIVMSG #replay :\u0001ACTION ${minute} 3\u0001$`))
  const timed = await suite.guest('tim', 'server-time')
  const [last = ''] = (await timed.ask('JOIN #replay')).slice(-1)
  expect(last).toMatch(/^@time=\S+ :bob!~bob@guest\.roomd PRIVMSG #replay :4$/)
  const able = await suite.guest('able', CAPS)
  expect(codes(await able.ask('JOIN #replay'))).toEqual(['JOIN', '353', '366'])
})
