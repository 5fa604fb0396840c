import { settledWithin } from '../within.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { DisconnectReason } from './disconnect.ts'
import type { Outbox } from './outbox.ts'
import type { Ending, Transport } from './transport.ts'

type EndedTransport = Pick<Transport<unknown>, 'socket' | 'lingerMs' | 'end'>

/** Maximum time in which the last bytes leave a connection that the server ends. */
const GRACE_MS = 5_000
/** Maximum time without progress in which a client that has ended the connection reads its remaining replies. */
const UNREAD_REPLIES_MS = 60_000
/** Maximum time that the end of a connection waits until the client's nickname is free. */
export const NAME_RELEASE_MS = 1_000

export interface ConnectionEndOwner {
  /** Ends the session. Called once. Resolves when the nickname is free. */
  leave(): Promise<void>
}

/**
 * The end of a connection: ends the session, so that the nickname is free before the client sees the end, then writes the last
 * bytes, ends the transport, and destroys the socket of a client that does not read them or does not close its side.
 */
export class ConnectionEnd {
  /** True from the moment at which the session ends. */
  hasBegun = false
  /** Code and text of a WebSocket's close frame. */
  closeFrame: Pick<Ending, 'code' | 'text'> = { text: '' }
  readonly #transport: EndedTransport
  readonly #outbox: Outbox
  readonly #lastWord: ConnectionOptions['lastWord']
  readonly #owner: ConnectionEndOwner
  #timer: NodeJS.Timeout | undefined

  constructor(
    transport: EndedTransport,
    outbox: Outbox,
    lastWord: ConnectionOptions['lastWord'],
    owner: ConnectionEndOwner,
  ) {
    this.#transport = transport
    this.#outbox = outbox
    this.#lastWord = lastWord
    this.#owner = owner
  }

  /** Ends the connection when the client has read its replies; the reply to the current request is sent first. */
  finish(): void {
    queueMicrotask(() => this.#close(UNREAD_REPLIES_MS))
  }

  /** Ends the connection with the last bytes for a reason. */
  disconnect(reason: DisconnectReason, why?: string): void {
    this.#close(GRACE_MS, reason, why)
  }

  /** Ends the session. Called also when the socket has closed. */
  async leave(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.hasBegun) return
    this.hasBegun = true
    await this.#owner.leave()
  }

  #close(patienceMs: number, reason?: DisconnectReason, why?: string): void {
    if (this.hasBegun) return
    // A client that has seen the end may reconnect at once, to any node.
    void settledWithin(this.leave(), NAME_RELEASE_MS).then(() => this.#conclude(patienceMs, reason, why))
  }

  #conclude(patienceMs: number, reason: DisconnectReason | undefined, why: string | undefined): void {
    const { socket, lingerMs } = this.#transport
    if (socket.destroyed) return
    this.#outbox.close(reason && this.#lastWord(reason, why))
    this.#transport.end({ ...this.closeFrame, reason, why }, () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => socket.destroy(), lingerMs).unref()
    })
    this.#destroyAfter(patienceMs)
  }

  /** Destroys the socket when none of the queued bytes has left for `patienceMs`. */
  #destroyAfter(patienceMs: number): void {
    const queued = this.#outbox.queued
    this.#timer = setTimeout(() => {
      if (patienceMs === UNREAD_REPLIES_MS && this.#outbox.queued < queued) this.#destroyAfter(patienceMs)
      else this.#transport.socket.destroy()
    }, patienceMs).unref()
  }
}
