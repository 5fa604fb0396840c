/** Sessions in several rooms, and protocols that fail. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { Session, type Wire } from '../../src/chat/session.ts'
import { StateReader } from '../../src/chat/state-reader.ts'
import { Unavailable } from '../../src/engine/errors.ts'
import { tickEnd } from '../../src/tick.ts'
import { eventually } from '../support/eventually.ts'
import { enter, lifeline, reasonOf, recorder, say, silent, stage } from './stage.ts'

/** A wire that writes down room and text of messages for each session. */
function hearing() {
  const heard = new Map<Session, string[]>()
  const wire: Wire = {
    protocol: 'test',
    carriesPrivate: true,
    announce: () => {},
    deliver: (room, events, sessions) => {
      for (const session of sessions) {
        const lines = events.map(({ kind, body, from }) => `${room.record.slug} ${kind} ${body || from}`)
        heard.set(session, [...(heard.get(session) ?? []), ...lines])
      }
    },
    putOut: (room, session, why) => heard.set(session, [...(heard.get(session) ?? []), `${room.record.slug} ${why}`]),
  }
  return { wire, heardBy: (session: Session) => heard.get(session) ?? [] }
}

test('a session in several rooms hears each, speaks in each, and leaves one without the others', async () => {
  const { chat, guest } = await stage()
  const { wire, heardBy } = hearing()
  const ann = await guest('ann', undefined, wire)
  const [ops, dev] = [await chat.join(ann, 'ops'), await chat.join(ann, 'dev')]
  expect([...ann.memberships.values()]).toEqual([ops, dev])
  const [bob, cat] = [await guest('bob', 'ops'), await guest('cat', 'dev')]
  await say(chat, bob, 'in ops')
  await say(chat, cat, 'in dev')
  await chat.messages.say(ops, 'mine in ops')
  await chat.messages.say(dev, 'mine in dev')
  await chat.messages.tell(bob.inRoom(), 'ann', 'psst')
  await chat.leave(ops)
  expect(await reasonOf(chat.messages.say(ops, 'too late'))).toBe('not-in-room')
  await say(chat, bob, 'unheard')
  await say(chat, cat, 'heard')
  const heardIn = (slug: string) => heardBy(ann).filter((line) => line.startsWith(slug))
  await eventually(() => {
    expect(heardIn('ops')).toEqual([
      'ops joined ann',
      'ops joined bob',
      'ops message in ops',
      'ops message mine in ops',
      'ops private psst',
      'ops left ann',
    ])
    expect(heardIn('dev')).toEqual([
      'dev joined ann',
      'dev joined cat',
      'dev message in dev',
      'dev message mine in dev',
      'dev message heard',
    ])
  })
  expect(await chat.rooms.inside(ops.room.record.id)).toEqual(['bob'])
  expect(await chat.rooms.inside(dev.room.record.id)).toEqual(['ann', 'cat'])
})

test('a session that closes leaves all of its rooms, and its nickname is free in each', async () => {
  const { chat, guest } = await stage()
  const ann = await guest('ann')
  const rooms = await Promise.all(['ops', 'dev', 'qa'].map((slug) => chat.join(ann, slug)))
  await chat.close(ann)
  expect(ann.memberships.size).toBe(0)
  for (const { room } of rooms) expect(await chat.rooms.inside(room.record.id)).toEqual([])
  const again = await guest('ann', 'dev')
  expect(again.membership?.room.record.slug).toBe('dev')
})

test('a session that is in several rooms and moves is in one', async () => {
  const { chat, guest } = await stage()
  const ann = await guest('ann', 'ops')
  const dev = await chat.join(ann, 'dev')
  await enter(chat, ann, 'qa')
  expect([...ann.memberships.values()].map(({ room }) => room.record.slug)).toEqual(['qa'])
  await eventually(async () => expect(await chat.rooms.inside(dev.room.record.id)).toEqual([]))
})

test('a session is put out of the room that is closed, and stays in the others', async () => {
  const { chat, guest } = await stage()
  const { wire, heardBy } = hearing()
  const ann = await guest('ann', undefined, wire)
  const ops = await chat.join(ann, 'ops')
  await chat.join(ann, 'dev')
  await chat.rooms.close(ops.room.record.id)
  await eventually(() => expect(heardBy(ann)).toContain('ops room-closed'))
  expect([...ann.memberships.values()].map(({ room }) => room.record.slug)).toEqual(['dev'])
})

