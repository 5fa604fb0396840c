/** docs/protocols/moderation.md, section 5, for operators at the line protocol, wherever they and their targets are. */
import { expect, test, vi } from 'vitest'
import { StreamClient } from '../../clients/stream.ts'
import { eventually } from '../../support/eventually.ts'
import { anotherAddress, enter, guest, OK, owner, PASSWORD, roomOf, type Sites } from './moderation-stage.ts'

/** `prefix` begins the names of the rooms. */
export function moderationPoints(at: () => Sites, prefix: string): void {
  test('4. a ban holds for a guest under another nickname from the same address, and not for others', async () => {
    const room = `${prefix}banned`
    const { actor, target } = at()
    const ann = await owner(actor, 'ann', room)
    const address = anotherAddress()
    const raider = await guest(target, 'raider', room, address)
    const [beside, elsewhere] = [await guest(target, 'evader', undefined, address), await guest(target, 'gentle')]
    await ann.hears('userJoined raider')
    // An operator, whom no ban would bind, loses the role with it.
    expect(await ann.ask('/op raider')).toEqual(OK)
    await raider.hears('role ann raider operator')
    expect(await ann.ask('/ban raider 2h raid')).toEqual(OK)
    await raider.hears('userKicked ann raider raid')
    expect(await raider.outcome(`JOIN ${room}`)).toBe('banned')
    expect(await beside.outcome(`JOIN ${room}`)).toBe('banned')
    const again = await guest(actor, 'again', undefined, address)
    expect(await again.outcome(`JOIN ${room}`)).toBe('banned')
    await enter(elsewhere, 'gentle', room)
    // The owner of an account is banned by its nickname only.
    const fay = await owner(target, 'fay', room, address)
    await ann.hears('userJoined fay')
    expect(await ann.ask('/op fay')).toEqual(OK)
    await fay.hears('role ann fay operator')
    expect(await ann.ask('/ban fay')).toEqual(OK)
    await fay.hears('userKicked ann fay')
    await ann.hears('role ann fay operator off')
    expect(await (await owner(target, 'fay', undefined, anotherAddress())).outcome(`JOIN ${room}`)).toBe('banned')
    expect(await ann.ask('/bans')).toMatchObject({
      result: expect.stringMatching(/^raider and its address, by ann, until 2[-0-9 :]+ UTC: raid\nfay, by ann$/),
      bans: [{ to: 'raider', by: 'ann', address: true, reason: 'raid', until: expect.any(String) }, { to: 'fay' }],
    })
    expect(await ann.ask('/unban raider')).toEqual(OK)
    await elsewhere.hears('role ann raider banned off')
    await enter(beside, 'evader', room)
  })

  test('4. a ban and a mute hold for the address of a guest who only speaks', async () => {
    const room = `${prefix}spoken`
    const { actor, target } = at()
    const ann = await owner(actor, 'ann', room)
    for (const [command, code] of [
      ['ban', 'banned'],
      ['mute', 'muted'],
    ] as const) {
      const address = anotherAddress()
      const [raider, other] = [await guest(target, 'raider', undefined, address), await guest(target, 'gentle')]
      expect(await raider.ask(`/speak ${room}`)).toMatchObject({ type: 'commandResult' })
      expect(await raider.outcome('spam')).toBe('OK')
      await ann.hears('message raider spam')
      expect(await ann.ask(`/${command} raider 2h`)).toEqual(OK)
      const again = await guest(target, 'evader', undefined, address)
      await eventually(async () => {
        await again.outcome(`/speak ${room}`)
        expect(await again.outcome('more')).toBe(code === 'banned' ? 'not-in-room' : 'muted')
      })
      if (code === 'banned') expect(await again.outcome(`/speak ${room}`)).toBe('banned')
      expect(await other.ask(`/speak ${room}`)).toMatchObject({ type: 'commandResult' })
      expect(await other.outcome('hello')).toBe('OK')
      expect(await ann.ask(`/un${command} raider`)).toEqual(OK)
    }
  })

  test('1. a locked room needs no password of those who govern it by their accounts, and of nobody else', async () => {
    const room = `${prefix}locked`
    const { ann, bob, cat } = await roomOf(at(), room)
    const fay = await owner(at().target, 'fay', room)
    await ann.hears('userJoined fay')
    for (const name of ['fay', 'bob']) expect(await ann.ask(`/op ${name}`)).toEqual(OK)
    expect(await ann.ask('/lock open sesame')).toEqual(OK)
    for (const client of [fay, bob, cat]) await client.hears('mode ann password')
    for (const client of [fay, cat]) await client.ask('LEAVE')
    for (const line of [`JOIN ${room}`, `/enter ${room}`, `/speak ${room}`, `/search in=${room} word`]) {
      expect([line, await cat.outcome(line)]).toEqual([line, 'room-private'])
      expect([line, (await fay.ask(line)).type]).toEqual([line, 'commandResult'])
      await fay.ask('LEAVE')
      // A guest's role is not that of whoever else comes under its nickname.
      const other = await guest(at().actor, 'bob', undefined, anotherAddress())
      expect([line, await other.outcome(line)]).toEqual([line, 'room-private'])
    }
    expect(await fay.outcome(`JOIN ${room} wrong sesame`)).toBe('password-wrong')
    expect(await (await owner(at().target, 'ann')).outcome(`JOIN ${room}`)).toBe(`Joined room ${room}`)
    await ann.ask('/deop fay')
    await bob.hears('role ann fay operator off')
    for (const line of [`JOIN ${room}`, `/speak ${room}`]) expect(await fay.outcome(line)).toBe('room-private')
  })

  test('1. a stream of a locked room ends with the role that has opened it, and a membership does not', async () => {
    const room = `${prefix}streamed`
    const { actor, target } = at()
    const ann = await owner(actor, 'ann', room)
    const fay = await owner(target, 'fay', room)
    await ann.hears('userJoined fay')
    expect(await ann.ask('/op fay')).toEqual(OK)
    expect(await ann.ask('/lock open sesame')).toEqual(OK)
    await fay.hears('mode ann password')
    const stream = await StreamClient.open(target.port('http'), `/rooms/${room}/stream`, { as: `fay:${PASSWORD}` })
    await stream.next()
    expect(await ann.ask('hello')).toEqual(OK)
    expect(await stream.bodies(1)).toEqual(['hello'])
    expect(await ann.ask('/deop fay')).toEqual(OK)
    expect((await stream.until(({ event }) => event === 'end')).at(-1)?.data).toMatchObject({
      code: 'room-private',
      room,
    })
    expect(await ann.ask('still here')).toEqual(OK)
    await fay.hears('message ann still here')
  })

  test('5. in slow mode a guest that comes back under another nickname waits on, and others at its address do not', async () => {
    const room = `${prefix}slowed`
    const { actor, target } = at()
    const ann = await owner(actor, 'ann', room)
    const address = anotherAddress()
    const [eve, gentle] = [await guest(target, 'eve', room, address), await guest(target, 'gentle', room, address)]
    const elsewhere = await guest(target, 'elsewhere', undefined, anotherAddress())
    await ann.hears('userJoined gentle')
    expect(await ann.ask('/slow 3600')).toEqual(OK)
    for (const client of [eve, gentle]) await client.hears('mode ann slow 3600')
    expect(await eve.outcome('one')).toBe('OK')
    await eve.ask('LEAVE')
    await ann.hears('userLeft eve')
    await enter(elsewhere, 'elsewhere', room)
    const again = await guest(target, 'again', room, address)
    for (const text of ['two', 'three']) expect(await again.outcome(text)).toBe('slow-mode')
    for (const client of [gentle, elsewhere]) expect(await client.outcome('hello')).toBe('OK')
    const newcomer = await guest(target, 'newcomer', room, address)
    expect(await newcomer.outcome('hello')).toBe('OK')
    // The one that has left comes back itself: another one waited in its place.
    const back = await guest(target, 'eve', room, address)
    expect(await back.outcome('four')).toBe('slow-mode')
    expect(await again.outcome('five')).toBe('OK')
  })

  test('1. the mutes of a room are listed, with what they cover', async () => {
    const { ann, bob } = await roomOf(at(), `${prefix}mutes`)
    await owner(at().target, 'fay', `${prefix}mutes`)
    await ann.hears('userJoined fay')
    expect(await ann.ask('/mutes')).toEqual({ type: 'commandResult', result: 'Nobody is muted', mutes: [] })
    for (const command of ['/mute bob 2h spam', '/mute fay']) expect(await ann.ask(command)).toEqual(OK)
    expect(await ann.outcome('/mute loud*')).toBe('loud* is muted; nobody here matches it')
    // An operator matches, and an account may have spoken from outside.
    expect(await ann.outcome('/mute an*')).toBe('OK')
    await ann.ask('/unmute an*')
    const utctimestamp = expect.any(String)
    expect(await ann.ask('/mutes')).toEqual({
      type: 'commandResult',
      result: expect.stringMatching(
        /^bob and its address, by ann, until 2[-0-9 :]+ UTC: spam\nfay, by ann\nloud\*, by ann$/,
      ),
      mutes: [
        { to: 'bob', by: 'ann', utctimestamp, address: true, until: expect.any(String), reason: 'spam' },
        { to: 'fay', by: 'ann', utctimestamp },
        { to: 'loud*', by: 'ann', utctimestamp },
      ],
    })
    expect(await ann.ask('/bans')).toMatchObject({ bans: [] })
    await ann.ask('/unmute bob')
    expect(await ann.ask('/mutes')).toMatchObject({ mutes: [{ to: 'fay' }, { to: 'loud*' }] })
    expect(await bob.outcome('/mutes')).toBe('not-permitted')
  })

  test('1, 4. whoever mutes or bans a guest is told how many others at its address are covered, and by which entry', async () => {
    const room = `${prefix}covered`
    const { actor, target } = at()
    const ann = await owner(actor, 'ann', room)
    const address = anotherAddress()
    const karl = await guest(actor, 'karl', room, address)
    await guest(actor, 'otto', room, address)
    await owner(actor, 'fay', room, address)
    const told = (result: string, others: number) => ({ type: 'commandResult', result, others })
    expect(await ann.ask('/mute karl')).toEqual(
      told('karl is muted; so is 1 other guest at the same address; /unmute karl ends it for all', 1),
    )
    await karl.hears('role ann karl muted')
    const anna = await guest(target, 'anna', room, address)
    await ann.hears('userJoined anna')
    expect(await anna.outcome('hello')).toBe('muted')
    for (const name of ['anna', 'otto']) {
      expect(await ann.ask(`/unmute ${name}`)).toEqual({
        type: 'error',
        error: 'Covered by the entry of karl',
        code: 'covered-by-other',
        hint: '/unmute karl ends it for all whom it covers',
      })
    }
    // The owner of an account is not covered.
    expect(await ann.outcome('/unmute fay')).toBe('nobody-here')
    expect(await ann.ask('/unmute karl')).toEqual(OK)
    await anna.hears('role ann karl muted off')
    expect(await anna.ask('hello')).toEqual(OK)
    expect(await ann.ask('/mute an*')).toEqual(OK)
    expect(await ann.ask('/unmute anna')).toMatchObject({ error: 'Covered by the entry of an*' })
    for (const name of ['paul', 'petra']) await guest(actor, name, room, address)
    await anna.line.socket.destroy()
    await ann.hears('userLeft anna')
    expect(await ann.ask('/ban otto 1h')).toEqual(
      told(
        'otto is banned; so are 3 other guests at the same address, who may stay until they leave; /unban otto ends it for all',
        3,
      ),
    )
    expect(await ann.outcome('/unban petra')).toBe('covered-by-other')
    expect(await karl.ask('still here')).toEqual(OK)
  })

  test('1. members are told that their room was closed, the owner as well', async () => {
    const room = `${prefix}ended`
    const { ann, bob } = await roomOf(at(), room)
    expect(await ann.ask('/close')).toEqual(OK)
    const notice = { type: 'notice', notice: `Room ${room} was closed`, closed: room }
    for (const [name, client] of Object.entries({ ann, bob })) {
      await client.hears(`userLeft ${name}`)
      expect(await client.notice()).toEqual(notice)
      expect(await client.outcome('hello?')).toBe('not-in-room')
    }
  })

  test('1. the newest message of a user is deleted without its id, as far as one may', async () => {
    const room = `${prefix}last`
    const { ann, bob, cat } = await roomOf(at(), room)
    for (const text of ['first', 'second']) expect(await bob.ask(text)).toEqual(OK)
    await ann.hears('message bob second')
    expect(await ann.ask('/delete last BOB rude')).toEqual(OK)
    await cat.hears('redacted ann bob message rude')
    expect(await cat.outcome('/delete last bob')).toBe('not-permitted')
    expect(await bob.ask('/delete last bob')).toEqual(OK)
    await cat.hears('redacted bob bob message')
    expect((await cat.history()).map(({ type }) => type)).not.toContain('message')
    expect(await ann.ask('/delete last bob')).toMatchObject({
      error: 'No such message here: last bob',
      hint: 'The user has said nothing among the newest events of the room',
    })
  })

  test('5. a member who may not speak is told why, and nobody hears it', async () => {
    const { ann, bob, cat } = await roomOf(at(), `${prefix}silent`)
    const silence = async (command: string, heard: string, code: string) => {
      expect(await ann.ask(command)).toEqual(OK)
      await bob.hears(heard)
      for (const line of ['spam', 'MESSAGE spam', '/me spams', '/notice spam'])
        expect(await bob.outcome(line)).toBe(code)
    }
    await silence('/mute bob', 'role ann bob muted', 'muted')
    await ann.ask('/unmute bob')
    await bob.hears('role ann bob muted off')
    await silence('/moderated on', 'mode ann moderated', 'moderated')
    await ann.ask('/voice bob')
    await bob.hears('role ann bob voiced')
    expect(await bob.ask('voiced')).toEqual(OK)
    await ann.ask('/devoice bob')
    await ann.ask('/moderated off')
    await bob.hears('mode ann moderated off')
    await ann.ask('/slow 3600')
    await bob.hears('mode ann slow 3600')
    expect(await bob.ask('first')).toEqual(OK)
    expect(await bob.ask('second')).toMatchObject({ code: 'slow-mode', error: 'Slow mode, wait 3600 seconds' })
    expect(await cat.outcome('mine')).toBe('OK')
    await ann.ask('/slow off')
    await bob.hears('mode ann slow off')
    expect(await bob.ask('free')).toEqual(OK)
    await cat.hears('message bob free')
    const said = (await cat.history()).flatMap(({ type, from, body }) =>
      type === 'message' ? [`${from} ${body}`] : [],
    )
    expect(said).toEqual(['bob voiced', 'bob first', 'cat mine', 'bob free'])
  })

  test('17. a room that is full lets in operators, invited users and those who are in it, and nobody else', async () => {
    const room = `${prefix}full`
    const { actor, target } = at()
    const { ann, bob, cat } = await roomOf(at(), room)
    await owner(target, 'fay', room)
    await ann.hears('userJoined fay')
    expect(await ann.ask('/limit 2')).toEqual(OK)
    // Nobody is put out.
    await bob.hears('mode ann limit 2')
    expect(await bob.outcome('still here')).toBe('OK')
    for (const daemon of [actor, target]) {
      const again = await owner(daemon, 'fay')
      expect(await again.ask(`JOIN ${room}`)).toMatchObject({ result: `Joined room ${room}` })
    }
    const eve = await guest(target, 'eve', `${room}-other`)
    expect(await eve.ask(`JOIN ${room}`)).toMatchObject({ code: 'room-full', error: 'Room is full' })
    // It is where it was.
    expect(await eve.outcome('refused')).toBe('OK')
    expect(await bob.outcome('LEAVE')).toBe('OK')
    expect(await bob.outcome(`JOIN ${room}`)).toBe('room-full')
    expect(await ann.ask('/invite eve')).toEqual(OK)
    await cat.hears('role ann eve invited')
    await enter(eve, 'eve', room)
    await ann.hears('userJoined eve')
    expect(await ann.outcome('LEAVE')).toBe('OK')
    await enter(ann, 'ann', room)
    expect(await ann.ask('/limit 5')).toEqual(OK)
    await eve.hears('mode ann limit 5')
    await enter(bob, 'bob', room)
    expect(await (await guest(actor, 'gus')).outcome(`JOIN ${room}`)).toBe('room-full')
    expect(await ann.ask('/limit off')).toEqual(OK)
    await bob.hears('mode ann limit off')
    await guest(target, 'hal', room)
  })

  test('17. of those who join at once, as many get in as there are places', async () => {
    const room = `${prefix}places`
    const { actor, target } = at()
    const { ann, cat } = await roomOf(at(), room)
    expect(await ann.ask('/limit 5')).toEqual(OK)
    await cat.hears('mode ann limit 5')
    const places = Array.from({ length: 10 }, (_, n) => guest(n % 2 ? actor : target, `runner${n}`))
    const runners = await Promise.all(places)
    const outcomes = await Promise.all(runners.map((runner) => runner.outcome(`JOIN ${room}`)))
    expect(outcomes.toSorted()).toEqual([
      ...Array.from({ length: 2 }, () => `Joined room ${room}`),
      ...Array.from({ length: 8 }, () => 'room-full'),
    ])
  })

  test('3. a mute and a ban end with their time', async () => {
    const room = `${prefix}until`
    const { ann, bob } = await roomOf(at(), room)
    const eve = await guest(at().target, 'eve')
    await ann.ask('/mute bob 2h')
    await ann.ask('/ban eve 2h')
    await bob.hears('role ann eve banned')
    expect(await bob.outcome('hm')).toBe('muted')
    expect(await eve.outcome(`JOIN ${room}`)).toBe('banned')
    const now = Date.now
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 2 * 3_600_000)
    try {
      expect(await bob.outcome('ah')).toBe('OK')
      await enter(eve, 'eve', room)
      expect(await ann.ask('/bans')).toMatchObject({ bans: [] })
      expect(await ann.outcome('/unmute bob')).toBe('nobody-here')
    } finally {
      clock.mockRestore()
    }
  })

  test('6. two operators act at the same moment: one order, no lost change', async () => {
    const room = `${prefix}both`
    const { ann, bob, cat } = await roomOf(at(), room)
    await ann.ask('/op bob')
    await bob.hears('role ann bob operator')
    const turns = Array.from({ length: 20 }, (_, turn) => turn)
    for (const turn of turns) {
      ann.line.send(`/topic ann ${turn}`, `/ban a${turn}*`)
      bob.line.send(`/topic bob ${turn}`, `/ban b${turn}*`)
    }
    for (const client of [ann, bob]) await client.line.rest()
    await ann.ask('/topic end')
    for (const client of [ann, bob, cat]) await client.hears('topic ann end')
    const [one, other] = [await ann.history(), await bob.history()]
    const brief = (records: typeof one) => records.map(({ id, type, from, body }) => `${id} ${type} ${from} ${body}`)
    expect(brief(one)).toEqual(brief(other))
    const names = turns.flatMap((turn) => [`a${turn}*`, `b${turn}*`]).sort()
    for (const client of [ann, bob]) {
      const reply = await client.ask('/bans')
      expect('bans' in reply ? reply.bans?.map(({ to }) => to).sort() : []).toEqual(names)
      expect(await client.outcome('/topic')).toBe('end (ann)')
    }
  })

  test('7. hand-over, the last operator leaving, and the room of a guest', async () => {
    const { actor, target } = at()
    const room = `${prefix}owned`
    const ann = await owner(actor, 'ann', room)
    const fay = await owner(target, 'fay', room)
    await ann.hears('userJoined fay')
    expect(await ann.ask('/owner fay')).toEqual(OK)
    await fay.hears('role ann fay owner')
    expect(await ann.outcome('/owner ann')).toBe('not-permitted')
    expect(await ann.outcome('/topic still operator')).toBe('OK')
    expect(await fay.outcome('/deop ann')).toBe('OK')
    await ann.hears('role fay ann operator off')
    expect(await ann.outcome('/topic mine')).toBe('not-permitted')
    // An owner that leaves stays the owner.
    expect(await fay.outcome('LEAVE')).toBe('OK')
    await enter(fay, 'fay', room)
    expect(await fay.outcome('/topic back')).toBe('OK')

    const guests = `${prefix}guests`
    const dot = await guest(actor, 'dot', guests)
    const eve = await guest(target, 'eve', guests)
    await dot.hears('userJoined eve')
    expect(await dot.outcome('/topic ours')).toBe('OK')
    expect(await eve.outcome('/topic no')).toBe('not-permitted')
    expect(await dot.outcome('LEAVE')).toBe('OK')
    await eve.hears('userLeft dot')
    await enter(dot, 'dot', guests)
    // Nobody's room: anybody talks, nobody moderates.
    for (const client of [dot, eve]) {
      expect(await client.outcome('/kick eve')).toBe('not-permitted')
      expect(await client.outcome('hello')).toBe('OK')
    }
    expect(await eve.outcome('/topic')).toBe('ours (dot)')
  })

  test('9. a kick of an account ends all its sessions, and is one event', async () => {
    const room = `${prefix}several`
    const { actor, target } = at()
    const ann = await owner(actor, 'ann', room)
    const sessions = [await owner(target, 'fay', room)]
    for (const daemon of [actor, target]) {
      const more = await owner(daemon, 'fay')
      expect(await more.ask(`JOIN ${room}`)).toMatchObject({ type: 'commandResult' })
      sessions.push(more)
    }
    await ann.hears('userJoined fay')
    expect(await ann.ask('/kick fay')).toEqual(OK)
    for (const fay of sessions) {
      await fay.hears('userKicked ann fay')
      expect(await fay.outcome('hello')).toBe('not-in-room')
    }
    await ann.hears('userKicked ann fay')
    await enter(sessions[0] ?? expect.fail(), 'fay', room)
    await ann.hears('userJoined fay')
    expect(await ann.presenceOf('fay')).toEqual(['userJoined', 'userKicked', 'userJoined'])
  })
}
