import { join } from 'node:path'
import { Chat } from '../src/chat/chat.ts'
import { LocalEngine } from '../src/engine/local/local.ts'
import { memberName, SECRET } from './dialect.ts'

/** A stored hash names its cost, so an account made at this one is checked at it too. */
const CHEAP = { ln: 1, r: 8, p: 1 }

/**
 * Makes accounts in a data folder that no server uses yet. Through the protocol 1,000 of them cost 200 scrypt seconds, to
 * register and to log in, and none of that is fan-out.
 */
export async function makeAccounts(data: string, count: number): Promise<void> {
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
    for (let index = 0; index < count; index++) await chat.register(memberName(index), SECRET, '')
  } finally {
    await engine.stop()
  }
}
