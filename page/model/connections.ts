/** The state of the connections to the server, one for each room, as the user is told it. */
import type { ClientState } from '../../src/client/state.ts'
import { Signal } from './signal.ts'

/** Time that a new connection may take before the user is told, in ms. */
const SLOW_MS = 2_000

export class Connections {
  readonly changed = new Signal()
  /** By room; the connection without one has the key ''. */
  readonly #states = new Map<string, ClientState>()
  /** Keys of connections that are being opened for the first time, with the timer of those that are not slow. */
  readonly #new = new Map<string, ReturnType<typeof setTimeout> | undefined>()

  get isOnline() {
    return this.#lost.length === 0
  }

  /** A sentence for the user; empty while all is well. */
  get text() {
    const told = this.#lost.filter(([room]) => this.#new.get(room) === undefined)
    const [, lost] = told.find(([room]) => !this.#new.has(room)) ?? []
    if (!lost) return told.length > 0 ? 'Connecting…' : ''
    if (lost.state === 'waiting') return 'Your name is still in use. Waiting for it to become free…'
    if (lost.state === 'offline' && lost.reason) return `${lost.reason}. Reconnecting…`
    return navigator.onLine ? 'Connection lost. Reconnecting…' : "You're offline."
  }

  take(state: ClientState) {
    const { room = '' } = state
    if (state.state !== 'connecting') this.#end(room)
    else if (!this.#states.has(room)) this.#begin(room)
    if (state.state === 'closed') this.#states.delete(room)
    else this.#states.set(room, state)
    if (state.state === 'online' && room !== '') this.#states.delete('')
    this.changed.emit()
  }

  #begin(room: string) {
    const slow = () => {
      this.#new.set(room, undefined)
      this.changed.emit()
    }
    this.#new.set(room, setTimeout(slow, SLOW_MS))
  }

  #end(room: string) {
    clearTimeout(this.#new.get(room))
    this.#new.delete(room)
  }

  get #lost() {
    return [...this.#states].filter(([, { state }]) => state !== 'online')
  }
}
