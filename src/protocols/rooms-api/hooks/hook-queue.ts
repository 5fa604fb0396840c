import { addAbortListener } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Chat } from '../../../chat/chat.ts'
import type { FairQueue } from '../../../chat/fair-queue.ts'
import type { HookProgress } from '../../../chat/room-hooks.ts'
import type { RoomRecord } from '../../../engine/engine.ts'
import type { Event } from '../../../engine/event.ts'
import type { HookRecord } from '../../../engine/records.ts'
import { eventJson } from '../event.ts'
import type { WebhookClient } from './webhook-client.ts'

/** Age of the oldest events that are delivered. */
const MAX_AGE_MS = 86_400_000
/** Time after which a new position is stored. */
const NOTE_MS = 1_000
/** Time within which a receiver answers quickly. */
const QUICK_MS = 1_000
/** Times before the second attempt, which doubles with each further one, and at most. */
const RETRY_MS = 1_000
const MAX_RETRY_MS = 600_000

/** Maximum UTF-16 units of the text of an error. */
const MAX_ERROR = 200

export interface HookQueueParts {
  readonly chat: Pick<Chat, 'access' | 'hooks' | 'rooms'>
  readonly client: WebhookClient
  readonly log: Logger
  /** Bounds the requests that are sent at the same time: to receivers that have answered quickly, and to the others, which do not hold them up. */
  readonly turns: Readonly<Record<'quick' | 'slow', FairQueue>>
}

/** The result of an attempt to post an event: one that is withdrawn may not be posted any more, at least until it is read again. */
type Outcome = 'accepted' | 'withdrawn' | { readonly error: string }

/** Returns the text of an error of a connection; that of several addresses that were tried has a code only. */
function errorText(error: NodeJS.ErrnoException): string {
  return error.message || (error.code ?? error.name)
}

/**
 * Delivers the events of a room to a webhook: in order, one after the other, each until the receiver has accepted it or it is a day old. After a
 * crash events of the last second may be delivered again.
 */
export class HookQueue {
  readonly #hook: HookRecord
  readonly #parts: HookQueueParts
  readonly #stopped = new AbortController()
  readonly #unfollow: () => void
  readonly #done: Promise<void>
  /** Id of the last event that is delivered or not wanted. */
  #position: number
  #noted: HookProgress
  #noteTimer: NodeJS.Timeout | undefined
  #failing: HookProgress['failing']
  #failures = 0
  /** Queue of the next request: a receiver has to show that it is quick. */
  #turn: 'quick' | 'slow' = 'slow'
  /** True if events were committed that are not read yet. */
  #behind = true
  /** True if events that were read may not be delivered any more: a message was deleted, or the maker may be no operator. */
  #stale = false
  #wake = () => {}

