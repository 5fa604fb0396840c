import { extname } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { EngineFault, Unavailable } from '../errors.ts'
import type { LogName } from '../event.ts'
import type { EngineObserver } from '../observer.ts'
import type { LogStore } from '../reading.ts'
import type { WordIndex } from '../searching.ts'
import type { OpenedStore, StoreNotice, StoreOptions, StoreReply, StoreRequest } from './messages.ts'
import type { StoreArguments, StoreMethod, StoreResult } from './store.ts'

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

interface StoreChannel {
  readonly port: { postMessage(request: StoreRequest): void }
  end(): unknown
}

/** Client of the store's thread. A store in memory runs in the caller's thread instead. */
export class StoreThread {
  readonly reading: LogStore = {
    bounds: (log) => this.call('bounds', log),
    page: (...range) => this.call('page', ...range),
    back: (...range) => this.call('back', ...range),
  }
  readonly index: WordIndex = {
    indexed: (log) => this.call('indexing.indexed', log),
    expressions: (words) => this.call('indexing.expressions', words),
    find: (...search) => this.call('indexing.find', ...search),
  }
  readonly #options: StoreOptions
  readonly #observer: Pick<EngineObserver, 'trouble' | 'recovered' | 'died'>
  readonly #trimmed: (log: LogName, upTo: number) => void
  readonly #pending: Pending[] = []
  #channel: StoreChannel | undefined
  /** Reason why calls are refused; undefined while the store is used. */
  #fault: EngineFault | undefined = new EngineFault('the engine is not started')
  /** True when the store could not be opened, or its thread has ended. */
  #isGone = false

  /** `trimmed` is called when retention has removed all events of a log up to an id. */
  constructor(
    options: StoreOptions,
    observer: Pick<EngineObserver, 'trouble' | 'recovered' | 'died'>,
    trimmed: (log: LogName, upTo: number) => void,
  ) {
    this.#options = options
    this.#observer = observer
    this.#trimmed = trimmed
  }

  /** Opens the store. @throws EngineFault */
  async open(): Promise<OpenedStore> {
    const isInMemory = this.#options.file === ':memory:'
    this.#channel = isInMemory ? await inMemory(this.#options, this.#onMessage) : this.#inThread()
    this.#fault = undefined
    const opened = Promise.withResolvers<unknown>()
    this.#pending.push(opened)
    try {
      // The first reply.
      return (await opened.promise) as OpenedStore
    } catch (error) {
      throw this.#fault ?? error
    }
  }

  /** Calls a method of the store. @throws Unavailable; then nothing has changed */
  call<M extends StoreMethod>(method: M, ...args: StoreArguments<M>): Promise<StoreResult<M>> {
    if (this.#fault) return Promise.reject(new Unavailable(this.#fault.message))
    return new Promise((resolve, reject) => {
      // Replies come in the order of the requests, and are the results of their methods.
      this.#pending.push({ resolve: resolve as (value: unknown) => void, reject })
      this.#channel?.port.postMessage([method, args])
    })
  }

  async close(): Promise<void> {
    if (this.#fault) return
    const closed = Promise.withResolvers<unknown>()
    // A store that is gone needs no close.
    const reject = (error: Error) => (this.#isGone ? closed.resolve(undefined) : closed.reject(error))
    this.#pending.push({ resolve: closed.resolve, reject })
    this.#channel?.port.postMessage(['close', []])
    // The end of the thread is expected now.
    this.#fault = new EngineFault('the store is closed')
    await closed.promise
    await this.#channel?.end()
  }

  #inThread(): StoreChannel {
    // The extension is .ts in a checkout and .js in the package.
    const file = new URL(`./store-thread${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(file, { workerData: this.#options, execArgv: [] })
    worker.on('message', this.#onMessage)
    worker.on('error', (error) => this.#die(error.message))
    worker.on('exit', () => this.#die('its thread has ended'))
    return { port: worker, end: () => worker.terminate() }
  }

  readonly #onMessage = (message: StoreReply | StoreNotice): void => {
    if ('notice' in message) this.#onNotice(message)
    else if ('failure' in message) this.#pending.shift()?.reject(new Unavailable(message.failure))
    else this.#pending.shift()?.resolve(message.value)
  }

  #onNotice(notice: StoreNotice): void {
    switch (notice.notice) {
      case 'fault':
        this.#fail(new EngineFault(notice.message, { isInUse: notice.isInUse }))
        return
      case 'trimmed':
        this.#trimmed(notice.log, notice.upTo)
        return
      case 'trouble':
        this.#observer.trouble(notice.reason, notice.operation)
        return
      case 'recovered':
        this.#observer.recovered(notice.operation)
    }
  }

  #die(reason: string): void {
    // Expected, or known already.
    if (this.#fault) this.#fail(this.#fault)
    else this.#observer.died(this.#fail(new EngineFault(`the store has failed: ${reason}`)))
  }

  /** Refuses all calls, also those that have no reply yet. */
  #fail(fault: EngineFault): EngineFault {
    this.#fault = fault
    this.#isGone = true
    for (const { reject } of this.#pending.splice(0)) reject(new Unavailable(fault.message))
    return fault
  }
}

async function inMemory(
  options: StoreOptions,
  onMessage: (message: StoreReply | StoreNotice) => void,
): Promise<StoreChannel> {
  // Loaded only here: else the thread loads it.
  const { serveStore } = await import('./store-port.ts')
  const { port1: own, port2: its } = new MessageChannel()
  own.on('message', onMessage)
  serveStore(its, options)
  return { port: own, end: () => own.close() }
}
