import type { Logger } from 'pino'
import type { Chat } from '../../../chat/chat.ts'
import { FairQueue, type FairQueueLimits } from '../../../chat/fair-queue.ts'
import type { HookRecord } from '../../../engine/records.ts'
import { HookQueue } from './hook-queue.ts'
import { WebhookClient } from './webhook-client.ts'

/** Maximum requests at the same time to webhooks that have answered quickly, and to the others. */
const LIMITS: FairQueueLimits = { running: 16, waitingPerAddress: Infinity, waiting: Infinity }
/** Time between two renewals of the lease, or attempts to get it, in ms. */
const ROUND_MS = 5_000

export interface HookSenderOptions {
  readonly chat: Chat
  readonly log: Logger
  /** True if webhooks may go to loopback and private addresses. */
  readonly private: boolean
}

/** Delivers the events of rooms to their webhooks, on one node (docs/protocols/rooms-api.md, section 2.7). */
export class HookSender {
  readonly #options: HookSenderOptions
  readonly #client: WebhookClient
  readonly #turns = { quick: new FairQueue(LIMITS), slow: new FairQueue(LIMITS) }
  /** By the id of the webhook. */
  readonly #queues = new Map<string, HookQueue>()
  /** Ids of the webhooks that were removed while all are read; undefined at other times. */
  #removed: Set<string> | undefined
  #unwatch = () => {}
  #timer: NodeJS.Timeout | undefined
  /** The rounds that are under way and asked for, one after the other. */
  #round: Promise<void> = Promise.resolve()
  /** True while a round waits to begin, which sees all changes so far. */
  #isRoundQueued = false
  /** True if webhooks may have been made or removed since they were read. */
  #isChanged = true
  /** True if there are any webhooks; otherwise no lease is needed. */
  #any = false
  #stopped = false

  constructor(options: HookSenderOptions) {
    this.#options = options
    this.#client = new WebhookClient({ private: options.private })
  }

  start(): void {
    const { chat } = this.#options
    this.#unwatch = chat.hooks.watch((removed) => {
      if (removed !== '') this.#stopDelivery(removed)
      this.#isChanged = true
      this.#next()
    })
    this.#timer = setInterval(() => this.#next(), ROUND_MS).unref()
    this.#next()
  }

  /** Resolves when nothing is sent any more and another node may take over. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#unwatch()
    clearInterval(this.#timer)
    await this.#round
    await this.#end()
    await this.#options.chat.hooks.delivery.release().catch(() => {})
    this.#client.close()
  }

  #next(): void {
    if (this.#isRoundQueued) return
    this.#isRoundQueued = true
    this.#round = this.#round.then(() => {
      this.#isRoundQueued = false
      return this.#run()
    })
  }

  async #run(): Promise<void> {
    const { hooks } = this.#options.chat
    if (this.#stopped) return
    const isChanged = this.#isChanged
    this.#isChanged = false
    try {
      if (isChanged) this.#any = (await hooks.all()).length > 0
      if (this.#any) await this.#take(isChanged)
      else await hooks.delivery.release()
    } catch {
      // The store is away, which is reported elsewhere.
      this.#isChanged = true
    }
    if (!hooks.delivery.isHeld) await this.#end()
  }

  async #take(isChanged: boolean): Promise<void> {
    const lease = await this.#options.chat.hooks.delivery.take()
    // Another node may have delivered meanwhile, and queues have ended.
    if (lease === 'taken') await this.#end()
    if (lease === 'taken' || (lease === 'renewed' && isChanged)) await this.#load()
  }

  async #load(): Promise<void> {
    const removed = new Set<string>()
    this.#removed = removed
    try {
      const all = await this.#options.chat.hooks.all()
      this.#change(all.filter(({ id }) => !removed.has(id)))
    } finally {
      this.#removed = undefined
    }
  }

  /** Begins with new webhooks, and ends with those that are removed. */
  #change(hooks: readonly HookRecord[]): void {
    const { chat, log } = this.#options
    const found = new Map(hooks.map((hook) => [hook.id, hook]))
    for (const [id, queue] of this.#queues) {
      if (found.has(id)) continue
      this.#queues.delete(id)
      void queue.stop()
    }
    for (const [id, hook] of found) {
      if (this.#queues.has(id)) continue
      this.#queues.set(id, new HookQueue(hook, { chat, client: this.#client, log, turns: this.#turns }))
    }
  }

  /** Ends the delivery to a webhook that was removed, before all are read again. */
  #stopDelivery(id: string): void {
    this.#removed?.add(id)
    void this.#queues.get(id)?.stop()
    this.#queues.delete(id)
  }

  async #end(): Promise<void> {
    const queues = [...this.#queues.values()]
    this.#queues.clear()
    await Promise.all(queues.map((queue) => queue.stop()))
  }
}
