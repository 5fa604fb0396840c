/** Actions on a message: a bar of buttons on the one that is pointed at or has the focus, and keys to get there. */
import { isSameName } from '../../src/client/nickname.ts'
import { make } from '../dom.ts'
import { iconButton } from '../icons.ts'
import type { Desk } from '../model/desk.ts'
import { isSaid, type Said } from '../model/happening.ts'
import { isAtLeast } from '../model/members.ts'
import { ask } from '../side/dialog.ts'
import { type Action, openMenu } from '../side/menu.ts'
import { copyText } from './clipboard.ts'
import { indexOf } from './span.ts'
import { atOf } from './times.ts'

/** Time in which the server lets users delete their own messages, in ms. */
const OWN_DELETE_MS = 3_600_000
const MESSAGE = 'article.entry'

export interface LogSteps {
  /** Shows a row as a whole, or folds it. */
  open(key: string): void
  toNewest(): void
}

export class MessageActions {
  readonly #desk: Desk
  readonly #log: HTMLElement
  readonly #steps: LogSteps
  readonly #reply = iconButton('reply', 'Reply', () => this.#each((event) => this.#desk.address(event.from)))
  readonly #more = iconButton('more', 'More actions', () => this.#openMenu())
  readonly #bar = make('div', 'actions', this.#reply, this.#more)

  constructor(desk: Desk, log: HTMLElement, steps: LogSteps) {
    this.#desk = desk
    this.#log = log
    this.#steps = steps
    this.#more.ariaHasPopup = 'menu'
    this.#more.ariaExpanded = 'false'
    log.addEventListener('pointerover', ({ target }) => this.#attach(target))
    log.addEventListener('focusin', ({ target }) => this.#attach(target))
    log.addEventListener('click', (event) => this.#click(event))
    log.addEventListener('keydown', (event) => this.#key(event))
  }

  #attach(target: EventTarget | null) {
    const entry = target instanceof Element ? target.closest(MESSAGE) : null
    // The bar stays where its menu is open.
    if (this.#more.ariaExpanded === 'true' || !entry || entry.contains(this.#bar)) return
    if (!entry.classList.contains('deleted')) entry.append(this.#bar)
  }

  #click({ target }: Event) {
    if (!(target instanceof HTMLElement)) return
    const key = target.closest<HTMLElement>('[data-key]')?.dataset.key ?? ''
    if (target.matches('button.name')) this.#desk.openPerson(target.textContent ?? '', target)
    else if (target.matches('.fold, .whole')) this.#steps.open(key)
    else if (target.matches('.copy-block')) this.#copyBlock(key, target)
  }

  /** The block of a long text has its first lines only. */
  #copyBlock(key: string, button: HTMLElement) {
    const event = this.#event(key)
    const text = event?.body.includes('```') ? button.previousElementSibling?.textContent : event?.body
    void this.#copy(text ?? '')
  }

  #key(event: KeyboardEvent) {
    const { key, target } = event
    if (event.ctrlKey || event.altKey || event.metaKey || !(target instanceof HTMLElement)) return
    const entry = target.closest<HTMLElement>(MESSAGE)
    const isOnEntry = entry === target
    if (key === 'End' && !isOnEntry) this.#steps.toNewest()
    else if (key === 'Enter' && target === this.#log) this.#lastSeen()?.focus()
    else if (key === 'Enter' && isOnEntry) this.#openMenuOf(entry)
    else if ((key === 'ArrowDown' || key === 'ArrowUp') && entry) this.#neighbour(entry, key)?.focus()
    else {
      if (key === 'Escape' && entry) this.#log.focus({ preventScroll: true })
      return
    }
    event.preventDefault()
    if (entry) event.stopPropagation()
  }

  #lastSeen() {
    const { bottom } = this.#log.getBoundingClientRect()
    const entries = [...this.#log.querySelectorAll<HTMLElement>(MESSAGE)]
    return entries.findLast((entry) => entry.getBoundingClientRect().bottom <= bottom + 1) ?? entries.at(-1)
  }

  #neighbour(entry: HTMLElement, key: 'ArrowDown' | 'ArrowUp') {
    const entries = [...this.#log.querySelectorAll<HTMLElement>(MESSAGE)]
    return entries[entries.indexOf(entry) + (key === 'ArrowDown' ? 1 : -1)]
  }

  #event(id: string): Said | undefined {
    const { events } = this.#desk.conversation ?? { events: [] }
    const event = events[indexOf(events, Number(id))]
    return event?.id === id && isSaid(event) ? event : undefined
  }

  /** Does something with the message that has the bar. */
  #each(act: (event: Said) => void) {
    const event = this.#event(this.#bar.closest<HTMLElement>(MESSAGE)?.dataset.key ?? '')
    if (event) act(event)
  }

  /** Opens the menu of the message that has the focus: what moves beneath a resting pointer takes the bar elsewhere. */
  #openMenuOf(entry: HTMLElement) {
    this.#attach(entry)
    if (entry.contains(this.#bar)) this.#openMenu()
  }

  #openMenu() {
    this.#each((event) => openMenu(this.#more, 'Message actions', this.#actionsFor(event)))
  }

  #actionsFor(event: Said): Action[] {
    const { conversation, room } = this.#desk
    if (!conversation) return []
    const link = new URL(this.#desk.addressOf(conversation, event.id), document.baseURI.replace(/#.*/, ''))
    const actions: Action[] = [
      { text: 'Copy text', act: () => void this.#copy(event.body) },
      { text: 'Copy link', act: () => void this.#copy(link.href) },
    ]
    if (!room) return actions
    actions.unshift({ text: `Reply to ${event.from}`, act: () => this.#desk.address(event.from) })
    const isOwn = isSameName(event.from, room.me)
    const isLate = Date.now() - atOf(event).getTime() > OWN_DELETE_MS
    if ((isOwn && !isLate) || isAtLeast(room.rank, 'operator')) {
      actions.push({ text: 'Delete…', isGrave: true, act: () => void this.#delete(event, isOwn) })
    }
    return actions
  }

  async #copy(text: string) {
    const isCopied = await copyText(text)
    this.#desk.toast(isCopied ? 'Copied.' : 'Your browser blocked copying.')
  }

  async #delete({ id, from, body }: Said, isOwn: boolean) {
    const { room } = this.#desk
    await ask({
      title: isOwn ? 'Delete your message?' : `Delete this message from ${from}?`,
      text: body.length > 200 ? `${body.slice(0, 200)}…` : body,
      fields: [{ name: 'reason', label: 'Reason (optional)' }],
      button: 'Delete',
      isGrave: true,
      act: async ({ reason = '' }) => room?.command('/delete', id, reason.trim()),
    })
  }
}
