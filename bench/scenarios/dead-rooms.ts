/** What rooms cost that nobody uses: the start of a server, `/rooms` and `/metrics`. */
import { Client, within } from '../client.ts'
import { type Context, type Figure, figure, median, type Scenario } from '../scenario.ts'
import { cpuSeconds, startRedis, startRoomd, temporary } from '../server.ts'
import { inStore, type Store, serverOn } from '../store.ts'

const STARTS = 3
const FEW = 10
const AT_ONCE = 500

export const deadRooms: Scenario = async (context) => {
  const figures = await play(context, 'SQLite', [temporary(), temporary()])
  await using few = await startRedis()
  await using many = await startRedis()
  return [...figures, ...(await play(context, 'Redis', [few, many]))]
}

async function play(context: Context, name: string, stores: readonly [Store, Store]): Promise<Figure[]> {
  const [count, requests] = [context.size(10_000, 500), context.size(20, 20)]
  const costs: Awaited<ReturnType<typeof costsOf>>[] = []
  for (const [place, store] of stores.entries()) {
    await fill(store, place === 0 ? FEW : count)
    costs.push(await costsOf(store, requests))
  }
  const [few, many] = costs
  if (!few || !many) throw new Error('nothing was measured')
  const compared = (what: keyof typeof few, unit: string) =>
    figure(`${name}: ${count} dead rooms, ${what}`, many[what], unit, `${FEW} rooms ${few[what].toFixed(3)}`)
  return [compared('start', 'ms CPU'), compared('/rooms', 'ms CPU'), compared('/metrics', 'ms CPU')]
}

/** CPU times of the server, in ms: of a start, and of a request. */
async function costsOf(store: Store, requests: number) {
  const starts: number[] = []
  while (starts.length < STARTS) {
    await using server = await startRoomd(serverOn(store))
    starts.push(1_000 * cpuSeconds(server.pid))
  }
  await using server = await startRoomd({ ...serverOn(store), listeners: ['--http'] })
  using client = new Client({ dialect: 'LOBBY', port: server.port })
  // No room more may be made.
  await client.enter(1, 0)
  const cost = async (request: () => Promise<unknown>) => {
    const before = cpuSeconds(server.pid)
    for (let n = 0; n < requests; n++) await request()
    return (1_000 * (cpuSeconds(server.pid) - before)) / requests
  }
  const rooms = () => {
    client.send('/rooms\r\n')
    return within(30_000, '/rooms', client.until('"commandResult"'))
  }
  const metrics = async () => (await fetch(`${server.url}/metrics`)).arrayBuffer()
  return { start: median(starts), '/rooms': await cost(rooms), '/metrics': await cost(metrics) }
}

async function fill(store: Store, count: number): Promise<void> {
  await inStore(store, async ({ rooms }) => {
    for (let first = 0; first < count; first += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, n) => `dead${first + n}`)
      await Promise.all(some.map((slug) => rooms.create({ title: slug, slug, visibility: 'public' })))
    }
  })
}
