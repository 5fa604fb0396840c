/** Accounts in a data folder that no server uses yet: through the protocols 1,000 of them cost 200 seconds of scrypt. */
import { Chat } from '../src/chat/chat.ts'
import { memberName, SECRET } from './dialect.ts'
import { inStore } from './store.ts'

/** A stored hash names its cost, so an account made at this one is checked at it too. */
const CHEAP = { ln: 1, r: 8, p: 1 }
/** Clients that log in at the same time. */
const AT_ONCE = 20

export async function makeAccounts(data: string, count: number): Promise<void> {
  await make(data, count, (chat, name) => chat.accounts.register(name, SECRET, ''))
}

/** Makes accounts of Piratchat; returns the keys that open them. */
export function makeKeys(data: string, count: number): Promise<string[]> {
  return make(data, count, (chat, name) => chat.accounts.registerWithKey(name, ''))
}

/** Logs in with keys at a server's HTTP port; returns the cookie for each. */
export async function logIn(url: string, keys: readonly string[]): Promise<string[]> {
  const cookies: string[] = []
  const waiting = keys.entries()
  const work = async () => {
    for (const [index, key] of waiting) {
      const answer = await fetch(`${url}/api/login`, { method: 'POST', body: JSON.stringify({ key }) })
      await answer.arrayBuffer()
      const cookie = answer.headers.get('set-cookie')?.split(';', 1)[0]
      if (cookie === undefined) throw new Error(`a login was answered with ${answer.status}`)
      cookies[index] = cookie
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return cookies
}

function make<T>(data: string, count: number, one: (chat: Chat, name: string) => Promise<T>): Promise<T[]> {
  return inStore(data, async (engine) => {
    const chat = new Chat(engine, { maxText: 1, cost: CHEAP })
    const made: T[] = []
    for (let index = 0; index < count; index++) made.push(await one(chat, memberName(index)))
    return made
  })
}
