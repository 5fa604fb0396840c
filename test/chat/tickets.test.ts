import { expect, onTestFinished, test, vi } from 'vitest'
import { Chat } from '../../src/chat/chat.ts'
import { HERE, reasonOf, stage } from './stage.ts'

test('a key opens its account only, and is a secret of the account', async () => {
  const { chat, guest } = await stage()
  const key = await chat.accounts.registerWithKey('alice', HERE)
  expect(key).toMatch(/^[0-9a-f]{64}$/)
  expect(await chat.accounts.authenticateByKey(key, HERE)).toMatchObject({ name: 'alice' })
  for (const other of ['', 'x', key.slice(1), key.toUpperCase()]) {
    expect(await reasonOf(chat.accounts.authenticateByKey(other, HERE))).toBe('secret-wrong')
  }
  expect(await reasonOf(chat.accounts.registerWithKey('ALICE', HERE))).toBe('name-taken')
  expect(await reasonOf(chat.accounts.register('alice', 'my own one', HERE))).toBe('name-taken')
  expect(await chat.accounts.authenticate('Alice', key, HERE)).toMatchObject({ name: 'alice' })
  expect(await reasonOf(chat.accounts.authenticate('alice', key.slice(1), HERE))).toBe('secret-wrong')
  await guest('bob', 'lobby')
  expect(await reasonOf(chat.accounts.registerWithKey('bob', HERE))).toBe('name-in-use')
})

test('of many who register a name at once with a key one succeeds, and its key opens', async () => {
  const { chat } = await stage()
  const tries = await Promise.allSettled(Array.from({ length: 50 }, () => chat.accounts.registerWithKey('alice', HERE)))
  const keys = tries.flatMap((tried) => (tried.status === 'fulfilled' ? [tried.value] : []))
  expect(keys).toHaveLength(1)
  expect(await chat.accounts.authenticateByKey(keys[0] ?? '', HERE)).toMatchObject({ name: 'alice' })
})

test('an account has one ticket, good until it is ended, also for another process', async () => {
  const { chat, engine } = await stage()
  const proof = await chat.accounts.authenticateByKey(await chat.accounts.registerWithKey('Alice', HERE), HERE)
  const [ticket, same] = await Promise.all([chat.tickets.issue(proof), chat.tickets.issue(proof)])
  expect(ticket.value).toMatch(/^[A-Za-z0-9]{32}$/)
  expect(same.value).toBe(ticket.value)
  expect(ticket.until - Date.now()).toBeGreaterThan(3_590_000)
  expect((await chat.tickets.use(ticket.value))?.proof).toMatchObject({ name: proof.name })
  for (const other of ['', ticket.value.slice(1), ticket.value.toLowerCase()]) {
    expect(await chat.tickets.use(other)).toBeUndefined()
  }
  const later = new Chat(engine, { maxText: 100 })
  expect((await later.tickets.use(ticket.value))?.proof).toMatchObject({ name: proof.name })
  await chat.tickets.end(proof)
  expect(await chat.tickets.use(ticket.value)).toBeUndefined()
  expect((await chat.tickets.issue(proof)).value).not.toBe(ticket.value)
})

test('what cannot be a ticket is not looked up', async () => {
  const { chat, engine } = await stage()
  const recall = vi.spyOn(engine.records, 'get')
  for (const value of ['', 'x', 'a.b.c', `${'x'.repeat(31)}-`, 'x'.repeat(33), 'x'.repeat(60_000)]) {
    expect(await chat.tickets.use(value)).toBeUndefined()
  }
  expect(recall).not.toHaveBeenCalled()
  expect(await chat.tickets.use('x'.repeat(32))).toBeUndefined()
  expect(recall).toHaveBeenCalledOnce()
})

test('a ticket ends when it has not been used for its time, and not while it is', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const minutes = (count: number) => count * 60_000
  const { chat } = await stage({ ticketMs: minutes(60) })
  const used = await chat.tickets.issue(
    await chat.accounts.authenticateByKey(await chat.accounts.registerWithKey('alice', HERE), HERE),
  )
  const unused = await chat.tickets.issue(
    await chat.accounts.authenticateByKey(await chat.accounts.registerWithKey('bob', HERE), HERE),
  )
  for (let times = 0; times < 3; times++) {
    vi.setSystemTime(Date.now() + minutes(45))
    expect(await chat.tickets.use(used.value)).toBeDefined()
  }
  expect(await chat.tickets.use(unused.value)).toBeUndefined()
})

test('a ticket that is ended while it is used has ended, and the next one works', async () => {
  const { chat, engine } = await stage()
  const proof = await chat.accounts.authenticateByKey(await chat.accounts.registerWithKey('ann', HERE), HERE)
  for (let steps = 0; steps < 6; steps++) {
    const { value } = await chat.tickets.issue(proof)
    const used = chat.tickets.use(value)
    // As far as it gets in so many questions to the engine.
    for (let step = 0; step < steps; step++) await engine.records.get('secret', 'nothing')
    await Promise.all([used, chat.tickets.end(proof)])
    expect(await chat.tickets.use(value)).toBeUndefined()
  }
  const { value } = await chat.tickets.issue(proof)
  expect(await chat.tickets.use(value)).toMatchObject({ ticket: { value } })
})
