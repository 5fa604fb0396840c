import type { DisconnectReason } from './disconnect.ts'

export interface LoginTimeoutOwner {
  readonly isLoggedIn: boolean
  disconnect(reason: DisconnectReason): void
}

/** Disconnects a client that is not logged in and sends no whole unit of input for `timeoutMs`; 0 disables it. */
export class LoginTimeout {
  readonly #timeoutMs: number
  readonly #owner: LoginTimeoutOwner
  #timer: NodeJS.Timeout | undefined

  constructor(timeoutMs: number, owner: LoginTimeoutOwner) {
    this.#timeoutMs = timeoutMs
    this.#owner = owner
  }

  /** Starts the timeout, unless it runs: at the beginning of the connection, and after a logout. */
  start(): void {
    if (this.#timer || this.#timeoutMs === 0) return
    this.#timer = setTimeout(() => {
      if (!this.#owner.isLoggedIn) this.#owner.disconnect('login-timeout')
    }, this.#timeoutMs).unref()
  }

  /** Restarts the timeout. */
  refresh(): void {
    this.#timer?.refresh()
  }

  stop(): void {
    if (!this.#timer) return
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
