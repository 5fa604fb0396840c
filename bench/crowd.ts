/** Members of a room that count what they hear, in this thread or in one of their own. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type Client, enterAll, quiet, type Seats } from './client.ts'
import { markCounter } from './marks.ts'

/** A room's members, and the messages that they will hear. */
interface Crowd {
  readonly seats: readonly Seats[]
  readonly messages: number
}
/** Called with the number of messages that every member has heard, whenever it rises. */
type Risen = (floor: number) => void
type Fail = (error: Error) => void

/** Has a crowd enter; resolves when all is quiet and everybody listens. `fail` is called when a member is lost. */
export async function listen({ seats, messages }: Crowd, risen: Risen, fail: Fail) {
  const members: Client[] = []
  for (const seat of seats) members.push(...(await enterAll(seat)))
  const lost = members.filter(({ closed }) => closed).length
  if (lost > 0) throw new Error(`${lost} of ${members.length} could not enter`)
  await quiet()
  hearAll(members, messages, risen, fail)
  return async () => {
    for (const member of members) member[Symbol.dispose]()
  }
}

/** The same in a thread of its own, so that listening and decrypting do not delay the speaker. */
export async function listenInThread(crowd: Crowd, risen: Risen, fail: Fail) {
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  const worker = new Worker(new URL(import.meta.url), { workerData: crowd })
  worker.on('message', (floor: number) => (floor === 0 ? resolve() : risen(floor)))
  worker.on('error', (error: Error) => {
    reject(error)
    fail(error)
  })
  await listening
  return async () => void (await worker.terminate())
}

if (!isMainThread) {
  const report = (floor: number) => parentPort?.postMessage(floor)
  await listen(workerData, report, (error) => {
    throw error
  })
  report(0)
}

export function hearAll(members: readonly Client[], messages: number, risen: Risen, fail: Fail): void {
  const heard = new Uint32Array(members.length)
  let floor = 0
  /** The first member that may have heard no more than the floor. */
  let slowest = 0
  const advance = () => {
    while (floor < messages) {
      while (slowest < heard.length && (heard[slowest] ?? 0) > floor) slowest++
      if (slowest < heard.length) return
      floor = heard.reduce((least, count) => Math.min(least, count), messages)
      slowest = 0
      risen(floor)
    }
  }
  for (const [index, member] of members.entries()) {
    const count = markCounter()
    member.ended = (why) => fail(new Error(`a member was lost: ${why}`))
    member.heard = (chunk) => {
      heard[index] = (heard[index] ?? 0) + count(chunk)
      if (index === slowest) advance()
    }
  }
}
