/** Shows the number of unread messages: in the title, on the icon of the tab, and on the icon of the installed page. */
import { the } from '../dom.ts'
import type { Chat } from '../model/chat.ts'
import type { Desk } from '../model/desk.ts'
import { oncePerFrame } from '../model/signal.ts'

const PLAIN = 'page/icon.svg'
const BUBBLE =
  '<path fill="#0b6e5f" d="M9 3h14a6 6 0 0 1 6 6v9a6 6 0 0 1-6 6H13l-6.5 5.2A.9.9 0 0 1 5 28.5V23a6 6 0 0 1-2-5V9a6 6 0 0 1 6-6z"/>'

export class Badge {
  readonly #desk: Desk
  readonly #icon = the('favicon', HTMLLinkElement)
  #chat: Chat | undefined

  constructor(desk: Desk) {
    this.#desk = desk
    // A page that is not seen has no frames.
    const later = oncePerFrame(() => this.#show())
    const soon = () => (document.hidden ? this.#show() : later())
    desk.moved.on(() => {
      this.#chat?.changed.off(soon)
      this.#chat = desk.chat
      this.#chat?.changed.on(soon)
      soon()
    })
  }

  #show() {
    const { chat, conversation } = this.#desk
    if (!chat) {
      this.#showIcon(PLAIN)
      void navigator.clearAppBadge?.().catch(() => {})
      return
    }
    const { all, mentioned } = chat.conversations.unread
    const name = conversation ? `${conversation.isPrivate ? '' : '#'}${conversation.name} – ` : ''
    const title = `${all > 0 ? `(${all}) ` : ''}${name}roomd`
    if (document.title !== title) document.title = title
    if (this.#showIcon(all > 0 ? iconWith(mentioned) : PLAIN)) void navigator.setAppBadge?.(mentioned).catch(() => {})
  }

  /** Returns true if the icon is another one. */
  #showIcon(url: string) {
    const isOther = this.#icon.getAttribute('href') !== url
    if (isOther) this.#icon.href = url
    return isOther
  }
}

/** Returns an icon with a number, or with a dot for none. */
function iconWith(count: number) {
  const text = count > 9 ? '9+' : String(count)
  const size = text.length > 1 ? 13 : 16
  const number = `<circle cx="22" cy="22" r="10" fill="#c4281c"/><text x="22" y="${22 + size * 0.36}" font-family="sans-serif" font-weight="700" font-size="${size}" text-anchor="middle" fill="#fff">${text}</text>`
  const dot = '<circle cx="25" cy="25" r="6" fill="#c4281c" stroke="#fff" stroke-width="2"/>'
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${BUBBLE}${count > 0 ? number : dot}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
