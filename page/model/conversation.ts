/** A conversation: the part of it that is loaded, what is unread, and what is being sent. */
import { isSameName } from '../../src/client/nickname.ts'
import { type Happening, isSaid, mentions, type RedactedEvent } from './happening.ts'
import { Outbox, type SayManner } from './outbox.ts'
import { Signal } from './signal.ts'
import { keptDrafts, keptReads } from './storage.ts'
import type { Why } from './why.ts'

/** Events that are asked for at a time. */
const PAGE = 100
/** Events that are kept loaded; beyond, the oldest or the newest are dropped. */
const MOST = 10_000

/** A part of a conversation's past: ids are exclusive, `from` is a time of docs/protocols/line.md, section 2.7. */
export interface Part {
  readonly before?: string
  readonly after?: string
  readonly from?: string
  /** Number of events: the newest of the part. */
  readonly limit?: number
  /** Number of events: the oldest of the part. */
  readonly first?: number
}

export abstract class Conversation {
  /** Emits when anything of the conversation changes. */
  readonly changed = new Signal()
  readonly outbox: Outbox
  /** `#room` or `@nickname`, folded: the same for all spellings, and in the browser's storage. */
  readonly key: string
  name: string
  /** Messages of others that have not been read, and how many of them mention the user or are private. */
  unread = 0
  mentioned = 0
  /** True if nothing newer than the loaded events exists. */
  isLive = true
  /** True if nothing older than the loaded events exists. */
  isComplete = false
  /** True from the first page on. */
  isLoaded = false
  /** True once the server has given the newest events. */
  isFresh = false
  /** True unless the user reads older messages, whose place must be kept. */
  isFollowed = true
  readonly me: string
  #events: Happening[] = []
  #redactions = new Map<string, RedactedEvent>()
  #newestId = 0
  #loading: Promise<unknown> | undefined

  constructor(key: string, name: string, me: string) {
    this.key = key
    this.name = name
    this.me = me
    this.outbox = new Outbox(
      key,
      (text, manner, nonce) => this.send(text, manner, nonce),
      () => this.changed.emit(),
    )
  }

  /** Reads events, oldest first. @throws RefusedError, DisconnectedError */
  protected abstract read(part: Part): Promise<readonly Happening[]>
  /** Sends a text. @throws RefusedError, DisconnectedError */
  protected abstract send(text: string, manner: SayManner, nonce: string): Promise<unknown>
  /** True if every message is meant for the user alone. */
  abstract readonly isPrivate: boolean
  /** Why nothing can be said here; undefined if something can. */
  abstract readonly closedBecause: Why | undefined

  /** Loaded events, oldest first, without gaps. */
  get events(): readonly Happening[] {
    return this.#events
  }

  /** Id of the newest event that the user has read; 0 for none. */
  get readId() {
    return keptReads.get(this.key) ?? 0
  }

  get newestId() {
    return this.#newestId
  }

  get draft() {
    return keptDrafts.get(this.key) ?? ''
  }

  set draft(text: string) {
    if (text !== this.draft) keptDrafts.set(this.key, text === '' ? undefined : text)
  }

  /** The event that deleted a message. */
  redactionOf(id: string) {
    return this.#redactions.get(id)
  }

  /** Shows events that the browser has kept, until the server gives its own. */
  restore(events: readonly Happening[]) {
    if (this.isFresh || events.length === 0) return
    this.#replace(events, false, true)
    this.#newestId = Math.max(this.#newestId, Number(events.at(-1)?.id))
    this.unread = this.mentioned = 0
    this.#count(events)
    this.changed.emit()
  }

