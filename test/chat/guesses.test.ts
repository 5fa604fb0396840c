import { expect, test } from 'vitest'
import { Attempts } from '../../src/chat/attempts.ts'
import { type Guess, Guesses } from '../../src/chat/guesses.ts'
import { Refusal } from '../../src/chat/refusal.ts'
import { Secrets } from '../../src/chat/secrets.ts'
import { reasonOf, stage } from './stage.ts'

const LIMIT = { failures: 5, ms: 60_000 }

/** Guesses at one secret, `right`, that are checked when the test says so. */
function guesser() {
  const checks: { secret: string; address: string; settle(right: boolean | Error): void }[] = []
  class Held extends Secrets {
    override verify(secret: string, _stored: string | undefined, address: string): Promise<boolean> {
      return new Promise((resolve, reject) => {
        const settle = (right: boolean | Error) => (right instanceof Error ? reject(right) : resolve(right))
        checks.push({ secret, address, settle })
      })
    }
  }
  const guesses = new Guesses(new Held(), new Attempts(LIMIT, () => 0))
  const guess = (secret: string, address: string, more: Partial<Guess> = {}) =>
    guesses.check({ subject: 'room:1', secret, stored: 'hash', address, ...more })
  /** Answers what is being checked, and what that brings, until there is nothing more to check. */
  const answer = async () => {
    let count = 0
    for (let turns = 0; turns < 3; turns++) {
      await new Promise((next) => setImmediate(next))
      if (checks.length > 0) turns = 0
      count += checks.length
      for (const { secret, settle } of checks.splice(0)) settle(secret === 'right')
    }
    return count
  }
  return { guess, answer, checks }
}

test('equal guesses that are made at once are checked once, from however many addresses', async () => {
  const { guess, answer } = guesser()
  const made = Array.from({ length: 3_000 }, (_, n) => guess('right', `10.0.0.${n % 100}`))
  expect(await answer()).toBe(1)
  expect(new Set(await Promise.all(made))).toEqual(new Set([true]))
  const later = guess('right', '10.0.0.1')
  expect(await answer()).toBe(1)
  expect(await later).toBe(true)
})

test('guesses at something else, or against another hash, are others', async () => {
  const { guess, answer } = guesser()
  const made = [
    guess('right', 'a'),
    guess('wrong', 'a'),
    guess('right', 'a', { subject: 'room:2' }),
    guess('right', 'a', { stored: 'other' }),
    guess('right', 'a', { stored: undefined }),
  ]
  expect(await answer()).toBe(made.length)
  expect(await Promise.all(made)).toEqual([true, false, true, true, true])
})

test('each of the equal guesses that are wrong is a failed attempt', async () => {
  const { guess, answer } = guesser()
  const made = Array.from({ length: 4 }, () => guess('wrong', 'a'))
  expect(await answer()).toBe(1)
  expect(await Promise.all(made)).toEqual([false, false, false, false])
  const fifth = guess('other', 'a')
  await answer()
  expect(await fifth).toBe(false)
  expect(await reasonOf(guess('right', 'a'))).toBe('too-many-attempts')
  const elsewhere = guess('right', 'b')
  await answer()
  expect(await elsewhere).toBe(true)
})

test('a guess that too many of its address wait before takes no other address with it', async () => {
  const { guess, answer, checks } = guesser()
  const [crowded, alone] = [reasonOf(guess('right', 'a')), guess('right', 'b')]
  await new Promise((next) => setImmediate(next))
  expect(checks.map(({ address }) => address)).toEqual(['a'])
  checks.pop()?.settle(new Refusal('unavailable'))
  await answer()
  expect(await crowded).toBe('unavailable')
  expect(await alone).toBe(true)
})

test('a crowd that comes with the right password at once is let in, each from an address of its own', async () => {
  const { chat } = await stage({ cost: { ln: 12, r: 8, p: 1 } })
  const password = 'correct horse'
  const den = { title: 'Den', visibility: 'private' } as const
  const room = await chat.rooms.create(den, { password, address: '10.0.0.1' })
  await chat.accounts.register('alice', password, '10.0.0.1')
  const addresses = Array.from({ length: 2_000 }, (_, n) => `10.1.${n >> 8}.${n & 255}`)
  const entered = await Promise.all(addresses.map((address) => reasonOf(chat.passwords.check(room, password, address))))
  expect(new Set(entered)).toEqual(new Set(['none']))
  const loggedIn = await Promise.all(
    addresses.map((address) => reasonOf(chat.accounts.authenticate('alice', password, address))),
  )
  expect(new Set(loggedIn)).toEqual(new Set(['none']))
})
