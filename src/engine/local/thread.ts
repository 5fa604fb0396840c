import { extname } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { EngineFault, Unavailable } from '../engine.ts'
import type { LogName } from '../event.ts'
import type { Store } from '../reading.ts'
import type { Watch } from '../watch.ts'
import type { Notice, Replies, Reply, Request, StoreOptions } from './messages.ts'

type Op = Request['op']
interface Pending {
  resolve(value: Replies[Op]): void
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
  post(request: Request): void
  end(): unknown
}

/** The store's thread as the engine sees it: questions and promised answers. One in memory waits for no disk, and needs none. */
export class StoreThread {
  #line: Line | undefined
  readonly #pending: Pending[] = []
  readonly reading: Store = {
    stride: 4096,
    bounds: (log) => this.ask({ op: 'bounds', log }),
    page: (log, from, to, limit, bytes) => this.ask({ op: 'page', log, from, to, limit, bytes }),
    back: (log, from, to, skip) => this.ask({ op: 'back', log, from, to, skip }),
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

  ask<O extends Op>(request: Extract<Request, { op: O }>): Promise<Replies[O]> {
    if (this.#dead) return Promise.reject(new Unavailable(this.#dead.message))
    return new Promise<Replies[O]>((resolve, reject) => {
      // Replies come in the order of the requests, so the value is the one this request's op is answered with.
      this.#pending.push({ resolve: resolve as Pending['resolve'], reject })
      this.#line?.post(request)
    })
  }

  async close(): Promise<void> {
    if (this.#dead) return
    const closed = this.ask({ op: 'close' })
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
