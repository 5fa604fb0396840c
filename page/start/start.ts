/** The start: asks for a name, and for a password where the name has one. */
import type { Limits } from '../../commands/replies.ts'
import { markWrong, the } from '../dom.ts'
import { guest, logIn } from '../model/account.ts'
import type { Credentials } from '../model/chat.ts'
import type { Desk } from '../model/desk.ts'
import { askServer } from '../model/server.ts'
import { RoomChoice } from './room-choice.ts'
import { nameWrong, type Objection, objectionTo } from './words.ts'

export type Enter = (credentials: Credentials, room: string) => Promise<void>

const FIELDS = ['nickname', 'password'] as const
/** Time between questions for the rooms: while they are shown, and while the server cannot be reached, in ms. */
const FRESH_MS = 30_000
const RETRY_MS = 3_000

export class Start {
  readonly #desk: Desk
  readonly #enter: Enter
  readonly #element = the('start', HTMLElement)
  readonly #nickname = the('nickname', HTMLInputElement)
  readonly #password = the('password', HTMLInputElement)
  readonly #passwordField = the('password-field', HTMLElement)
  readonly #button = the('enter-button', HTMLButtonElement)
  readonly #rooms = new RoomChoice()
  #limits: Limits | undefined
  #isBusy = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(desk: Desk, enter: Enter) {
    this.#desk = desk
    this.#enter = enter
    the('enter', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#submit()
    })
    this.#nickname.addEventListener('input', () => {
      markWrong('nickname', '')
      this.#askPassword(false)
    })
    addEventListener('hashchange', () => {
      if (!this.#element.hidden) this.#rooms.choose(this.#roomOfAddress)
    })
  }

  /** Shows the start, with the reason why somebody is here again. */
  show(why = '', nickname = '', error?: Error) {
    this.#element.hidden = false
    document.title = 'roomd'
    this.#nickname.value ||= nickname
    this.#rooms.choose(this.#roomOfAddress)
    this.#object({ text: why })
    if (error) this.#object(objectionTo(error, this.#wanted, this.#desk.settings, this.#limits))
    this.#nickname.focus()
    void this.#refresh()
  }

  hide() {
    this.#element.hidden = true
    this.#password.value = ''
    this.#askPassword(false)
    clearTimeout(this.#timer)
  }

  get #roomOfAddress() {
    const { place } = this.#desk
    return place && !place.isPrivate ? place.name : undefined
  }

  get #wanted() {
    const nickname = this.#nickname.value.trim()
    return { nickname, hasPassword: this.#password.value !== '', room: this.#rooms.room }
  }

  async #refresh() {
    clearTimeout(this.#timer)
    const news = document.hidden ? undefined : await askServer()
    if (this.#element.hidden) return
    this.#timer = setTimeout(() => void this.#refresh(), news ? FRESH_MS : RETRY_MS)
    if (document.hidden) return
    this.#limits = news?.limits
    if (news?.limits?.welcome) the('welcome', HTMLElement).textContent = news.limits.welcome
    this.#rooms.take(news?.rooms)
  }

  async #submit() {
    if (this.#isBusy) return
    const wanted = this.#wanted
    const wrong = nameWrong(wanted.nickname, this.#limits)
    this.#object(wrong ? { text: wrong, field: 'nickname' } : { text: '' })
    if (wrong) return
    this.#showBusy(true)
    try {
      const { nickname, hasPassword, room } = wanted
      const credentials = hasPassword ? await logIn(nickname, this.#password.value) : guest(nickname)
      await this.#enter(credentials, room)
    } catch (error) {
      this.#object(objectionTo(error, wanted, this.#desk.settings, this.#limits))
    } finally {
      this.#showBusy(false)
    }
  }

  #showBusy(isBusy: boolean) {
    this.#isBusy = isBusy
    this.#button.textContent = isBusy ? 'Joining…' : 'Join'
    this.#button.setAttribute('aria-disabled', String(isBusy))
  }

  #askPassword(isAsked: boolean) {
    this.#passwordField.hidden = !isAsked
    if (!isAsked) this.#password.value = ''
  }

  #object({ text, field }: Objection) {
    for (const each of FIELDS) markWrong(each, each === field ? text : '')
    the('start-wrong', HTMLElement).textContent = field ? '' : text
    if (!field) return
    if (field === 'password') {
      if (this.#passwordField.hidden) {
        this.#askPassword(true)
        // The sentence at the field says it: nothing is wrong yet.
        markWrong('password', '')
        const { nickname } = this.#wanted
        the('password-hint', HTMLElement).textContent =
          `${nickname} is registered. If that's you, enter the password. Otherwise, choose another name.`
      }
      this.#password.focus()
      this.#password.select()
    } else {
      this.#askPassword(false)
      this.#nickname.focus()
    }
  }
}
