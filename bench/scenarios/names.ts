/** What it costs to look whether a guest's nickname is, or looks like, one of many accounts' or members'. */
import { Chat } from '../../src/chat/chat.ts'
import { fold } from '../../src/engine/fold.ts'
import { type Context, type Figure, figure, type Scenario } from '../scenario.ts'
import { cpuSeconds, startRedis, temporary } from '../server.ts'
import { inStore, type Store } from '../store.ts'

const AT_ONCE = 1_000

export const names: Scenario = async (context) => {
  const figures = await play(context, 'SQLite', temporary())
  await using redis = await startRedis()
  return [...figures, ...(await play(context, 'Redis', redis, redis.pid))]
}

function play(context: Context, name: string, store: Store, pid?: number): Promise<Figure[]> {
  const [accounts, checks] = [context.size(100_000, 1_000), context.size(20_000, 200)]
  return inStore(store, async (engine) => {
    for (let first = 0; first < accounts; first += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, accounts - first) }, (_, n) => `member${first + n}`)
      await Promise.all(
        some.map((name) => engine.records.insert('account', fold(name), { name, hash: 'none', createdAt: 1 })),
      )
    }
    const chat = new Chat(engine, { maxText: 1 })
    let alike = 0
    const cpu = () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6 + (pid === undefined ? 0 : cpuSeconds(pid))
    }
    const before = cpu()
    for (let n = 0; n < checks; n++) {
      // Every other one looks like an account's: with a Cyrillic letter.
      const nickname = n % 2 === 0 ? `newcomer${n}` : `mеmber${n % accounts}`
      const [isFree, isHeld] = await Promise.all([
        chat.accounts.isGuestName(nickname),
        engine.memberships.resembles(nickname),
      ])
      if (!isFree || isHeld) alike++
    }
    if (alike !== checks / 2) throw new Error(`${alike} of ${checks} look like an account's`)
    const note = pid === undefined ? '' : "Redis' included"
    return [
      figure(`${name}: a nickname beside ${accounts} accounts`, (1_000 * (cpu() - before)) / checks, 'ms CPU', note),
    ]
  })
}
