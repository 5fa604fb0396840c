/** `roomd send`: a great many lines of standard input, each with a nonce, and one text. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { payload } from '../marks.ts'
import { figure, median, type Scenario } from '../scenario.ts'
import { cpuSeconds, runRoomd, startRoomd, temporary } from '../server.ts'

const RUNS = 9

export const send: Scenario = async ({ size }) => {
  const lines = size(1_000_000, 20_000)
  const file = join(temporary(), 'lines')
  writeFileSync(file, Array.from({ length: lines }, (_, number) => `${payload(number)}\n`).join(''))
  await using server = await startRoomd()
  const to = ['send', 'ops', '--as', 'build', '--server', `127.0.0.1:${server.port}`]
  const cpu = cpuSeconds(server.pid)
  const seconds = (await runRoomd(to, file)) / 1_000
  const serverCpu = cpuSeconds(server.pid) - cpu
  const times: number[] = []
  for (let run = 0; run < RUNS; run++) times.push(await runRoomd([...to, 'deploy done']))
  return [
    figure('roomd send', lines / seconds, 'lines/s', `${lines} lines`),
    figure('roomd send, server cpu', (serverCpu * 1e6) / lines, 'µs/line'),
    figure('roomd send of one text', median(times), 'ms'),
  ]
}
