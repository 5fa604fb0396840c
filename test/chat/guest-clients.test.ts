/** Guests with a word, whose sessions are one user, on each engine. */
import { expect, onTestFinished, test } from 'vitest'
import { Chat } from '../../src/chat/chat.ts'
import { Session } from '../../src/chat/session.ts'
import type { Engine } from '../../src/engine/engine.ts'
import type { LogName } from '../../src/engine/event.ts'
import { LocalEngine } from '../../src/engine/local/local.ts'
import { Stage } from '../engine/stage.ts'
import { eventually } from '../support/eventually.ts'
import { withRedis } from '../support/redis.ts'
import { HERE, lifeline, reasonOf, recorder, silent } from './stage.ts'

const SECRET = 'correct horse'
const CHEAP = { ln: 4, r: 8, p: 1 }

async function localEngine(): Promise<Engine> {
  const memory = { events: 1_000, bytes: 1_000_000 }
  const keep = { days: 0, events: 0 }
  const engine = new LocalEngine(
    { file: ':memory:', sync: 'normal', keep, lobby: 'lobby', memory },
    { trouble: () => {}, recovered: () => {}, died: () => {} },
  )
  await engine.start()
  onTestFinished(() => engine.stop())
  return engine
}

function chatOn(engine: Engine) {
  const chat = new Chat(engine, { maxText: 4_000, cost: CHEAP })
  const guest = async (name: string, client?: string, wire = silent) => {
    const session = new Session(wire, lifeline(HERE))
    session.client = client
    session.wordDigest = client && `word of ${client.slice(0, 2)}`
    await chat.login(session, name)
    return session
  }
  return { chat, guest }
}

/** Holds the next call of a method up until `go` is called with what then does it. */
function holdNext<T extends object, K extends keyof T>(on: T, method: K) {
  const called = Promise.withResolvers<void>()
  const going = Promise.withResolvers<T[K]>()
  const real = on[method]
  const held = async (...args: unknown[]) => {
    on[method] = real
    called.resolve()
    const act = (await going.promise) as (...args: unknown[]) => unknown
    return act.apply(on, args)
  }
  on[method] = held as T[K]
  return { called: called.promise, go: (act: T[K] = real) => going.resolve(act) }
}

async function presence(engine: Engine, log: LogName): Promise<string[]> {
  const kinds: string[] = []
  for await (const page of engine.logs.read(log, {})) for (const { kind, from } of page) kinds.push(`${kind} ${from}`)
  return kinds
}

async function inboxOf(chat: Chat, session: Session): Promise<string[]> {
  const all: string[] = []
  for await (const page of (await chat.inboxes.read(session, {})).pages) all.push(...page.map(({ body }) => body))
  return all
}

async function bodies(engine: Engine, log: LogName): Promise<string[]> {
  const all: string[] = []
  for await (const page of engine.logs.read(log, {})) for (const { body } of page) if (body !== '') all.push(body)
  return all
}

function suite(start: () => Promise<Engine>): void {
  test.each(['leave', 'close', 'move'] as const)(
    'a presence ends where its last session goes, by %s, while another one is checked and refused',
    async (how) => {
      const engine = await start()
      const { chat, guest } = chatOn(engine)
      const first = await guest('ann', 'c1')
      const { room } = await chat.join(first, 'ops')
      const second = await guest('ann', 'c1')
      const { called, go } = holdNext(engine.memberships, 'resembles')
      const refused = reasonOf(chat.join(second, 'ops'))
      await called
      if (how === 'leave') await chat.leave(first.inRoom())
      if (how === 'close') await chat.close(first)
      if (how === 'move') await chat.join(first, 'dev', { moves: true })
      go(async () => true)
      expect(await refused).toBe('name-in-use')
      await eventually(async () => expect(await presence(engine, room.log)).toEqual(['joined ann', 'left ann']))
      await eventually(async () => expect(await engine.memberships.members(room.record.id)).toEqual([]))
      // Somebody else joins, and is a new user.
      const stranger = await guest('ann', 'c2')
      await chat.join(stranger, 'ops')
      expect(await presence(engine, room.log)).toEqual(['joined ann', 'left ann', 'joined ann'])
    },
  )

  test("a nonce is of one user: that of another guest's word, or of none, is another one", async () => {
    const engine = await start()
    const { chat, guest } = chatOn(engine)
    const eve = await guest('eve')
    await chat.join(eve, 'ops')
    const saying = async (client: string | undefined, text: string) => {
      const session = await guest('ann', client)
      await chat.join(session, 'ops')
      const { id } = await chat.messages.say(session.inRoom(), text, { nonce: '1' })
      await chat.messages.tell(session.inRoom(), 'eve', text, { nonce: '1' })
      await chat.close(session)
      return id
    }
    const [first, other, none] = [await saying('c1', 'a'), await saying('c2', 'b'), await saying(undefined, 'c')]
    expect(new Set([first, other, none]).size).toBe(3)
    // The same word, at another address.
    expect(await saying('c1-elsewhere', 'a')).toBe(first)
    expect(await saying('c2', 'b')).toBe(other)
    expect(await saying(undefined, 'c')).toBe(none)
    expect(await bodies(engine, eve.inRoom().room.log)).toEqual(['a', 'b', 'c'])
    expect(await bodies(engine, 'inbox:eve')).toEqual(['a', 'b', 'c'])
  })

  test('a private message that is on its way while the guest makes an account is told and in its inbox', async () => {
    const engine = await start()
    const { chat, guest } = chatOn(engine)
    const { wire, toldTo } = recorder()
    const ann = await guest('ann', 'c1', wire)
    const bob = await guest('bob')
    for (const session of [ann, bob]) await chat.join(session, 'ops')
    const { called, go } = holdNext(engine.logs, 'append')
    const told = chat.messages.tell(bob.inRoom(), 'ann', 'psst', { nonce: '1' })
    await called
    await chat.accounts.register('ann', SECRET, HERE, ann)
    go()
    expect(await told).toBe(true)
    expect(await inboxOf(chat, ann)).toEqual(['psst'])
    // As bob does it who has not heard of it.
    expect(await chat.messages.tell(bob.inRoom(), 'ann', 'psst', { nonce: '1' })).toBe(true)
    await eventually(() => expect(toldTo(ann)).toContain('private bob'))
    expect(toldTo(ann).filter((text) => text === 'private bob')).toHaveLength(1)
    expect(await inboxOf(chat, ann)).toEqual(['psst'])
  })
}

suite(localEngine)

withRedis('on Redis', () => {
  const stage = new Stage()
  suite(async () => (await stage.node()).engine)

  test('a guest is told by other nodes while its nickname becomes an account, and finds that in its inbox', async () => {
    const [here, there] = [(await stage.node()).engine, (await stage.node()).engine]
    const [one, other] = [chatOn(here), chatOn(there)]
    const { wire, toldTo } = recorder()
    const ann = await one.guest('ann', 'c1', wire)
    const bob = await other.guest('bob')
    await one.chat.join(ann, 'ops')
    await other.chat.join(bob, 'ops')
    const { called, go } = holdNext(here.memberships, 'share')
    const registered = one.chat.accounts.register('ann', SECRET, HERE, ann)
    await called
    expect(await other.chat.messages.tell(bob.inRoom(), 'ann', 'before')).toBe(true)
    go()
    await registered
    expect(await other.chat.messages.tell(bob.inRoom(), 'ann', 'behind')).toBe(true)
    await eventually(() => expect(toldTo(ann).filter((text) => text === 'private bob')).toHaveLength(2))
    expect(await inboxOf(one.chat, ann)).toEqual(['before', 'behind'])
  })
})
