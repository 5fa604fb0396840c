/** Entering a room with many bans: the first user of it, and one beside a member; and for how long that holds the server's event loop. */
import { Client, within } from '../client.ts'
import { type Context, type Figure, figure, median, type Scenario } from '../scenario.ts'
import { startRedis, startRoomd, temporary } from '../server.ts'
import { inStore, type Store, serverOn } from '../store.ts'

const ROUNDS = 25
/** Measures the CPU time of rounds of the event loop. */
const LOOP_CPU = new URL('../../test/support/loop-cpu.ts', import.meta.url)

export const bans: Scenario = async (context) => {
  const figures = await play(context, 'SQLite', temporary())
  await using redis = await startRedis()
  return [...figures, ...(await play(context, 'Redis', redis))]
}

async function play(context: Context, name: string, store: Store): Promise<Figure[]> {
  const count = context.size(10_000, 1_000)
  await fill(store, count)
  await using server = await startRoomd({ ...serverOn(store), imports: [LOOP_CPU] })
  const way = { dialect: 'LINE', port: server.port } as const
  using asker = new Client(way)
  using resident = new Client(way)
  await asker.enter(1, 1)
  const join = async (room: number) => {
    const asked = performance.now()
    asker.send(`JOIN bench${room}\r\n`)
    return (await within(30_000, 'JOIN', asker.until('Joined room'))) - asked
  }
  const rounds = async () => {
    const times: number[] = []
    await server.ask(0)
    while (times.length < ROUNDS) {
      times.push(await join(0))
      await join(1)
    }
    return times
  }
  const first = await rounds()
  // Whoever stays has the whole state read.
  await resident.enter(2, 0)
  await join(0)
  await join(1)
  const round = Number(await server.ask(0))
  const beside = await rounds()
  const what = `${name}: join with ${count} bans`
  return [
    figure(`${what}, nobody there`, median(first), 'ms', `after the start ${first[0]?.toFixed(1)} ms`),
    figure(`${what}, a member there`, median(beside), 'ms'),
    figure(`${what}, CPU of a round`, round, 'ms', 'the longest of the event loop until all bans are read'),
  ]
}

/** Makes the room bench0, with bans of guests. */
async function fill(store: Store, count: number): Promise<void> {
  await inStore(store, async ({ rooms, logs }) => {
    const { id } = await rooms.create({ title: 'bench0', slug: 'bench0', visibility: 'public' })
    const drafts = Array.from({ length: count }, (_, number) => ({
      kind: 'role' as const,
      room: id,
      from: 'op',
      to: `raider${number}`,
      body: 'advertising',
      details: { role: 'banned' as const, on: true, address: number.toString(16).padStart(32, '0') },
    }))
    await Promise.all(logs.appendAll(`room:${id}`, drafts))
  })
}
