/** How fast one pipe can say lines that are in SQLite before they are acknowledged. */
import { fill } from '../fill.ts'
import type { Scenario } from '../scenario.ts'

export const ingest: Scenario = {
  name: 'ingest',
  async run(context) {
    const { lines, seconds, serverCpu, peakKb, refused } = await fill(context)
    return [
      { name: 'ingest', value: lines / seconds, unit: 'acknowledged lines/s', note: `${lines} lines` },
      { name: 'ingest cpu', value: (serverCpu * 1e6) / lines, unit: 'µs/line' },
      { name: 'ingest peak memory', value: peakKb / 1_024, unit: 'MB' },
      { name: 'ingest refused', value: refused, unit: 'lines' },
    ]
  },
}
