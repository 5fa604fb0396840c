/** docs/protocols/irc.md, section 9: registration, accounts, lines. */
import { expect, test } from 'vitest'
import { codes, ircSuite, PASSWORD, plainResponse } from './suite.ts'

const suite = ircSuite()
const REGISTERED = 'Nickname is registered, use SASL or PASS'

test('1. a registration is answered from 001 to 422, addressed to the nickname', async () => {
  const client = await suite.dial()
  const lines = await client.ask('NICK ann', 'USER ann 0 * :Ann')
  const counts = ['251', '252', '254', '255', '265', '266']
  expect(codes(lines)).toEqual(['001', '002', '003', '004', '005', '005', '005', ...counts, '422'])
  for (const line of lines) expect(line).toMatch(/^:roomd \d{3} ann /)
  const supported = lines.filter((line) => line.includes(' 005 ')).join(' ')
  for (const token of [
    'CASEMAPPING=ascii',
    'CHANTYPES=#',
    'PREFIX=(ov)@+',
    'WHOX',
    'MONITOR=100',
    'MAXLIST=b:200',
    'USERLEN=33',
    'NAMELEN=128',
    'UTF8ONLY',
    // Several channels are answered, but not in the form of RFC 2812.
    'TARGMAX=KICK:4,NOTICE:4,PRIVMSG:4,JOIN:,NAMES:1,PART:,WHOIS:1',
  ])
    expect(supported).toContain(` ${token} `)
})

test('2. a nickname that is in use, reserved, registered, malformed or missing is refused, and another one is taken', async () => {
  await suite.guest('bob')
  await (await suite.owner('olga')).rest()
  const client = await suite.dial()
  client.send('USER ann 0 * :Ann')
  expect(await client.ask('NICK bob')).toEqual([':roomd 433 * bob :Nickname is already in use'])
  expect(await client.ask('NICK BOB')).toEqual([':roomd 433 * BOB :Nickname is already in use'])
  expect(await client.ask('NICK server')).toEqual([`:roomd 433 * server :${REGISTERED}`])
  expect(await client.ask('NICK olga')).toEqual([`:roomd 433 * olga :${REGISTERED}`])
  expect(await client.ask('NICK a!b')).toEqual([':roomd 432 * a!b :Erroneous nickname'])
  expect(await client.ask('NICK')).toEqual([':roomd 431 * :No nickname given'])
  expect(codes(await client.ask('NICK ann'))[0]).toBe('001')
})

test('3. the registration waits for CAP END where CAP has begun; other commands before it are refused', async () => {
  const client = await suite.dial()
  client.send('CAP LS 302')
  await client.until(/ CAP \* LS :/)
  expect(await client.ask('NICK ann', 'USER ann 0 * :Ann', 'JOIN #ops', 'FOO')).toEqual([
    ':roomd 451 * :You have not registered',
    ':roomd 451 * :You have not registered',
  ])
  expect(codes(await client.ask('CAP END'))[0]).toBe('001')
  expect(await client.ask('USER ann 0 * :Ann', 'PASS secret')).toEqual([
    ':roomd 462 ann :You may not reregister',
    ':roomd 462 ann :You may not reregister',
  ])
})

test('4. PING is answered with its token', async () => {
  const client = await suite.guest('ann')
  client.send('PING abc')
  expect(await client.next()).toBe(':roomd PONG roomd :abc')
  client.send('PING :two words')
  expect(await client.next()).toBe(':roomd PONG roomd :two words')
  expect(await client.ask('PING', 'PONG', 'PONG :whatever')).toEqual([':roomd 461 ann PING :Not enough parameters'])
})

test('27. capabilities: versions 301 and 302, a list, an unknown one, taking one back', async () => {
  const client = await suite.dial()
  const [old = '', ...none] = await client.ask('CAP LS')
  expect(none).toEqual([])
  expect(old).toMatch(/^:roomd CAP \* LS :account-notify .* sasl server-time/)
  const lines = await client.ask('CAP LS 302')
  const all = lines.map((line) => line.replace(/^.* :/, '')).join(' ')
  expect(all).toContain('sasl=PLAIN')
  expect(all).toMatch(/draft\/multiline=max-bytes=\d+,max-lines=100/)
  for (const line of lines.slice(0, -1)) expect(line).toMatch(/^:roomd CAP \* LS \* :/)
  expect(await client.ask('CAP REQ :server-time nonsense')).toEqual([':roomd CAP * NAK :server-time nonsense'])
  // Version 302 implies cap-notify, which stays.
  expect(await client.ask('CAP LIST')).toEqual([':roomd CAP * LIST :cap-notify'])
  expect(await client.ask('CAP REQ :server-time batch', 'CAP REQ :-batch -cap-notify', 'CAP LIST')).toEqual([
    ':roomd CAP * ACK :server-time batch',
    ':roomd CAP * ACK :-batch -cap-notify',
    ':roomd CAP * LIST :cap-notify server-time',
  ])
  expect(await client.ask('CAP FOO')).toEqual([':roomd 410 * FOO :Invalid CAP command'])
})

