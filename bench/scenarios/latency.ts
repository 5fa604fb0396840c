/** How long a message takes when there is time: a steady rate into one room. */
import { type Client, enterAll, quiet, within } from '../client.ts'
import { LINE } from '../dialect.ts'
import { timeAll } from '../hear.ts'
import { cpuSeconds } from '../proc.ts'
import { quantile, type Scenario } from '../scenario.ts'
import { startRoomd } from '../server.ts'
import { speakSteadily } from '../steady.ts'

const RATE = 200

export const latency: Scenario = {
  name: 'latency',
  async run(context) {
    const members = context.size(500, 50)
    const messages = RATE * context.size(10, 1)
    const server = await startRoomd()
    let clients: Client[] = []
    try {
      clients = await enterAll(server.port, LINE, members)
      await quiet()
      const sent: number[] = []
      const times = timeAll(clients, sent)
      const cpu = cpuSeconds(server.pid)
      const own = process.cpuUsage()
      const [speaker] = clients
      if (!speaker) throw new Error('nobody there')
      await within(120_000, 'latency', speakSteadily(speaker, RATE, messages, sent))
      await quiet()
      const seconds = messages / RATE
      const { user, system } = process.cpuUsage(own)
      const busy = [(cpuSeconds(server.pid) - cpu) / seconds, (user + system) / 1e6 / seconds]
      const [server100, own100] = busy.map((share) => Math.round(share * 100))
      const note = `${RATE}/s to ${members}; server ${server100} %, generator ${own100} %`
      return [
        { name: 'latency p50', value: quantile(times, 0.5), unit: 'ms', note },
        { name: 'latency p99', value: quantile(times, 0.99), unit: 'ms' },
        { name: 'latency max', value: quantile(times, 1), unit: 'ms' },
        { name: 'latency missing', value: members * messages - times.length, unit: 'deliveries' },
      ]
    } finally {
      for (const client of clients) client.leave()
      await server.stop()
    }
  },
}
