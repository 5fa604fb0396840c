/** The door: nickname, password, and the room to enter. */
import { markWrong, the } from './dom.ts'
import { remember, remembered } from './memory.ts'
import { roomOfAddress, showRooms } from './rooms.ts'
import type { Session } from './session.ts'
import { nicknameRule, nicknameWrong, Refused, roomWrong } from './words.ts'

const FIELDS = { nickname: 'nickname', password: 'password', room: 'where' } as const

export class Start {
  #element = the('start', HTMLElement)
  #nickname = the('nickname', HTMLInputElement)
  #password = the('password', HTMLInputElement)
  #where = the('where', HTMLInputElement)
  #session: Session
  #button = the('enter-button', HTMLButtonElement)
  #busy = false

  constructor(session: Session) {
    this.#session = session
    the('enter', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#enter()
    })
    the('start-rooms', HTMLElement).addEventListener('click', (event) => {
      const link = event.target instanceof Element ? event.target.closest('a') : undefined
      if (!link) return
      event.preventDefault()
      this.choose(link.hash.slice(1))
    })
  }

  get open() {
    return !this.#element.hidden
  }

  show(why?: Refused) {
    const { nickname = '', room } = remembered()
    this.#element.hidden = false
    this.#nickname.value ||= nickname
    this.#where.value = roomOfAddress() || room || 'lobby'
    document.title = 'roomd'
    this.#object(why)
    if (!why || why.field === '') (this.#nickname.value ? this.#where : this.#nickname).focus()
    void this.refresh()
  }

  hide() {
    this.#element.hidden = true
    this.#password.value = ''
  }

  async refresh() {
    const rooms = await this.#session.rooms()
    // The sentence in the document is for when the server has not told its limits.
    const rule = nicknameRule(this.#session.limits)
    if (rule) the('nickname-hint', HTMLElement).textContent = rule
    if (this.open) showRooms(the('start-rooms', HTMLElement), rooms)
  }

  /** Enters a room, if it is known who does. */
  choose(room: string) {
    this.#where.value = room
    if (nicknameWrong(this.#nickname.value, this.#session.limits)) this.#nickname.focus()
    else void this.#enter()
  }

  async #enter() {
    if (this.#busy) return
    const wanted = {
      nickname: this.#nickname.value.trim(),
      password: this.#password.value,
      room: this.#where.value.trim(),
    }
    const nickname = nicknameWrong(wanted.nickname, this.#session.limits)
    const room = roomWrong(wanted.room, this.#session.limits)
    this.#object(undefined)
    if (room) this.#object(new Refused(room, 'room'))
    if (nickname) this.#object(new Refused(nickname, 'nickname'))
    if (room || nickname) return
    this.#show(true)
    try {
      await this.#session.enter(wanted)
      remember({ nickname: wanted.nickname, room: this.#session.room })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.#object(error)
    } finally {
      this.#show(false)
    }
  }

  #show(busy: boolean) {
    this.#busy = busy
    this.#button.textContent = busy ? 'Entering…' : 'Enter'
  }

  #object(why: Refused | undefined) {
    if (!why) for (const field of Object.values(FIELDS)) markWrong(field, '')
    the('start-wrong', HTMLElement).textContent = why?.field === '' ? why.message : ''
    if (!why || why.field === '') return
    markWrong(FIELDS[why.field], why.message)
    the(FIELDS[why.field], HTMLInputElement).focus()
  }
}
