/** The things that the parts of the page share: the chat, where the user is in it, and words for the user. */
import { make, the } from '../dom.ts'
import type { Chat } from './chat.ts'
import type { Conversation } from './conversation.ts'
import { Panels } from './panels.ts'
import { RoomTalk } from './room-talk.ts'
import type { Settings } from './settings.ts'
import { Signal } from './signal.ts'

/** A place in the page: a conversation, and a message of it. `#ops`, `#ops/ID`, `#@bob` in the address. */
export interface Place {
  readonly name: string
  readonly isPrivate: boolean
  readonly id: string | undefined
}

const TOAST_MS = 6_000

export class Desk {
  /** Emits when another conversation is shown, and when the user logs in or out. */
  readonly moved = new Signal()
  readonly settings: Settings
  readonly panels = new Panels()
  /** Undefined while nobody is logged in. */
  chat: Chat | undefined
  /** Logs out in all tabs of the browser and forgets the user; main.ts sets it. */
  logOut: () => Promise<void> = async () => {}
  /** Shows messages with words, or asks for the words. */
  search: (words: string) => void = () => {}
  /** The message to show in the present conversation, until it is shown. */
  wantedId: string | undefined
  /** Puts a nickname into the message that is being written; page/write sets it. */
  address: (nickname: string) => void = () => {}
  /** Asks for a date, and goes to it in the present conversation; page/talk sets it. */
  askDate: () => void = () => {}
  /** Opens the menu of a person at a button, such as a name; page/side sets it. */
  openPerson: (nickname: string, opener: HTMLElement) => void = () => {}
  readonly #toasts = the('toasts', HTMLElement)
  readonly #announcer = the('announcer', HTMLElement)

  constructor(settings: Settings) {
    this.settings = settings
  }

  get conversation(): Conversation | undefined {
    return this.chat?.current
  }

  /** The room that is shown, if one is. */
  get room(): RoomTalk | undefined {
    const { conversation } = this
    return conversation instanceof RoomTalk ? conversation : undefined
  }

  /** The place in the address. */
  get place(): Place | undefined {
    const [name = '', id] = decoded(location.hash.slice(1)).split('/')
    const isPrivate = name.startsWith('@')
    return name === '' || name === '@' ? undefined : { name: isPrivate ? name.slice(1) : name, isPrivate, id }
  }

  /** Returns the address of a conversation, or of a message of it. */
  addressOf(conversation: Conversation, id?: string) {
    const name = `${conversation.isPrivate ? '@' : ''}${encodeURIComponent(conversation.name)}`
    return `#${id ? `${name}/${id}` : name}`
  }

  /** Shows a conversation, at a message of it where an id is given, or none. */
  show(conversation: Conversation | undefined, id?: string) {
    const address = conversation ? this.addressOf(conversation, id) : '#'
    if ((location.hash || '#') !== address) history.pushState(null, '', address)
    this.wantedId = id
    this.chat?.show(conversation)
    this.moved.emit()
  }

  /** Leaves a room, or closes a private conversation, and shows another one. */
  async close(conversation: Conversation) {
    const closing = this.chat?.close(conversation)
    this.show(this.conversation)
    await closing
  }

  /** Tells the user something that is of use for a moment. */
  toast(text: string) {
    const toast = make('p', 'toast', text)
    // Each connection may tell the same.
    for (const shown of [...this.#toasts.children]) if (shown.textContent === text) shown.remove()
    this.#toasts.append(toast)
    setTimeout(() => toast.remove(), TOAST_MS)
  }

  /** Has a screen reader say something when it is idle. */
  announce(text: string) {
    this.#announcer.append(make('p', '', text))
    while (this.#announcer.childElementCount > 5) this.#announcer.firstElementChild?.remove()
  }
}

function decoded(text: string) {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
