/** The door: who one is, and which room to enter. */
import { markWrong, the } from './dom.js'
import { remember, remembered } from './memory.js'
import { roomOfAddress, showRooms } from './rooms.js'
import { nicknameWrong, Refused, roomWrong } from './words.js'

/** @import { Session } from './session.js' */

const FIELDS = /** @type {const} */ ({ nickname: 'nickname', password: 'password', room: 'where' })

export class Start {
  #element = the('start', HTMLElement)
  #nickname = the('nickname', HTMLInputElement)
  #password = the('password', HTMLInputElement)
  #where = the('where', HTMLInputElement)
  #session
  #button = the('enter-button', HTMLButtonElement)
  #busy = false

  /** @param {Session} session */
  constructor(session) {
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

  /** @param {Refused} [why] */
  show(why) {
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
    if (this.open) showRooms(the('start-rooms', HTMLElement), rooms)
  }

  /**
   * Enters a room, if it is known who does.
   * @param {string} room
   */
  choose(room) {
    this.#where.value = room
    if (nicknameWrong(this.#nickname.value)) this.#nickname.focus()
    else void this.#enter()
  }

  async #enter() {
    if (this.#busy) return
    const wanted = {
      nickname: this.#nickname.value.trim(),
      password: this.#password.value,
      room: this.#where.value.trim(),
    }
    const nickname = nicknameWrong(wanted.nickname)
    const room = roomWrong(wanted.room)
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

  /** @param {boolean} busy */
  #show(busy) {
    this.#busy = busy
    this.#button.textContent = busy ? 'Entering…' : 'Enter'
  }

  /** @param {Refused | undefined} why */
  #object(why) {
    if (!why) for (const field of Object.values(FIELDS)) markWrong(field, '')
    the('start-wrong', HTMLElement).textContent = why?.field === '' ? why.message : ''
    if (!why || why.field === '') return
    markWrong(FIELDS[why.field], why.message)
    the(FIELDS[why.field], HTMLInputElement).focus()
  }
}