test('28. an attempt by SASL that is under way at the end of the registration is aborted, and another one may follow', async () => {
  await suite.owner('olga')
  const client = await suite.dial()
  const lines = await client.ask('CAP REQ :sasl', 'NICK ann', 'USER ann 0 * :Ann', 'AUTHENTICATE PLAIN', 'CAP END')
  expect(codes(lines).slice(2, 5)).toEqual(['906', '001', '002'])
  expect(codes(await client.ask('AUTHENTICATE PLAIN', `AUTHENTICATE ${plainResponse('olga')}`))).toEqual([
    '+',
    '900',
    '903',
    'NICK',
  ])
})

test('28. SASL PLAIN: success, failure, abort, too long, in chunks', async () => {
  await suite.owner('olga')
  const client = await suite.dial()
  client.send('CAP REQ :sasl', 'NICK olga', 'USER olga 0 * :Olga')
  await client.rest()
  expect(await client.ask('AUTHENTICATE EXTERNAL')).toEqual([
    ':roomd 908 * PLAIN :are available SASL mechanisms',
    ':roomd 904 * :SASL authentication failed',
  ])
  expect(await client.ask('AUTHENTICATE PLAIN', `AUTHENTICATE ${plainResponse('olga', 'wrong password')}`)).toEqual([
    'AUTHENTICATE +',
    ':roomd 904 * :SASL authentication failed',
  ])
  expect(await client.ask('AUTHENTICATE PLAIN', 'AUTHENTICATE *')).toEqual([
    'AUTHENTICATE +',
    ':roomd 906 * :SASL authentication aborted',
  ])
  expect(await client.ask('AUTHENTICATE PLAIN', `AUTHENTICATE ${'A'.repeat(401)}`)).toEqual([
    'AUTHENTICATE +',
    ':roomd 905 * :SASL message too long',
  ])
  // A response of several chunks that is refused, and one whose last chunk is empty.
  const long = plainResponse('olga', 'x'.repeat(600))
  const chunks = [long.slice(0, 400), long.slice(400, 800), long.slice(800)]
  expect(await client.ask('AUTHENTICATE PLAIN', ...chunks.map((chunk) => `AUTHENTICATE ${chunk || '+'}`))).toEqual([
    'AUTHENTICATE +',
    ':roomd 904 * :SASL authentication failed',
  ])
  const response = plainResponse('olga')
  expect(await client.ask('AUTHENTICATE PLAIN', `AUTHENTICATE ${response}`)).toEqual([
    'AUTHENTICATE +',
    ':roomd 900 * olga!olga@account.roomd olga :You are now logged in as olga',
    ':roomd 903 * :SASL authentication successful',
  ])
  expect(codes(await client.ask('CAP END'))[0]).toBe('001')
})

test('28. a SASL response of exactly 400 characters ends with an empty chunk', async () => {
  const client = await suite.dial()
  client.send('CAP REQ :sasl')
  await client.rest()
  const response = plainResponse('olga', 'p'.repeat(294))
  expect(response).toHaveLength(400)
  expect(await client.ask('AUTHENTICATE PLAIN', `AUTHENTICATE ${response}`)).toEqual(['AUTHENTICATE +'])
  expect(codes(await client.ask('AUTHENTICATE +'))).toEqual(['904'])
})

test('29. PASS proves the account of the nickname, or of the name in front of a colon', async () => {
  await suite.owner('olga')
  const second = await suite.dial()
  expect((await second.ask(`PASS :${PASSWORD}`, 'NICK olga', 'USER o 0 * :O'))[0]).toBe(
    ':roomd 900 olga olga!olga@account.roomd olga :You are now logged in as olga',
  )
  expect(await second.ask('WHOIS olga')).toContain(':roomd 330 olga olga olga :is logged in as')
  const third = await suite.dial()
  const lines = await third.ask(`PASS :olga:${PASSWORD}`, 'NICK somebody', 'USER o 0 * :O')
  expect(lines[0]).toBe(':somebody NICK :olga')
  expect(codes(lines).slice(1, 3)).toEqual(['900', '001'])
  const wrong = await suite.dial()
  expect(await wrong.ask('PASS wrong-password', 'NICK olga', 'USER o 0 * :O')).toEqual([
    ':roomd 464 * :Password incorrect',
  ])
  // A nickname without an account needs no password.
  const guest = await suite.dial()
  expect(codes(await guest.ask('PASS whatever', 'NICK guest', 'USER o 0 * :O'))[0]).toBe('001')
})