test('two sessions of an account are one presence in each of their rooms', async () => {
  const { chat, owner, guest } = await stage()
  await chat.accounts.register('ann', 'a secret', '127.0.0.1')
  const { wire, heardBy } = hearing()
  const bob = await guest('bob', 'ops', wire)
  const [laptop, phone] = [await owner('ann', 'a secret'), await owner('ann', 'a secret')]
  for (const session of [laptop, phone]) for (const slug of ['ops', 'dev']) await chat.join(session, slug)
  await chat.close(laptop)
  await say(chat, phone, 'still here')
  await chat.close(phone)
  await eventually(() =>
    expect(heardBy(bob)).toEqual(['ops joined bob', 'ops joined ann', 'ops message still here', 'ops left ann']),
  )
})

test('a protocol that throws loses its own delivery, and no other does', async () => {
  const failures: unknown[] = []
  const onDeliveryError = (error: unknown, protocol: string, event?: { id: number }) =>
    failures.push([String(error), protocol, event?.id])
  const { chat, guest } = await stage({ onDeliveryError })
  const { wire, toldTo } = recorder()
  const broken: Wire = {
    protocol: 'broken',
    carriesPrivate: false,
    announce: () => {},
    deliver: (_room, events) => {
      if (events.some(({ body }) => body === 'boom')) throw new Error('cannot encode')
    },
    putOut: () => {},
  }
  const bad = new Session(broken, lifeline(''))
  await chat.login(bad, 'bad')
  await chat.join(bad, 'ops')
  const bob = await guest('bob', 'ops', wire)
  const { id } = await say(chat, bob, 'boom')
  await say(chat, bob, 'fine')
  await tickEnd()
  expect(failures).toEqual([['Error: cannot encode', 'broken', id]])
  expect(toldTo(bob)).toEqual(['joined bob', 'message bob', 'message bob'])
})

test('a change of nickname that the store fails within ends the session, every presence, and the former nickname', async () => {
  const { chat, engine, guest } = await stage()
  const { wire, heardBy } = hearing()
  const watcher = await guest('bob', undefined, wire)
  const line = lifeline('')
  const ann = new Session(silent, line)
  await chat.login(ann, 'ann', true)
  for (const slug of ['ops', 'dev', 'qa']) {
    await chat.join(watcher, slug)
    await chat.join(ann, slug)
  }
  const news: string[] = []
  chat.news.watch((told) => news.push('name' in told ? `${told.kind} ${told.name}` : told.kind))
  const { claim } = engine.memberships
  let claims = 0
  vi.spyOn(engine.memberships, 'claim').mockImplementation(async (room, name, options) => {
    if (name === 'rob' && room > 0 && ++claims === 2) throw new Unavailable('the disk is full')
    return claim.call(engine.memberships, room, name, options)
  })
  expect(await reasonOf(chat.userChange.rename(ann, 'rob'))).toBe('unavailable')
  expect(line.ended).toEqual(['membership-lost'])
  expect(news).toEqual(['offline ann', 'online rob'])
  await chat.close(ann)
  const heardIn = (slug: string) =>
    heardBy(watcher).filter((text) => text.startsWith(`${slug} left`) || text.startsWith(`${slug} joined`))
  await eventually(() => {
    expect(heardIn('ops').slice(2)).toEqual(['ops left ann', 'ops joined rob', 'ops left rob'])
    expect(heardIn('dev').slice(2)).toEqual(['dev left ann'])
    expect(heardIn('qa').slice(2)).toEqual(['qa left ann', 'qa joined rob', 'qa left rob'])
  })
  for (const name of ['ann', 'rob']) {
    const again = new Session(silent)
    await chat.login(again, name, true)
    for (const slug of ['ops', 'dev', 'qa']) await chat.join(again, slug)
  }
})

test('a session that ends amid a change of its nickname leaves all of its rooms, under whatever nickname', async () => {
  const { chat, guest } = await stage()
  const { wire, heardBy } = hearing()
  const watcher = await guest('bob', undefined, wire)
  const ann = new Session(silent, lifeline(''))
  await chat.login(ann, 'ann', true)
  for (const slug of ['ops', 'dev', 'qa']) {
    await chat.join(watcher, slug)
    await chat.join(ann, slug)
  }
  const { loadFor } = StateReader.prototype
  let closing: Promise<unknown> | undefined
  const loading = vi.spyOn(StateReader.prototype, 'loadFor').mockImplementation(function (this: StateReader, user) {
    if (user.key === 'rob') closing ??= chat.close(ann)
    return loadFor.call(this, user)
  })
  onTestFinished(() => loading.mockRestore())
  await chat.userChange.rename(ann, 'rob').catch(() => {})
  await closing
  for (const { room } of watcher.memberships.values()) {
    const heard = () => heardBy(watcher).filter((text) => text.startsWith(`${room.record.slug} `))
    await expect
      .poll(heard)
      .toEqual([`${room.record.slug} joined bob`, `${room.record.slug} joined ann`, `${room.record.slug} left ann`])
    expect(await chat.rooms.inside(room.record.id)).toEqual(['bob'])
  }
})
