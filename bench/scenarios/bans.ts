/** Entering a room with many bans, which the server has in memory or not, and the effect on somebody else. */
import { join } from 'node:path'
import { LocalEngine } from '../../src/engine/local/local.ts'
import { Client, within } from '../client.ts'
import { figure, median, quantile, type Scenario } from '../scenario.ts'
import { startRoomd, temporary } from '../server.ts'
import { pings } from './history.ts'

const ROUNDS = 15

export const bans: Scenario = async (context) => {
  const [data, count] = [temporary(), context.size(10_000, 1_000)]
  await fill(data, count)
  await using server = await startRoomd({ data })
  const way = { dialect: 'LINE', port: server.port } as const
  using asker = new Client(way)
  using other = new Client(way)
  using resident = new Client(way)
  await asker.enter(1, 1)
  await other.enter(2, 2)
  const ask = async (room: number) => {
    const asked = performance.now()
    asker.send(`JOIN bench${room}\r\n`)
    return (await within(30_000, 'JOIN', asker.until('Joined room'))) - asked
  }
  const rounds = async () => {
    const times: number[] = []
    const play = async () => {
      while (times.length < ROUNDS) {
        times.push(await ask(0))
        await ask(1)
      }
    }
    const longest = quantile(await pings(other, play()), 1)
    const note = `first ${times[0]?.toFixed(1)} ms, longest /ping ${longest.toFixed(1)} ms`
    return { ms: median(times), note }
  }
  const read = await rounds()
  await resident.enter(3, 0)
  const held = await rounds()
  return [
    figure(`join with ${count} bans, nobody there`, read.ms, 'ms', read.note),
    figure(`join with ${count} bans, a member there`, held.ms, 'ms', held.note),
  ]
}

/** Makes the room bench0, with bans of guests. */
async function fill(data: string, count: number): Promise<void> {
  const silent = { trouble: () => {}, recovered: () => {}, died: () => {} }
  const engine = new LocalEngine(
    {
      file: join(data, 'roomd.db'),
      sync: 'normal',
      keep: { days: 0, events: 0 },
      lobby: 'lobby',
      memory: { events: 1, bytes: 1 },
    },
    silent,
  )
  await engine.start()
  const { id } = await engine.rooms.create({ title: 'bench0', slug: 'bench0', visibility: 'public' })
  const drafts = Array.from({ length: count }, (_, number) => ({
    kind: 'role' as const,
    room: id,
    from: 'op',
    to: `raider${number}`,
    body: 'advertising',
    details: { role: 'banned' as const, on: true, address: number.toString(16).padStart(32, '0') },
  }))
  await Promise.all(engine.logs.appendAll(`room:${id}`, drafts))
  await engine.stop()
}
