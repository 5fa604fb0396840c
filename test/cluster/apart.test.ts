/** What the cores of two nodes know of one another's people, also when one of them was away. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { Chat } from '../../src/chat/chat.ts'
import { Proof } from '../../src/chat/credentials.ts'
import { type Wire as Protocol, Session } from '../../src/chat/session.ts'
import { RedisEngine } from '../../src/engine/redis/redis.ts'
import { enter, leave, say, tell } from '../chat/stage.ts'
import { eventually } from '../support/eventually.ts'
import { createAccount } from '../support/records.ts'
import { placeAt, RedisServer, Wire, withRedis } from '../support/redis.ts'

const QUIET = { trouble: () => {}, recovered: () => {}, died: () => {} }

withRedis('two nodes', () => {
  const server = RedisServer.forAll()
  let stages = 0

  /** Two nodes; what is between the first one and Redis is in the test's hand. */
  async function stage(events = 0) {
    const wire = await Wire.to(server.port)
    const prefix = `apart${++stages}`
    const start = async (place: typeof wire.place) => {
      const engine = new RedisEngine(
        {
          place,
          prefix,
          lobby: 'lobby',
          keep: { days: 0, events },
          memory: { events: 100, bytes: 100_000 },
          timing: { leaseMs: 1_500, renewalMs: 300 },
        },
        QUIET,
      )
      await engine.start()
      return { engine, chat: new Chat(engine, { maxText: 100 }) }
    }
    const [one, other] = [await start(wire.place), await start(placeAt(server.port))]
    onTestFinished(async () => {
      wire.open()
      await Promise.all([one.engine.stop(), other.engine.stop()])
      wire.stop()
    })
    return { prefix, wire, one, other }
  }
  type Node = Awaited<ReturnType<typeof stage>>['one']

  /** Somebody in a room of a node, and what he has heard there. */
  async function present({ chat }: Node, who: string | Proof, alone = false) {
    const heard: string[] = []
    let replaced = false
    const protocol: Protocol = {
      protocol: 'test',
      carriesPrivate: true,
      announce: () => {},
      deliver: (_room, events) => void heard.push(...events.filter(({ body }) => body !== '').map(({ body }) => body)),
      putOut: (_room, _session, why) => void heard.push(why),
      replaced: () => {
        replaced = true
      },
    }
    const session = new Session(protocol)
    await chat.login(session, who, alone)
    if (!alone) await enter(chat, session, 'ops')
    return { session, heard, wasReplaced: () => replaced }
  }

  /** Lets the other node take the first one for dead, and release what it held. */
  async function bury({ wire, other }: Awaited<ReturnType<typeof stage>>, ...names: readonly string[]) {
    wire.close()
    await eventually(async () => {
      for (const name of names) expect(await other.engine.memberships.heldIn(name)).toEqual([])
    })
  }

  const isBack = ({ engine }: Node) => eventually(() => engine.ping())

  test('a kept block that is taken back while a node is away is none there', async () => {
    const { wire, one, other } = await stage()
    const bob = await present(one, 'bob')
    await createAccount(other.engine, 'ann', 'hash')
    const ann = await present(other, new Proof('ann'))
    await other.chat.block(ann.session, 'bob')
    await say(other.chat, ann.session, 'blocked')
    await eventually(async () => expect(await one.chat.messages.recentMessages(2, bob.session, 9)).toEqual([]))
    wire.close()
    await other.chat.unblock(ann.session, 'bob')
    wire.open()
    await isBack(one)
    await eventually(async () => {
      await say(other.chat, ann.session, 'free')
      expect(bob.heard).toContain('free')
    })
    expect(bob.heard).not.toContain('blocked')
  })

  test('a guest’s block holds against somebody who has come while its node was away', async () => {
    const { wire, one, other } = await stage()
    const ann = await present(one, 'ann')
    await one.chat.block(ann.session, 'bob')
    wire.close()
    const bob = await present(other, 'bob')
    const eve = await present(other, 'eve')
    wire.open()
    await isBack(one)
    await eventually(async () => expect(await other.chat.messages.recentMessages(2, bob.session, 9)).toEqual([]))
    // Its node may have been taken for dead.
    if (!ann.session.membership) await enter(one.chat, ann.session, 'ops')
    await say(one.chat, ann.session, 'not for bob')
    await eventually(() => expect(eve.heard).toEqual(['not for bob']))
    expect(bob.heard).toEqual([])
  })

  test('a guest’s block ends with his node, for the next one of that name', async () => {
    const { wire, one, other } = await stage()
    const bob = await present(other, 'bob')
    const ann = await present(one, 'ann')
    await one.chat.block(ann.session, 'bob')
    await eventually(async () => {
      await say(one.chat, ann.session, 'heard?')
      await say(other.chat, bob.session, 'sync')
      expect(bob.heard.at(-1)).toBe('sync')
    })
    wire.close()
    const again = await eventually(() => present(other, 'ann'))
    expect(other.chat.blocked(again.session)).toEqual([])
    await eventually(async () => {
      await say(other.chat, bob.session, 'hello')
      expect(again.heard).toContain('hello')
    })
  })

  test('who has his name alone has it again when his node is back, or is told that he was replaced', async () => {
    const { wire, one, other } = await stage()
    for (const name of ['ann', 'bob']) await createAccount(one.engine, name, 'hash')
    const [ann, bob] = [await present(one, new Proof('ann'), true), await present(one, new Proof('bob'), true)]
    await expect(present(other, new Proof('ann'), true)).rejects.toMatchObject({ code: 'name-in-use' })
    const before = one.engine.node
    wire.close()
    await eventually(() => present(other, new Proof('ann'), true))
    wire.open()
    await isBack(one)
    expect(one.engine.node).not.toBe(before)
    await eventually(() => expect(ann.wasReplaced()).toBe(true))
    await eventually(async () => expect(await other.chat.rooms.exclusiveNames()).toEqual(['ann', 'bob']))
    expect(bob.wasReplaced()).toBe(false)
    await one.chat.close(bob.session)
    await eventually(() => present(other, new Proof('bob'), true))
  })

  test('a member is told everything up to its `left`, private messages too, and that its membership is lost', async () => {
    const two = await stage()
    const { wire, one, other } = two
    const first = await present(one, 'member0')
    // More than are read at once, behind the room.
    const others = await Promise.all(Array.from({ length: 40 }, (_, n) => present(one, `member${n + 1}`)))
    const members = [first, ...others]
    const bob = await present(other, 'bob')
    wire.close()
    await Promise.all(members.map((_, n) => tell(other.chat, bob.session, `member${n}`, 'psst')))
    await bury(two, ...members.map(({ session }) => session.name))
    await say(other.chat, bob.session, 'meanwhile')
    wire.open()
    for (const { heard } of members) await eventually(() => expect(heard).toEqual(['psst', 'membership-lost']))
  })

  test('a member whose `left` is not kept any more is put out all the same', async () => {
    const two = await stage(3)
    const { wire, one, other } = two
    const ann = await present(one, 'ann')
    const bob = await present(other, 'bob')
    const stays = await present(one, 'stays')
    await leave(one.chat, stays.session)
    await bury(two, 'ann')
    for (const body of ['1', '2', '3']) await say(other.chat, bob.session, body)
    const kinds = async () => {
      const all = await Array.fromAsync(other.engine.logs.read('room:2', {}))
      return all.flat().map(({ kind }) => kind)
    }
    await eventually(async () => expect(await kinds()).toEqual(['message', 'message', 'message']))
    wire.open()
    await eventually(() => expect(ann.heard.at(-1)).toBe('membership-lost'))
    expect(ann.session.membership).toBeUndefined()
    await enter(one.chat, ann.session, 'ops')
    expect(await other.engine.memberships.members(2)).toEqual(['bob', 'ann'])
    expect(stays.heard).not.toContain('membership-lost')
  })

  test('members and watchers of a room that was closed so long ago that its log is gone are put out', async () => {
    const two = await stage()
    const { prefix, wire, one, other } = two
    const ann = await present(one, 'ann')
    const eve = await present(one, 'eve')
    await leave(one.chat, eve.session)
    const room = ann.session.membership?.room.record ?? expect.fail()
    one.chat.subscribe(eve.session, room, eve.session)
    wire.close()
    await other.chat.rooms.close(room.id)
    // As it expires by itself.
    await server.command('DEL', `${prefix}:{room:${room.id}}:log`)
    wire.open()
    await eventually(() => expect(eve.heard).toEqual(['room-closed']))
    // A member cannot be shown the end of it, so it is told to come back.
    await eventually(() => expect(ann.heard).toEqual(['membership-lost']))
    expect(ann.session.membership).toBeUndefined()
  })

  test('a claim that is lost before its `joined` lets nobody in', async () => {
    const two = await stage()
    const { wire, one, other } = two
    const ann = await present(one, 'ann')
    // Asked between the two.
    const { promise: found, resolve: find } = Promise.withResolvers<undefined>()
    const asking = vi.spyOn(one.engine.records, 'get').mockReturnValue(found)
    const entered = enter(one.chat, ann.session, 'late')
    entered.catch(() => {})
    await eventually(async () => expect(await other.engine.memberships.heldIn('ann')).toHaveLength(2))
    await bury(two, 'ann')
    const successor = await present(other, 'ann')
    await enter(other.chat, successor.session, 'late')
    wire.open()
    await isBack(one)
    asking.mockRestore()
    find(undefined)
    await expect(entered).rejects.toMatchObject({ code: 'unavailable' })
    expect(ann.session.membership).toBeUndefined()
    const all = await Array.fromAsync(other.engine.logs.read('room:3', {}))
    expect(all.flat().map(({ kind, from }) => `${kind} ${from}`)).toEqual(['joined ann'])
  })

  test('what is told somebody at another node keeps its place among what is said', async () => {
    const { one, other } = await stage()
    const [ann, bob] = [await present(one, 'ann'), await present(other, 'bob')]
    const { chat } = one
    await say(chat, ann.session, '0')
    for (const { heard } of [ann, bob]) await eventually(() => expect(heard).toEqual(['0']))
    const said = [
      tell(chat, ann.session, 'bob', '1'),
      say(chat, ann.session, '2'),
      tell(chat, ann.session, 'bob', '3'),
      tell(chat, ann.session, 'nobody', 'lost').catch(({ code }) => code),
      say(chat, ann.session, '4'),
    ]
    expect((await Promise.all(said))[3]).toBe('nobody-here')
    for (const { heard } of [ann, bob]) await eventually(() => expect(heard).toEqual(['0', '1', '2', '3', '4']))
  })

  test('somebody who was banned at another node is not taken for a reader by what was known a moment ago', async () => {
    const { one, other } = await stage()
    const ann = await present(one, 'ann', true)
    const record = await enter(one.chat, ann.session, 'ops')
    const bob = await other.chat.access.identify('bob', '')
    await other.chat.access.check(bob, record)
    await one.chat.moderation.expulsion.sanction(ann.session.inRoom(), 'banned', 'bob')
    const watcher = new Session({
      protocol: 'test',
      carriesPrivate: false,
      announce: () => {},
      deliver: () => {},
      putOut: () => {},
    })
    const unsubscribe = other.chat.subscribe(watcher, record, bob)
    await expect(other.chat.access.check(bob, record)).rejects.toMatchObject({ code: 'banned' })
    unsubscribe()
  })
})
