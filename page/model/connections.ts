/** The state of the connections to the server, one for each room, as the user is told it. */
import type { ClientState } from '../../src/client/state.ts'
import { Signal } from './signal.ts'

export class Connections {
  readonly changed = new Signal()
  /** By room; the connection without one has the key ''. */
  readonly #states = new Map<string, ClientState>()

  get isOnline() {
    return this.#lost === undefined
  }

  /** A sentence for the user; empty while all is well. */
  get text() {
    const lost = this.#lost
    if (!lost) return ''
    if (lost.state === 'waiting') return 'Your name is still in use. Waiting for it to become free…'
    if (lost.state === 'offline' && lost.reason) return `${lost.reason}. Reconnecting…`
    return navigator.onLine ? 'Connection lost. Reconnecting…' : "You're offline."
  }

  take(state: ClientState) {
    const { room = '' } = state
    if (state.state === 'closed') this.#states.delete(room)
    else this.#states.set(room, state)
    if (state.state === 'online' && room !== '') this.#states.delete('')
    this.changed.emit()
  }

  get #lost(): ClientState | undefined {
    return [...this.#states.values()].find(({ state }) => state !== 'online')
  }
}
