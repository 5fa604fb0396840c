/** Clients that ask as fast as they are answered, in a process of their own. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { watch } from './server.ts'

export interface HammerOrder {
  readonly url: string
  readonly connections: number
  /** What each of them asks, in turn. */
  readonly requests: readonly { readonly method: 'POST'; readonly path: string; readonly body: string }[]
}

export interface Blows {
  /** Answers a second. */
  readonly rate: number
  /** How many there were of each status. */
  readonly statuses: readonly (readonly [status: number, count: number])[]
  /** Requests without an answer. */
  readonly errors: number
}

export type HammerReport = { readonly striking: true } | Blows

export interface Hammer {
  stop(): Promise<Blows>
}

/** Resolves when the first answer has come. */
export async function startHammer(order: HammerOrder): Promise<Hammer> {
  const child = watch(fork(new URL('hammer-process.ts', import.meta.url)))
  const gone = once(child, 'exit').then((): never => {
    throw new Error('the hammer is gone')
  })
  // Who does not wait for it learns of it later.
  gone.catch(() => {})
  const said = () => Promise.race([once(child, 'message'), gone])
  child.send(order)
  await said()
  const stop = async () => {
    child.send('stop')
    const [blows] = (await said()) as [Blows]
    child.disconnect()
    return blows
  }
  return { stop }
}