  constructor(hook: HookRecord, parts: HookQueueParts) {
    this.#hook = hook
    this.#parts = parts
    this.#position = hook.position
    this.#failing = hook.failing
    this.#noted = hook
    this.#unfollow = parts.chat.hooks.follow(hook.room, ({ kind }) => {
      this.#behind = true
      if (kind === 'redacted' || kind === 'role' || kind === 'closed') this.#stale = true
      this.#wake()
    })
    this.#done = this.#run()
  }

  /** Ends the delivery. Resolves when the position is stored, or cannot be. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#wake()
    await this.#done
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      try {
        if (!(await this.#step())) break
      } catch {
        // The store is away, or the room is being closed.
        await this.#rest(RETRY_MS)
      }
    }
    this.#unfollow()
    await this.#note().catch(() => {})
  }

  /** Delivers the events that there are, and waits for more. Resolves with false if the webhook is to end. */
  async #step(): Promise<boolean> {
    const { hooks, rooms } = this.#parts.chat
    const { id, room } = this.#hook
    this.#behind = false
    this.#stale = false
    const record = await rooms.find(room)
    if (!record) {
      await hooks.remove(id)
      return false
    }
    const asker = { address: 'hooks', closed: false }
    const events = await hooks.next(room, this.#position, Date.now() - MAX_AGE_MS, asker)
    if (events.length > 0) this.#behind = true
    for (const event of events) {
      const outcome = this.#hook.kinds.includes(event.kind) ? await this.#deliver(event, record) : 'accepted'
      if (outcome === 'withdrawn') return this.#isOn
      if (outcome !== 'accepted') {
        this.#fail(outcome.error)
        await this.#note().catch(() => {})
        await this.#rest(Math.min(RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS))
        return true
      }
      this.#position = event.id
      this.#noteSoon()
    }
    if (this.#behind) return true
    if (this.#failing) this.#endFailing('webhook has nothing to deliver any more')
    await this.#waitForMore()
    return true
  }

  /** False if the delivery is to end: the webhook is removed, or the lease is over. */
  get #isOn(): boolean {
    return !this.#stopped.signal.aborted && this.#parts.chat.hooks.delivery.isHeld
  }

  /** Posts an event when the turn of the webhook comes; withdrawn at once if the delivery is stopped before. */
  async #deliver(event: Event, room: RoomRecord): Promise<Outcome> {
    const { promise: stopped, resolve } = Promise.withResolvers<Outcome>()
    const listener = addAbortListener(this.#stopped.signal, () => resolve('withdrawn'))
    // Much may happen before the turn.
    const post = async (): Promise<Outcome> => {
      const isCurrent = () => this.#isOn && !this.#stale
      const { by: name, account: id } = this.#hook
      const mayPost = isCurrent() && (await this.#parts.chat.access.operates({ name, id }, room))
      if (!isCurrent()) return 'withdrawn'
      return mayPost ? this.#post(event, room) : { error: `${name} is no operator of the room` }
    }
    try {
      const outcome = await Promise.race([this.#parts.turns[this.#turn].run(String(room.id), post), stopped])
      if (outcome === 'accepted' && this.#failing) this.#endFailing('webhook delivered again')
      return outcome
    } finally {
      listener[Symbol.dispose]()
    }
  }

  async #post(event: Event, { slug }: RoomRecord): Promise<Outcome> {
    const { id, url, secret } = this.#hook
    const post = { url, hook: id, secret, body: eventJson(event, slug), event: String(event.id) }
    const begun = performance.now()
    try {
      const status = await this.#parts.client.post(post, this.#stopped.signal)
      this.#turn = performance.now() - begun <= QUICK_MS ? 'quick' : 'slow'
      return status >= 200 && status < 300 ? 'accepted' : { error: `HTTP ${status}` }
    } catch (error) {
      this.#turn = 'slow'
      return { error: errorText(error as NodeJS.ErrnoException) }
    }
  }

  #endFailing(reason: string): void {
    this.#parts.log.info(this.#shown, reason)
    this.#failures = 0
    this.#failing = undefined
    this.#noteSoon()
  }

  #fail(text: string): void {
    const error = text.slice(0, MAX_ERROR)
    if (this.#failing?.error !== error) this.#parts.log.warn({ ...this.#shown, error: text }, 'webhook not delivered')
    this.#failures++
    this.#failing = { since: this.#failing?.since ?? Date.now(), error }
  }

  /** The webhook for the log, without the path and query of its URL, which may be secrets. */
  get #shown() {
    const { id, room, url } = this.#hook
    return { webhook: id, room, origin: new URL(url).origin }
  }

  /** Waits for an event. */
  async #waitForMore(): Promise<void> {
    const { promise: woken, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    if (!this.#behind && !this.#stopped.signal.aborted) await woken
  }

  #noteSoon(): void {
    this.#noteTimer ??= setTimeout(() => void this.#note().catch(() => {}), NOTE_MS).unref()
  }

  async #note(): Promise<void> {
    clearTimeout(this.#noteTimer)
    this.#noteTimer = undefined
    const note = { position: this.#position, failing: this.#failing }
    const { position, failing } = this.#noted
    if (note.position === position && note.failing?.error === failing?.error) return
    // Another node may deliver meanwhile, and be further.
    if (!this.#parts.chat.hooks.delivery.isHeld) return
    await this.#parts.chat.hooks.note(this.#hook.id, note)
    this.#noted = note
  }

  async #rest(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopped.signal, ref: false }).catch(() => {})
  }
}
