/** What the operator of the server does, on one node. */
import { expect, test } from 'vitest'
import type { Administered } from '../../src/chat/administration.ts'
import { Session } from '../../src/chat/session.ts'
import { blocksWith } from '../support/records.ts'
import { enter, HERE, lifeline, reasonOf, silent, stage, tell } from './stage.ts'

const SECRET = 'correct horse'

/** An account, and sessions of it as a test wants them. */
async function withAccount() {
  const done: Administered[] = []
  const { chat, engine, guest } = await stage({ onAdministered: (what) => done.push(what) })
  await chat.accounts.register('Ann', SECRET, HERE)
  const login = async (line?: ReturnType<typeof lifeline>) => {
    const session = new Session(silent, line)
    await chat.login(session, await chat.accounts.authenticate('ann', SECRET, HERE))
    return session
  }
  return { chat, engine, guest, login, done }
}

test('a removed account leaves nothing to whoever gets its name next', async () => {
  const { chat, engine, guest, login, done } = await withAccount()
  const [here, there] = [lifeline(HERE), lifeline(HERE)]
  const ann = await login(here)
  const second = await login(there)
  await enter(chat, ann, 'ops')
  const bob = await guest('bob', 'ops')
  await tell(chat, bob, 'ann', 'psst')
  await chat.block(ann, 'eve')
  const ticket = await chat.tickets.issue(await chat.accounts.authenticate('ann', SECRET, HERE))
  const other = await login()

  expect(await chat.administration.removeAccount('ANN')).toBe('Ann')
  expect(done).toEqual([{ what: 'account-removed', name: 'Ann' }])
  expect([here.ended, there.ended]).toEqual([['account-removed'], ['account-removed']])
  // Without a connection a session is closed at once.
  expect([other.closed, bob.closed]).toEqual([true, false])
  await Promise.all([ann, second, other].map((session) => chat.close(session)))
  expect(await reasonOf(chat.accounts.authenticate('ann', SECRET, HERE))).toBe('name-unknown')
  expect(await chat.tickets.use(ticket.value)).toBeUndefined()
  expect(await reasonOf(chat.administration.removeAccount('ann'))).toBe('name-unknown')

  const next = await guest('ann', 'ops')
  expect(await chat.inboxes.newest(next, 9)).toEqual([])
  expect(chat.blocked(next)).toEqual([])
  expect(await blocksWith(engine, 'ann')).toEqual([])
  expect(await reasonOf(chat.accounts.register('ann', 'other one', HERE, next))).toBe('none')
  expect(await chat.tickets.use(ticket.value)).toBeUndefined()
})

test('a session that is logging in while the account goes does not come in', async () => {
  const { chat, login } = await withAccount()
  const proof = await chat.accounts.authenticate('ann', SECRET, HERE)
  await chat.administration.setPassword('ann', 'a new one')
  expect(await reasonOf(chat.login(new Session(silent), proof))).toBe('secret-wrong')
  const again = await chat.accounts.authenticate('ann', 'a new one', HERE)
  await chat.administration.removeAccount('ann')
  expect(await reasonOf(chat.login(new Session(silent), again))).toBe('secret-wrong')
  expect(await reasonOf(chat.login(new Session(silent), 'ann'))).toBe('none')
  expect(await reasonOf(login())).toBe('name-unknown')
})

test('a new password is the only one, and ends what the old one has opened', async () => {
  const { chat, login, done } = await withAccount()
  const line = lifeline(HERE)
  await login(line)
  const ticket = await chat.tickets.issue(await chat.accounts.authenticate('ann', SECRET, HERE))
  for (const password of ['', '7 chars', 'x'.repeat(129)]) {
    expect(await reasonOf(chat.administration.setPassword('ann', password))).toBe('secret-invalid')
  }
  expect(await reasonOf(chat.administration.setPassword('bob', 'a new one'))).toBe('name-unknown')
  expect(line.ended).toEqual([])
  expect(await chat.administration.setPassword('ANN', 'a new one')).toBe('Ann')
  expect(done).toEqual([{ what: 'password-changed', name: 'Ann' }])
  expect(line.ended).toEqual(['password-changed'])
  expect(await chat.tickets.use(ticket.value)).toBeUndefined()
  expect(await reasonOf(chat.accounts.authenticate('ann', SECRET, HERE))).toBe('secret-wrong')
  expect(await reasonOf(chat.accounts.authenticate('ann', 'a new one', HERE))).toBe('none')
})

test('the key to an account opens it no more once there is a password, or no account', async () => {
  const { chat, engine } = await withAccount()
  for (const change of ['password', 'removal']) {
    const key = await chat.accounts.registerWithKey('pirate', HERE)
    expect(await reasonOf(chat.accounts.authenticateByKey(key, HERE))).toBe('none')
    if (change === 'password') await chat.administration.setPassword('pirate', 'a new one')
    else await chat.administration.removeAccount('pirate')
    expect(await reasonOf(chat.accounts.authenticateByKey(key, HERE))).toBe('secret-wrong')
    const note = (await engine.records.get('account', 'pirate'))?.hash
    expect(note?.startsWith('$scrypt$') ?? false).toBe(change === 'password')
    if (change === 'password') await chat.administration.removeAccount('pirate')
  }
})

test('a room is closed, and that is noted', async () => {
  const { chat, guest, done } = await withAccount()
  const ann = await guest('bob', 'ops')
  const { record } = ann.membership?.room ?? expect.fail('nobody is in the room')
  await chat.administration.closeRoom(record)
  expect(ann.membership).toBeUndefined()
  expect(done).toEqual([{ what: 'room-closed', room: record.id, title: 'ops' }])
  expect(await reasonOf(chat.administration.closeRoom(record))).toBe('room-unknown')
})
