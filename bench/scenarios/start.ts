/** From the start of the process until it takes connections. */
import { fill } from '../fill.ts'
import { median, type Scenario } from '../scenario.ts'
import { startRoomd } from '../server.ts'

const ROUNDS = 5

export const start: Scenario = {
  name: 'start',
  async run(context) {
    const { data, lines } = await fill(context)
    return [
      { name: 'start, empty', value: await starts(), unit: 'ms' },
      { name: 'start, filled', value: await starts(data), unit: 'ms', note: `${lines} events` },
    ]
  },
}

async function starts(data?: string): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const server = await startRoomd(data)
    times.push(server.startMs)
    await server.stop()
  }
  return median(times)
}
