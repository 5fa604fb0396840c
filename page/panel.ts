/** People and rooms: beside the conversation, or over it where there is no room for both. */
import { the } from './dom.ts'

const wide = matchMedia('(min-width: 48.01rem)')

export class Panel {
  #panel = the('panel', HTMLElement)
  #button = the('open-panel', HTMLButtonElement)
  #rest = [the('bar', HTMLElement), the('talk', HTMLElement)]

  constructor(opened: () => void) {
    this.#button.addEventListener('click', (event) => {
      event.stopPropagation()
      this.#open(true)
      opened()
      the('close-panel', HTMLButtonElement).focus()
    })
    the('close-panel', HTMLButtonElement).addEventListener('click', () => this.close())
    this.#panel.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.close()
    })
    document.addEventListener('click', ({ target }) => {
      if (target instanceof Element && target.isConnected && !target.closest('#panel, dialog')) this.close()
    })
    wide.addEventListener('change', () => this.#open(false))
  }

  close() {
    if (!this.#panel.classList.contains('open')) return
    this.#open(false)
    this.#button.focus()
  }

  #open(open: boolean) {
    this.#panel.classList.toggle('open', open)
    this.#button.setAttribute('aria-expanded', String(open))
    for (const part of this.#rest) part.inert = open
  }
}
