/** Rooms that nobody uses cost nothing at the start and where rooms are listed or counted. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.ts'
import { LocalEngine } from '../../src/engine/local/local.ts'
import { StoreThread } from '../../src/engine/local/thread.ts'
import { temporaryFolder } from '../support/folder.ts'
import { withRedis } from '../support/redis.ts'
import { Stage } from './stage.ts'

const OPTIONS = { sync: 'normal', keep: { days: 0, events: 0 }, lobby: 'lobby' } as const
const QUIET = { trouble: () => {}, recovered: () => {}, died: () => {} }

async function fill(engine: Engine, count: number): Promise<void> {
  const make = (_: unknown, n: number) => {
    const maker = { address: `address${n}` }
    return engine.rooms.create({ title: `dead${n}`, slug: `dead${n}`, visibility: 'public', maker })
  }
  await Promise.all(Array.from({ length: count }, make))
}

/** Does what a daemon does for `/rooms`, `/metrics` and a JOIN. */
async function use({ rooms, memberships }: Engine): Promise<void> {
  expect(await rooms.spokenSince(1)).toEqual([])
  expect(await memberships.counts()).toEqual(new Map())
  expect(await rooms.count()).toBeGreaterThan(1)
  expect(await rooms.find('lobby')).toMatchObject({ id: 1 })
  expect(await rooms.madeFrom('address1')).toHaveLength(1)
}

test('the store in SQLite tells the number of rooms at the start, and no room', async () => {
  const sizes: number[] = []
  for (const count of [10, 1_000]) {
    const file = join(temporaryFolder(), 'roomd.db')
    const engine = new LocalEngine({ ...OPTIONS, file, memory: { events: 10, bytes: 10_000 } }, QUIET)
    await engine.start()
    await fill(engine, count)
    await engine.stop()
    const store = new StoreThread({ ...OPTIONS, file }, QUIET, () => {})
    const opened = await store.open()
    await store.close()
    expect(opened.rooms).toBe(count + 1)
    sizes.push(JSON.stringify({ ...opened, rooms: 0 }).length)
    const again = new LocalEngine({ ...OPTIONS, file, memory: { events: 10, bytes: 10_000 } }, QUIET)
    await again.start()
    await use(again)
    await again.stop()
  }
  expect(sizes[1]).toBe(sizes[0])
})

withRedis('dead rooms in Redis', () => {
  const stage = new Stage()
  const timing = { leaseMs: 60_000, renewalMs: 30_000 }

  test('a node gets as much from Redis with many rooms as with few', async () => {
    const figures = async () => {
      const about = String(await stage.server.command('INFO', 'stats'))
      const figureOf = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(about)?.[1])
      return { commands: figureOf('total_commands_processed'), bytes: figureOf('total_net_output_bytes') }
    }
    const costs: { commands: number; bytes: number }[] = []
    for (const count of [10, 1_000]) {
      const prefix = `${stage.prefix}-${count}`
      const { engine: first } = await stage.node({ prefix, timing })
      await fill(first, count)
      await first.stop()
      const before = await figures()
      const { engine } = await stage.node({ prefix, timing })
      await use(engine)
      const after = await figures()
      costs.push({ commands: after.commands - before.commands, bytes: after.bytes - before.bytes })
    }
    const [few, many] = costs
    if (!few || !many) throw new Error('nothing was measured')
    expect(few.commands).toBeGreaterThan(10)
    expect(Math.abs(many.commands - few.commands)).toBeLessThan(10)
    expect(Math.abs(many.bytes - few.bytes)).toBeLessThan(2_000)
  })
})
