/** docs/protocols/moderation.md, section 5, points 1 and 14, for every command of the line protocol. */
import { expect, test, vi } from 'vitest'
import { MAX_ROLES, RoomState } from '../../../src/chat/room-state.ts'
import { enter, guest, OK, roomOf, type Sites } from './moderation-stage.ts'

/** Commands of an operator that succeed, in this order, and what a second member hears. */
const ACTIONS: readonly (readonly [command: string, ...heard: string[]])[] = [
  ['/topic all welcome', 'topic ann all welcome'],
  ['/topic ""', 'topic ann'],
  ['/op bob', 'role ann bob operator'],
  ['/deop bob', 'role ann bob operator off'],
  ['/voice bob', 'role ann bob voiced'],
  ['/devoice bob', 'role ann bob voiced off'],
  ['/mute bob 10Min shouting', 'role ann bob muted shouting'],
  ['/unmute bob', 'role ann bob muted off'],
  ['/mute bob forever 3 warnings', 'role ann bob muted 3 warnings'],
  ['/unmute bob', 'role ann bob muted off'],
  ['/ban troll* 7days', 'role ann troll* banned'],
  ['/unban TROLL*', 'role ann troll* banned off'],
  ['/moderated on', 'mode ann moderated'],
  ['/moderated off', 'mode ann moderated off'],
  ['/slow 30', 'mode ann slow 30'],
  ['/slow 5s', 'mode ann slow 5'],
  ['/slow 1m', 'mode ann slow 60'],
  ['/slow 24Hours', 'mode ann slow 86400'],
  ['/slow off', 'mode ann slow off'],
  ['/limit 020', 'mode ann limit 20'],
  ['/limit OFF', 'mode ann limit off'],
  ['/invite-only on', 'mode ann invite-only'],
  ['/invite eve', 'role ann eve invited'],
  ['/invite-only off', 'mode ann invite-only off'],
  ['/lock open sesame', 'mode ann password'],
  ['/unlock', 'mode ann password off'],
  ['/hidden on', 'mode ann visibility hidden'],
  ['/hidden off', 'mode ann visibility off'],
  ['/me waves', 'message ann waves'],
  ['/notice build 7 is green', 'message ann build 7 is green'],
  ['/kick bob enough', 'userKicked ann bob enough'],
]

/** The replies other than OK. */
const RESULTS: Readonly<Record<string, string>> = {
  '/ban troll* 7days': 'troll* is banned; nobody here matches it',
}

/** Commands of an operator that are refused, and the code. */
const REFUSED: readonly (readonly [command: string, code: string])[] = [
  ['/op nobody', 'nobody-here'],
  ['/deop bob', 'nobody-here'],
  ['/voice nobody', 'nobody-here'],
  ['/devoice bob', 'nobody-here'],
  ['/kick nobody', 'nobody-here'],
  ['/unban nobody', 'nobody-here'],
  ['/unmute nobody', 'nobody-here'],
  ['/owner bob', 'name-unknown'],
  ['/ban <b>', 'name-invalid'],
  ['/mute <b>', 'name-invalid'],
  ['/invite <b>', 'name-invalid'],
  [`/ban ${'x'.repeat(64)}*`, 'name-invalid'],
  [`/kick bob ${'x'.repeat(301)}`, 'text-too-long'],
  [`/ban bob 1h ${'x'.repeat(301)}`, 'text-too-long'],
  [`/topic ${'x'.repeat(4_001)}`, 'text-too-long'],
  // Once: a ban or mute for good, with this reason.
  ...['5', '5 min', '1week', '1month', '-10m', '1h30m', '2h, spam'].flatMap((time) => [
    [`/mute bob ${time}`, 'invalid-time'] as const,
    [`/ban troll* ${time}`, 'invalid-time'] as const,
  ]),
  ['/slow soon', 'invalid-seconds'],
  ...['86401', '2d', '5s spam', '1month', 's'].map((time) => [`/slow ${time}`, 'invalid-seconds'] as const),
  ...['0', '-1', 'many', '1.5', '1'.repeat(17)].map((limit) => [`/limit ${limit}`, 'invalid-limit'] as const),
  ['/moderated maybe', 'invalid-switch'],
  ['/invite-only 1', 'invalid-switch'],
  ['/hidden yes', 'invalid-switch'],
  ['/lock short', 'password-invalid'],
  ['/title lobby', 'room-taken'],
  [`/title ${'x'.repeat(71)}`, 'room-name-invalid'],
  ['/delete 17 spam', 'message-unknown'],
  ['/delete it', 'message-unknown'],
  ['/delete last nobody', 'message-unknown'],
  ['/delete', 'missing-parameter'],
]

/** Those that only an operator may give, or an owner. */
const OPERATORS = [
  ...ACTIONS.map(([command]) => command).filter((command) => !/^.(me|notice)/.test(command)),
  '/bans',
  '/mutes',
  '/owner cat',
  '/title x',
  '/close',
]
/** Those of {@link OPERATORS} that the owner keeps. */
const OWNERS = ['/owner cat', '/close']

