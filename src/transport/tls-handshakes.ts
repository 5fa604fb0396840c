import type { Socket } from 'node:net'
import type { Admission } from './admission.ts'

/** Maximum time of pending handshakes when a listener stops, and maximum time until the first byte of one. */
const LAST_HANDSHAKES_MS = 2_000
const LAST_HELLO_MS = 500

/** The TCP sockets of TLS connections, also of those in their handshake, whose number is limited. */
export class TlsHandshakes {
  readonly #limits: Admission
  readonly #sockets = new Set<Socket>()
  /** True when a stopping listener waits for no pending handshakes. */
  #isOver = false

  constructor(limits: Admission) {
    this.#limits = limits.wider()
  }

  /** Admits a connection that limits count for an address or network; undefined for a proxy. */
  admit(socket: Socket, counted: string | undefined): void {
    if (this.#limits.refuse(counted)) return void socket.destroy()
    this.#sockets.add(socket)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#limits.leave(counted)
    })
  }

  /** Limits the time of pending handshakes of a stopping listener; calls `ended` after it. Returns the end of that. */
  expire(ended: () => void): () => void {
    const timers = [
      setTimeout(() => setImmediate(() => this.#abortSilent()), LAST_HELLO_MS).unref(),
      setTimeout(() => {
        this.#isOver = true
        ended()
      }, LAST_HANDSHAKES_MS).unref(),
    ]
    return () => {
      for (const timer of timers) clearTimeout(timer)
    }
  }

  /** Aborts pending handshakes if their time is over. Called when no other connection is open. */
  abortExpired(): void {
    if (this.#isOver) this.abort()
  }

  abort(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Aborts the handshakes that have not begun; what has arrived while the process did not run has been read. */
  #abortSilent(): void {
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
  }
}
