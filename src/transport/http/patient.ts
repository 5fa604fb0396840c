import { WebSocket } from 'ws'

/**
 * A WebSocket whose close frame waits for its owner: answers to what a client has asked for before it closed are still on their
 * way, and nothing may follow the close frame.
 */
export class PatientWebSocket extends WebSocket {
  /** Called in place of closing, once: with the client's code, or with the code of a fault in its input. */
  onclosing: ((code: number | undefined) => void) | undefined

  /** Called by the library. */
  override close(code?: number, reason?: string | Buffer): void {
    if (this.onclosing) this.onclosing(code)
    else super.close(code, reason)
  }

  /** Sends the close frame behind what was written. */
  closeNow(code: number | undefined, reason: string): void {
    this.onclosing = undefined
    super.close(code, reason)
  }
}