export function moderationCommands(at: () => Sites, prefix: string): void {
  test('1. each command: done, and seen by a second member', async () => {
    const room = `${prefix}done`
    const { ann, bob, cat } = await roomOf(at(), room)
    for (const [command, ...heard] of ACTIONS) {
      // The reply comes before what it causes, and nothing else is on its way.
      expect(await ann.line.ask(command), command).toEqual({ ...OK, result: RESULTS[command] ?? 'OK' })
      for (const client of [ann, cat]) for (const text of heard) await client.hears(text)
    }
    await bob.hears('userKicked ann bob enough')
    // Out, and still connected.
    expect(await bob.outcome('hello?')).toBe('not-in-room')
    await enter(bob, 'bob', room)
    bob.line.send('oops')
    const { id } = (await cat.hears('message bob oops')) as { id: string }
    expect(await ann.ask(`/delete ${id} rude`)).toEqual(OK)
    for (const client of [ann, cat])
      expect(await client.hears('redacted ann bob message rude')).toMatchObject({ target: id })
    const record = await cat.history()
    expect(record.map(({ body }) => body)).not.toContain('oops')
    expect(record).toContainEqual(expect.objectContaining({ type: 'userKicked', from: 'ann', to: 'cat', user: 'bob' }))
    expect(await ann.ask(`/title ${room} 2`)).toMatchObject({ result: `The room is now ${room}2` })
    for (const client of [ann, cat]) await client.hears(`mode ann title ${room} 2`)
    expect(await ann.line.ask('/ban cat* 1h')).toEqual(OK)
    for (const text of ['role ann cat* banned', 'userKicked ann cat'])
      for (const client of [ann, cat]) await client.hears(text)
    expect(await ann.ask('/close')).toEqual(OK)
    await bob.hears('userLeft bob')
  })

  test('1. everybody is told which modes are on', async () => {
    const { ann, bob } = await roomOf(at(), `${prefix}modes`)
    expect(await bob.ask('/modes')).toEqual({ type: 'commandResult', result: 'No mode is on', modes: [] })
    for (const command of ['/slow 30', '/hidden on', '/moderated on', '/lock open sesame', '/keep 7', '/limit 9'])
      await ann.ask(command)
    await bob.hears('mode ann limit 9')
    expect(await bob.ask('/modes')).toMatchObject({
      result: 'moderated, slow 30, limit 9, password, visibility hidden, keep 7',
      modes: [
        { flag: 'moderated' },
        { flag: 'slow', value: '30' },
        { flag: 'limit', value: '9' },
        { flag: 'password' },
        { flag: 'visibility', value: 'hidden' },
        { flag: 'keep', value: '7' },
      ],
    })
    for (const command of ['/slow off', '/limit off', '/hidden off', '/moderated off', '/unlock', '/keep all'])
      await ann.ask(command)
    await bob.hears('mode ann keep off')
    expect(await bob.ask('/modes')).toMatchObject({ modes: [] })
  })

  test('1. each command: refused with its code', async () => {
    const { ann } = await roomOf(at(), `${prefix}refused`)
    for (const [command, code] of REFUSED) expect([command, await ann.outcome(command)]).toEqual([command, code])
    expect(await ann.ask('/delete 17 spam')).toMatchObject({ error: 'No such message here: 17' })
    expect(await ann.ask('/kick "some body" 1')).toMatchObject({ error: 'No such user here: some body' })
    const full = vi.spyOn(RoomState.prototype, 'roles', 'get').mockReturnValue(MAX_ROLES)
    try {
      for (const command of ['/ban x1', '/mute x1', '/op bob', '/voice bob', '/invite x1']) {
        expect([command, await ann.outcome(command)]).toEqual([command, 'too-many-roles'])
      }
    } finally {
      full.mockRestore()
    }
    expect(await ann.outcome('/ban x1')).toBe('x1 is banned; nobody of that name is here')
  })

  test('14. each command without the right to it', async () => {
    const { ann, bob, cat } = await roomOf(at(), `${prefix}rights`)
    // Not about oneself: everybody may lay down a role.
    for (const command of OPERATORS.map((one) => one.replace(' bob', ' cat'))) {
      expect([command, await bob.outcome(command)]).toEqual([command, 'not-permitted'])
    }
    ann.line.send('mine')
    const { id } = (await bob.hears('message ann mine')) as { id: string }
    expect(await bob.outcome(`/delete ${id}`)).toBe('not-permitted')
    await ann.ask('/op cat')
    await cat.hears('role ann cat operator')
    for (const command of [...OWNERS, '/kick ann', '/ban ann', '/mute ann', '/deop ann']) {
      expect([command, await cat.outcome(command)]).toEqual([command, 'not-permitted'])
    }
    const stranger = await guest(at().target, 'stranger')
    for (const command of OPERATORS)
      expect([command, await stranger.outcome(command)]).toEqual([command, 'not-in-room'])
  })
}
