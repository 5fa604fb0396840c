/**
 * Bystanders under attack. The suite runs each attack for half a second with a tenth of its clients; `npm run soak` sets SOAK_SECONDS
 * to a minute and holds the latencies against the bound of docs/architecture.md: three times those without an attack.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Line } from '../clients/line.ts'
import { temporaryFolder } from '../support/folder.ts'
import { RoomdProcess } from '../support/process.ts'
import { ownStarvation, starvationOf } from '../support/starved.ts'

const soaking = process.env.SOAK_SECONDS !== undefined
const seconds = Number(process.env.SOAK_SECONDS ?? 0.5)
/** Rounds with and without the attack, of which the median counts: other work on the machine spoils single ones. */
const ROUNDS = soaking ? 3 : 1
/** Share of the attack's clients, and number of messages in the lobby. */
const share = soaking ? 1 : 0.1
const MESSAGES = soaking ? 1_000 : 300
/** Latency of acknowledgements below which nothing is told apart, in ms: `npm test` runs beside other tests. */
const NOISE_MS = soaking ? 2 : 100
/** The same while memory is full. */
const FULL_NOISE_MS = soaking ? 30 : 300
/** An acknowledgement may take so many times as long as without an attack. */
const RATIO = 3
/** Bytes. */
const HEAP = 1_024 * 1_048_576

/** As if from another machine: takes only the processor time that the others leave. */
const IDLE = process.platform === 'linux' ? ['chrt', '--idle', '0'] : ['nice', '-n', '19']
/** Names of the daemon's threads that an acknowledgement runs through. */
const THREADS = ['MainThread', 'WorkerThread']
/** As `npm start` runs the daemon, with a limit for its heap. */
const NODE_OPTIONS = `--max-semi-space-size=12 --max-old-space-size=${HEAP / 1_048_576}`

/**
 * Percentiles of the bystander, in ms. Time for which its thread or one of the daemon's is ready to run and others have the processor does not
 * count, as the attackers would be on other machines: that of the thread that has waited longest, as several may wait at the same time.
 */
interface Latency {
  readonly p50: number
  readonly p99: number
  /** The 99th percentile with that time. */
  readonly wholeP99: number
}

/** Functions that tell how long threads of the daemon have waited for a processor, in ms. */
type Starved = readonly (() => number)[]

async function measure(line: Line, ms: number, daemon: Starved): Promise<Latency> {
  const threads = [...daemon, ownStarvation]
  const took: number[] = []
  const whole: number[] = []
  for (const end = performance.now() + ms; performance.now() < end; ) {
    const before = threads.map((starved) => starved())
    const started = performance.now()
    expect(await line.ask('tick')).toMatchObject({ result: 'OK' })
    const passed = performance.now() - started
    took.push(passed - Math.max(...threads.map((starved, index) => starved() - (before[index] ?? 0))))
    whole.push(passed)
    await delay(10)
  }
  return { p50: percentile(took, 0.5), p99: percentile(took, 0.99), wholeP99: percentile(whole, 0.99) }
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

interface Round {
  readonly calm: Latency
  readonly attacked: Latency
  /** Time for which the daemon waited for a processor, as a share of the attack's. */
  readonly starvedShare: number
}

/** Measures without the attack, then with it. */
async function play(attack: string, ports: readonly number[], pid: number, bystander: Line): Promise<Round> {
  const starved = THREADS.map((name) => starvationOf(pid, [name]))
  const sum = () => starved.reduce((sum, one) => sum + one(), 0)
  const calm = await measure(bystander, soaking ? 5_000 : 300, starved)
  const [command = '', ...through] = IDLE
  const program = resolve(import.meta.dirname, 'attacker.ts')
  const attacker = spawn(command, [...through, process.execPath, program, attack, ...ports.map(String), String(share)])
  onTestFinished(() => void attacker.kill('SIGKILL'))
  // Until its first clients are in.
  await delay(soaking ? 5_000 : 300)
  const before = sum()
  const attacked = await measure(bystander, (seconds * 1_000) / ROUNDS, starved)
  const starvedShare = ((sum() - before) * ROUNDS) / (seconds * 1_000)
  expect(attacker.exitCode).toBeNull()
  attacker.kill('SIGKILL')
  await once(attacker, 'close')
  // Until its last clients are out.
  await delay(soaking ? 3_000 : 0)
  return { calm, attacked, starvedShare }
}

test.each(['requests', 'authorized', 'deaf', 'readers', 'logins', 'memory'])(
  'a bystander talks on under attack by %s',
  { timeout: 60_000 + 3_000 * seconds },
  async (attack) => {
    const daemon = new RoomdProcess(['--data', join(temporaryFolder(), 'data'), '--line', '0'], {
      ROOMD_HTTP: '0',
      ROOMD_CHATTERBOX: '0',
      NODE_OPTIONS,
    })
    onTestFinished(async () => {
      daemon.child.kill('SIGKILL')
      await daemon.exit
    })
    const ports = [await daemon.ready('line'), await daemon.ready('http'), await daemon.ready('chatterbox')]
    const silent = { told: () => {}, noticed: () => {}, failed: () => {} }
    const [filler, bystander] = [new Line(ports[0] ?? 0, silent), new Line(ports[0] ?? 0, silent)]
    for (const [line, name, room] of [
      [filler, 'filler', 'lobby'],
      [bystander, 'bystander', 'quiet'],
    ] as const) {
      await line.ask(`LOGIN ${name}`)
      await line.ask(`JOIN ${room}`)
    }
    for (let n = 0; n < MESSAGES; n++) await filler.ask(`${n} `.padEnd(3_900, 'x'))

    const rounds: Round[] = []
    while (rounds.length < ROUNDS) rounds.push(await play(attack, ports, daemon.child.pid ?? 0, bystander))
    const median = (figure: (round: Round) => number) =>
      rounds.map(figure).sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN
    const noise = attack === 'memory' ? FULL_NOISE_MS : NOISE_MS
    const bound = (idle: number) => RATIO * Math.max(idle, noise)
    if (soaking) for (const round of rounds) console.log(attack, round)
    expect(median((round) => round.attacked.p50)).toBeLessThan(bound(median((round) => round.calm.p50)))
    if (soaking && attack !== 'memory') {
      expect(median((round) => round.attacked.p99)).toBeLessThan(bound(median((round) => round.calm.p99)))
    }

    expect(daemon.child.exitCode).toBeNull()
    expect(await bystander.ask('still here')).toMatchObject({ result: 'OK' })
  },
)
