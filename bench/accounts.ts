import { join } from 'node:path'
import { Chat } from '../src/chat/chat.ts'
import { LocalEngine } from '../src/engine/local/local.ts'
import { memberName, SECRET } from './dialect.ts'

/** A stored hash names its cost, so an account made at this one is checked at it too. */
const CHEAP = { ln: 1, r: 8, p: 1 }
/** How many log in at the same time. */
const AT_ONCE = 20

/**
 * Makes accounts in a data folder that no server uses yet. Through the protocol 1,000 of them cost 200 scrypt seconds, to
 * register and to log in, and none of that is fan-out.
 */
export async function makeAccounts(data: string, count: number): Promise<void> {
  await make(data, count, (chat, name) => chat.accounts.register(name, SECRET, ''))
}

/** The same with the keys that open them: Piratchat's. */
export function makeKeys(data: string, count: number): Promise<string[]> {
  return make(data, count, (chat, name) => chat.accounts.registerWithKey(name, ''))
}

/** Logs in with keys at a server's HTTP port; the cookie for each. */
export async function logIn(port: number, keys: readonly string[]): Promise<string[]> {
  const cookies: string[] = []
  const waiting = keys.entries()
  const work = async () => {
    for (const [index, key] of waiting) {
      const body = JSON.stringify({ key })
      const answer = await fetch(`http://127.0.0.1:${port}/api/login`, { method: 'POST', body })
      await answer.arrayBuffer()
      const cookie = answer.headers.get('set-cookie')?.split(';', 1)[0]
      if (cookie === undefined) throw new Error(`a login was answered with ${answer.status}`)
      cookies[index] = cookie
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return cookies
}

async function make<T>(data: string, count: number, one: (chat: Chat, name: string) => Promise<T>): Promise<T[]> {
  const options = {
    file: join(data, 'roomd.db'),
    sync: 'normal',
    lobby: 'lobby',
    keep: { days: 0, events: 0 },
    memory: { events: 1, bytes: 1_024 },
  } as const
  const engine = new LocalEngine(options, { trouble: () => {}, recovered: () => {}, died: () => {} })
  await engine.start()
  try {
    const chat = new Chat(engine, { maxText: 1, cost: CHEAP })
    const made: T[] = []
    for (let index = 0; index < count; index++) made.push(await one(chat, memberName(index)))
    return made
  } finally {
    await engine.stop()
  }
}
