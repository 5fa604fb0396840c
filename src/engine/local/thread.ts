import { extname } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { EngineFault, Unavailable } from '../engine.ts'
import type { LogName } from '../event.ts'
import type { Store as Readable } from '../reading.ts'
import type { Watch } from '../watch.ts'
import type { Notice, Reply, StoreOptions, StoreRequest } from './messages.ts'
import type { Store, StoreMethod } from './store.ts'

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}
export type Opened = Extract<Notice, { notice: 'open' }>

/** What the store says by itself once it is open. */
export interface StoreWatch extends Pick<Watch, 'trouble' | 'recovered' | 'died'> {
  /** Retention has removed everything up to an id. */
  trimmed(log: LogName, upTo: number): void
}

/** What leads to a store. */
interface Line {
  post(request: StoreRequest): void
  end(): unknown
}

/** The store's thread as the engine sees it: questions and promised answers. One in memory waits for no disk, and needs none. */
export class StoreThread {
  #line: Line | undefined
  readonly #pending: Pending[] = []
  readonly reading: Readable = {
    stride: 4096,
    bounds: (log) => this.call('bounds', log),
    page: (...range) => this.call('page', ...range),
    back: (...range) => this.call('back', ...range),
  }
  #dead: EngineFault | undefined

  /** Opens the store. Rejects with {@link EngineFault}. `died` is called when the thread ends without being asked to. */
  static async open(options: StoreOptions, on: StoreWatch): Promise<{ thread: StoreThread; opened: Opened }> {
    const { promise, resolve, reject } = Promise.withResolvers<Opened>()
    const thread = new StoreThread()
    const told = (notice: Notice) => {
      switch (notice.notice) {
        case 'open':
          return resolve(notice)
        case 'fault':
          return reject((thread.#dead = new EngineFault(notice.message)))
        case 'trimmed':
          return on.trimmed(notice.log, notice.upTo)
        case 'trouble':
          return on.trouble(notice.reason, notice.what)
        case 'recovered':
          return on.recovered(notice.what)
      }
    }
    const die = (reason: string) => {
      const fault = thread.#die(reason)
      if (!fault) return
      reject(fault)
      on.died(fault)
    }
    const heard = (message: Reply | Notice) => {
      if ('notice' in message) told(message)
      else if ('trouble' in message) thread.#pending.shift()?.reject(new Unavailable(message.trouble))
      else thread.#pending.shift()?.resolve(message.value)
    }
    thread.#line = options.file === ':memory:' ? await inMemory(options, heard) : inThread(options, heard, die)
    return { thread, opened: await promise }
  }

  /** Calls a method of the store. Rejects with {@link Unavailable}; then nothing has changed. */
  call<M extends StoreMethod>(method: M, ...args: Parameters<Store[M]>): Promise<ReturnType<Store[M]>> {
    return this.#ask(method, args) as Promise<ReturnType<Store[M]>>
  }

  #ask(method: StoreMethod | 'close', args: readonly unknown[]): Promise<unknown> {
    if (this.#dead) return Promise.reject(new Unavailable(this.#dead.message))
    return new Promise((resolve, reject) => {
      // Replies come in the order of the requests.
      this.#pending.push({ resolve, reject })
      this.#line?.post([method, args])
    })
  }

  async close(): Promise<void> {
    if (this.#dead) return
    const closed = this.#ask('close', [])
    // From here on its end is no surprise.
    this.#dead = new EngineFault('the store is closed')
    await closed
    await this.#line?.end()
  }

  /** Undefined when its end was expected or is known. */
  #die(reason: string): EngineFault | undefined {
    if (this.#dead) return undefined
    this.#dead = new EngineFault(`the store has failed: ${reason}`)
    for (const { reject } of this.#pending.splice(0)) reject(new Unavailable(this.#dead.message))
    return this.#dead
  }
}

type Heard = (message: Reply | Notice) => void

function inThread(options: StoreOptions, heard: Heard, die: (reason: string) => void): Line {
  // Beside this file, with its ending: .ts in a checkout, .js as published.
  const file = new URL(`./store-thread${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(file, { workerData: options, execArgv: [] })
  worker.on('message', heard)
  worker.on('error', (error) => die(error.message))
  worker.on('exit', () => die('its thread has ended'))
  return { post: (request) => worker.postMessage(request), end: () => worker.terminate() }
}

async function inMemory(options: StoreOptions, heard: Heard): Promise<Line> {
  // Not where a thread has it.
  const { serveStore } = await import('./store-port.ts')
  const { port1: own, port2: its } = new MessageChannel()
  own.on('message', heard)
  serveStore(its, options)
  return { post: (request) => own.postMessage(request), end: () => own.close() }
}
