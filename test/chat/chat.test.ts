/** The core on an engine whose commits the test lets through one by one. */
import { expect, test } from 'vitest'
import { Chat } from '../../src/chat/chat.ts'
import { Session, type Wire } from '../../src/chat/session.ts'
import type { Engine, Listener, RoomRecord } from '../../src/engine/engine.ts'
import { type Draft, type Event, idAt } from '../../src/engine/event.ts'
import { tickEnd } from '../../src/tick.ts'
import { enter, say } from './stage.ts'

const LOBBY: RoomRecord = {
  id: 1,
  title: 'Public Chat',
  slug: 'lobby',
  description: '',
  visibility: 'public',
  createdAt: 0,
  changedAt: 0,
}

/** One room; what is appended waits until {@link commit}. */
class SlowEngine {
  readonly held = new Set<string>()
  readonly #followers = new Map<Listener, string>()
  readonly #waiting: { log: string; draft: Draft; resolve(event: Event): void }[] = []
  #last = idAt(1_000)

  readonly logs = {
    append: (log: string, draft: Draft) => new Promise<Event>((resolve) => this.#waiting.push({ log, draft, resolve })),
    async *state() {},
    stateFor: async () => ({ isWhole: true, pages: this.logs.state() }),
    follow: (log: string, listener: Listener) => {
      this.#followers.set(listener, log)
      return () => this.#followers.delete(listener)
    },
  }
  readonly memberships = {
    resembles: async () => false,
    member: async () => undefined,
    claim: async (_room: number, name: string) => !this.held.has(name) && Boolean(this.held.add(name)),
    release: async (_room: number, name: string) => void this.held.delete(name),
    holds: () => true,
  }
  readonly rooms = { find: async () => LOBBY, watch: () => () => {} }
  readonly records = { get: async () => undefined, isTaken: async () => false, async *listBy() {} }
  readonly broadcast = { publish: () => {}, onBroadcast: () => {}, peers: async () => 0 }

  async commit(): Promise<void> {
    const next = this.#waiting.shift()
    if (!next) throw new Error('nothing waits')
    const event = { id: this.#last++, at: 1_000, ...next.draft }
    for (const [follower, log] of this.#followers) if (log === next.log) follower(event)
    next.resolve(event)
    await tickEnd()
  }
}

async function present(chat: Chat, name: string) {
  const heard: string[] = []
  const wire: Wire = {
    protocol: 'test',
    carriesPrivate: true,
    announce: () => {},
    deliver: (_room, events) => void heard.push(...events.map(({ kind, from }) => `${kind} ${from}`)),
    putOut: () => {},
  }
  const session = new Session(wire)
  await chat.login(session, name)
  return { session, heard }
}

test('whoever comes while the last ones go is in a room that lives', async () => {
  const engine = new SlowEngine()
  // The methods above are all that this test needs of an engine.
  const chat = new Chat(engine as unknown as Engine, { maxText: 100 })
  const ann = await present(chat, 'ann')
  const bob = await present(chat, 'bob')
  const eve = await present(chat, 'eve')
  for (const { session } of [ann, bob]) {
    const entered = enter(chat, session, 'lobby')
    await tickEnd()
    await engine.commit()
    await entered
  }
  void chat.close(ann.session)
  void chat.close(bob.session)
  await tickEnd()
  await engine.commit()
  const entered = enter(chat, eve.session, 'lobby')
  await tickEnd()
  await engine.commit()
  await engine.commit()
  await entered
  expect(eve.session.membership?.room.record).toBe(LOBBY)
  void say(chat, eve.session, 'anybody?')
  await engine.commit()
  await tickEnd()
  expect(eve.heard).toEqual(['joined eve', 'message eve'])
  expect(engine.held).toEqual(new Set(['eve']))
})
