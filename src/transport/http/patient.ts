import { WebSocket } from 'ws'

/**
 * A WebSocket whose close frame waits for its owner: what a client has asked for before it closes is still on its way, and
 * nothing may follow the close frame.
 */
export class PatientWebSocket extends WebSocket {
  /** Called in place of closing, once: with the client's code, or with what is wrong with what it has sent. */
  onclosing: ((code: number | undefined) => void) | undefined

  /** What the library calls. */
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
