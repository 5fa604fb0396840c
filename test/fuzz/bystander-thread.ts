/**
 * Somebody who talks in the lobby all the time, in a thread of its own, so that what the clients cost here is not measured. Started with
 * a {@link Post}; sends `ready`, then a fault at once or, when it was told to stop, what it has seen.
 */
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import split2 from 'split2'
import type { ServerLine } from '../../commands/replies.ts'
import { ownStarvation, starvationOf } from '../support/starved.ts'
import { checkLine } from './replies/line.ts'

export interface Post {
  /** Of the line protocol. */
  readonly port: number
  /** The daemon's process. */
  readonly pid: number
  /** No acknowledgement may take longer, without the time for which the threads on its way were ready to run and others had the machine. */
  readonly boundMs: number
}

export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'fault'; readonly text: string }
  | {
      readonly kind: 'done'
      readonly latenciesMs: readonly number[]
      readonly stallMs: number
      readonly acknowledged: number
    }

const EVERY_MS = 50
/** An acknowledgement that takes longer does not come any more. */
const LOST_MS = 10_000
/** Names of the daemon's threads that an acknowledgement runs through: of the event loop, and of the store. */
const THREADS = ['MainThread', 'WorkerThread']

const report = (what: Report) => parentPort?.postMessage(what)
const fault = (text: string) => report({ kind: 'fault', text })

/** Lines that are not answered, in their order. */
const pending: {
  readonly line: string
  readonly at: number
  readonly starved: number
  answered(line: ServerLine): void
}[] = []
const latenciesMs: number[] = []
/** The longest acknowledgement, without the time for which others had the machine. */
let stallMs = 0
const acknowledged: string[] = []
let lastId = 'none'

const { port, pid, boundMs } = workerData as Post
const socket = connect(port, '127.0.0.1').setNoDelay()
socket.on('error', ({ message }) => fault(`the bystander's connection: ${message}`))
socket.on('end', () => fault("the bystander's connection was ended"))
const events = socket.pipe(split2())
const recorded = new Map<string, number>()
events.on('data', (text: string) => {
  try {
    checkLine(text)
  } catch (error) {
    return fault(`${error}`)
  }
  const line: ServerLine = JSON.parse(text)
  if (line.type === 'message') lastId = line.id
  if (line.type === 'history' && line.body.from === 'bystander' && line.body.type === 'message') {
    recorded.set(line.body.body, (recorded.get(line.body.body) ?? 0) + 1)
  }
  if (line.type === 'commandResult' || line.type === 'error') pending.shift()?.answered(line)
})

function ask(line: string): Promise<ServerLine> {
  const at = performance.now()
  const starved = starvedMs()
  socket.write(`${line}\n`)
  return new Promise((answered) => pending.push({ line, at, starved, answered }))
}

const starvedThreads = starvationOf(pid, THREADS)
/** How long the daemon's threads and this one have been ready to run and have not run, in ms. */
const starvedMs = () => starvedThreads() + ownStarvation()

async function say(line: string): Promise<void> {
  const at = performance.now()
  const before = starvedMs()
  const answer = await ask(line)
  const took = performance.now() - at
  latenciesMs.push(took)
  const ownMs = took - (starvedMs() - before)
  stallMs = Math.max(stallMs, ownMs)
  if (ownMs > boundMs) fault(`an acknowledgement took ${Math.round(ownMs)} ms`)
  if (answer.type === 'commandResult' && answer.result === 'OK') acknowledged.push(line)
  else fault(`"${line}" was answered ${JSON.stringify(answer)}`)
}

let stopping = false
parentPort?.once('message', () => {
  stopping = true
})
await ask('LOGIN bystander')
await ask('JOIN lobby')
report({ kind: 'ready' })
for (let n = 0; !stopping; n++) {
  void say(`tick ${n} after ${lastId}`)
  await delay(EVERY_MS)
  const [oldest] = pending
  if (oldest && performance.now() - oldest.at - (starvedMs() - oldest.starved) > LOST_MS)
    fault(`"${oldest.line}" is not answered`)
}
await ask('HISTORY')
await ask('/ping')
for (const line of acknowledged) {
  const times = recorded.get(line) ?? 0
  if (times !== 1) fault(`"${line}" was acknowledged and is in HISTORY ${times} times`)
}
report({ kind: 'done', latenciesMs, stallMs, acknowledged: acknowledged.length })
socket.removeAllListeners('end').end()
parentPort?.unref()