  /** Takes an event that has just happened. Returns false for one that is known. */
  add(event: Happening): boolean {
    const id = Number(event.id)
    if (id <= this.#newestId) return false
    this.#newestId = id
    this.#note(event)
    if (this.isLive && this.isLoaded) {
      this.#events.push(event)
      if (this.#events.length > MOST) {
        this.#events.splice(0, MOST / 10)
        this.isComplete = false
      }
    }
    this.#count([event])
    this.changed.emit()
    return true
  }

  /** Forgets what is loaded, as events between it and the next ones are missing. */
  forget() {
    this.#events = []
    this.isComplete = false
    this.isLive = true
    this.isLoaded = this.isFresh = false
    this.changed.emit()
  }

  /** Notes that events behind the loaded ones are missing. */
  miss() {
    this.isLive = false
    this.changed.emit()
  }

  /** Loads the newest events, in place of others. */
  loadNewest() {
    return this.#exclusively(async () => {
      const newestBefore = this.#newestId
      const page = await this.read({ limit: PAGE })
      const last = page.at(-1)
      const isCurrent = last === undefined || Number(last.id) >= this.#newestId || this.#newestId === newestBefore
      this.#replace(page, page.length < PAGE, isCurrent)
      this.isFresh = true
      this.#newestId = Math.max(this.#newestId, Number(last?.id ?? 0))
      this.unread = this.mentioned = 0
      this.#count(page)
      // Something came in the meantime that the page may not have.
      if (!isCurrent) await this.#extend()
    })
  }

  /** Loads events before the loaded ones. */
  loadOlder() {
    return this.#exclusively(async () => {
      const [oldest] = this.#events
      if (!oldest || this.isComplete) return
      const page = await this.read({ before: oldest.id, limit: PAGE })
      // They have been forgotten in the meantime.
      if (this.#events[0] !== oldest) return
      for (const event of page) this.#note(event)
      this.#events = [...page, ...this.#events]
      this.isComplete = page.length < PAGE
      if (this.#events.length > MOST) {
        this.#events.length = MOST
        this.isLive = false
      }
    }, true)
  }

  /** Loads events behind the loaded ones. */
  loadNewer() {
    return this.#exclusively(() => this.#extend(), true)
  }

  /** Loads the surroundings of an event, unless it is loaded. Resolves with false if it does not exist. */
  async goTo(id: string): Promise<boolean> {
    const isThere = () => this.#events.some((event) => event.id === id)
    if (!isThere()) {
      await this.#exclusively(async () => {
        const older = await this.read({ before: String(Number(id) + 1), limit: PAGE / 2 })
        if (older.at(-1)?.id !== id) return
        const newer = await this.read({ after: id, first: PAGE / 2 })
        this.#replace([...older, ...newer], older.length < PAGE / 2, this.#isNewest(newer, PAGE / 2))
      })
    }
    return isThere()
  }

  /** Loads the surroundings of a time. Resolves with the id of the first event from then on, undefined for none. */
  async goToDate(date: Date): Promise<string | undefined> {
    const [first] = await this.read({ from: date.toISOString(), first: 1 })
    return first && (await this.goTo(first.id)) ? first.id : undefined
  }

  /** Resolves with the id of the event behind another one, which need not be loaded; undefined for none. */
  async firstAfter(id: string): Promise<string | undefined> {
    const [first] = await this.read({ after: id, first: 1 })
    return first?.id
  }

  /** Loads the newest events unless they are loaded. */
  async goToNewest() {
    if (!this.isLive || !this.isLoaded) await this.loadNewest()
  }

  /** Marks everything up to now as read. */
  markRead() {
    if (this.#newestId > this.readId) keptReads.set(this.key, this.#newestId)
    if (this.unread === 0) return
    this.unread = this.mentioned = 0
    this.changed.emit()
  }

  /** Called when another tab has marked something as read. */
  readElsewhere() {
    if (this.unread === 0 || this.readId < this.#newestId) return
    this.unread = this.mentioned = 0
    this.changed.emit()
  }

  async #extend() {
    const last = this.#events.at(-1)
    const page = last ? await this.read({ after: last.id, first: PAGE }) : []
    if (this.#events.at(-1) !== last) return
    for (const event of page) this.#note(event)
    this.#events.push(...page)
    this.isLive = this.#isNewest(page, PAGE)
    if (this.#events.length > MOST) {
      this.#events.splice(0, this.#events.length - MOST)
      this.isComplete = false
    }
  }

  #replace(events: readonly Happening[], isComplete: boolean, isLive: boolean) {
    for (const event of events) this.#note(event)
    this.#events = [...events]
    this.isComplete = isComplete
    this.isLive = isLive
    this.isLoaded = true
  }

  /** Returns true if nothing is behind a page that was asked for with a limit, as far as is known. */
  #isNewest(page: readonly Happening[], limit: number) {
    const last = page.at(-1)
    return last === undefined || (page.length < limit && Number(last.id) >= this.#newestId)
  }

  /** Runs one load at a time. @param skips does nothing but wait if there is another one */
  async #exclusively(load: () => Promise<void>, skips = false): Promise<void> {
    if (this.#loading && skips) return void (await this.#loading.catch(() => {}))
    while (this.#loading) await this.#loading.catch(() => {})
    this.#loading = load()
    try {
      await this.#loading
    } finally {
      this.#loading = undefined
      this.changed.emit()
    }
  }

  #note(event: Happening) {
    if (event.type === 'redacted') this.#redactions.set(event.target, event)
  }

  #count(events: readonly Happening[]) {
    const readId = this.readId
    for (const event of events) {
      if (!isSaid(event) || Number(event.id) <= readId || isSameName(event.from, this.me)) continue
      this.unread++
      if (this.isPrivate || mentions(event.body, this.me)) this.mentioned++
    }
  }
}