test('39. bytes that are not UTF-8 are refused, and the line is skipped', async () => {
  const [bob] = await suite.together('#bytes', 'bob')
  const ann = await suite.guest('ann', 'standard-replies')
  await ann.ask('JOIN #bytes')
  await bob.rest()
  await ann.ask('CAP REQ :labeled-response')
  for (const line of ['PRIVMSG #bytes :caf\xe9', '@label=a privmsg #bytes :caf\xe9', 'caf\xe9 x', '\xe9'])
    ann.write(Buffer.from(`${line}\r\n`, 'latin1'))
  expect(await ann.rest()).toEqual([
    ':roomd FAIL PRIVMSG INVALID_UTF8 :Message rejected, it is not UTF-8',
    '@label=a :roomd FAIL PRIVMSG INVALID_UTF8 :Message rejected, it is not UTF-8',
    ':roomd FAIL * INVALID_UTF8 :Message rejected, it is not UTF-8',
    ':roomd FAIL * INVALID_UTF8 :Message rejected, it is not UTF-8',
  ])
  ann.write('PRIVMSG #bytes :café\r\n')
  await ann.rest()
  expect(await bob.rest()).toEqual([':ann!~ann@guest.roomd PRIVMSG #bytes :café'])
})

test('40. lines end with CR LF or LF, split anywhere, with spaces, colons, NULs and CRs in all places', async () => {
  const [ann, bob] = await suite.together('#lines', 'ann', 'bob')
  for (const byte of Buffer.from('PRIVMSG #lines :é byte by byte\r\n')) ann.write(Buffer.of(byte))
  ann.write('PRIVMSG #lines :line feed\n\n\r\nprivmsg   #lines    :many spaces\r\n')
  ann.write(':ann PRIVMSG #lines word\r\n  PRIVMSG #lines :leading\r\nPRIVMSG #lines ::colon:\r\n')
  ann.write('PRIVMSG #lines :a\0\rb\r\nPRIVMSG #lines :  kept  \r\n')
  expect(await ann.rest()).toEqual([])
  const said = (await bob.rest()).map((line) => line.replace(':ann!~ann@guest.roomd PRIVMSG #lines :', ''))
  expect(said).toEqual(['é byte by byte', 'line feed', 'many spaces', 'word', 'leading', ':colon:', 'ab', '  kept  '])
})

test('40. a line of 512 bytes is taken, a longer one is refused; tags have 4,094 bytes of their own', async () => {
  const ann = await suite.guest('ann', 'message-tags')
  const bob = await suite.guest('bob')
  await bob.ask('JOIN #long')
  await ann.ask('JOIN #long')
  await bob.rest()
  const head = 'PRIVMSG #long :'
  const longest = 'x'.repeat(510 - head.length)
  expect(await ann.ask(head + longest)).toEqual([])
  const pieces = (await bob.rest()).map((line) => line.slice(line.indexOf(' :') + 2))
  expect(pieces.join('')).toBe(longest)
  const tooLong = [':roomd 417 ann :Input line was too long']
  expect(await ann.ask(`${head}${longest}y`)).toEqual(tooLong)
  expect(await ann.ask('z'.repeat(20_000))).toEqual(tooLong)
  const tags = `@+t=${'t'.repeat(4_094 - 3)}`
  expect(await ann.ask(`${tags} ${head}tagged`)).toEqual([])
  expect(await ann.ask(`${tags}t ${head}tagged`)).toEqual(tooLong)
  expect(await bob.rest()).toEqual([':ann!~ann@guest.roomd PRIVMSG #long :tagged'])
})

test('37. REGISTER makes the nickname an account', async () => {
  const ann = await suite.guest('anna', 'account-notify draft/account-registration')
  const early = await suite.dial()
  expect(await early.ask('NICK eve', `REGISTER * * :${PASSWORD}`)).toEqual([
    ':roomd FAIL REGISTER COMPLETE_CONNECTION_REQUIRED * :Complete the connection first',
  ])
  expect(await ann.ask('REGISTER * *')).toEqual([':roomd 461 anna REGISTER :Not enough parameters'])
  expect(await ann.ask('REGISTER other * :long enough')).toEqual([
    ':roomd FAIL REGISTER ACCOUNT_NAME_MUST_BE_NICK other :The account has your nickname',
  ])
  expect(codes(await ann.ask('REGISTER * * :short'))).toEqual(['FAIL'])
  expect(await ann.ask(`REGISTER * * :${PASSWORD}`)).toEqual([
    ':roomd REGISTER SUCCESS anna :Your nickname is registered',
    ':roomd 900 anna anna!anna@account.roomd anna :You are now logged in as anna',
  ])
  expect(await ann.ask(`REGISTER * * :${PASSWORD}`)).toEqual([
    ':roomd FAIL REGISTER ALREADY_AUTHENTICATED * :You have an account',
  ])
  await ann.ask('QUIT').catch(() => {})
  const again = await suite.dial()
  expect(codes(await again.ask(`PASS :${PASSWORD}`, 'NICK anna', 'USER a 0 * :A')).slice(0, 2)).toEqual(['900', '001'])
})
