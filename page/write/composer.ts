/** The box in which messages are written. */
import { make, makeButton, the } from '../dom.ts'
import type { Chat } from '../model/chat.ts'
import type { Conversation } from '../model/conversation.ts'
import type { Desk } from '../model/desk.ts'
import { addressIn } from './addressing.ts'
import { Closed } from './closed.ts'
import { Commands } from './commands.ts'
import { Completer } from './completer.ts'
import { Orders, whyUndone } from './orders.ts'
import { Recall } from './recall.ts'
import { cleaned, isSecret, lengthOf } from './text.ts'
import { UnsentList } from './unsent-list.ts'

/** Characters left from which on they are counted. */
const NEAR = 200

export class Composer {
  readonly #desk: Desk
  readonly #form = the('say', HTMLFormElement)
  readonly #text = the('text', HTMLTextAreaElement)
  readonly #hint = the('say-hint', HTMLElement)
  readonly #reply = the('reply', HTMLElement)
  readonly #orders: Orders
  readonly #completer: Completer
  readonly #recall = new Recall()
  #chat: Chat | undefined
  /** The conversation for which the box is. */
  #conversation: Conversation | undefined

  constructor(desk: Desk) {
    this.#desk = desk
    const commands = new Commands()
    this.#orders = new Orders(desk, commands)
    this.#completer = new Completer(desk, commands, this.#text)
    new UnsentList(desk)
    new Closed(desk, this.#form)
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#send()
    })
    this.#text.addEventListener('keydown', (event) => this.#key(event))
    this.#text.addEventListener('input', () => {
      this.#look()
      this.#completer.look()
    })
    this.#text.addEventListener('completed', () => this.#look())
    desk.moved.on(() => this.#move())
    desk.address = (nickname) => addressIn(this.#text, nickname)
  }

  #key(event: KeyboardEvent) {
    const { key, isComposing } = event
    if (isComposing || event.ctrlKey || event.altKey || event.metaKey) return
    const isEnter = key === 'Enter' && !event.shiftKey
    if (this.#completer.key(event)) event.preventDefault()
    else if (key === 'ArrowUp' && this.#bring(-1)) event.preventDefault()
    else if (key === 'ArrowDown' && this.#bring(1)) event.preventDefault()
    else if (isEnter) {
      event.preventDefault()
      void this.#send()
    } else return
    // Escape has closed the list, and is to close nothing else.
    event.stopPropagation()
  }

  #bring(step: 1 | -1): boolean {
    const text = this.#recall.move(step, this.#text.value)
    if (text === undefined) return false
    this.#set(text)
    return true
  }

  async #send() {
    const { chat, conversation } = this.#desk
    const text = cleaned(this.#text.value)
    if (!chat || !conversation || text === '' || !this.#look()) return
    this.#completer.close()
    this.#answer('')
    this.#set('')
    if (!isSecret(text)) this.#recall.add(text)
    try {
      this.#answer(await this.#orders.carryOut(text, chat, conversation))
    } catch (error) {
      this.#answer(whyUndone(error))
      // To be corrected, unless something else is being written.
      if (this.#text.value === '' && this.#desk.conversation === conversation) this.#set(text)
    }
  }

  /** Shows words above the box until they are closed, or something else is said. */
  #answer(text: string) {
    this.#reply.hidden = text === ''
    const close = makeButton('✕', () => {
      this.#answer('')
      this.#text.focus()
    })
    close.className = 'icon'
    close.ariaLabel = 'Close'
    this.#reply.replaceChildren(...(text ? [make('p', '', text), close] : []))
  }

  #set(text: string) {
    this.#text.value = text
    this.#look()
  }

  /** Keeps what is written, shows how much more it may be, and returns false when it is too much. */
  #look(): boolean {
    const { value } = this.#text
    if (this.#conversation) this.#conversation.draft = isSecret(value) ? '' : value
    if (!CSS.supports('field-sizing', 'content')) this.#text.rows = Math.min(12, value.split('\n').length)
    const most = this.#desk.chat?.limits?.text ?? Number.POSITIVE_INFINITY
    const left = most - lengthOf(value, most - NEAR)
    this.#text.setAttribute('aria-invalid', String(left < 0))
    if (left < 0) this.#say(`${-left} ${left === -1 ? 'character' : 'characters'} too many. The limit is ${most}.`)
    else
      this.#say(
        left < NEAR ? `${left} ${left === 1 ? 'character' : 'characters'} left` : this.#completer.usageOf(value),
      )
    return left >= 0
  }

  #say(hint: string) {
    if (this.#hint.textContent !== hint) this.#hint.textContent = hint
  }

  /** Looks again when the server has told how long a message may be. */
  #awaitLimits(chat: Chat) {
    const look = () => {
      if (!chat.limits) return
      chat.changed.off(look)
      if (chat === this.#chat) this.#look()
    }
    chat.changed.on(look)
  }

  #move() {
    const { conversation, chat } = this.#desk
    if (!chat) this.#recall.clear()
    if (chat && chat !== this.#chat) this.#awaitLimits(chat)
    this.#chat = chat
    if (conversation === this.#conversation) return
    this.#completer.close()
    this.#answer('')
    this.#conversation = conversation
    const name = conversation?.name ?? ''
    this.#text.placeholder = conversation?.isPrivate ? `Message ${name}` : `Message #${name}`
    this.#set(conversation?.draft ?? '')
    // On a touch screen the keyboard would cover what is to be read.
    if (conversation && matchMedia('(pointer: fine)').matches) this.#text.focus()
  }
}
