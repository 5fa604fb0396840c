/** The codes, texts and hints of error lines, as a client gets them (docs/protocols/line.md, section 2.8). */
import { describe, expect, test } from 'vitest'
import { isWebSocket, type Transport } from '../../support/client.ts'
import { stage } from '../../support/stage.ts'

/** An error line, with a hint or without one (hints.test.ts). */
const errorLine = (code: string, error: string) => ({ type: 'error', error, code })

const ways: { transport: Transport }[] = [{ transport: 'TCP' }, { transport: 'TLS' }, { transport: 'WS' }]

describe.each(ways)('over $transport', ({ transport }) => {
  const way = { transport, mode: 'whole' } as const

  test('before LOGIN', async () => {
    const client = await (await stage(way)).connect()
    const answers = {
      hello: errorLine('login-required', 'Login required'),
      LOGIN: errorLine('missing-parameter', 'Missing required parameter'),
      '/nothing': errorLine('unknown-command', 'Unknown command: /nothing'),
      '/help nothing': errorLine('unknown-command', 'Unknown command: nothing'),
    }
    for (const [line, answer] of Object.entries(answers)) expect(await client.ask(line)).toMatchObject(answer)
    for (const line of ['LOGIN a b c', 'LOGIN !', 'LOGIN nobody secret']) {
      expect(await client.ask(line)).toEqual({
        ...errorLine('name-invalid', 'Invalid nickname'),
        hint: expect.stringContaining('up to 32 letters, digits'),
      })
    }
    expect(await client.ask('LOGIN public')).toEqual({
      ...errorLine('name-reserved', 'Nickname is reserved'),
      hint: expect.stringContaining('LOGIN <nickname> <password>'),
    })
  })

  test('after LOGIN, and in a room', async () => {
    const { together, login } = await stage(way, { 'max-text': 100, 'max-line': 200 })
    const [ann] = await together('ops', 'ann')
    const guest = await login('guest')
    const joinFirst = { ...errorLine('not-in-room', 'Join a room first'), hint: 'JOIN <room>; /rooms lists the rooms' }
    expect(await guest.ask('hello')).toEqual(joinFirst)
    expect(await guest.ask('/who')).toEqual(joinFirst)
    const answers = {
      'LOGIN bob': errorLine('already-logged-in', 'User already logged in with name ann'),
      'JOIN ops': errorLine('name-in-room', 'User with such nickname is already present in the requested room'),
      'JOIN a$&b': errorLine('room-name-invalid', 'Invalid room name: a$&b, please use alphanumericcharacters only'),
      '/who nowhere': errorLine('room-unknown', 'No such room: nowhere'),
      '/tell nobody at all': errorLine('nobody-here', 'No such user here: nobody'),
      '/unblock eve': errorLine('not-blocked', 'Not blocked: eve'),
      'HISTORY nonsense': { ...errorLine('unknown-time', 'Unknown string format'), hint: expect.any(String) },
      'HISTORY limt=3': {
        ...errorLine('unknown-time', 'Unknown string format'),
        hint: 'Not an option: limt=; there are limit=, first=, after=, before=, kinds=, grep=, end=yes',
      },
      'HISTORY limit=many': { ...errorLine('invalid-limit', 'Invalid limit: many'), hint: 'A whole number from 1 on' },
      'HISTORY after=17': errorLine('history-gone', 'History before 17 is gone'),
      'MESSAGE \u0001': errorLine('text-empty', 'Missing required parameter'),
      ['x'.repeat(101)]: errorLine('text-too-long', 'Message too long, at most 100 characters'),
      ['x'.repeat(201)]: errorLine('line-too-long', 'Line too long, at most 200 bytes'),
      [`/register ${'x'.repeat(129)}`]: {
        ...errorLine('secret-invalid', 'Invalid password'),
        hint: expect.stringContaining('128'),
      },
    }
    for (const [line, answer] of Object.entries(answers))
      expect([line, await ann.ask(line)]).toMatchObject([line, answer])
    expect(await ann.ask('/register sesame open')).toMatchObject({ type: 'commandResult' })
    expect(await ann.next()).toMatchObject({ type: 'role', role: 'owner', to: 'ann', on: true })
    expect(await ann.ask('/register again and again')).toEqual(
      errorLine('name-taken', 'Nickname is already registered'),
    )
  })

  test.skipIf(isWebSocket(transport))('bytes that are not UTF-8, and a connection too many', async () => {
    const { connect } = await stage(way, { 'max-connections': 1 })
    const client = await connect()
    client.write(Buffer.from('caf\xe9\r\n', 'latin1'))
    expect(await client.next()).toEqual(errorLine('invalid-utf8', 'Invalid UTF-8'))
    const reconnect = true
    expect(await (await connect()).next()).toEqual({
      ...errorLine('too-many-connections', 'Too many connections'),
      reconnect,
    })
  })
})

test('accounts: a wrong password, and no password', async () => {
  const { connect, login } = await stage({ transport: 'TCP', mode: 'whole' })
  await (await login('ann')).ask('/register sesame open')
  const client = await connect()
  expect(await client.ask('LOGIN ann')).toMatchObject({ code: 'name-reserved', hint: expect.any(String) })
  expect(await client.ask('LOGIN ann wrong')).toEqual(errorLine('secret-wrong', 'Password incorrect'))
  for (let n = 0; n < 4; n++) await client.ask('LOGIN ann wrong')
  expect(await client.ask('LOGIN ann sesame open')).toEqual(
    errorLine('too-many-attempts', 'Too many attempts, wait a minute'),
  )
})
