/** The bar above a conversation: name, topic, people, menus, and what is wrong with the connection. */
import { make, makeButton, the } from '../dom.ts'
import { icon } from '../icons.ts'
import type { Desk } from '../model/desk.ts'
import { oncePerFrame } from '../model/signal.ts'
import { actionsOf } from './conversation-rows.ts'
import { openMenu } from './menu.ts'
import { isOperator } from './rights.ts'
import { editTopic, roomActions } from './room-menu.ts'

export class Header {
  readonly #desk: Desk
  readonly #topic = the('topic', HTMLButtonElement)
  readonly #edit = the('edit-topic', HTMLButtonElement)
  readonly #people = the('open-people', HTMLButtonElement)
  readonly #count = the('people-count', HTMLElement)

  constructor(desk: Desk) {
    this.#desk = desk
    const menu = the('room-menu', HTMLButtonElement)
    const date = the('go-to-date', HTMLButtonElement)
    const side = the('open-side', HTMLButtonElement)
    side.prepend(icon('menu'))
    this.#people.prepend(icon('people'))
    this.#edit.append(icon('pencil'))
    the('open-search', HTMLElement).append(icon('search'))
    date.append(icon('calendar'))
    menu.append(icon('more'))
    this.#topic.addEventListener('click', () => this.#openTopic())
    this.#edit.addEventListener('click', () => editTopic(desk))
    this.#people.addEventListener('click', () => desk.panels.toggle('people'))
    the('open-search', HTMLElement).addEventListener('click', () => desk.panels.toggle('search'))
    side.addEventListener('click', () => desk.panels.openSide())
    date.addEventListener('click', () => desk.askDate())
    menu.addEventListener('click', () => {
      const { conversation } = desk
      if (conversation) openMenu(menu, conversation.name, [...roomActions(desk), ...actionsOf(desk, conversation)])
    })
    const render = oncePerFrame(() => this.#show())
    let chat = desk.chat
    desk.moved.on(() => {
      if (desk.chat !== chat) desk.chat?.changed.on(render)
      chat = desk.chat
      this.#topic.setAttribute('aria-expanded', 'false')
      render()
    })
  }

  #show() {
    const { conversation, room, chat } = this.#desk
    const topic = room?.topic ?? ''
    const mayEdit = isOperator(this.#desk)
    setText(the('title', HTMLElement), conversation?.name ?? '')
    the('title', HTMLElement).classList.toggle('of-room', room !== undefined)
    setText(this.#topic, topic || (mayEdit ? 'Add a topic' : ''))
    this.#topic.hidden = !topic && !mayEdit
    this.#topic.classList.toggle('missing', !topic)
    this.#topic.title = topic
    this.#edit.hidden = !mayEdit || !topic
    this.#people.hidden = the('open-search', HTMLElement).hidden = the('go-to-date', HTMLElement).hidden = !room
    setText(this.#count, String(room?.members.size ?? ''))
    this.#people.ariaLabel = room?.members.size === 1 ? '1 person' : `${room?.members.size} people`
    the('room-menu', HTMLElement).hidden = !conversation
    this.#tell(chat?.connections.text ?? '')
  }

  #openTopic() {
    if (this.#desk.room?.topic === '') return editTopic(this.#desk)
    const isOpen = this.#topic.getAttribute('aria-expanded') === 'true'
    this.#topic.setAttribute('aria-expanded', String(!isOpen))
  }

  #tell(text: string) {
    const banner = the('banner', HTMLElement)
    if ((banner.firstChild?.textContent ?? '') === text) return
    if (text === '') return banner.replaceChildren()
    banner.replaceChildren(
      make('span', 'grow', text),
      makeButton('Try now', () => this.#desk.chat?.wake()),
    )
  }
}

function setText(element: HTMLElement, text: string) {
  if (element.textContent !== text) element.textContent = text
}
