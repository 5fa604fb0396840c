/** What the line port feels of clients that guess keys and passwords over HTTP. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Result } from 'autocannon'
import { Client } from '../client.ts'
import { figure, Rounds, type Scenario } from '../scenario.ts'
import { type Roomd, startRoomd } from '../server.ts'
import { RATE, speakSteadily, type Times } from '../steady.ts'

const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon')
const CONNECTIONS = 50
/** Seconds from the start of the guesses to that of the lines. */
const WARM_UP = 2
/** Statuses that answer a guess. */
const REFUSED = ['401', '429']

interface Round extends Times {
  /** Guesses a second. */
  readonly guesses: number
}

export const hammer: Scenario = async (context) => {
  await using server = await startRoomd({ listeners: ['--http'] })
  using speaker = new Client({ dialect: 'LINE', port: server.port })
  await speaker.enter(0)
  const file = await writeGuesses(server)
  const seconds = context.size(10, 2)
  const idle = async (): Promise<Round> => {
    const times = await speakSteadily(speaker, [speaker], RATE * seconds)
    if (times.missing > 0) throw new Error(`${times.missing} lines are missing`)
    return { ...times, guesses: 0 }
  }
  const hammered = async (): Promise<Round> => {
    const result = guess(server.url, file, WARM_UP + seconds + 1)
    await sleep(WARM_UP * 1_000)
    return { ...(await idle()), guesses: await result }
  }
  // The first lines of a server are slower than any after them.
  await idle()
  const rounds = await new Rounds<Round>().play(context, 'lines', { idle, hammered }, { rounds: context.size(5, 2) })
  const note = `${CONNECTIONS} HTTP clients, ${Math.round(rounds.median('hammered', 'guesses'))} guesses/s`
  // Of the medians: a round's slowest hundredth is often something else that the machine does.
  const ratio = rounds.median('hammered', 'p99') / rounds.median('idle', 'p99')
  return [
    figure('idle: line p50', rounds.median('idle', 'p50'), 'ms', `${RATE} acknowledged lines/s`),
    figure('idle: line p99', rounds.median('idle', 'p99'), 'ms'),
    figure('hammered: line p50', rounds.median('hammered', 'p50'), 'ms', note),
    figure('hammered: line p99', rounds.median('hammered', 'p99'), 'ms'),
    figure('hammered/idle: line p99', ratio, '×', 'to be under 2'),
  ]
}

/** Writes wrong keys, and wrong passwords of a room, as a file for autocannon. */
async function writeGuesses({ url, data }: Roomd): Promise<string> {
  const room = { title: 'Guessed at', visibility: 'private', password: 'not to be guessed' }
  const headers = { 'Content-Type': 'application/json' }
  const answer = await fetch(`${url}/chats`, { method: 'POST', headers, body: JSON.stringify(room) })
  if (answer.status !== 201) throw new Error(`the private room was answered with ${answer.status}`)
  const { id } = (await answer.json()) as { id: number }
  const post = (path: string, body: object) => {
    return { request: { method: 'POST', url: url + path, headers: [], postData: { text: JSON.stringify(body) } } }
  }
  const [key, guess] = [{ key: '0'.repeat(64) }, { secret: 'a wrong guess', name: 'guesser' }]
  const file = join(data, 'guesses.har')
  writeFileSync(
    file,
    JSON.stringify({ log: { entries: [post('/api/login', key), post(`/chats/${id}/token`, guess)] } }),
  )
  return file
}

/** Guesses as fast as the server answers; resolves with how many that are in a second. */
async function guess(url: string, file: string, seconds: number): Promise<number> {
  const args = ['--json', '--connections', String(CONNECTIONS), '--duration', String(seconds), '--har', file, url]
  // The clients are elsewhere in life: here they get the processor that the server leaves.
  const command = ['-n', '10', process.execPath, AUTOCANNON, ...args]
  const child = spawn('nice', command, { stdio: ['ignore', 'pipe', 'ignore'] })
  const { statusCodeStats = {}, errors, requests, duration } = (await json(child.stdout)) as Result
  const odd = Object.keys(statusCodeStats).filter((status) => !REFUSED.includes(status))
  if (odd.length > 0 || errors > 0) throw new Error(`guesses were answered ${JSON.stringify({ odd, errors })}`)
  return requests.total / duration
}
