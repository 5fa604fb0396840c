/** Clients that come in the moment of a stop. STOPS is how often. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { certificate } from '../support/certificate.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { ANSWERS, type Door, knock } from '../support/knock.ts'
import { RoomdProcess } from '../support/process.ts'

const DOORS: readonly Door[] = ['line', 'line-tls', 'http']
const EACH = 40
const STOPS = Number(process.env.STOPS ?? 4)

async function start() {
  const { certFile, keyFile } = certificate()
  const ports = ['--line', '0', '--line-tls', '0', '--http', '0', '--tls-cert', certFile, '--tls-key', keyFile]
  const daemon = new RoomdProcess([...ports, '--data', ':memory:', '--drain-timeout', '60'])
  onTestFinished(() => void daemon.child.kill('SIGKILL'))
  await daemon.ready()
  const port = (door: Door) => Number(daemon.log.find(({ protocol }) => protocol === door)?.port)
  return { daemon, port }
}

test('those who wait in the kernel for a daemon that stops get an answer', async () => {
  const { daemon, port } = await start()
  daemon.child.kill('SIGSTOP')
  let connected = 0
  const { promise: all, resolve } = Promise.withResolvers<void>()
  const outcomes = DOORS.flatMap((door) =>
    Array.from({ length: EACH }, () => knock(door, port(door), () => ++connected === DOORS.length * EACH && resolve())),
  )
  await all
  daemon.child.kill('SIGTERM')
  daemon.child.kill('SIGCONT')
  expect(await daemon.exit).toMatchObject({ status: 0, stderr: '' })
  for (const outcome of await Promise.all(outcomes)) expect(ANSWERS).toContain(outcome)
})

test(`${STOPS} stops leave nobody hanging or without a word`, { timeout: 120_000 + STOPS * 20_000 }, async () => {
  const outcomes = new Map<string, number>()
  for (let stop = 0; stop < STOPS; stop++) {
    const { daemon, port } = await start()
    let done = false
    const keepKnocking = async (door: Door) => {
      for (let outcome = ''; !done; ) {
        outcome = `${door} ${await knock(door, port(door))}`
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
    }
    const knocking = [...DOORS, ...DOORS].map(keepKnocking)
    await Promise.all(DOORS.map((door) => knock(door, port(door))))
    daemon.child.kill('SIGTERM')
    expect(await daemon.exit).toMatchObject({ status: 0, stderr: '' })
    done = true
    await Promise.all(knocking)
  }
  // Only afterwards everybody is refused.
  const natural = DOORS.flatMap((door) => [...ANSWERS, 'late', 'refused'].map((outcome) => `${door} ${outcome}`))
  expect([...outcomes.keys()].filter((outcome) => !natural.includes(outcome))).toEqual([])
})

test('a TLS client whose handshake is not done is told; one that does not begin it holds nobody up', async () => {
  const daemon = await startTestDaemon({ 'line-tls': 0 }, undefined, true)
  const [comes, silent] = [connect(daemon.lineTls, '127.0.0.1'), connect(daemon.lineTls, '127.0.0.1')]
  silent.on('error', () => {})
  await Promise.all([once(comes, 'connect'), once(silent, 'connect')])
  const stopped = Promise.all([daemon.stop(), once(silent, 'close')])
  const client = connectTls({ socket: comes, ca: certificate().cert, servername: 'localhost' })
  expect(String(...(await once(client, 'data')))).toContain('"reconnect":true')
  client.destroy()
  await stopped
})
