import { extname } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { EngineFault, Unavailable } from '../errors.ts'
import type { LogName } from '../event.ts'
import type { EngineObserver } from '../observer.ts'
import type { LogStore } from '../reading.ts'
import type { WordIndex } from '../searching.ts'
import type { StoreNotice, StoreOptions, StoreReply, StoreRequest } from './messages.ts'
import type { StoreArguments, StoreMethod, StoreResult } from './store.ts'

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}
export type Opened = Extract<StoreNotice, { notice: 'open' }>

/** Callbacks for notices of an open store. */
export interface StoreObserver extends Pick<EngineObserver, 'trouble' | 'recovered' | 'died'> {
  /** Called when retention has removed all events up to an id. */
  trimmed(log: LogName, upTo: number): void
}

/** A channel to a store. */
interface StoreChannel {
  readonly port: { postMessage(request: StoreRequest): void }
  end(): unknown
}

/** Client of the store's thread. A store in memory runs in the caller's thread instead. */
export class StoreThread {
  #channel: StoreChannel | undefined
  readonly #pending: Pending[] = []
  readonly reading: LogStore = {
    stride: 4096,
    bounds: (log) => this.call('bounds', log),
    page: (...range) => this.call('page', ...range),
    back: (...range) => this.call('back', ...range),
  }
  readonly index: WordIndex = {
    indexed: (log) => this.call('indexing.indexed', log),
    expressions: (words) => this.call('indexing.expressions', words),
    find: (...search) => this.call('indexing.find', ...search),
  }
  #dead: EngineFault | undefined

  /** Opens the store. `died` is called when the thread ends unexpectedly. @throws EngineFault */
  static async open(options: StoreOptions, on: StoreObserver): Promise<{ thread: StoreThread; opened: Opened }> {
    const { promise, resolve, reject } = Promise.withResolvers<Opened>()
    const thread = new StoreThread()
    const onNotice = (notice: StoreNotice) => {
      switch (notice.notice) {
        case 'open':
          return resolve(notice)
        case 'fault':
          return reject((thread.#dead = new EngineFault(notice.message, notice)))
        case 'trimmed':
          return on.trimmed(notice.log, notice.upTo)
        case 'trouble':
          return on.trouble(notice.reason, notice.operation)
        case 'recovered':
          return on.recovered(notice.operation)
      }
    }
    const die = (reason: string) => {
      const fault = thread.#die(reason)
      if (!fault) return
      reject(fault)
      on.died(fault)
    }
    const onMessage = (message: StoreReply | StoreNotice) => {
      if ('notice' in message) onNotice(message)
      else if ('trouble' in message) thread.#pending.shift()?.reject(new Unavailable(message.trouble))
      else thread.#pending.shift()?.resolve(message.value)
    }
    thread.#channel =
      options.file === ':memory:' ? await inMemory(options, onMessage) : inThread(options, onMessage, die)
    return { thread, opened: await promise }
  }

  /** Calls a method of the store. @throws Unavailable; then nothing has changed */
  call<M extends StoreMethod>(method: M, ...args: StoreArguments<M>): Promise<StoreResult<M>> {
    if (this.#dead) return Promise.reject(new Unavailable(this.#dead.message))
    return new Promise((resolve, reject) => {
      // Replies come in the order of the requests, and are the results of their methods.
      this.#pending.push({ resolve: resolve as (value: unknown) => void, reject })
      this.#channel?.port.postMessage([method, args])
    })
  }

  async close(): Promise<void> {
    if (this.#dead) return
    const closed = Promise.withResolvers<unknown>()
    this.#pending.push(closed)
    this.#channel?.port.postMessage(['close', []])
    // The end of the thread is expected now.
    this.#dead = new EngineFault('the store is closed')
    await closed.promise
    await this.#channel?.end()
  }

  /** Returns undefined if the end was expected or is known already. */
  #die(reason: string): EngineFault | undefined {
    if (this.#dead) return undefined
    this.#dead = new EngineFault(`the store has failed: ${reason}`)
    for (const { reject } of this.#pending.splice(0)) reject(new Unavailable(this.#dead.message))
    return this.#dead
  }
}

type MessageListener = (message: StoreReply | StoreNotice) => void

function inThread(options: StoreOptions, onMessage: MessageListener, die: (reason: string) => void): StoreChannel {
  // The extension is .ts in a checkout and .js in the package.
  const file = new URL(`./store-thread${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(file, { workerData: options, execArgv: [] })
  worker.on('message', onMessage)
  worker.on('error', (error) => die(error.message))
  worker.on('exit', () => die('its thread has ended'))
  return { port: worker, end: () => worker.terminate() }
}

async function inMemory(options: StoreOptions, onMessage: MessageListener): Promise<StoreChannel> {
  // Loaded only here: else the thread loads it.
  const { serveStore } = await import('./store-port.ts')
  const { port1: own, port2: its } = new MessageChannel()
  own.on('message', onMessage)
  serveStore(its, options)
  return { port: own, end: () => own.close() }
}
