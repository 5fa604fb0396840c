/** Sessions that end while something of theirs is under way. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { AccountLogins, type AccountLoginsParts } from '../../src/chat/account-logins.ts'
import { ExclusiveNames } from '../../src/chat/exclusive-names.ts'
import { Session } from '../../src/chat/session.ts'
import type { TokenIdentity } from '../../src/chat/token-scope.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { tickEnd } from '../../src/tick.ts'
import { readAll } from '../engine/conformance.ts'
import { eventually } from '../support/eventually.ts'
import { enter, lifeline, reasonOf, recorder, silent, stage } from './stage.ts'

test('a session that is closed joins no room any more', async () => {
  const { chat, engine } = await stage()
  const ghost = new Session(silent, lifeline(''))
  await chat.login(ghost, 'ghost')
  await chat.close(ghost)
  expect(await reasonOf(chat.join(ghost, 'ops'))).toBe('not-in-room')
  const room = await chat.rooms.find('ops')
  expect(await engine.memberships.members(room?.id ?? 0)).toEqual([])
})

test('a message behind a lookup stands before the `left` of its author', async () => {
  const { chat, engine, guest } = await stage()
  const ann = await guest('ann', 'ops')
  const { room } = ann.inRoom()
  const told = chat.messages.tell(ann.inRoom(), 'nobody', 'psst')
  const said = chat.messages.say(ann.inRoom(), 'hello')
  const closed = chat.close(ann)
  expect(await reasonOf(told)).toBe('nobody-here')
  expect(await said).toMatchObject({ body: 'hello' })
  await closed
  expect((await readAll(engine, room.log)).map(({ kind }) => kind)).toEqual(['joined', 'message', 'left'])
})

test.each([true, false])(
  'what is said before the `left` of a closed session is handed to it, unless its client is gone (%s)',
  async (isGone) => {
    const { chat, guest } = await stage()
    const { wire, toldTo } = recorder()
    const ann = new Session(wire, { ...lifeline(''), isGone })
    await chat.login(ann, 'ann')
    await enter(chat, ann, 'ops')
    const bob = await guest('bob', 'ops')
    await tickEnd()
    const before = toldTo(ann).length
    const said = chat.messages.say(bob.inRoom(), 'hello')
    const told = chat.messages.tell(bob.inRoom(), 'ann', 'psst')
    const deliveries = chat.counts.deliveries
    await Promise.all([said, told, chat.close(ann)])
    expect(toldTo(ann).slice(before)).toEqual(isGone ? [] : ['message bob', 'private bob'])
    // Bob is handed both, and the `left`.
    expect(chat.counts.deliveries - deliveries).toBe(isGone ? 3 : 5)
  },
)

test('a repeated nonce whose message is gone is answered with its id', async () => {
  const { chat, engine, guest } = await stage()
  const ann = await guest('ann', 'ops')
  const membership = ann.inRoom()
  const first = await chat.messages.say(membership, 'once', { nonce: 'n1' })
  expect(await chat.messages.say(membership, 'once', { nonce: 'n1' })).toEqual(first)
  await engine.logs.clear(membership.room.log)
  // Where the store has forgotten the nonce with the event, the text is said again.
  const again = await chat.messages.say(membership, 'once', { nonce: 'n1' })
  expect(again).toMatchObject({ body: 'once' })
})

test('an exclusive nickname that is claimed again for a session that has gone is released', async () => {
  const held = new Set<string>()
  let lost = (): void => {}
  let grant = (): void => {}
  let delayed = false
  const memberships = {
    heldIn: async () => [],
    holds: (_: number, name: string) => held.has(name),
    release: async (_: number, name: string) => void held.delete(name),
    claim: (_: number, name: string) =>
      new Promise<boolean>((resolve) => {
        grant = () => {
          held.add(name)
          resolve(true)
        }
        if (!delayed) grant()
      }),
  }
  const broadcast = { onBroadcast: (_: string, listener: () => void) => (lost = listener) }
  // All of an engine that this needs.
  const alone = new ExclusiveNames({ memberships, broadcast } as unknown as Engine)
  const session = new Session(silent)
  expect(await alone.take(session, 'ann')).toBe(true)
  held.clear()
  delayed = true
  lost()
  await alone.giveUp(session)
  grant()
  await eventually(() => expect([...held]).toEqual([]))
})

test('no timer is begun for the access token of a session that has closed', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const logins = new AccountLogins({} as Engine, {} as AccountLoginsParts)
  const session = new Session(silent)
  session.token = { id: 't', digest: 'd', until: Date.now() + 60_000, scope: {} } as unknown as TokenIdentity
  logins.expire(session)
  expect(vi.getTimerCount()).toBe(1)
  logins.forget(session)
  session.closed = true
  logins.expire(session)
  expect(vi.getTimerCount()).toBe(0)
})

test('private messages reach an exclusive nickname that was claimed again', async () => {
  let lost = (): void => {}
  let isHeld = true
  const claims: unknown[] = []
  const memberships = {
    heldIn: async () => [],
    holds: () => isHeld,
    claim: async (_: number, name: string, options?: object) => claims.push({ name, ...options }) > 0,
  }
  const broadcast = { onBroadcast: (_: string, listener: () => void) => (lost = listener) }
  const names = new ExclusiveNames({ memberships, broadcast } as unknown as Engine)
  expect(await names.take(new Session(silent), 'ann')).toBe(true)
  isHeld = false
  lost()
  expect(claims).toEqual(Array(2).fill({ name: 'ann', carriesPrivate: true }))
})
