/** What a connection that says nothing costs. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, enterAll, quiet } from '../client.ts'
import { LINE } from '../dialect.ts'
import { memory } from '../proc.ts'
import type { Scenario } from '../scenario.ts'
import { startRoomd } from '../server.ts'

export const idle: Scenario = {
  name: 'idle',
  async run(context) {
    const count = context.size(8_000, 400)
    const rooms = count / 20
    const server = await startRoomd()
    let clients: Client[] = []
    try {
      const before = memory(server.pid)
      clients = await enterAll(server.port, LINE, count, { rooms })
      await quiet()
      await sleep(context.size(5_000, 500))
      const after = memory(server.pid)
      return [
        {
          name: 'idle memory',
          value: (after - before) / count,
          unit: 'KB/connection',
          note: `${count} in ${rooms} rooms`,
        },
        { name: 'idle memory in all', value: after / 1_024, unit: 'MB' },
        { name: 'idle dropped', value: clients.filter(({ closed }) => closed).length, unit: 'connections' },
      ]
    } finally {
      for (const client of clients) client.leave()
      await server.stop()
    }
  },
}
