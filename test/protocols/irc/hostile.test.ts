/** docs/protocols/irc.md: clients that mean no good, and how little others notice. */
import { expect, test } from 'vitest'
import { MAX_MASKS } from '../../../src/chat/expulsion.ts'
import { codes, ircSuite, plain, plainResponse, tagOf } from './suite.ts'

/** A little more than a stream queues before it asks to wait, and one write. */
const MAX_QUEUE = 131_072
const suite = ircSuite({ 'irc-tls': 0, 'max-queue': MAX_QUEUE, 'max-rooms-per-address': 40 })

test('6. JOIN of as many channels as a line holds disturbs nobody, and 405 bounds the rooms', async () => {
  const [ann, bob] = [await suite.guest('ann'), await suite.guest('bob')]
  const channels = Array.from({ length: 120 }, (_, n) => `#${n.toString(36)}`)
  ann.send(`JOIN ${channels.join(',')}`)
  expect(await bob.ask('PRIVMSG bob :still here')).toEqual([':bob!~bob@guest.roomd PRIVMSG bob :still here'])
  const lines = await ann.rest()
  const joined = lines.filter((line) => line.includes(' JOIN '))
  expect(joined.length).toBeLessThanOrEqual(40)
  const refused = lines.filter((line) => line.includes(' 405 '))
  expect(joined.length + refused.length).toBe(channels.length)
  expect(refused[0]).toMatch(/^:roomd 405 ann #\w+ :Too many rooms, at most 40 from your address$/)
  const parts = await ann.ask('JOIN 0')
  expect(parts.map((line) => line.replace(/^.* /, ''))).toEqual(joined.map((line) => line.replace(/^.* /, '')))
})

test('22. 478 tells that a channel has as many bans by masks as it may have', async () => {
  const [ann] = await suite.together('#full', 'ann')
  const bans = Array.from({ length: MAX_MASKS / 4 }, (_, n) => `+bbbb m${n}a* m${n}b* m${n}c* m${n}d*`)
  await ann.ask(...bans.map((letters) => `MODE #full ${letters}`))
  expect(await ann.ask('MODE #full +b more*')).toEqual([':roomd 478 ann #full more* :Channel ban list is full'])
  expect((await ann.ask('MODE #full b')).filter((line) => line.includes(' 367 '))).toHaveLength(MAX_MASKS)
})

test('24. a storm of NICK ends with the last nickname, and each change is seen once', async () => {
  const [ann, bob] = await suite.together('#storm', 'ann', 'bob')
  const nicks = Array.from({ length: 60 }, (_, n) => `n${n}`)
  bob.send(...nicks.map((nick) => `NICK ${nick}`))
  await bob.rest()
  const seen = await ann.rest()
  expect(seen.map((line) => line.replace(/^.* :/, ''))).toEqual(nicks)
  expect(seen.every((line) => line.includes(' NICK '))).toBe(true)
  expect(await ann.ask('NAMES #storm')).toContain(':roomd 353 ann = #storm :@ann n59')
})

test('27. CAP and SASL in odd orders lead to one registration', async () => {
  await suite.owner('olga')
  const client = await suite.dial()
  expect(await client.ask('CAP END', 'CAP', 'CAP REQ', 'CAP REQ :')).toEqual([
    ':roomd 461 * CAP :Not enough parameters',
    ':roomd CAP * ACK :',
    ':roomd CAP * ACK :',
  ])
  const asked = await client.ask(
    'USER a 0 * :A',
    'NICK olga',
    'AUTHENTICATE *',
    'AUTHENTICATE PLAIN',
    'CAP LS 302',
    'AUTHENTICATE PLAIN',
    'AUTHENTICATE PLAIN',
    'CAP REQ :sasl server-time',
    `AUTHENTICATE ${plainResponse('olga')}`,
    'NICK somebody',
    'USER b 0 * :B',
  )
  // The second PLAIN is a response, and a wrong one.
  expect(codes(asked.filter((line) => !line.includes(' LS ')))).toEqual(['906', '+', '904', '+', 'CAP', '900', '903'])
  const lines = await client.ask('CAP END', 'CAP END', 'CAP LS', 'CAP REQ :batch')
  expect(lines[0]).toBe(':somebody NICK :olga')
  expect(lines.filter((line) => line.includes(' 001 '))).toHaveLength(1)
  expect(lines.at(-1)).toBe(':roomd CAP olga ACK :batch')
})

test('32. history of more bytes than may be queued is read to its end, while the channel goes on', async () => {
  const [ann] = await suite.together('#long', 'ann')
  const lin = await suite.line('lin', 'long')
  await ann.rest()
  const text = 'ö'.repeat(3_900)
  for (let n = 0; n < 40; n++) lin.send(`${n} ${text}`)
  await lin.ask('last')
  await ann.rest()
  const bob = await suite.guest('bob', 'draft/chathistory batch labeled-response draft/event-playback message-tags')
  await bob.ask('JOIN #long')
  bob.send('@label=h CHATHISTORY LATEST #long * 1000')
  const opening = await bob.next()
  expect(tagOf(opening, 'label')).toBe('h')
  const [, batch = ''] = / BATCH \+(\S+) chathistory #long$/.exec(opening) ?? []
  bob.socket.pause()
  await ann.ask('PRIVMSG #long :in between')
  bob.socket.resume()
  const lines = [...(await bob.until(new RegExp(` BATCH -${batch}$`))), ...(await bob.rest())]
  const inBatch = lines.filter((line) => tagOf(line, 'batch') === batch)
  const said = inBatch.map((line) => plain(line).replace(/^\S+ PRIVMSG #long :/, ''))
  expect(said.filter((part) => /^\d+ /.test(part)).length).toBe(40)
  expect(said.join('')).toContain('last')
  expect(said.join('').replaceAll(/[^ö]/g, '')).toHaveLength(40 * 3_900)
  expect(lines.filter((line) => line.endsWith(':in between'))).toHaveLength(1)
})

test('32. JOIN brings more bytes than may be queued as the client reads them, while the channel goes on', async () => {
  const ROUNDS = 40
  const [ann] = await suite.together('#heavy', 'ann')
  const lin = await suite.line('lin', 'heavy')
  const text = 'ö'.repeat(3_900)
  for (let n = 0; n < 50; n++) lin.send(`${n} ${text}`)
  await lin.ask('/whoami')
  await ann.rest()
  const bob = await suite.guest('bob')
  bob.socket.pause()
  bob.send(...Array.from({ length: ROUNDS }, () => ['JOIN #heavy', 'PART #heavy']).flat())
  // The daemon goes on for as long as bob's connection takes something.
  const seen: string[] = []
  for (let quiet = 0; quiet < 100; quiet++) {
    const news = await ann.rest()
    if (news.length > 0) quiet = 0
    seen.push(...news)
  }
  expect(seen.filter((line) => line.includes(' JOIN ')).length).toBeLessThan(ROUNDS)
  await ann.ask('PRIVMSG #heavy :in between')
  bob.socket.resume()
  const lines = await bob.rest()
  expect(lines.filter((line) => line.includes(' JOIN #heavy'))).toHaveLength(ROUNDS)
  const said = lines.join('').replaceAll(/[^ö]/g, '')
  // The message in between takes the place of the oldest one.
  expect(said.length / 3_900).toBeGreaterThanOrEqual(ROUNDS * 49)
})

test('38. the client-only tags of a message are on the first of its lines alone, its bot tag on each', async () => {
  const ann = await suite.guest('ann', 'batch draft/multiline message-tags')
  const bob = await suite.guest('bob', 'message-tags')
  for (const client of [ann, bob]) await client.ask('JOIN #tags')
  const opening = `@+x=${'x'.repeat(4_000)} BATCH +a draft/multiline #tags`
  const said = Array.from({ length: 20 }, (_, n) => `@batch=a PRIVMSG #tags :${n}`)
  await ann.ask('MODE ann +B', opening, ...said, 'BATCH -a')
  const lines = (await bob.rest()).filter((line) => line.includes(' PRIVMSG '))
  expect(lines.map((line) => tagOf(line, '+x')?.length)).toEqual([
    4_000,
    ...Array.from({ length: 19 }, () => undefined),
  ])
  expect(lines.map((line) => tagOf(line, 'bot'))).toEqual(lines.map(() => ''))
})

test('35. batches that are never begun or closed, close twice or name another target say nothing', async () => {
  const ann = await suite.guest('ann', 'batch draft/multiline labeled-response')
  const bob = await suite.guest('bob')
  for (const client of [ann, bob]) await client.ask('JOIN #batch')
  await ann.rest()
  const reopened = Array.from({ length: 50 }, (_, n) => `BATCH +${n} draft/multiline #batch`)
  const invalid = ':roomd FAIL BATCH MULTILINE_INVALID :The message has not been sent'
  expect(
    await ann.ask(
      ...reopened,
      '@batch=49 PRIVMSG #batch :kept',
      'BATCH -0',
      'BATCH -49',
      '@batch=x PRIVMSG #batch :lost',
    ),
  ).toEqual([invalid, invalid, invalid])
  expect(
    await ann.ask('BATCH +a draft/multiline #batch', '@batch=a PRIVMSG #batch :here', 'BATCH -a draft/multiline bob'),
  ).toEqual([])
  const nested = [
    '@label=1 BATCH +a draft/multiline #batch',
    '@batch=a;label=2 PRIVMSG #batch :one',
    '@label=3 BATCH -a',
  ]
  expect((await ann.ask(...nested)).map((line) => tagOf(line, 'label'))).toEqual(['1'])
  expect(await bob.rest()).toEqual([
    ':ann!~ann@guest.roomd PRIVMSG #batch :here',
    ':ann!~ann@guest.roomd PRIVMSG #batch :one',
  ])
})

test('38. a flood of CTCP requests arrives in order, and nothing of it is stored', async () => {
  const [ann, bob] = await suite.together('#ctcp', 'ann', 'bob')
  const pings = Array.from({ length: 200 }, (_, n) => `PRIVMSG #ctcp :\u0001PING ${n}\u0001`)
  ann.send(...pings)
  await ann.rest()
  expect(await bob.rest()).toEqual(pings.map((ping) => `:ann!~ann@guest.roomd ${ping}`))
  const eve = await suite.guest('eve')
  expect(codes(await eve.ask('JOIN #ctcp'))).toEqual(['JOIN', '353', '366'])
})

test('43. a client over TLS that half-closes gets everything that it has asked for', async () => {
  const { IrcClient } = await import('../../clients/irc.ts')
  const client = await IrcClient.connect(suite.daemon.port('irc-tls'), true)
  client.send('NICK ann', 'USER ann 0 * :Ann', 'JOIN #half', 'PRIVMSG ann :to myself')
  client.socket.end()
  expect(await client.until(/to myself/)).toContain(':ann!~ann@guest.roomd JOIN #half')
  await client.closed
  const again = await suite.guest('ann')
  expect(await again.ask('NAMES #half')).toEqual([':roomd 366 ann #half :End of /NAMES list'])
})

test('50. a client that does not read is disconnected with a reason, and nobody waits for it', async () => {
  const [ann, bob, slow] = await suite.together('#slow', 'ann', 'bob', 'slow')
  slow.socket.pause()
  const text = 'x'.repeat(400)
  const isGone = bob.until(/:slow!\S+ QUIT /)
  for (
    let n = 0;
    !(await Promise.race([isGone, ann.ask(...Array.from({ length: 100 }, () => `PRIVMSG #slow :${text}`))])).length;
    n++
  )
    expect(n).toBeLessThan(1_000)
  expect((await isGone).at(-1)).toMatch(/ QUIT :/)
  slow.socket.resume()
  await slow.closed
})
