/** The actions of operators on members and messages; those that the visitor may not take are left out. */
import { isSameName } from '../src/client/nickname.ts'
import { the } from './dom.ts'
import type { Action } from './menu.ts'
import { isAtLeast, type Rank, type Roles } from './roles.ts'
import type { Session } from './session.ts'
import { whyUndone } from './words.ts'

/** Actions that take a reason, and whether they take a time. */
const SANCTIONS = { Mute: true, Kick: false, Ban: true } as const
type Sanction = keyof typeof SANCTIONS

export class Moderating {
  #session: Session
  #roles: Roles
  #object: (text: string) => void
  #dialog = the('sanction', HTMLDialogElement)
  #time = the('sanction-time', HTMLSelectElement)
  #reason = the('sanction-reason', HTMLInputElement)
  #wrong = the('sanction-wrong', HTMLElement)
  #wanted: { sanction: Sanction; name: string } = { sanction: 'Kick', name: '' }

  /** @param object shows why something was refused */
  constructor(session: Session, roles: Roles, object: (text: string) => void) {
    this.#session = session
    this.#roles = roles
    this.#object = object
    the('sanction-cancel', HTMLButtonElement).addEventListener('click', () => this.#dialog.close())
    the('sanction-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#submit()
    })
  }

  get rank(): Rank {
    return this.#session.user?.admin ? 'admin' : this.#roles.rankOf(this.#session.nickname)
  }

  get isOperator() {
    return isAtLeast(this.rank, 'operator')
  }

  on(name: string): Action[] {
    if (!this.isOperator || isSameName(name, this.#session.nickname)) return []
    const rank = this.#roles.rankOf(name)
    const outranked = !isAtLeast(rank, this.rank)
    const quoted = /\s/.test(name) ? `"${name}"` : name
    const at = (text: string, command: string) => ({ text, act: () => void this.#run(`/${command} ${quoted}`) })
    const ask = (sanction: Sanction) => ({ text: `${sanction}…`, act: () => this.#ask(sanction, name) })
    return [
      ...(rank === 'member' ? [at('Voice', 'voice')] : []),
      ...(rank === 'voiced' ? [at('Take voice', 'devoice')] : []),
      ...(isAtLeast(rank, 'operator') ? [] : [at('Make operator', 'op')]),
      ...(rank === 'operator' && outranked ? [at('Take operator', 'deop')] : []),
      ...(outranked ? [this.#roles.isMuted(name) ? at('Unmute', 'unmute') : ask('Mute'), ask('Kick'), ask('Ban')] : []),
    ]
  }

  onMessage(id: string): Action[] {
    return [{ text: 'Delete', act: () => void this.#run(`/delete ${id}`) }]
  }

  close() {
    this.#dialog.close()
  }

  async #run(line: string) {
    try {
      await this.#session.command(line)
    } catch (error) {
      this.#object(whyUndone(error))
    }
  }

  #ask(sanction: Sanction, name: string) {
    this.#wanted = { sanction, name }
    the('sanction-title', HTMLElement).textContent = `${sanction} ${name}`
    the('sanction-do', HTMLElement).textContent = sanction
    the('sanction-times', HTMLElement).hidden = !SANCTIONS[sanction]
    this.#reason.value = this.#wrong.textContent = ''
    this.#dialog.showModal()
  }

  async #submit() {
    const { sanction, name } = this.#wanted
    const quoted = /\s/.test(name) ? `"${name}"` : name
    const time = SANCTIONS[sanction] ? this.#time.value : ''
    const words = [`/${sanction.toLowerCase()}`, quoted, time, this.#reason.value.trim()]
    try {
      await this.#session.command(words.filter((word) => word !== '').join(' '))
      this.#dialog.close()
    } catch (error) {
      this.#wrong.textContent = whyUndone(error)
    }
  }
}
