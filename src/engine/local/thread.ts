import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { EngineFault, Unavailable } from '../engine.ts'
import type { Store } from '../reading.ts'
import type { Notice, Replies, Reply, Request, StoreOptions } from './messages.ts'

type Op = Request['op']
interface Pending {
  resolve(value: Replies[Op]): void
  reject(error: Error): void
}
export type Opened = Extract<Notice, { notice: 'open' }>
export type Trimmed = Extract<Notice, { notice: 'trimmed' }>

/** The store's thread as the engine sees it: questions and promised answers. */
export class StoreThread {
  readonly #worker: Worker
  readonly #pending: Pending[] = []
  readonly reading: Store = {
    stride: 4096,
    bounds: (log) => this.ask({ op: 'bounds', log }),
    page: (log, from, to, limit) => this.ask({ op: 'page', log, from, to, limit }),
    back: (log, from, to, skip) => this.ask({ op: 'back', log, from, to, skip }),
  }
  #dead: EngineFault | undefined

  /** Opens the store. Rejects with {@link EngineFault}. `died` is called when the thread ends without being asked to. */
  static async open(
    options: StoreOptions,
    on: { trimmed(notice: Trimmed): void; died(fault: EngineFault): void },
  ): Promise<{ thread: StoreThread; opened: Opened }> {
    const { promise, resolve, reject } = Promise.withResolvers<Opened>()
    const thread = new StoreThread(options, (notice) => {
      if (notice.notice === 'open') resolve(notice)
      else if (notice.notice === 'fault') reject((thread.#dead = new EngineFault(notice.message)))
      else on.trimmed(notice)
    })
    const die = (reason: string) => {
      const fault = thread.#die(reason)
      if (!fault) return
      reject(fault)
      on.died(fault)
    }
    thread.#worker.on('error', (error) => die(error.message))
    thread.#worker.on('exit', () => die('its thread has ended'))
    return { thread, opened: await promise }
  }

  private constructor(options: StoreOptions, told: (notice: Notice) => void) {
    // Beside this file, with its ending: .ts in a checkout, .js as published.
    const file = new URL(`./store-thread${extname(import.meta.url)}`, import.meta.url)
    this.#worker = new Worker(file, { workerData: options, execArgv: [] })
    this.#worker.on('message', (message: Reply | Notice) => {
      if ('notice' in message) told(message)
      else if ('trouble' in message) this.#pending.shift()?.reject(new Unavailable(message.trouble))
      else this.#pending.shift()?.resolve(message.value)
    })
  }

  ask<O extends Op>(request: Extract<Request, { op: O }>): Promise<Replies[O]> {
    if (this.#dead) return Promise.reject(new Unavailable(this.#dead.message))
    return new Promise<Replies[O]>((resolve, reject) => {
      // Replies come in the order of the requests, so the value is the one this request's op is answered with.
      this.#pending.push({ resolve: resolve as Pending['resolve'], reject })
      this.#worker.postMessage(request)
    })
  }

  async close(): Promise<void> {
    if (this.#dead) return
    const closed = this.ask({ op: 'close' })
    // From here on its end is no surprise.
    this.#dead = new EngineFault('the store is closed')
    await closed
    await this.#worker.terminate()
  }

  /** Undefined when its end was expected or is known. */
  #die(reason: string): EngineFault | undefined {
    if (this.#dead) return undefined
    this.#dead = new EngineFault(`the store has failed: ${reason}`)
    for (const { reject } of this.#pending.splice(0)) reject(new Unavailable(this.#dead.message))
    return this.#dead
  }
}
