/** The messages of the conversation that is shown: rows for the part of them around what is seen. */
import { the } from '../dom.ts'
import type { Conversation } from '../model/conversation.ts'
import type { Desk } from '../model/desk.ts'
import { oncePerFrame } from '../model/signal.ts'
import { isLookedAt } from '../notify/looking.ts'
import { ask } from '../side/dialog.ts'
import { copyReadably } from './copying.ts'
import { Edges } from './edges.ts'
import { MessageActions } from './message-actions.ts'
import { RoomNames } from './room-names.ts'
import { elementOf, type RowLook } from './row.ts'
import { RowList } from './row-list.ts'
import { rowsOf } from './rows.ts'
import { Span } from './span.ts'
import { Clock, onNewDay } from './times.ts'
import { Unread } from './unread.ts'
import { Viewport } from './viewport.ts'

/** Pixels beyond what is seen that have rows. */
const AHEAD = 800
/** Events beyond those with rows that are loaded. */
const LOADED_AHEAD = 60
const FLASH_MS = 2_000

export class Log {
  readonly #desk: Desk
  readonly #element = the('log', HTMLElement)
  readonly #newest = the('newest', HTMLButtonElement)
  readonly #render = oncePerFrame(() => this.#show())
  readonly #rooms = new RoomNames()
  readonly #list: RowList
  readonly #view: Viewport
  readonly #edges: Edges
  readonly #unread = new Unread(
    () => void this.#toUnread(),
    () => this.#markRead(),
  )
  /** Keys of rows that are shown as a whole. */
  readonly #opened = new Set<string>()
  readonly #places = new WeakMap<Conversation, Viewport['place']>()
  #span = new Span()
  #clock: Clock
  #conversation: Conversation | undefined

  constructor(desk: Desk) {
    this.#desk = desk
    this.#clock = new Clock(desk.settings.now.clock)
    const rows = the('rows', HTMLElement)
    this.#list = new RowList(rows, (row) => elementOf(row, this.#look))
    this.#view = new Viewport(this.#element, rows)
    this.#edges = new Edges(this.#render)
    new MessageActions(desk, this.#element, {
      open: (key) => this.#toggle(key),
      toNewest: () => void this.toNewest(),
    })
    the('talk', HTMLElement).addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !this.#view.isFollowing) void this.toNewest()
    })
    this.#newest.addEventListener('click', () => {
      void this.toNewest()
      this.#element.focus({ preventScroll: true })
    })
    this.#element.addEventListener('scroll', () => this.#scrolled(), { passive: true })
    const restore = () => this.#view.restore((key) => this.#list.get(key))
    new ResizeObserver(restore).observe(this.#element)
    // A box that is emptied and filled at once leaves the log scrolled, with its size as before.
    the('text', HTMLElement).addEventListener('input', () => this.#view.isFollowing && restore())
    const look = () => {
      if (isLookedAt() && this.#conversation?.unread) this.#unread.refresh()
      this.#render()
    }
    document.addEventListener('visibilitychange', look)
    addEventListener('focus', look)
    this.#element.addEventListener('pointerover', ({ target }) => {
      if (target instanceof HTMLTimeElement) target.title = this.#clock.full(new Date(target.dateTime))
    })
    copyReadably(this.#element, desk, () => this.#clock)
    desk.askDate = () => void this.#askDate()
    desk.moved.on(() => this.#moved())
    desk.settings.changed.on(() => {
      this.#clock = new Clock(desk.settings.now.clock)
      this.#render()
    })
    this.#rooms.changed.on(this.#render)
    // The first time of day that is written takes longest: that is best done while the server answers.
    requestAnimationFrame(() => setTimeout(() => this.#clock.time(new Date())))
    // "Today" is "Yesterday" now.
    onNewDay(this.#render)
  }

  /** Goes to the newest message. */
  async toNewest() {
    const { conversation, place } = this.#desk
    if (!conversation) return
    await conversation.goToNewest().catch((error: Error) => this.#desk.toast(`${error.message}.`))
    if (conversation !== this.#conversation) return
    if (place?.id) history.replaceState(null, '', this.#desk.addressOf(conversation))
    this.#view.isFollowing = true
    this.#show()
  }

  /** Goes to a message. @param share part of the height that stays above it */
  async toMessage(id: string, share = 0.5) {
    const conversation = this.#conversation
    if (!conversation) return
    const isThere = await conversation.goTo(id).catch((error: Error) => error)
    if (conversation !== this.#conversation) return
    if (isThere instanceof Error) this.#desk.toast(`${isThere.message}.`)
    else if (!isThere) this.#desk.toast('This message no longer exists.')
    else this.#reveal(id, share)
  }

  /** Goes to the first event of a day. */
  async toDate(date: Date) {
    const conversation = this.#conversation
    const id = await conversation?.goToDate(date).catch((error: Error) => error)
    if (conversation !== this.#conversation) return
    if (id instanceof Error) this.#desk.toast(`${id.message}.`)
    else if (id) this.#reveal(id, 0.1)
    else {
      this.#desk.toast('No messages since then.')
      await this.toNewest()
    }
  }

  async #askDate() {
    const now = new Date()
    const today = `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`
    await ask({
      title: 'Jump to a date',
      fields: [{ name: 'date', label: 'Date', type: 'date', value: today, isNeeded: true }],
      button: 'Jump',
      // The day begins where the user is.
      act: ({ date }) => this.toDate(new Date(`${date}T00:00`)),
    })
  }

  #moved() {
    const { conversation, wantedId } = this.#desk
    this.#desk.wantedId = undefined
    if (conversation !== this.#conversation) this.#turnTo(conversation)
    if (wantedId) void this.toMessage(wantedId)
  }

  #turnTo(conversation: Conversation | undefined) {
    const before = this.#conversation
    before?.changed.off(this.#render)
    if (before) this.#places.set(before, this.#view.isFollowing ? [] : this.#view.place)
    this.#conversation = conversation
    conversation?.changed.on(this.#render)
    this.#opened.clear()
    this.#unread.clear()
    this.#span = new Span()
    this.#list.show([])
    const place = (conversation && this.#places.get(conversation)) ?? []
    this.#view.place = place
    const [top] = place
    if (conversation && top) {
      this.#take(conversation)
      this.#span.around(top.key)
      this.#draw(conversation)
    }
    this.#render()
  }

  #reveal(id: string, share: number) {
    this.#view.isFollowing = false
    const conversation = this.#conversation
    if (!conversation) return
    this.#take(conversation)
    if (!this.#span.has(id)) this.#span.around(id)
    this.#draw(conversation)
    const element = this.#list.get(id) ?? this.#list.from(Number(id))
    if (element) {
      this.#view.scrollTo(element, share)
      element.classList.add('found')
      element.focus({ preventScroll: true })
      setTimeout(() => element.classList.remove('found'), FLASH_MS)
    }
    this.#show()
  }

  async #toUnread() {
    const { readId } = this.#unread
    const conversation = this.#conversation
    if (readId === undefined || !conversation) return
    const first =
      this.#unread.first(conversation)?.id ?? (await conversation.firstAfter(String(readId)).catch(() => undefined))
    if (first) await this.toMessage(first, 0.2)
  }

  #markRead() {
    this.#unread.clear()
    this.#conversation?.markRead()
    this.#show()
  }

  #toggle(key: string) {
    if (!this.#opened.delete(key)) this.#opened.add(key)
    this.#show()
  }

  #scrolled() {
    const conversation = this.#conversation
    if (!conversation) return
    this.#take(conversation)
    this.#view.scrolled(conversation.isLive && this.#span.to === conversation.events.length)
    conversation.isFollowed = this.#view.isFollowing
    this.#view.note()
    this.#fill(conversation)
    this.#showAround(conversation)
  }

  #show() {
    const conversation = this.#conversation
    if (!conversation) return this.#list.show([])
    const { isLive, isLoaded } = conversation
    conversation.isFollowed = this.#view.isFollowing
    // What is seen stays in its place over all the steps below: after the first one there may be too little above it for that.
    this.#view.note()
    if (isLoaded && !isLive && this.#view.isFollowing) void this.#edges.load('newest', conversation)
    this.#take(conversation)
    this.#draw(conversation)
    this.#fill(conversation)
    this.#showAround(conversation)
  }

  /** Takes the events as they are loaded now, and which are unread before any count as read. */
  #take(conversation: Conversation) {
    const { events, isLive, isLoaded } = conversation
    this.#span.take(events, this.#desk.settings.now.comings, isLive && this.#view.isFollowing)
    if (isLoaded) this.#unread.take(conversation, this.#isInView(conversation))
  }

  /** True if what comes is seen at once. */
  #isInView({ isLive, isLoaded }: Conversation) {
    return isLoaded && isLive && this.#view.isFollowing && isLookedAt()
  }

  /** Shows the rows of the part that has some; what has been noted as seen stays in its place. */
  #draw(conversation: Conversation) {
    const { settings } = this.#desk
    const rows = rowsOf(this.#span.from, this.#span.to, {
      conversation,
      comings: settings.now.comings,
      unreadId: this.#unread.first(conversation)?.id,
      opened: this.#opened,
      clock: settings.now.clock,
      rooms: String(this.#rooms.version),
      members: String(this.#desk.room?.members.isKnown),
      isBot: (name) => this.#desk.room?.members.get(name)?.marks.some((mark) => (mark as string) === 'bot') ?? false,
    })
    this.#list.show(rows)
    this.#edges.show(conversation, this.#span)
    this.#view.restore((key) => this.#list.get(key))
  }

  /** Gives rows to what is near, and loads it. */
  #fill(conversation: Conversation) {
    const { above } = this.#view
    const view = this.#view
    for (let turn = 0; turn < 2 && this.#span.up(AHEAD - view.above); turn++) this.#draw(conversation)
    if (above >= AHEAD) {
      for (let turn = 0; turn < 2 && this.#span.down(AHEAD - view.below); turn++) this.#draw(conversation)
    }
    const { isComplete, isLive, isLoaded, events } = conversation
    if (!isLoaded) return
    if (!isComplete && this.#span.from < LOADED_AHEAD) void this.#edges.load('older', conversation)
    else if (!isLive && events.length - this.#span.to < LOADED_AHEAD) void this.#edges.load('newer', conversation)
  }

  /** Shows what depends on the place: buttons, the bar of unread messages, and what is read. */
  #showAround(conversation: Conversation) {
    const { unread } = conversation
    this.#newest.hidden = this.#view.isFollowing || !conversation.isLoaded
    this.#newest.textContent =
      unread === 0 ? 'Jump to latest' : unread === 1 ? '1 new message' : `${unread} new messages`
    const line = this.#list.get('unread')
    const hasReached = line !== undefined && this.#view.hasReached(line)
    this.#unread.show(this.#unread.first(conversation), hasReached, this.#clock)
    if (this.#isInView(conversation)) conversation.markRead()
  }

  get #look(): RowLook {
    const { chat, room, conversation } = this.#desk
    return {
      clock: this.#clock,
      me: conversation?.me ?? '',
      isRoom: (name) => this.#rooms.has(name, chat),
      isMember: (name) => room?.members.has(name) ?? false,
    }
  }
}
