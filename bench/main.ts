/** Runs scenarios, all or those named: `npm run bench -- [--quick] [scenario...]`. Writes bench/results.json. */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { Context, Figure, Scenario } from './scenario.ts'
import { bans } from './scenarios/bans.ts'
import { idle, joins, latency, start } from './scenarios/clients.ts'
import { deadRooms } from './scenarios/dead-rooms.ts'
import { fanout, fanout1 } from './scenarios/fanout.ts'
import { hammer } from './scenarios/hammer.ts'
import { history } from './scenarios/history.ts'
import { http } from './scenarios/http.ts'
import { ingest } from './scenarios/ingest.ts'
import { irc, ircJoins } from './scenarios/irc.ts'
import { moderation } from './scenarios/moderation.ts'
import { names } from './scenarios/names.ts'
import { nodes } from './scenarios/nodes.ts'
import { page } from './scenarios/page.ts'
import { mixed, tls, web } from './scenarios/rooms.ts'
import { search } from './scenarios/search.ts'
import { send } from './scenarios/send.ts'

/** In the order in which they run. */
const ROOMS = { fanout, fanout1, irc, 'irc-joins': ircJoins, mixed, tls, web, http, hammer }
const ORDER = {
  ...ROOMS,
  ingest,
  send,
  joins,
  idle,
  history,
  search,
  moderation,
  bans,
  names,
  'dead-rooms': deadRooms,
  latency,
  nodes,
  start,
  page,
}
const SCENARIOS: Readonly<Record<string, Scenario>> = ORDER

const USAGE = `npm run bench -- [--quick] [scenario...]\nscenarios: ${Object.keys(SCENARIOS).join(', ')}\n`
const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: { quick: { type: 'boolean', default: process.env.BENCH_QUICK === '1' } },
})
if (positionals.some((name) => !(name in SCENARIOS)) || Object.keys(values).some((option) => option !== 'quick')) {
  process.stderr.write(USAGE)
  process.exit(values.help === true ? 0 : 2)
}

const context: Context = {
  size: (full, small) => (values.quick ? small : full),
  say: (text) => process.stderr.write(`  ${text}\n`),
}
const results: Record<string, readonly Figure[]> = {}
for (const [name, run] of Object.entries(SCENARIOS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  process.stderr.write(`${name}\n`)
  try {
    results[name] = await run(context)
  } catch (error) {
    context.say(`failed: ${error instanceof Error ? error.message : error}`)
    results[name] = []
    process.exitCode = 1
  }
}

for (const { name, value, unit, note } of Object.values(results).flat()) {
  console.log(`${name.padEnd(34)}${format(value).padStart(12)} ${unit.padEnd(22)}${note}`.trimEnd())
}
const machine = { node: process.version, cpu: cpus()[0]?.model, cpus: cpus().length }
const text = JSON.stringify({ at: new Date(), quick: values.quick, machine, results }, null, 2)
writeFileSync(new URL('results.json', import.meta.url), `${text}\n`)
process.exit()

function format(value: number): string {
  if (Number.isNaN(value)) return '-'
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) >= 1_000 ? 0 : 2 })
}
