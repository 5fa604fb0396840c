/** Workers of a cluster that stop while clients come. STOPS is how often. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { certificate } from '../support/certificate.ts'
import type { Request } from '../support/cluster-primary.ts'
import { eventually } from '../support/eventually.ts'
import { ANSWERS, type Door, knock, type Outcome } from '../support/knock.ts'
import { reservePort } from '../support/port.ts'
import { LINE_ONLY } from '../support/process.ts'

const STOPS = Number(process.env.STOPS ?? 4)
const DOORS: readonly Door[] = ['line', 'line-tls', 'http']

async function startCluster(workers: number) {
  const { certFile, keyFile } = certificate()
  const ports = new Map<Door, number>()
  for (const door of DOORS) ports.set(door, await reservePort())
  const listeners = [...ports].flatMap(([door, port]) => [`--${door}`, String(port)])
  const options = [
    ...listeners,
    '--tls-cert',
    certFile,
    '--tls-key',
    keyFile,
    '--data',
    ':memory:',
    '--log-level',
    'error',
    '--drain-timeout',
    '60',
  ]
  const primary: ChildProcess = fork(
    resolve(import.meta.dirname, '../support/cluster-primary.ts'),
    [String(workers), ...options],
    { env: { ...process.env, ...LINE_ONLY } },
  )
  onTestFinished(() => void primary.kill('SIGKILL'))
  const answer = async (): Promise<unknown> => (await once(primary, 'message'))[0]
  expect(await answer()).toBe('ready')
  const ask = (request: Request) => {
    primary.send(request)
    return answer()
  }
  return { ask, port: (door: Door) => ports.get(door) ?? 0 }
}

test.for([
  { workers: 2, what: 'connections on their way to a worker that stops are answered, and nothing is left of them' },
  { workers: 1, what: 'the same where it is the last worker' },
])('$what', async ({ workers }) => {
  const { ask, port } = await startCluster(workers)
  const before = await ask({ what: 'sockets' })
  const stopping = await ask({ what: 'block', ms: 500 })
  // All that the primary process finds when it looks again.
  const knocks: Promise<Outcome>[] = []
  for (const door of [...DOORS, ...DOORS, ...DOORS, ...DOORS])
    await new Promise<void>((connected) => knocks.push(knock(door, port(door), connected)))
  process.kill(Number(stopping), 'SIGTERM')
  for (const outcome of await Promise.all(knocks)) expect(ANSWERS).toContain(outcome)
  await eventually(async () => expect(await ask({ what: 'sockets' })).toBeLessThanOrEqual(Number(before)))
})

test(`${STOPS} stops leave no client without an answer`, { timeout: 120_000 + STOPS * 20_000 }, async () => {
  const { ask, port } = await startCluster(2)
  const before = await ask({ what: 'sockets' })
  const outcomes = new Map<string, number>()
  // As pm2 does: the new one is there before the old one is stopped.
  for (let stop = 0; stop < STOPS; stop++) {
    await ask({ what: 'start' })
    let done = false
    const keepKnocking = async (door: Door) => {
      while (!done) {
        const outcome = `${door} ${await knock(door, port(door))}`
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
    }
    const knocking = [...DOORS, ...DOORS].map(keepKnocking)
    expect(await ask({ what: 'stop' })).toBe(0)
    done = true
    await Promise.all(knocking)
  }
  const answers = new Set(DOORS.flatMap((door) => [...ANSWERS, 'late'].map((answer) => `${door} ${answer}`)))
  expect([...outcomes.keys()].filter((outcome) => !answers.has(outcome))).toEqual([])
  await eventually(async () => expect(await ask({ what: 'sockets' })).toBe(before))
})
