/** Everybody comes into one room at the same time. */
import { type Client, enterAll, quiet } from '../client.ts'
import { LINE } from '../dialect.ts'
import { cpuSeconds, memory } from '../proc.ts'
import type { Scenario } from '../scenario.ts'
import { startRoomd } from '../server.ts'

export const joins: Scenario = {
  name: 'joins',
  async run(context) {
    const count = context.size(5_000, 300)
    const server = await startRoomd()
    let clients: Client[] = []
    try {
      const started = performance.now()
      clients = await enterAll(server.port, LINE, count, { atOnce: 1_000 })
      const entered = performance.now() - started
      const settled = (await quiet(500)) - started
      return [
        { name: 'joins', value: entered / 1_000, unit: 's', note: `${count} connections into one room` },
        { name: 'joins, all told', value: settled / 1_000, unit: 's' },
        { name: 'joins cpu', value: cpuSeconds(server.pid), unit: 's' },
        { name: 'joins peak memory', value: memory(server.pid, 'VmHWM') / 1_024, unit: 'MB' },
        { name: 'joins dropped', value: clients.filter(({ closed }) => closed).length, unit: 'connections' },
      ]
    } finally {
      for (const client of clients) client.leave()
      await server.stop()
    }
  },
}
