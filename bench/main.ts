/** Runs scenarios, all or those named: `npm run bench -- [--quick] [scenario...]`. Writes bench/results.json. */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { Context, Figure, Scenario } from './scenario.ts'
import { fanout, fanout1 } from './scenarios/fanout.ts'
import { hammer } from './scenarios/hammer.ts'
import { history } from './scenarios/history.ts'
import { http } from './scenarios/http.ts'
import { idle } from './scenarios/idle.ts'
import { ingest } from './scenarios/ingest.ts'
import { joins } from './scenarios/joins.ts'
import { latency } from './scenarios/latency.ts'
import { mixed } from './scenarios/mixed.ts'
import { nodes } from './scenarios/nodes.ts'
import { start } from './scenarios/start.ts'
import { tls } from './scenarios/tls.ts'
import { web } from './scenarios/web.ts'

const SCENARIOS: readonly Scenario[] = [
  fanout,
  fanout1,
  mixed,
  tls,
  web,
  http,
  hammer,
  ingest,
  joins,
  idle,
  history,
  latency,
  nodes,
  start,
]
const RESULTS = new URL('results.json', import.meta.url)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: process.env.BENCH_QUICK === '1' } },
})
for (const name of positionals) {
  if (SCENARIOS.some((scenario) => scenario.name === name)) continue
  process.stderr.write(`no scenario ${name}; there are ${SCENARIOS.map((scenario) => scenario.name).join(', ')}\n`)
  process.exit(2)
}

const context: Context = {
  quick: values.quick,
  size: (full, small) => (values.quick ? small : full),
  say: (text) => process.stderr.write(`  ${text}\n`),
}
const results: Record<string, readonly Figure[]> = {}
for (const { name, run } of SCENARIOS) {
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
  process.stdout.write(`${name.padEnd(34)}${format(value).padStart(12)} ${unit.padEnd(22)}${note ?? ''}`.trimEnd())
  process.stdout.write('\n')
}
const machine = { node: process.version, cpu: cpus()[0]?.model, cpus: cpus().length }
writeFileSync(RESULTS, `${JSON.stringify({ at: new Date(), quick: values.quick, machine, results }, null, 2)}\n`)
process.exit()

function format(value: number): string {
  if (Number.isNaN(value)) return '-'
  const digits = Number.isInteger(value) || Math.abs(value) >= 1_000 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
