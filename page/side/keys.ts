/** Keys for all of the page. */
import { the } from '../dom.ts'
import type { Conversation } from '../model/conversation.ts'
import type { Desk } from '../model/desk.ts'
import { closeDialogs } from './dialog.ts'
import { closeMenu } from './menu.ts'
import { openSwitcher } from './switcher.ts'

export class Keys {
  readonly #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
    document.addEventListener('keydown', (event) => this.#press(event))
    desk.moved.on(() => {
      if (desk.chat) return
      closeDialogs()
      closeMenu()
    })
  }

  #press(event: KeyboardEvent) {
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event
    if (!this.#desk.chat || event.defaultPrevented || event.isComposing) return
    if ((ctrlKey || metaKey) && !altKey && !shiftKey && key.toLowerCase() === 'k') {
      event.preventDefault()
      openSwitcher(this.#desk)
    } else if (altKey && !ctrlKey && !metaKey && (key === 'ArrowUp' || key === 'ArrowDown')) {
      event.preventDefault()
      this.#step(key === 'ArrowDown' ? 1 : -1, shiftKey)
    } else if (key === 'Escape') {
      this.#leave()
    }
  }

  /** Shows the conversation before or behind the present one, round and round. */
  #step(by: 1 | -1, onlyUnread: boolean) {
    const { chat, conversation } = this.#desk
    const all: readonly Conversation[] = [...(chat?.conversations.rooms ?? []), ...(chat?.conversations.privates ?? [])]
    const from = conversation ? all.indexOf(conversation) : -1
    for (let i = 1; i <= all.length; i++) {
      const next = all[(from + by * i + all.length * 2) % all.length]
      if (!next || next === conversation || (onlyUnread && next.unread === 0)) continue
      this.#desk.show(next)
      this.#desk.announce(next.name)
      return
    }
  }

  /** Closes what lies over the conversation, or goes to the newest message and the box for the next one. */
  #leave() {
    const { panels, conversation } = this.#desk
    if (panels.isNarrow && (panels.hasSide || panels.right)) return panels.close()
    void conversation?.goToNewest().catch(() => {})
    const newest = the('newest', HTMLElement)
    if (!newest.hidden) newest.click()
    the('text', HTMLElement).focus()
  }
}
