/** The topic in the room's header; operators edit it there. */
import { the } from './dom.ts'
import type { Session } from './session.ts'
import { whyUndone } from './words.ts'

export class Topic {
  #session: Session
  #shown = the('topic', HTMLElement)
  #edit = the('edit-topic', HTMLButtonElement)
  #form = the('topic-form', HTMLFormElement)
  #field = the('topic-field', HTMLInputElement)
  #wrong = the('topic-wrong', HTMLElement)
  #text = ''
  #mayEdit = false

  constructor(session: Session) {
    this.#session = session
    this.#edit.addEventListener('click', () => {
      this.#field.value = this.#text
      this.#open(true)
      this.#field.select()
    })
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#save()
    })
    this.#form.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#close()
    })
    the('topic-cancel', HTMLButtonElement).addEventListener('click', () => this.#close())
  }

  clear() {
    this.#open(false)
    this.show('')
  }

  show(text: string) {
    this.#text = text
    this.#render()
  }

  /** @param mayEdit the visitor is an operator */
  allow(mayEdit: boolean) {
    this.#mayEdit = mayEdit
    if (!mayEdit) this.#open(false)
    this.#render()
  }

  #render() {
    this.#shown.textContent = this.#shown.title = this.#text
    this.#shown.hidden = this.#text === ''
    this.#edit.hidden = !this.#mayEdit
  }

  #open(open: boolean) {
    this.#wrong.textContent = ''
    this.#form.hidden = !open
    the('topic-line', HTMLElement).hidden = open
  }

  #close() {
    this.#open(false)
    this.#edit.focus()
  }

  async #save() {
    const text = this.#field.value.trim()
    try {
      if (text !== this.#text) await this.#session.command(`/topic ${text || '""'}`)
      this.#close()
    } catch (error) {
      this.#wrong.textContent = whyUndone(error)
      this.#field.focus()
    }
  }
}
