/**
 * Fuzzes a daemon: `npm run fuzz -- [--seconds N] [--seed S] [--protocol NAME]… [--at-once N] [--parts N] [--unpaced] [--bound-ms N]`. Exits
 * with 1 when something is wrong.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FuzzFailure } from './failure.ts'
import { isProtocolName, PROTOCOLS } from './protocols/protocols.ts'
import { type FuzzReport, fuzz } from './run.ts'

const MOST_SEED = 2 ** 31
const MISUSE = 2

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * MOST_SEED)) },
    'at-once': { type: 'string', default: '4' },
    parts: { type: 'string', default: '1' },
    unpaced: { type: 'boolean', default: false },
    'bound-ms': { type: 'string', default: '1000' },
    protocol: { type: 'string', multiple: true, default: Object.keys(PROTOCOLS) },
  },
})
const protocols = values.protocol.filter(isProtocolName)
const [seconds, seed] = [Number(values.seconds), Number(values.seed)]
const [atOnce, boundMs, parts] = [Number(values['at-once']), Number(values['bound-ms']), Number(values.parts)]
const areNumbers = seconds > 0 && atOnce > 0 && boundMs > 0 && parts > 0 && Number.isInteger(seed)
if (!areNumbers || protocols.length < values.protocol.length) {
  console.error(
    `--seconds, --seed, --at-once, --parts and --bound-ms are numbers, --protocol is one of ${Object.keys(PROTOCOLS).join(', ')}`,
  )
  process.exit(MISUSE)
}

const folder = mkdtempSync(join(tmpdir(), 'roomd-fuzz-'))
try {
  show(await fuzz({ folder, seconds, seed, protocols, atOnce, parts, boundMs, isUnpaced: values.unpaced }))
} catch (error) {
  if (!(error instanceof FuzzFailure)) throw error
  console.error(`Failed, seed ${seed}: ${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
// A client's socket may be left by the runtime as the daemon's may (src/transport/dead-peers.ts).
process.exit()

function show({ tallies, latenciesMs, stallMs, acknowledged, before, after }: FuzzReport): void {
  console.log(`seed ${seed}`)
  console.table(Object.fromEntries(tallies))
  const at = (share: number) => latenciesMs[Math.floor(latenciesMs.length * share)]?.toFixed(1)
  console.log(
    `bystander: ${acknowledged} lines, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1 - Number.EPSILON)} ms,`,
    `without the time for which others had the machine ${stallMs.toFixed(1)} ms`,
  )
  console.table({ before, after })
}
