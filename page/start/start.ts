/** The start: asks for a name, and for a password where the name has one. */
import { randomWord } from '../../src/client/room-lines.ts'
import { the } from '../dom.ts'
import type { Credentials } from '../model/chat.ts'
import type { Desk } from '../model/desk.ts'
import { askServer } from '../model/server.ts'
import { identity } from '../model/storage.ts'

export type Enter = (credentials: Credentials, room: string) => Promise<void>

export class Start {
  readonly #enter: Enter
  readonly #element = the('start', HTMLElement)
  readonly #nickname = the('nickname', HTMLInputElement)
  readonly #password = the('password', HTMLInputElement)
  #room = 'lobby'

  constructor(_desk: Desk, enter: Enter) {
    this.#enter = enter
    the('enter', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#submit()
    })
  }

  show(why = '') {
    this.#element.hidden = false
    the('start-wrong', HTMLElement).textContent = why
    void askServer().then((news) => (this.#room = news?.rooms[0]?.room ?? 'lobby'))
  }

  hide() {
    this.#element.hidden = true
  }

  async #submit() {
    const credentials = { nickname: this.#nickname.value, session: randomWord() }
    const password = this.#password.value
    try {
      await this.#enter(password ? { ...credentials, password } : credentials, this.#room)
      if (!password) identity.value = credentials
    } catch (error) {
      the('start-wrong', HTMLElement).textContent = String(error)
    }
  }
}
