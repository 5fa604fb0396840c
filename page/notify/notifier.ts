/** Tells the user of messages of others as they come: on the desktop, by a sound, and by a screen reader. */
import { isSameName } from '../../src/client/nickname.ts'
import type { Conversation } from '../model/conversation.ts'
import type { Desk } from '../model/desk.ts'
import { mentions, type Said } from '../model/happening.ts'
import { Announcer } from './announcer.ts'
import { Badge } from './badge.ts'
import { chime } from './chime.ts'
import { isLookedAt } from './looking.ts'

/** Time for another tab to say that the message has been seen there, in ms. */
const ELSEWHERE_MS = 300
const MOST_LENGTH = 300

export class Notifier {
  readonly #desk: Desk
  readonly #announcer: Announcer
  /** True for one tab of the browser. */
  #isSpeaker = false

  constructor(desk: Desk) {
    this.#desk = desk
    this.#announcer = new Announcer(desk)
    new Badge(desk)
    // Where there are no locks there are no notifications either.
    void navigator.locks?.request('roomd.notify', () => {
      this.#isSpeaker = true
      // Until the tab is closed.
      return new Promise(() => {})
    })
  }

  said(conversation: Conversation, event: Said) {
    if (this.#isOpen(conversation)) this.#announcer.add(event)
    const { notify, quiet, sound } = this.#desk.settings.now
    if (!this.#isSpeaker || quiet || notify === 'none' || (isLookedAt() && this.#isOpen(conversation))) return
    if (notify === 'mentions' && !conversation.isPrivate && !mentions(event.body, conversation.me)) return
    setTimeout(() => {
      if (conversation.readId >= Number(event.id)) return
      if (sound) chime()
      void this.#show(conversation, event)
    }, ELSEWHERE_MS)
  }

  #isOpen(conversation: Conversation) {
    return !document.hidden && this.#desk.conversation === conversation
  }

  async #show(conversation: Conversation, { from, body, id }: Said) {
    if (!('Notification' in globalThis) || Notification.permission !== 'granted') return
    const isFrom = conversation.isPrivate && isSameName(from, conversation.name)
    const title = isFrom ? from : `${from} in #${conversation.name}`
    const options = {
      body: body.length > MOST_LENGTH ? `${body.slice(0, MOST_LENGTH)}…` : body,
      // A newer message of the conversation takes the place of this one.
      tag: `roomd ${conversation.key}`,
      renotify: true,
      icon: 'page/icon-192.png',
      silent: this.#desk.settings.now.sound,
      data: this.#desk.addressOf(conversation, id),
    }
    try {
      const notification = new Notification(title, options)
      notification.addEventListener('click', () => {
        notification.close()
        focus()
        this.#desk.show(conversation, id)
      })
    } catch {
      // A phone's browser shows notifications by the service worker only, which also takes the click.
      const registration = await navigator.serviceWorker?.getRegistration()
      await registration?.showNotification(title, options)
    }
  }
}
