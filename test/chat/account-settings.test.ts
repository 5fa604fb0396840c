import { expect, test, vi } from 'vitest'
import { Secrets } from '../../src/chat/secrets.ts'
import { Session } from '../../src/chat/session.ts'
import { skeletonsOf } from '../../src/engine/skeleton.ts'
import { eventually } from '../support/eventually.ts'
import { createAccount } from '../support/records.ts'
import { enter, HERE, lifeline, reasonOf, silent, stage } from './stage.ts'

const SECRET = 'correct horse'

test('a password of an earlier version that is short goes on working, until it is changed', async () => {
  const { chat, engine, owner } = await stage()
  const hash = await new Secrets({ ln: 4, r: 8, p: 1 }).hash('old', HERE)
  expect(await createAccount(engine, 'ann', hash)).toBe(true)
  const ann = await owner('ann', 'old')
  expect(await reasonOf(chat.settings.changePassword(ann, 'old', '7 chars'))).toBe('secret-invalid')
  expect(await reasonOf(chat.settings.changePassword(ann, 'wrong', 'long enough'))).toBe('secret-wrong')
  expect(await reasonOf(chat.settings.changePassword(ann, 'old', 'long enough'))).toBe('none')
  expect(await reasonOf(owner('ann', 'old'))).toBe('secret-wrong')
  expect(await reasonOf(owner('ann', 'long enough'))).toBe('none')
})

test('the name of a removed account is nobody’s, nor is one like it, until its record expires', async () => {
  const { chat, engine, guest, owner } = await stage()
  await chat.accounts.register('Bob', SECRET, HERE)
  const bob = await owner('bob', SECRET)
  const freeAt = await chat.settings.unregister(bob, SECRET)
  expect(Math.round((freeAt - Date.now()) / 86_400_000)).toBe(30)
  await chat.close(bob)
  for (const name of ['bob', 'BOB', 'b0b', 'bоb']) {
    expect([name, await reasonOf(guest(name))]).toEqual([name, 'name-reserved'])
    expect([name, await reasonOf(chat.accounts.register(name, SECRET, HERE))]).toEqual([name, 'name-reserved'])
  }
  for (const skeleton of skeletonsOf('Bob')) {
    await engine.records.put('retired', skeleton, 'Bob', { expiresAt: Date.now() + 20 })
  }
  await eventually(async () => expect(await reasonOf(guest('bob'))).toBe('none'))
})

test('a key is the old password of an account that was made with one', async () => {
  const { chat } = await stage()
  const key = await chat.accounts.registerWithKey('pirate', HERE)
  const pirate = new Session(silent)
  await chat.login(pirate, await chat.accounts.authenticateByKey(key, HERE))
  expect(await reasonOf(chat.settings.changePassword(pirate, key, 'long enough'))).toBe('none')
  expect(await reasonOf(chat.accounts.authenticateByKey(key, HERE))).toBe('secret-wrong')
  expect(await reasonOf(chat.accounts.authenticate('pirate', 'long enough', HERE))).toBe('none')
})

test('the end of a session that came with a ticket ends the ticket too, and only its own', async () => {
  const { chat, owner } = await stage()
  await chat.accounts.register('ann', SECRET, HERE)
  const ticket = await chat.tickets.issue(await chat.accounts.authenticate('ann', SECRET, HERE))
  const used = (await chat.tickets.use(ticket.value)) ?? expect.fail()
  const [web, line] = [new Session(silent, lifeline('10.0.0.9')), await owner('ann', SECRET)]
  await chat.login(web, used.proof)
  const other = await owner('ann', SECRET)
  await chat.settings.logout(line, other.id)
  expect([other.closed, web.closed]).toEqual([true, false])
  expect(await chat.tickets.use(ticket.value)).toBeDefined()
  await chat.settings.logout(line, web.id)
  expect(await chat.tickets.use(ticket.value)).toBeUndefined()
  expect(await reasonOf(chat.settings.logout(line, 'nothing'))).toBe('session-unknown')
})

test('admins are those of the options and those that the operator has marked, while their account is proved', async () => {
  const { chat, guest, owner } = await stage({ admins: ['Boss'] })
  expect((await chat.settings.profile(await guest('boss'))).admin).toBe(false)
  await chat.accounts.register('ann', SECRET, HERE)
  const ann = await owner('ann', SECRET)
  expect(await reasonOf(chat.supervision.whois(ann, 'ann'))).toBe('admin-required')
  expect(await chat.administration.markAccount('ANN', { admin: true, bot: true })).toBe('ann')
  expect(await reasonOf(chat.supervision.whois(ann, 'ann'))).toBe('none')
  expect([ann.isAdmin, ann.isBot]).toEqual([true, true])
  expect(await chat.administration.markAccount('ann', { admin: false })).toBe('ann')
  expect(await reasonOf(chat.supervision.whois(ann, 'ann'))).toBe('admin-required')
  const [[account] = []] = await Array.fromAsync(chat.administration.accounts())
  expect(account).toMatchObject({ name: 'ann', bot: true })
  expect(account).not.toHaveProperty('admin')
  expect(await reasonOf(chat.administration.markAccount('nobody', { admin: true }))).toBe('name-unknown')
})

test('8. no list is read when a guest logs in and joins a room', async () => {
  const { chat, engine, guest } = await stage()
  await chat.accounts.register('admin', SECRET, HERE)
  const lists = [
    vi.spyOn(engine.records, 'list'),
    vi.spyOn(engine.memberships, 'members'),
    vi.spyOn(engine.memberships, 'heldIn'),
  ]
  await enter(chat, await guest('bob'), 'tech')
  expect(await reasonOf(guest('b0b'))).toBe('name-in-use')
  expect(await reasonOf(guest('аdmin'))).toBe('name-reserved')
  for (const list of lists) expect(list).not.toHaveBeenCalled()
})
